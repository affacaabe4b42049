// Limits that several processes share through Redis; here they are limiters of one program.
#include "quota/redis_limiter.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <future>
#include <map>
#include <random>
#include <thread>

#include "quota/redis_server.h"

namespace weir::quota {
namespace {

constexpr micros noon =
    std::chrono::sys_days(std::chrono::year(2026) / 11 / 27).time_since_epoch() +
    std::chrono::hours(12);
constexpr millis patience{10'000};

std::atomic<std::int64_t> clock_now{noon.count()};
micros wall_clock() { return micros(clock_now.load()); }

/// How often something was told.
struct told {
  std::atomic<int> away{0};
  std::atomic<int> back{0};
};

class RedisLimiter : public testing::Test {
 protected:
  void SetUp() override {
    if (!redis_server::installed()) GTEST_SKIP() << "there is no Redis";
    clock_now = noon.count();
    server = std::make_unique<redis_server>();
  }
  redis_limiter::options how(const std::string& process) {
    redis_limiter::options out;
    out.at = server->address();
    out.process = process;
    out.wall_clock = &wall_clock;
    out.told_away = [this](const std::string& why) {
      EXPECT_EQ(0U, why.find("redis: ")) << why;
      ++said.away;
    };
    out.told_back = [this] { ++said.back; };
    return out;
  }
  static limiter::verdict ask(limiter& limits, const account_list& accounts,
                              const meter::taking& worst) {
    const auto late = std::make_shared<std::promise<limiter::verdict>>();
    std::future<limiter::verdict> said = late->get_future();
    auto now = limits.admit(accounts, worst, wall_clock(),
                            [late](limiter::verdict v) { late->set_value(std::move(v)); });
    if (now) return std::move(*now);
    EXPECT_EQ(std::future_status::ready, said.wait_for(patience)) << "it hangs";
    return said.get();
  }
  static bool begins(limiter& limits, const account_list& accounts, const meter::taking& worst,
                     std::vector<reservation>& into) {
    limiter::verdict v = ask(limits, accounts, worst);
    if (!v.granted.open()) return false;
    into.push_back(std::move(v.granted));
    return true;
  }
  static bool until(const std::function<bool()>& holds) {
    const auto end = std::chrono::steady_clock::now() + patience;
    while (!holds()) {
      if (std::chrono::steady_clock::now() > end) return false;
      std::this_thread::sleep_for(millis{2});
    }
    return true;
  }

  told said;
  std::unique_ptr<redis_server> server;
};

meter::allowance a_day(std::int64_t nano) {
  meter::allowance may;
  may.usd_per_day = meter::nano_usd{nano};
  return may;
}

TEST_F(RedisLimiter, ManyClientsOfTwoProcessesNeverSpendMoreThanThereIs) {
  constexpr std::int64_t budget = 1'000'000;
  constexpr std::int64_t worst = 5000;
  redis_limiter one(how("one"));
  redis_limiter two(how("two"));
  std::atomic<std::int64_t> spent{0};
  std::vector<std::thread> clients;
  for (int i = 0; i < 64; ++i)
    clients.emplace_back([&, i] {
      limiter& mine = i % 2 == 0 ? one : two;
      const auto account = mine.open("key:a", a_day(budget), noon);
      std::mt19937 dice(static_cast<unsigned>(i));
      for (int refusals = 0; refusals < 3;) {
        limiter::verdict v = ask(mine, {account}, {0, {worst}});
        if (!v.granted.open()) {
          ++refusals;
          continue;
        }
        const std::int64_t really = std::uniform_int_distribution<std::int64_t>(0, worst)(dice);
        spent += really;
        v.granted.settle({0, {really}}, noon);
      }
    });
  for (std::thread& c : clients) c.join();
  EXPECT_LE(spent, budget);
  // What lay idle in slices comes back, so that all of it can be spent.
  EXPECT_TRUE(until([&] {
    limiter::verdict v = ask(one, {one.open("key:a", a_day(budget), noon)}, {0, {worst}});
    if (v.granted.open()) {
      spent += worst;
      v.granted.settle({0, {worst}}, noon);
    }
    return spent > budget - worst;
  }));
  EXPECT_LE(spent, budget);
  // A third one knows what is spent.
  redis_limiter three(how("three"));
  const auto account = three.open("key:a", a_day(budget), noon);
  EXPECT_FALSE(ask(three, {account}, {0, {budget}}).granted.open());
  const auto known =
      account->with([](meter::account& a) { return a.spent(meter::quota::day, noon); });
  EXPECT_GE(known.value, spent);
}

TEST_F(RedisLimiter, WhoTakesMoreThanHeSaidPassesItByThatAndNoMore) {
  constexpr std::int64_t budget = 100'000;
  redis_limiter one(how("one"));
  redis_limiter two(how("two"));
  std::int64_t spent = 0;
  std::vector<reservation> running;
  for (int i = 0; i < 1000; ++i) {
    limiter& mine = i % 2 == 0 ? one : two;
    if (!begins(mine, {mine.open("key:a", a_day(budget), noon)}, {0, {1000}}, running)) continue;
    running.back().settle({0, {1500}}, noon);
    spent += 1500;
  }
  // Each of those that ran within the budget took half as much again.
  EXPECT_LE(spent, budget + budget / 2);
  EXPECT_GE(spent, budget * 3 / 4);
}

TEST_F(RedisLimiter, PlacesAreSharedAndGivenBack) {
  meter::allowance may;
  may.max_concurrent = 4;
  redis_limiter one(how("one"));
  redis_limiter two(how("two"));
  const auto a = one.open("key:a", may, noon);
  const auto b = two.open("key:a", may, noon);
  std::vector<reservation> of_one;
  std::vector<reservation> of_two;
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(begins(one, {a}, {}, of_one));
  ASSERT_TRUE(begins(two, {b}, {}, of_two));
  EXPECT_FALSE(begins(one, {a}, {}, of_one));
  EXPECT_FALSE(begins(two, {b}, {}, of_two));
  of_one.clear();
  EXPECT_TRUE(until([&] { return begins(two, {b}, {}, of_two); }));
}

TEST_F(RedisLimiter, ARateIsOneForAll) {
  meter::allowance may;
  may.requests_per_minute = 100;
  redis_limiter one(how("one"));
  redis_limiter two(how("two"));
  const auto a = one.open("group:g", may, noon);
  const auto b = two.open("group:g", may, noon);
  std::vector<reservation> running;
  int begun = 0;
  for (int i = 0; i < 300; ++i) {
    begun += begins(one, {a}, {}, running) ? 1 : 0;
    begun += begins(two, {b}, {}, running) ? 1 : 0;
  }
  EXPECT_GE(begun, 90);
  EXPECT_LE(begun, 110);  // it fills meanwhile
}

TEST_F(RedisLimiter, MostRequestsAskNobody) {
  meter::allowance may;
  may.usd_per_month = meter::nano_usd{1'000'000'000};
  may.tokens_per_minute = 1'000'000'000;
  redis_limiter one(how("one"));
  const auto account = one.open("key:a", may, noon);
  std::vector<reservation> running;
  ASSERT_TRUE(begins(one, {account}, {100, {100}}, running));
  int late = 0;
  for (int i = 0; i < 10'000; ++i) {
    auto now = one.admit({account}, {100, {100}}, noon, [&](limiter::verdict) {});
    if (!now)
      ++late;
    else
      now->granted.settle({50, {50}}, noon);
  }
  EXPECT_EQ(0, late);
}

TEST_F(RedisLimiter, WhatADeadProcessHadComesBackWithTheEndOfItsLease) {
  meter::allowance may;
  may.max_concurrent = 2;
  redis_limiter two(how("two"));
  const auto b = two.open("key:a", may, noon);
  std::vector<reservation> running;
  {
    // Its words, as Redis knows them; it says no more.
    const auto raw = redis_connection::connect(server->address(), patience, patience);
    meter::account::lease_state state{meter::quota::concurrent, 2, 0, 0, 2, 0, 0};
    (*raw)->add(lease_command({"key:a", state, 0}, "dead", millis{300}));
    ASSERT_TRUE((*raw)->run());
  }
  EXPECT_FALSE(begins(two, {b}, {}, running));
  EXPECT_TRUE(until([&] { return begins(two, {b}, {}, running); }));
}

TEST_F(RedisLimiter, AFlushedServerLearnsAgainWhatWasSpent) {
  constexpr std::int64_t budget = 100'000;
  redis_limiter one(how("one"));
  redis_limiter two(how("two"));
  const auto a = one.open("key:a", a_day(budget), noon);
  const auto b = two.open("key:a", a_day(budget), noon);
  std::int64_t spent = 0;
  for (int i = 0; i < 500; ++i) {
    if (i % 10 == 0) server->flush();
    for (const auto& [limits, account] : {std::pair{&one, a}, std::pair{&two, b}}) {
      limiter::verdict v = ask(*limits, {account}, {0, {1000}});
      if (!v.granted.open()) continue;
      spent += 1000;
      v.granted.settle({0, {1000}}, noon);
    }
  }
  // Between a flush and the next word of the other process its part is not known: here no more
  // than its slices, and what one had before the other spoke again.
  EXPECT_LE(spent, 2 * budget);
  EXPECT_GE(spent, budget * 3 / 4);
  // With a ledger that both share, nothing that is in it is forgotten.
  for (const auto& account : {a, b})
    account->with([&](meter::account& of) { of.know_spent({spent}, {spent}, noon); });
  server->flush();
  EXPECT_FALSE(ask(one, {a}, {0, {1000}}).granted.open());
  EXPECT_FALSE(ask(two, {b}, {0, {1000}}).granted.open());
}

TEST_F(RedisLimiter, WhileItIsAwayTheChoiceHoldsAndNothingHangs) {
  for (const auto away : {redis_limiter::when_away::serve, redis_limiter::when_away::refuse}) {
    for (const bool frozen : {true, false}) {
      SCOPED_TRACE(std::string(frozen ? "frozen" : "dead") +
                   (away == redis_limiter::when_away::serve ? ", serve" : ", refuse"));
      said.away = said.back = 0;
      redis_limiter::options options = how("one");
      options.away = away;
      meter::allowance may;
      may.max_concurrent = 3;
      redis_limiter one(options);
      const auto account = one.open("key:a", may, noon);
      std::vector<reservation> running;
      ASSERT_TRUE(begins(one, {account}, {}, running));
      frozen ? server->freeze() : server->stop();
      const auto began = std::chrono::steady_clock::now();
      const bool served = begins(one, {account}, {}, running);
      EXPECT_EQ(away == redis_limiter::when_away::serve, served);
      EXPECT_LT(std::chrono::steady_clock::now() - began, seconds(3));
      EXPECT_TRUE(until([&] { return said.away == 1; }));
      // Known to be away, nobody waits.
      for (int i = 0; i < 100; ++i) {
        auto now = one.admit({account}, {}, noon, {});
        ASSERT_TRUE(now);
        EXPECT_TRUE(away == redis_limiter::when_away::serve || !now->refused);
        if (now->granted.open()) running.push_back(std::move(now->granted));
      }
      EXPECT_EQ(away == redis_limiter::when_away::serve ? 3U : 1U, running.size());
      frozen ? server->resume() : static_cast<void>(server->start());
      EXPECT_TRUE(until([&] { return said.back == 1; }));
      running.clear();
      EXPECT_TRUE(until([&] { return begins(one, {account}, {}, running); }));
      EXPECT_EQ(1, said.away);
    }
  }
}

TEST_F(RedisLimiter, AWrongPasswordIsToldAndNotRepeated) {
  server = std::make_unique<redis_server>("sesame");
  redis_limiter::options options = how("one");
  options.at.password = "hunter2";
  std::promise<std::string> why;
  options.told_away = [&](const std::string& text) { why.set_value(text); };
  redis_limiter one(options);
  const std::string text = why.get_future().get();
  EXPECT_NE(std::string::npos, text.find("WRONGPASS")) << text;
  EXPECT_EQ(std::string::npos, text.find("hunter2"));
  redis_limiter two(how("two"));
  std::vector<reservation> running;
  EXPECT_TRUE(begins(two, {two.open("key:a", a_day(10), noon)}, {0, {10}}, running));
}

TEST_F(RedisLimiter, AnotherDayIsAnotherBudget) {
  redis_limiter one(how("one"));
  const auto account = one.open("key:a", a_day(1000), noon);
  std::vector<reservation> running;
  ASSERT_TRUE(begins(one, {account}, {0, {1000}}, running));
  running.back().settle({0, {1000}}, noon);
  EXPECT_FALSE(begins(one, {account}, {0, {1}}, running));
  clock_now += micros(std::chrono::days(1)).count();
  EXPECT_TRUE(until([&] { return begins(one, {account}, {0, {1000}}, running); }));
}

TEST_F(RedisLimiter, AtTheEndWhoWaitsIsToldAndWhatIsHeldIsGivenBack) {
  constexpr std::int64_t budget = 1'000'000;
  redis_limiter two(how("two"));
  const auto b = two.open("key:a", a_day(budget), noon);
  std::vector<reservation> of_two;
  {
    redis_limiter one(how("one"));
    const auto a = one.open("key:a", a_day(budget), noon);
    std::vector<reservation> of_one;
    ASSERT_TRUE(begins(one, {a}, {0, {10}}, of_one));
    EXPECT_FALSE(begins(two, {b}, {0, {budget}}, of_two));
    of_one.back().settle({}, noon);
  }
  EXPECT_TRUE(until([&] { return begins(two, {b}, {0, {budget}}, of_two); }));
}

TEST_F(RedisLimiter, WhateverProcessesTellTheSumOfWhatTheyMayStaysWithinTheLimit) {
  const auto raw = redis_connection::connect(server->address(), patience, patience);
  ASSERT_TRUE(raw);
  std::mt19937 dice(11);
  const auto draw = [&](std::uint64_t most) {
    return std::uniform_int_distribution<std::uint64_t>(0, most)(dice);
  };
  for (int history = 0; history < 50; ++history) {
    struct process {
      std::uint64_t taken = 0;
      std::uint64_t held = 0;
      std::uint64_t allowed = 0;
    };
    std::array<process, 3> all;
    const std::uint64_t limit = 1 + draw(1000);
    for (int step = 0; step < 40; ++step) {
      const std::size_t which = draw(all.size() - 1);
      process& p = all[which];
      // It lives within what it may: begins something, or ends it.
      const std::uint64_t free = p.allowed - p.taken - p.held;
      p.held += draw(free);
      const std::uint64_t ended = draw(p.held);
      p.held -= ended;
      p.taken += draw(ended);
      meter::account::lease_state s{meter::quota::day, limit, history + 1, p.taken, p.held,
                                    p.taken,           0};
      (*raw)->add(
          lease_command({"key:p", s, draw(limit)}, "p" + std::to_string(which), millis{60'000}));
      const auto got = (*raw)->run();
      ASSERT_TRUE(got);
      ASSERT_EQ(2U, (*got)[0].size());
      p.allowed = static_cast<std::uint64_t>((*got)[0][0]);
      ASSERT_GE(p.allowed, p.taken + p.held);
      std::uint64_t sum = 0;
      std::uint64_t others = 0;
      for (std::size_t i = 0; i < all.size(); ++i) {
        sum += all[i].allowed;
        if (i != which) others += all[i].allowed;
      }
      ASSERT_LE(sum, limit);
      ASSERT_EQ(others, static_cast<std::uint64_t>((*got)[0][1]));
    }
  }
}

}  // namespace
}  // namespace weir::quota
