#pragma once
#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "weir/base/units.h"

namespace weir::observe {

/// A counter with one writer: adding is a load and a store, never a locked instruction. Who reads a
/// value also sees what the writer counted before it, elsewhere, too.
class counter {
 public:
  void add(std::uint64_t n) {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_release);
  }
  [[nodiscard]] std::uint64_t value() const { return value_.load(std::memory_order_acquire); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

/// The upper end of a bucket, and how it is written as `le`.
struct bucket_bound {
  micros at_most;
  std::string_view seconds;
};

/// Contract 12.1, `gen_ai.server.request.duration`.
inline constexpr std::array<bucket_bound, 14> duration_bounds = {{{micros(10'000), "0.01"},
                                                                  {micros(20'000), "0.02"},
                                                                  {micros(40'000), "0.04"},
                                                                  {micros(80'000), "0.08"},
                                                                  {micros(160'000), "0.16"},
                                                                  {micros(320'000), "0.32"},
                                                                  {micros(640'000), "0.64"},
                                                                  {micros(1'280'000), "1.28"},
                                                                  {micros(2'560'000), "2.56"},
                                                                  {micros(5'120'000), "5.12"},
                                                                  {micros(10'240'000), "10.24"},
                                                                  {micros(20'480'000), "20.48"},
                                                                  {micros(40'960'000), "40.96"},
                                                                  {micros(81'920'000), "81.92"}}};
/// Contract 12.1, `gen_ai.server.time_to_first_token`.
inline constexpr std::array<bucket_bound, 16> first_token_bounds = {{{micros(1'000), "0.001"},
                                                                     {micros(5'000), "0.005"},
                                                                     {micros(10'000), "0.01"},
                                                                     {micros(20'000), "0.02"},
                                                                     {micros(40'000), "0.04"},
                                                                     {micros(60'000), "0.06"},
                                                                     {micros(80'000), "0.08"},
                                                                     {micros(100'000), "0.1"},
                                                                     {micros(250'000), "0.25"},
                                                                     {micros(500'000), "0.5"},
                                                                     {micros(750'000), "0.75"},
                                                                     {micros(1'000'000), "1"},
                                                                     {micros(2'500'000), "2.5"},
                                                                     {micros(5'000'000), "5"},
                                                                     {micros(7'500'000), "7.5"},
                                                                     {micros(10'000'000), "10"}}};

/// A histogram with one writer, over the bounds of one of the tables above. The total is the sum of
/// the buckets, so that what is rendered is consistent however the writer and the reader meet.
class histogram {
 public:
  static constexpr std::size_t max_bounds = 16;

  void observe(std::span<const bucket_bound> bounds, micros value) {
    const auto bound = std::find_if(bounds.begin(), bounds.end(),
                                    [&](const bucket_bound& b) { return value <= b.at_most; });
    buckets_[static_cast<std::size_t>(bound - bounds.begin())].add(1);
    sum_.add(static_cast<std::uint64_t>(std::max<micros::rep>(value.count(), 0)));
  }
  [[nodiscard]] std::uint64_t bucket(std::size_t i) const { return buckets_[i].value(); }
  [[nodiscard]] std::uint64_t sum_micros() const { return sum_.value(); }

 private:
  std::array<counter, max_bounds + 1> buckets_;  ///< the last one used is `+Inf`
  counter sum_;
};
static_assert(duration_bounds.size() <= histogram::max_bounds);
static_assert(first_token_bounds.size() <= histogram::max_bounds);

}  // namespace weir::observe
