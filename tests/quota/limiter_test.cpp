// What workers take together of the accounts they share.
#include "quota/limiter.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace weir::quota {
namespace {

constexpr micros noon =
    std::chrono::sys_days(std::chrono::year(2026) / 11 / 27).time_since_epoch() +
    std::chrono::hours(12);

meter::allowance at_once(std::uint64_t most) {
  meter::allowance may;
  may.max_concurrent = most;
  return may;
}

bool may_begin(limiter& limits, const account_list& accounts, reservation& into) {
  auto verdict = limits.admit(accounts, {}, noon, {});
  EXPECT_TRUE(verdict) << "memory knows at once";
  into = std::move(verdict->granted);
  EXPECT_NE(into.open(), verdict->refused.has_value());
  return into.open();
}

TEST(Limiter, ARequestTakesFromItsKeyAndItsGroupOrFromNone) {
  limiter limits;
  const auto one = limits.open("key:one", at_once(2), noon);
  const auto two = limits.open("key:two", at_once(2), noon);
  const auto group = limits.open("group:red", at_once(3), noon);
  reservation a;
  reservation b;
  reservation c;
  reservation d;
  EXPECT_TRUE(may_begin(limits, {one, group}, a));
  EXPECT_TRUE(may_begin(limits, {one, group}, b));
  EXPECT_TRUE(may_begin(limits, {two, group}, c));
  EXPECT_FALSE(may_begin(limits, {two, group}, d));
  EXPECT_EQ(1U, two->with([](meter::account& of) { return of.running(); }));
  a = reservation();
  EXPECT_TRUE(may_begin(limits, {two, group}, d));
}

TEST(Limiter, TheSameNameIsTheSameAccount) {
  limiter limits;
  reservation a;
  reservation b;
  EXPECT_TRUE(may_begin(limits, {limits.open("key:one", at_once(1), noon)}, a));
  EXPECT_FALSE(may_begin(limits, {limits.open("key:one", at_once(1), noon)}, b));
  EXPECT_TRUE(may_begin(limits, {limits.open("key:one", at_once(2), noon)}, b));
}

TEST(Limiter, WhoIsNotSettledTookNothing) {
  limiter limits;
  meter::allowance may;
  may.usd_per_day = meter::nano_usd{100};
  const auto account = limits.open("key:one", may, noon);
  {
    const auto verdict = limits.admit({account}, {0, {100}}, noon, {});
    EXPECT_EQ(
        100,
        account->with([](meter::account& a) { return a.spent(meter::quota::day, noon); }).value);
  }
  EXPECT_EQ(
      0, account->with([](meter::account& a) { return a.spent(meter::quota::day, noon); }).value);
}

TEST(Limiter, ManyThreadsNeverSpendMoreThanThereIs) {
  limiter limits;
  meter::allowance may;
  may.usd_per_month = meter::nano_usd{1'000'000};
  const auto account = limits.open("key:one", may, noon);
  std::atomic<std::int64_t> spent{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&, i] {
      for (std::int64_t n = 0; n < 2000; ++n) {
        auto verdict = limits.admit({account}, {0, {1000 + i}}, noon, {});
        if (!verdict->granted.open()) continue;
        const std::int64_t really = (n * 7 + i) % 1000;
        spent += really;
        verdict->granted.settle({0, {really}}, noon);
      }
    });
  for (std::thread& t : threads) t.join();
  EXPECT_LE(spent, 1'000'000);
  EXPECT_GT(spent, 900'000);
  EXPECT_EQ(
      spent,
      account->with([](meter::account& a) { return a.spent(meter::quota::month, noon); }).value);
}

}  // namespace
}  // namespace weir::quota
