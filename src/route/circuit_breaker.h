#pragma once
#include <cstddef>
#include <cstdint>

#include "weir/base/units.h"

namespace weir::route {

/// Whether an upstream is worth asking.
///
///   closed --too many failures--> open --time, or a probe--> half_open
///      ^                            ^                            |
///      +---- the trial succeeds ----|----------------------------+
///                                   +------ the trial fails -----+
///
/// closed     Everybody may ask. Too many is `failures` in a row, or half of the last 4 *
/// `failures`
///            attempts; of more than 64 attempts no account is kept.
/// open       Nobody may.
/// half_open  One may, on trial; until it is over nobody else. Each trial that fails doubles the
///            time to the next, up to eight times the first.
///
/// Attempts that began before it opened say nothing afterwards: their failures are the ones it
/// knows of, their successes are older. Time is an argument and never goes back.
///
/// Cost     O(1), 40 bytes.
/// Threads  None.
class circuit_breaker {
 public:
  struct settings {
    std::uint32_t failures = 5;  ///< in a row
    millis open{5000};           ///< at first
  };
  enum class state : std::uint8_t { closed, open, half_open };

  explicit circuit_breaker(settings s) : settings_(s), open_for_(s.open) {}

  /// An attempt may begin.
  [[nodiscard]] bool allows(micros now) const;
  /// It begins; only when it may.
  void begin(micros now);
  // It is over: `began` is when it called `begin`.
  void succeeded(micros began, micros now);
  void failed(micros began, micros now);
  /// Without a verdict: who tried has left, so that another may.
  void abandoned(micros began);
  /// The upstream answered a probe: it may be tried at once.
  void answered(micros now);

  [[nodiscard]] state current(micros now) const;
  /// When an open one will be half open.
  [[nodiscard]] micros opens_until() const { return until_; }

 private:
  [[nodiscard]] bool is_trial(micros began) const { return !closed_ && trial_ && began >= until_; }
  void open(micros now);
  void remember(bool failed);
  [[nodiscard]] bool half_failed() const;

  settings settings_;
  millis open_for_;
  micros until_{0};  ///< closed: since when; open: until when
  std::uint32_t in_a_row_ = 0;
  std::uint64_t recent_ = 0;  ///< one bit for each of the last outcomes, 1 for a failure
  std::uint32_t known_ = 0;   ///< how many of them there are
  bool closed_ = true;
  bool trial_ = false;  ///< one is under way
};

}  // namespace weir::route
