#include "observe/delay_histogram.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <memory>
#include <vector>

namespace weir::observe {
namespace {

TEST(DelayHistogram, OfNothingEveryQuantileIsZero) {
  const auto none = std::make_unique<delay_histogram>();
  EXPECT_EQ(0U, none->quantile(0.5));
  EXPECT_EQ(0U, none->longest());
  EXPECT_EQ(0U, none->total());
}

RC_GTEST_PROP(DelayHistogram, AQuantileIsAtMostASixtyFourthAboveTheTrueOne, ()) {
  const auto values =
      *rc::gen::nonEmpty(rc::gen::container<std::vector<std::uint64_t>>(rc::gen::oneOf(
          rc::gen::inRange<std::uint64_t>(0, 200), rc::gen::arbitrary<std::uint64_t>())));
  const auto one = std::make_unique<delay_histogram>();
  for (const std::uint64_t value : values) one->add(value);
  auto sorted = values;
  std::sort(sorted.begin(), sorted.end());
  for (const double share : {0.0, 0.5, 0.9, 0.99, 1.0}) {
    const std::uint64_t want =
        sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1))];
    const std::uint64_t got = one->quantile(share);
    RC_ASSERT(got >= want);
    RC_ASSERT(got - want <= want / 64);
    RC_ASSERT(got <= one->longest());
  }
  RC_ASSERT(one->longest() == sorted.back());
}

RC_GTEST_PROP(DelayHistogram, TwoAddedUpAreOneOfAllValues,
              (const std::vector<std::uint64_t>& a, const std::vector<std::uint64_t>& b)) {
  const auto left = std::make_unique<delay_histogram>();
  const auto right = std::make_unique<delay_histogram>();
  const auto both = std::make_unique<delay_histogram>();
  for (const std::uint64_t value : a) {
    left->add(value);
    both->add(value);
  }
  for (const std::uint64_t value : b) {
    right->add(value);
    both->add(value);
  }
  left->add(*right);
  RC_ASSERT(left->total() == both->total());
  RC_ASSERT(left->longest() == both->longest());
  for (const double share : {0.0, 0.25, 0.5, 0.75, 1.0})
    RC_ASSERT(left->quantile(share) == both->quantile(share));
}

}  // namespace
}  // namespace weir::observe
