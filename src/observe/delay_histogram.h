#pragma once
#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace weir::observe {

/// Counts of delays in nanoseconds, in buckets no wider than 1/64 of the value: for measuring,
/// where `histogram` has the few bounds that are published.
///
/// Memory  30 KiB, however many delays.
class delay_histogram {
 public:
  void add(std::uint64_t ns) {
    ++counts_[bucket_of(ns)];
    ++total_;
    if (ns > longest_) longest_ = ns;
  }

  void add(const delay_histogram& other) {
    for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
    total_ += other.total_;
    longest_ = std::max(longest_, other.longest_);
  }

  /// The upper end of the bucket that holds the given share of all delays; 0 when there is none.
  [[nodiscard]] std::uint64_t quantile(double share) const {
    if (total_ == 0) return 0;
    const auto rank = static_cast<std::uint64_t>(share * static_cast<double>(total_ - 1)) + 1;
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      seen += counts_[i];
      if (seen >= rank) return std::min(upper_end(i), longest_);
    }
    return longest_;
  }

  [[nodiscard]] std::uint64_t total() const { return total_; }
  [[nodiscard]] std::uint64_t longest() const { return longest_; }

 private:
  static constexpr unsigned bits = 6;
  static constexpr std::uint64_t steps = std::uint64_t{1} << bits;

  /// Values below 64 have a bucket each; above, the highest bit and the six below it name it.
  [[nodiscard]] static std::size_t bucket_of(std::uint64_t ns) {
    if (ns < steps) return ns;
    const unsigned shift = static_cast<unsigned>(std::bit_width(ns)) - 1 - bits;
    return (std::size_t{shift} + 1) * steps + ((ns >> shift) - steps);
  }
  [[nodiscard]] static std::uint64_t upper_end(std::size_t bucket) {
    if (bucket < steps) return bucket;
    const std::size_t shift = bucket / steps - 1;
    return ((bucket % steps + steps + 1) << shift) - 1;
  }

  std::array<std::uint64_t, (64 - bits + 1) * steps> counts_{};
  std::uint64_t total_ = 0;
  std::uint64_t longest_ = 0;
};

}  // namespace weir::observe
