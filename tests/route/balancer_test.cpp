#include "route/balancer.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <map>

#include "weir/base/ids.h"

namespace weir::route {
namespace {

std::vector<option> by_weight(const std::vector<std::uint32_t>& weights) {
  std::vector<option> out;
  for (std::size_t i = 0; i < weights.size(); ++i) out.push_back({i, weights[i], 0, micros{0}});
  return out;
}

RC_GTEST_PROP(BalancerWeighted, ACycleHasEachAsOftenAsItsWeightSays, (std::uint64_t seed)) {
  const auto weights = *rc::gen::suchThat(
      rc::gen::container<std::vector<std::uint32_t>>(rc::gen::inRange<std::uint32_t>(0, 9)),
      [](const auto& w) {
        std::uint32_t sum = 0;
        for (const std::uint32_t one : w) sum += one;
        return w.size() > 1 && w.size() < 10 && sum > 0;
      });
  const std::vector<option> options = by_weight(weights);
  std::uint32_t cycle = 0;
  for (const std::uint32_t w : weights) cycle += w;
  balancer b(strategy::weighted);
  id_source random(seed);
  std::vector<std::uint32_t> picked(weights.size());
  constexpr std::uint32_t cycles = 50;
  for (std::uint32_t i = 0; i < cycle * cycles; ++i) ++picked[b.pick(options, {random.next(), 0})];
  // Starting anywhere moves each by less than a cycle.
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const double share = picked[i] / static_cast<double>(cycle * cycles);
    RC_ASSERT(std::abs(share - weights[i] / static_cast<double>(cycle)) <= 1.0 / cycles);
    if (weights[i] == 0) RC_ASSERT(picked[i] == 0U);
  }
}

TEST(BalancerWeighted, NobodyIsPickedTwiceInARowWhereWeightsAreEqual) {
  const std::vector<option> options = by_weight({1, 1, 1});
  balancer b(strategy::weighted);
  std::size_t last = 9;
  for (int i = 0; i < 100; ++i) {
    const std::size_t now = b.pick(options, {7, 0});
    EXPECT_NE(last, now);
    last = now;
  }
}

TEST(BalancerWeighted, WhoComesBackIsNotStormed) {
  const std::vector<option> both = by_weight({1, 1});
  const std::vector<option> one = {both[0]};
  const std::vector<option> third = {both[0], {2, 1, 0, micros{0}}};
  balancer b(strategy::weighted);
  for (int i = 0; i < 100; ++i) static_cast<void>(b.pick(third, {1, 0}));
  int in_a_row = 0;
  for (int i = 0; i < 10; ++i) in_a_row += both[b.pick(both, {1, 0})].id == 1 ? 1 : 0;
  EXPECT_LE(in_a_row, 7);
  EXPECT_EQ(0U, b.pick(one, {1, 0}));
}

TEST(Balancer, ThoseWithoutWeightAreThereWhenNobodyElseIs) {
  for (const strategy how : {strategy::weighted, strategy::least_busy, strategy::p2c_ewma}) {
    balancer b(how);
    for (std::uint64_t i = 0; i < 50; ++i)
      EXPECT_EQ(1U, b.pick(by_weight({0, 1, 0}), {i * 7919, i})) << static_cast<int>(how);
    std::map<std::size_t, int> picked;
    id_source random(3);
    for (std::uint64_t i = 0; i < 200; ++i) ++picked[b.pick(by_weight({0, 0}), {random.next(), i})];
    EXPECT_EQ(2U, picked.size()) << static_cast<int>(how);
  }
}

TEST(BalancerLeastBusy, TheLeastBusyForItsWeightIsPickedAndEqualsShare) {
  balancer b(strategy::least_busy);
  EXPECT_EQ(1U, b.pick(std::vector<option>{{0, 1, 3, {}}, {1, 1, 2, {}}}, {5, 0}));
  EXPECT_EQ(0U, b.pick(std::vector<option>{{0, 4, 3, {}}, {1, 1, 2, {}}}, {5, 0}));
  std::map<std::size_t, int> picked;
  id_source random(1);
  for (int i = 0; i < 1000; ++i) ++picked[b.pick(by_weight({1, 1, 1}), {random.next(), 0})];
  for (const auto& [which, times] : picked) EXPECT_NEAR(333, times, 80) << which;
}

TEST(BalancerP2c, TheSoonerOfTwoIsPicked) {
  balancer b(strategy::p2c_ewma);
  id_source random(1);
  const std::vector<option> two = {{0, 1, 0, millis{900}}, {1, 1, 0, millis{100}}};
  for (int i = 0; i < 100; ++i) EXPECT_EQ(1U, b.pick(two, {random.next(), 0}));
  const std::vector<option> busy = {{0, 1, 0, millis{200}}, {1, 1, 2, millis{100}}};
  for (int i = 0; i < 100; ++i) EXPECT_EQ(0U, b.pick(busy, {random.next(), 0}));
}

TEST(BalancerP2c, TheUnknownIsTriedAndNotStormed) {
  balancer b(strategy::p2c_ewma);
  id_source random(1);
  std::vector<option> options = {{0, 1, 0, millis{100}}, {1, 1, 0, micros{0}}};
  bool tried = false;
  for (int i = 0; i < 20; ++i) tried = tried || b.pick(options, {random.next(), 0}) == 1;
  EXPECT_TRUE(tried);
  options[1].busy = 3;
  for (int i = 0; i < 100; ++i) EXPECT_EQ(0U, b.pick(options, {random.next(), 0}));
}

TEST(BalancerSticky, EqualKeysMeetAndKeysSpreadByWeight) {
  balancer b(strategy::sticky);
  balancer elsewhere(strategy::sticky);
  const std::vector<option> options = by_weight({1, 2, 1});
  std::vector<int> picked(3);
  id_source keys(1);
  constexpr int many = 20'000;
  for (int i = 0; i < many; ++i) {
    const std::uint64_t key = keys.next();
    const std::size_t one = b.pick(options, {static_cast<std::uint64_t>(i), key});
    EXPECT_EQ(one, elsewhere.pick(options, {0, key}));
    ++picked[one];
  }
  EXPECT_NEAR(0.25, picked[0] / double{many}, 0.01);
  EXPECT_NEAR(0.50, picked[1] / double{many}, 0.01);
}

TEST(BalancerSticky, OneLessOfNMovesOnlyItsKeys) {
  balancer b(strategy::sticky);
  const std::vector<option> all = by_weight({1, 1, 1, 1, 1});
  const std::vector<option> less = {all[0], all[1], all[3], all[4]};
  id_source keys(1);
  int moved = 0;
  constexpr int many = 10'000;
  for (int i = 0; i < many; ++i) {
    const std::uint64_t key = keys.next();
    const std::size_t before = all[b.pick(all, {0, key})].id;
    const std::size_t after = less[b.pick(less, {0, key})].id;
    if (before != 2) {
      EXPECT_EQ(before, after);
    }
    moved += before != after ? 1 : 0;
  }
  EXPECT_NEAR(0.2, moved / double{many}, 0.015);
}

RC_GTEST_PROP(BalancerSticky, NobodyGetsMuchMoreThanItsShareOfTheLoad, (std::uint64_t seed)) {
  balancer b(strategy::sticky);
  const auto count = *rc::gen::inRange<std::size_t>(2, 8);
  std::vector<option> options = by_weight(std::vector<std::uint32_t>(count, 1));
  id_source random(seed);
  const std::uint64_t hot = random.next();
  for (std::uint32_t total = 1; total <= 300; ++total) {
    // Nine of ten requests have the same key.
    const std::uint64_t key = random.next() % 10 != 0 ? hot : random.next();
    const std::size_t at = b.pick(options, {random.next(), key});
    ++options[at].busy;
    RC_ASSERT(options[at].busy <= std::max(4U, static_cast<std::uint32_t>(std::ceil(
                                                   1.25 * total / static_cast<double>(count)))));
  }
}

}  // namespace
}  // namespace weir::route
