#pragma once
#include <algorithm>
#include <array>
#include <cstdint>

#include "weir/base/limits.h"
#include "weir/base/units.h"

namespace weir::route {

/// How many attempts there may be beyond each request's first, so that a failing upstream does not
/// get a multiple of its load (the retry budget of Finagle).
///
/// A request pays in `percent` of an attempt, and an attempt beyond the first takes a whole one.
/// What is paid in lasts limits::retry_budget_seconds, and is not saved up for longer. A reserve of
/// limits::retry_reserve attempts, which grows back by one a second, lets quiet routes try again,
/// too. So over any time the attempts are at most percent * requests + reserve + seconds.
///
/// Memory   Fixed. Cost O(1). Threads None; time is an argument and never goes back.
class retry_budget {
 public:
  explicit retry_budget(std::uint32_t percent) : percent_(percent) {}

  void on_request(micros now) {
    advance(now);
    slices_[at_] += percent_;
  }
  /// Takes one attempt, if there is one.
  [[nodiscard]] bool take(micros now) {
    advance(now);
    if (percent_ == 0) return false;
    if (reserve_ >= whole) {
      reserve_ -= whole;
      return true;
    }
    std::uint64_t saved = 0;
    for (const std::uint64_t slice : slices_) saved += slice;
    if (saved < whole) return false;
    std::uint64_t due = whole;
    // The oldest first: it would be lost next.
    for (std::size_t i = 1; i <= slices_.size() && due != 0; ++i) {
      std::uint64_t& slice = slices_[(at_ + i) % slices_.size()];
      const std::uint64_t part = std::min(slice, due);
      slice -= part;
      due -= part;
    }
    return true;
  }

 private:
  static constexpr std::uint64_t whole = 100;  // percent

  /// Forgets the slices whose time is over and lets the reserve grow.
  void advance(micros now) {
    const std::int64_t second = now.count() / 1'000'000;
    if (!started_) second_ = second;
    started_ = true;
    const std::int64_t passed = second - second_;
    if (passed <= 0) return;
    const auto steps = std::min<std::int64_t>(passed, static_cast<std::int64_t>(slices_.size()));
    for (std::int64_t i = 0; i < steps; ++i) {
      at_ = (at_ + 1) % slices_.size();
      slices_[at_] = 0;
    }
    second_ = second;
    reserve_ = std::min<std::uint64_t>(reserve_ + static_cast<std::uint64_t>(passed) * whole,
                                       limits::retry_reserve * whole);
  }

  std::uint32_t percent_;
  std::array<std::uint64_t, limits::retry_budget_seconds> slices_{};  ///< of one second each
  std::size_t at_ = 0;
  std::int64_t second_ = 0;
  std::uint64_t reserve_ = limits::retry_reserve * whole;
  bool started_ = false;
};

}  // namespace weir::route
