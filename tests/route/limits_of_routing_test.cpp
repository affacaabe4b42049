// Retry budget, backoff, rate cap.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "route/backoff.h"
#include "route/rate_cap.h"
#include "route/retry_budget.h"
#include "weir/base/ids.h"

namespace weir::route {
namespace {

RC_GTEST_PROP(RetryBudget, NeverMoreThanItsShareTheReserveAndOneASecond, ()) {
  const auto percent = *rc::gen::inRange<std::uint32_t>(0, 101);
  retry_budget budget(percent);
  const std::uint64_t start = *rc::gen::inRange<std::uint64_t>(0, 5'000'000);
  std::uint64_t now = start;
  std::uint64_t requests = 0;
  std::uint64_t taken = 0;
  for (const int step : *rc::gen::container<std::vector<int>>(400, rc::gen::inRange(0, 2000))) {
    now += static_cast<std::uint64_t>(step) * 100;
    if (step % 2 == 0) {
      budget.on_request(micros{now});
      ++requests;
    }
    if (step % 3 == 0 && budget.take(micros{now})) ++taken;
  }
  const std::uint64_t passed = now / 1'000'000 - start / 1'000'000;
  RC_ASSERT(taken * 100 <= requests * percent + (limits::retry_reserve + passed) * 100);
}

TEST(RetryBudget, ABusyRouteMayTryItsShareAgain) {
  retry_budget budget(20);
  micros now{1'000'000};
  int taken = 0;
  constexpr int requests = 1000;  // in one second, all of which fail
  for (int i = 0; i < requests; ++i) {
    now += micros{900};
    budget.on_request(now);
    taken += budget.take(now) ? 1 : 0;
  }
  EXPECT_GE(taken, requests / 5);
  EXPECT_LE(taken, requests / 5 + static_cast<int>(limits::retry_reserve) + 1);
}

TEST(RetryBudget, WhatWasPaidInIsForgottenAndTheReserveComesBack) {
  retry_budget budget(100);
  micros now{1'000'000};
  for (int i = 0; i < 100; ++i) budget.on_request(now);
  now += seconds{limits::retry_budget_seconds};
  std::size_t taken = 0;
  while (budget.take(now)) ++taken;
  EXPECT_EQ(limits::retry_reserve, taken);
  now += seconds{3};
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(budget.take(now));
  EXPECT_FALSE(budget.take(now));
}

TEST(RetryBudget, NothingOfARequestIsNothing) {
  retry_budget budget(0);
  budget.on_request(micros{5});
  EXPECT_FALSE(budget.take(micros{5}));
}

RC_GTEST_PROP(Backoff, IsWithinHalfOfTheDoubledTimeAndTheBound, (std::uint64_t random)) {
  const auto first = *rc::gen::inRange(1, 5000);
  const auto retry = *rc::gen::inRange<std::uint32_t>(0, 100);
  const auto most = *rc::gen::inRange(1, 60'000);
  const std::int64_t whole =
      std::min<std::int64_t>(std::int64_t{first} << std::min(retry, 20U), most);
  const millis wait = backoff(millis{first}, retry, random, millis{most});
  RC_ASSERT(wait.count() <= whole);
  RC_ASSERT(wait.count() >= whole - whole / 2);
}

RC_GTEST_PROP(RateCap, NeverMoreThanTheRateAndABurst, ()) {
  const auto per_minute = *rc::gen::inRange<std::uint32_t>(1, 100'000);
  rate_cap cap(per_minute);
  micros now{0};
  std::uint64_t taken = 0;
  for (const int step : *rc::gen::container<std::vector<int>>(300, rc::gen::inRange(0, 100'000))) {
    now += micros{step};
    while (cap.allows(now)) {
      cap.take(now);
      ++taken;
    }
    RC_ASSERT(cap.next(now) > now);
    RC_ASSERT(cap.allows(cap.next(now)));
    RC_ASSERT(!cap.allows(cap.next(now) - micros{1}));
  }
  const double interval = std::floor(60'000'000.0 / per_minute);
  const double burst = std::max(1.0, std::floor(1'000'000.0 / interval));
  RC_ASSERT(static_cast<double>(taken) <= static_cast<double>(now.count()) / interval + burst + 1);
}

TEST(RateCap, NoneIsNone) {
  rate_cap cap(0);
  for (int i = 0; i < 1000; ++i) {
    EXPECT_TRUE(cap.allows(micros{1}));
    cap.take(micros{1});
  }
}

TEST(RateCap, ASecondsWorthMayComeAtOnce) {
  rate_cap cap(600);
  int taken = 0;
  while (cap.allows(micros{0})) {
    cap.take(micros{0});
    ++taken;
  }
  EXPECT_EQ(10, taken);
  EXPECT_EQ(micros{100'000}, cap.next(micros{0}));
}

}  // namespace
}  // namespace weir::route
