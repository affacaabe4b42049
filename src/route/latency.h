#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "weir/base/units.h"

namespace weir::route {

/// An average that forgets: samples lose half of their weight in limits::latency_half_life, and one
/// that is above the average counts at once (peak EWMA), since load must leave a slow upstream
/// faster than it comes back.
///
/// Cost O(1). Threads None; time is an argument.
class latency_average {
 public:
  void add(micros sample, micros now);
  /// 0: not known. Without samples it falls, so that a slow one is tried again some time.
  [[nodiscard]] micros value(micros now) const;

 private:
  double average_ = 0;  ///< microseconds
  micros at_{0};
};

/// Percentiles of the last samples.
///
/// Memory   Fixed: a counter for each power of 2^(1/8), so that an answer is at most 9 % too large.
/// Cost     O(1) for a sample, O(buckets) for a percentile.
/// Threads  None.
class latency_window {
 public:
  void add(micros sample);
  [[nodiscard]] std::size_t size() const { return size_; }
  /// The smallest time in which `percent` of the samples were done, or a little more. Nothing while
  /// there are fewer than 20 samples.
  [[nodiscard]] std::optional<micros> percentile(std::uint32_t percent) const;

 private:
  static constexpr std::size_t window = 256;
  static constexpr std::size_t buckets = 256;   // up to 2^32 us, an hour
  std::array<std::uint8_t, window> samples_{};  ///< as buckets, a ring
  std::array<std::uint16_t, buckets> counts_{};
  std::size_t size_ = 0;
  std::size_t next_ = 0;
};

}  // namespace weir::route
