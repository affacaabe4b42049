// What may be taken of an allowance: alone, at once, over time, and in parts of several processes.
#include "meter/account.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace weir::meter {
namespace {

constexpr micros noon =
    std::chrono::sys_days(std::chrono::year(2026) / 11 / 27).time_since_epoch() +
    std::chrono::hours(12);
constexpr nano_usd dollar{1'000'000'000};

allowance rates(std::optional<std::uint64_t> requests, std::optional<std::uint64_t> tokens) {
  allowance may;
  may.requests_per_minute = requests;
  may.tokens_per_minute = tokens;
  return may;
}

allowance money(std::optional<nano_usd> day, std::optional<nano_usd> month) {
  allowance may;
  may.usd_per_day = day;
  may.usd_per_month = month;
  return may;
}

account with(const allowance& may) {
  account made;
  made.allow(may, noon);
  return made;
}

TEST(Account, WithoutLimitsEverythingIsAllowed) {
  account a;
  a.allow({}, noon);
  for (int i = 0; i < 1000; ++i) EXPECT_FALSE(a.take({1'000'000, dollar}, noon));
  EXPECT_EQ(1000U, a.running());
  EXPECT_FALSE(a.requests(noon));
  EXPECT_FALSE(a.tokens(noon));
}

TEST(Account, RequestsComeBackOneByOne) {
  account a = with(rates(60, {}));
  for (int i = 0; i < 60; ++i) EXPECT_FALSE(a.take({}, noon)) << i;
  const auto why = a.take({}, noon);
  ASSERT_TRUE(why);
  EXPECT_EQ(quota::requests, why->what);
  EXPECT_EQ(60U, why->limit);
  EXPECT_EQ(60U, why->used);
  EXPECT_EQ(1U, why->requested);
  EXPECT_EQ(seconds(1), why->wait);
  EXPECT_TRUE(a.take({}, noon + millis(999)));
  EXPECT_FALSE(a.take({}, noon + seconds(1)));
  EXPECT_TRUE(a.take({}, noon + seconds(1)));
  const auto left = a.requests(noon + seconds(31));
  ASSERT_TRUE(left);
  EXPECT_EQ(30U, left->remaining);
  EXPECT_EQ(seconds(30), left->reset);
  EXPECT_EQ(60U, a.requests(noon + std::chrono::hours(1))->remaining);
}

TEST(Account, TokensAreSetAsideAndTheRestComesBack) {
  account a = with(rates({}, 1000));
  ASSERT_FALSE(a.take({800, {}}, noon));
  auto why = a.take({300, {}}, noon);
  ASSERT_TRUE(why);
  EXPECT_EQ(quota::tokens, why->what);
  EXPECT_EQ(800U, why->used);
  EXPECT_EQ(seconds(6), why->wait);
  a.settle({800, {}}, {100, {}}, noon, noon);
  EXPECT_EQ(900U, a.tokens(noon)->remaining);
  // More than was said is a debt.
  ASSERT_FALSE(a.take({100, {}}, noon));
  a.settle({100, {}}, {1500, {}}, noon, noon);
  EXPECT_EQ(0U, a.tokens(noon)->remaining);
  why = a.take({100, {}}, noon);
  ASSERT_TRUE(why);
  EXPECT_EQ(seconds(42), why->wait);  // 700 for what is owed and wanted, at 1000 a minute
  EXPECT_FALSE(a.take({100, {}}, noon + seconds(42)));
}

TEST(Account, ARequestThatAloneIsTooMuchNeedNotWait) {
  account a = with(rates({}, 1000));
  const auto why = a.take({1001, {}}, noon);
  ASSERT_TRUE(why);
  EXPECT_EQ(1001U, why->requested);
  EXPECT_FALSE(why->wait);
  EXPECT_FALSE(a.take({1000, {}}, noon));
}

TEST(Account, SoManyAtOnce) {
  allowance may;
  may.max_concurrent = 2;
  account a = with(may);
  ASSERT_FALSE(a.take({}, noon));
  ASSERT_FALSE(a.take({}, noon));
  const auto why = a.take({}, noon);
  ASSERT_TRUE(why);
  EXPECT_EQ(quota::concurrent, why->what);
  EXPECT_EQ(2U, why->used);
  EXPECT_TRUE(why->wait);
  a.settle({}, {}, noon, noon + seconds(1));
  EXPECT_FALSE(a.take({}, noon + seconds(1)));
}

TEST(Account, MoneyIsSetAsideAndSettled) {
  account a = with(money(dollar, {}));
  const taking half{0, {500'000'000}};
  ASSERT_FALSE(a.take(half, noon));
  ASSERT_FALSE(a.take(half, noon));
  const auto why = a.take({0, {1}}, noon);
  ASSERT_TRUE(why);
  EXPECT_EQ(quota::day, why->what);
  EXPECT_EQ(1'000'000'000U, why->used);
  EXPECT_FALSE(why->wait);
  EXPECT_FALSE(a.take({50, {0}}, noon)) << "what costs nothing is never too much";
  a.settle(half, {0, {100'000'000}}, noon, noon);
  EXPECT_EQ(600'000'000, a.spent(quota::day, noon).value);
  EXPECT_FALSE(a.take({0, {400'000'000}}, noon));
  EXPECT_TRUE(a.take({0, {1}}, noon));
}

TEST(Account, AnotherDayBeginsAnewAndTheMonthGoesOn) {
  account a = with(money(dollar, nano_usd{1'500'000'000}));
  const taking all{0, dollar};
  ASSERT_FALSE(a.take(all, noon));
  const micros midnight = noon + std::chrono::hours(12);
  EXPECT_TRUE(a.take({0, {500'000'000}}, midnight - micros(1)));
  // It came yesterday, and counts for yesterday.
  a.settle(all, all, noon, midnight);
  EXPECT_EQ(0, a.spent(quota::day, midnight).value);
  EXPECT_EQ(dollar, a.spent(quota::month, midnight));
  EXPECT_FALSE(a.take({0, {500'000'000}}, midnight));
  const auto why = a.take({0, {1}}, midnight);
  ASSERT_TRUE(why);
  EXPECT_EQ(quota::month, why->what);
  EXPECT_FALSE(a.take(all, noon + std::chrono::days(5)));  // 2 December
}

TEST(Account, WhatTheLedgerKnowsCounts) {
  account a = with(money(dollar, {}));
  a.know_spent({700'000'000}, {900'000'000}, noon);
  EXPECT_TRUE(a.take({0, {300'000'001}}, noon));
  ASSERT_FALSE(a.take({0, {200'000'000}}, noon));
  a.settle({0, {200'000'000}}, {0, {200'000'000}}, noon, noon);
  EXPECT_EQ(900'000'000, a.spent(quota::day, noon).value);
  // The ledger has seen what was taken here, and something of somebody else's.
  a.know_spent({950'000'000}, {0}, noon);
  EXPECT_EQ(950'000'000, a.spent(quota::day, noon).value);
  // It is behind now and then.
  a.know_spent({700'000'000}, {0}, noon);
  EXPECT_EQ(950'000'000, a.spent(quota::day, noon).value);
}

TEST(Account, WhatDoesNotBeginAfterAllLeavesNothing) {
  allowance may = rates(10, 1000);
  may.max_concurrent = 3;
  may.usd_per_day = dollar;
  account a = with(may);
  const taking worst{700, {900'000'000}};
  ASSERT_FALSE(a.take(worst, noon));
  a.undo(worst, noon, noon);
  EXPECT_EQ(10U, a.requests(noon)->remaining);
  EXPECT_EQ(1000U, a.tokens(noon)->remaining);
  EXPECT_EQ(0U, a.running());
  EXPECT_EQ(0, a.spent(quota::day, noon).value);
}

TEST(Account, OtherLimitsHoldForWhatWasTaken) {
  account a = with(rates(10, {}));
  for (int i = 0; i < 8; ++i) ASSERT_FALSE(a.take({}, noon));
  a.allow(rates(5, {}), noon);
  EXPECT_EQ(0U, a.requests(noon)->remaining);
  a.allow(rates(20, {}), noon);
  EXPECT_LE(12U, a.requests(noon)->remaining);
  a.allow(rates({}, {}), noon);
  EXPECT_FALSE(a.take({}, noon));
  allowance may;
  may.max_concurrent = 9;
  a.allow(may, noon);
  EXPECT_TRUE(a.take({}, noon)) << "those that ran before count";
}

TEST(Account, UnderALeaseOnlyWhatWasGrantedMayBeTaken) {
  allowance may = rates(100, {});
  may.usd_per_day = dollar;
  account a = with(may);
  a.lease(true, noon);
  EXPECT_TRUE(a.take({0, {1}}, noon));
  for (const account::lease_state& s : a.leases(noon)) {
    if (s.what == quota::requests) a.grant(s.what, s.period, 5, 70, noon);
    if (s.what == quota::day) a.grant(s.what, s.period, 300'000'000, 500'000'000, noon);
  }
  EXPECT_EQ(75U, a.requests(noon)->remaining);
  ASSERT_FALSE(a.take({0, {300'000'000}}, noon));
  const auto why = a.take({0, {1}}, noon);
  ASSERT_TRUE(why);
  EXPECT_EQ(quota::day, why->what);
  EXPECT_EQ(800'000'000U, why->used);
  EXPECT_TRUE(a.take({0, {1}}, noon + seconds(30))) << "it does not fill by itself";
  a.settle({0, {300'000'000}}, {0, {100'000'000}}, noon, noon);
  for (const account::lease_state& s : a.leases(noon)) {
    if (s.what != quota::day) continue;
    EXPECT_EQ(100'000'000U, s.taken);
    EXPECT_EQ(0U, s.held);
    EXPECT_EQ(200'000'000, s.free);
  }
  // Alone: what others have counts as it was told.
  a.lease(false, noon);
  EXPECT_TRUE(a.take({0, {400'000'001}}, noon));
  EXPECT_FALSE(a.take({0, {400'000'000}}, noon));
}

TEST(Account, AGrantForYesterdayIsNone) {
  account a = with(money(dollar, {}));
  a.lease(true, noon);
  const auto before = a.leases(noon);
  ASSERT_EQ(1U, before.size());
  const micros tomorrow = noon + std::chrono::days(1);
  a.grant(quota::day, before[0].period, 1'000'000'000, 0, tomorrow);
  EXPECT_TRUE(a.take({0, {1}}, tomorrow));
  a.grant(quota::day, before[0].period + 1, 1'000'000'000, 0, tomorrow);
  EXPECT_FALSE(a.take({0, {1}}, tomorrow));
}

TEST(Account, WhateverComesNoLimitIsPassed) {
  // Requests that never take more than they said, at random times and of random length.
  std::mt19937 dice(7);
  const auto draw = [&](std::uint64_t most) {
    return std::uniform_int_distribution<std::uint64_t>(0, most)(dice);
  };
  for (int round = 0; round < 200; ++round) {
    allowance may = rates(1 + draw(100), 1 + draw(10'000));
    may.max_concurrent = 1 + draw(20);
    may.usd_per_day = nano_usd{static_cast<std::int64_t>(draw(1'000'000))};
    account a = with(may);
    struct running {
      taking worst;
      micros began;
    };
    std::vector<running> runs;
    std::uint64_t requests = 0;
    std::uint64_t tokens = 0;
    std::int64_t spent = 0;
    micros now = noon;
    for (int step = 0; step < 300; ++step) {
      now += micros(static_cast<micros::rep>(draw(200'000)));
      if (!runs.empty() && draw(2) == 0) {
        const std::size_t which = draw(runs.size() - 1);
        const running r = runs[which];
        runs.erase(runs.begin() + static_cast<std::ptrdiff_t>(which));
        const taking really{
            draw(r.worst.tokens),
            {static_cast<std::int64_t>(draw(static_cast<std::uint64_t>(r.worst.cost.value)))}};
        a.settle(r.worst, really, r.began, now);
        tokens += really.tokens;
        spent += really.cost.value;
        continue;
      }
      const taking worst{draw(2000), {static_cast<std::int64_t>(draw(50'000))}};
      if (a.take(worst, now)) continue;
      ++requests;
      runs.push_back({worst, now});
      ASSERT_LE(runs.size(), *may.max_concurrent);
    }
    const double minutes = std::chrono::duration<double>(now - noon).count() / 60;
    EXPECT_LE(static_cast<double>(requests),
              static_cast<double>(*may.requests_per_minute) * (1 + minutes));
    EXPECT_LE(static_cast<double>(tokens),
              static_cast<double>(*may.tokens_per_minute) * (1 + minutes) + 1);
    EXPECT_LE(spent, may.usd_per_day->value);
  }
}

}  // namespace
}  // namespace weir::meter
