#pragma once
#include <algorithm>
#include <cstdint>

#include "weir/base/units.h"

namespace weir::route {

/// At most so many requests in a minute, evenly: a token bucket that holds what one second brings,
/// at least one request.
///
/// Cost O(1). Threads None; time is an argument and never goes back.
class rate_cap {
 public:
  /// 0: no cap.
  explicit rate_cap(std::uint32_t per_minute)
      : interval_(per_minute == 0 ? micros{0} : micros{60'000'000 / per_minute}),
        burst_(per_minute == 0 ? micros{0} : std::max(micros{1'000'000}, interval_)) {}

  [[nodiscard]] bool allows(micros now) const { return next(now) <= now; }
  void take(micros now) { full_at_ = std::max(full_at_, now) + interval_; }
  /// When the next request may begin: `now`, or later.
  [[nodiscard]] micros next(micros now) const {
    return std::max(now, full_at_ - burst_ + interval_);
  }

 private:
  micros interval_;    ///< between two requests
  micros burst_;       ///< the time that fills the bucket
  micros full_at_{0};  ///< when the bucket will be full again
};

}  // namespace weir::route
