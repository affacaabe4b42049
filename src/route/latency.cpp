#include "route/latency.h"

#include <algorithm>
#include <cmath>

#include "weir/base/limits.h"

namespace weir::route {
namespace {

constexpr double per_doubling = 8;
constexpr std::size_t fewest_samples = 20;

/// What is left of a weight after so long.
double decay(micros since) {
  const double half_lives = static_cast<double>(std::max(since, micros{0}).count()) /
                            static_cast<double>(micros(limits::latency_half_life).count());
  return std::exp2(-half_lives);
}

std::uint8_t bucket_of(micros sample) {
  const auto us = static_cast<double>(std::max(sample, micros{1}).count());
  return static_cast<std::uint8_t>(std::clamp(std::ceil(std::log2(us) * per_doubling), 0.0, 255.0));
}

/// The largest sample that falls into it.
micros top_of(std::size_t bucket) {
  return micros(
      static_cast<micros::rep>(std::ceil(std::exp2(static_cast<double>(bucket) / per_doubling))));
}

}  // namespace

void latency_average::add(micros sample, micros now) {
  const auto us = static_cast<double>(std::max(sample, micros{1}).count());
  if (average_ == 0 || us > average_) {
    average_ = us;
  } else {
    // Between two samples that come at once the newer still counts for something.
    const double old = std::min(decay(now - at_), 0.9);
    average_ = average_ * old + us * (1 - old);
  }
  at_ = now;
}

micros latency_average::value(micros now) const {
  if (average_ == 0) return micros{0};
  return std::max(micros(static_cast<micros::rep>(average_ * decay(now - at_))), micros{1});
}

void latency_window::add(micros sample) {
  std::uint8_t& slot = samples_[next_];
  if (size_ == window)
    --counts_[slot];
  else
    ++size_;
  slot = bucket_of(sample);
  ++counts_[slot];
  next_ = (next_ + 1) % window;
}

std::optional<micros> latency_window::percentile(std::uint32_t percent) const {
  if (size_ < fewest_samples) return std::nullopt;
  const std::size_t wanted = std::max<std::size_t>((size_ * percent + 99) / 100, 1);
  std::size_t seen = 0;
  for (std::size_t i = 0; i < buckets; ++i) {
    seen += counts_[i];
    if (seen >= wanted) return top_of(i);
  }
  return top_of(buckets - 1);
}

}  // namespace weir::route
