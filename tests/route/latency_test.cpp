#include "route/latency.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

namespace weir::route {
namespace {

TEST(LatencyAverage, RisesAtOnceAndFallsSlowly) {
  latency_average average;
  EXPECT_EQ(micros{0}, average.value(micros{0}));
  average.add(millis{100}, seconds{1});
  EXPECT_EQ(millis{100}, average.value(seconds{1}));
  average.add(millis{900}, seconds{2});
  EXPECT_EQ(millis{900}, average.value(seconds{2}));
  average.add(millis{100}, seconds{2});
  EXPECT_GT(average.value(seconds{2}), millis{700});
  for (int i = 0; i < 60; ++i) average.add(millis{100}, seconds{2});
  EXPECT_LT(average.value(seconds{2}), millis{110});
}

TEST(LatencyAverage, ForgetsWhatIsOldButNotThatItWasKnown) {
  latency_average average;
  average.add(seconds{8}, seconds{0});
  EXPECT_NEAR(4e6, static_cast<double>(average.value(seconds{10}).count()), 1);
  EXPECT_EQ(micros{1}, average.value(seconds{10'000}));
}

TEST(LatencyWindow, SaysNothingBeforeTwentySamples) {
  latency_window window;
  for (int i = 0; i < 19; ++i) window.add(millis{10});
  EXPECT_EQ(std::nullopt, window.percentile(50));
  window.add(millis{10});
  EXPECT_NE(std::nullopt, window.percentile(50));
}

RC_GTEST_PROP(LatencyWindow, APercentileIsTheSampleOrAtMostNinePercentMore, ()) {
  const auto samples = *rc::gen::container<std::vector<int>>(
      300, rc::gen::inRange(1, *rc::gen::element(100, 1'000'000, 100'000'000)));
  const auto percent = *rc::gen::inRange<std::uint32_t>(1, 100);
  latency_window window;
  for (const int us : samples) window.add(micros{us});
  RC_ASSERT(window.size() == 256U);
  std::vector<int> last(samples.end() - 256, samples.end());
  std::sort(last.begin(), last.end());
  const double exact = last[(256 * percent + 99) / 100 - 1];
  const auto got = static_cast<double>(window.percentile(percent)->count());
  RC_ASSERT(got >= exact);
  RC_ASSERT(got <= exact * 1.0906 + 1);
}

}  // namespace
}  // namespace weir::route
