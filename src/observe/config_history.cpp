#include "observe/config_history.h"

#include <utility>

namespace weir::observe {

std::uint64_t config_history::applied(std::string origin, micros at) {
  const std::lock_guard lock(guard_);
  view_.origin = std::move(origin);
  view_.since = at;
  view_.last_refusal.reset();
  return ++view_.version;
}

std::uint64_t config_history::refused(std::vector<std::string> problems, micros at) {
  const std::lock_guard lock(guard_);
  ++view_.refused;
  view_.last_refusal = refusal{at, std::move(problems)};
  return view_.version;
}

config_history::view config_history::now() const {
  const std::lock_guard lock(guard_);
  return view_;
}

}  // namespace weir::observe
