#pragma once
#ifdef WEIR_KILL_POINTS
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <cstring>
#endif

namespace weir::store {

/// A named place where the program dies at once, as by `kill -9`, if WEIR_KILL_AT names it:
/// `PLACE`, or `PLACE:N` to pass it N times before. Only in builds with tests; in all others it is
/// nothing.
inline bool dies_at([[maybe_unused]] const char* place) {
#ifdef WEIR_KILL_POINTS
  // NOLINTNEXTLINE(concurrency-mt-unsafe): only a test sets it, before there are threads
  const char* const chosen = std::getenv("WEIR_KILL_AT");
  const std::size_t length = std::strlen(place);
  if (chosen == nullptr || std::strncmp(chosen, place, length) != 0) return false;
  if (chosen[length] != '\0' && chosen[length] != ':') return false;
  static std::atomic<unsigned long> passed{0};
  return passed++ >= (chosen[length] == ':' ? std::strtoul(chosen + length + 1, nullptr, 10) : 0);
#else
  return false;
#endif
}
inline void die() {
#ifdef WEIR_KILL_POINTS
  std::raise(SIGKILL);
#endif
}
inline void kill_point(const char* place) {
  if (dies_at(place)) die();
}

}  // namespace weir::store
