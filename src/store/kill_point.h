#pragma once
#ifdef WEIR_KILL_POINTS
#include <csignal>
#include <cstdlib>
#include <cstring>
#endif

namespace weir::store {

/// A named place where the program dies at once, as by `kill -9`, if WEIR_KILL_AT names it. Only in
/// builds with tests; in all others it is nothing.
inline bool dies_at([[maybe_unused]] const char* place) {
#ifdef WEIR_KILL_POINTS
  // NOLINTNEXTLINE(concurrency-mt-unsafe): only a test sets it, before there are threads
  const char* const chosen = std::getenv("WEIR_KILL_AT");
  return chosen != nullptr && std::strcmp(chosen, place) == 0;
#else
  return false;
#endif
}
inline void kill_point([[maybe_unused]] const char* place) {
#ifdef WEIR_KILL_POINTS
  if (dies_at(place)) std::raise(SIGKILL);
#endif
}

}  // namespace weir::store
