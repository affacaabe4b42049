#include "route/circuit_breaker.h"

#include <algorithm>
#include <bit>

namespace weir::route {
namespace {

constexpr std::uint32_t max_window = 64;
constexpr std::uint32_t attempts_per_failure = 4;
constexpr int longest_open = 8;  // times the first

}  // namespace

circuit_breaker::state circuit_breaker::current(micros now) const {
  if (closed_) return state::closed;
  return now < until_ ? state::open : state::half_open;
}

bool circuit_breaker::allows(micros now) const {
  const state s = current(now);
  return s == state::closed || (s == state::half_open && !trial_);
}

void circuit_breaker::begin(micros now) {
  if (current(now) == state::half_open) trial_ = true;
}

void circuit_breaker::remember(bool failed) {
  recent_ = (recent_ << 1U) | (failed ? 1U : 0U);
  known_ = std::min(known_ + 1, max_window);
  in_a_row_ = failed ? in_a_row_ + 1 : 0;
}

void circuit_breaker::open(micros now) {
  closed_ = trial_ = false;
  until_ = now + open_for_;
  open_for_ = std::min(open_for_ * 2, settings_.open * longest_open);
}

void circuit_breaker::succeeded(micros began, micros now) {
  if (closed_ && began >= until_) return remember(false);
  if (!is_trial(began)) return;
  closed_ = true;
  trial_ = false;
  until_ = now;
  open_for_ = settings_.open;
  in_a_row_ = known_ = 0;
  recent_ = 0;
}

void circuit_breaker::failed(micros began, micros now) {
  if (is_trial(began)) return open(now);
  if (!closed_ || began < until_) return;
  remember(true);
  if (in_a_row_ >= settings_.failures || half_failed()) open(now);
}

bool circuit_breaker::half_failed() const {
  const std::uint64_t window = std::uint64_t{settings_.failures} * attempts_per_failure;
  if (known_ < window) return false;  // also when no account of so many is kept
  const std::uint64_t bits = window == max_window ? ~std::uint64_t{0} : (1ULL << window) - 1;
  return static_cast<std::uint64_t>(std::popcount(recent_ & bits)) * 2 >= window;
}

void circuit_breaker::abandoned(micros began) {
  if (is_trial(began)) trial_ = false;
}

void circuit_breaker::answered(micros now) {
  if (!closed_) until_ = std::min(until_, now);
}

}  // namespace weir::route
