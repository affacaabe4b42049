#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "observe/histogram.h"
#include "observe/series.h"

namespace weir::observe {

/// Name, help text and label names of a family of metrics.
struct family {
  std::string_view name;
  std::string_view type;  ///< `counter`, `gauge` or `histogram`
  std::string_view help;
  std::vector<std::string_view> labels;
};

/// Buckets and sum of one histogram, or of several added up.
struct histogram_totals {
  std::array<std::uint64_t, histogram::max_bounds + 1> buckets{};
  std::uint64_t sum_micros = 0;

  void add(const histogram& other) {
    for (std::size_t i = 0; i < buckets.size(); ++i) buckets[i] += other.bucket(i);
    sum_micros += other.sum_micros();
  }
  void add(const histogram_totals& other) {
    for (std::size_t i = 0; i < buckets.size(); ++i) buckets[i] += other.buckets[i];
    sum_micros += other.sum_micros;
  }
};

/// Writer of the Prometheus text format 0.0.4: a family starts once, its samples follow.
class exposition {
 public:
  void start(const family& of);
  /// A sample of the family that was started; `of` outlives its samples.
  void sample(const label_values& values, std::uint64_t number);
  /// All samples of one histogram: cumulative buckets, `+Inf`, sum and count.
  void samples(const label_values& values, std::span<const bucket_bound> bounds,
               const histogram_totals& totals);

  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  void line(std::string_view suffix, const label_values& values, std::string_view le,
            std::string_view number);

  std::string out_;
  const family* family_ = nullptr;
};

}  // namespace weir::observe
