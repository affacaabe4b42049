#include "net/event_loop.h"

#include <gtest/gtest.h>

#include <csignal>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "support/net_harness.h"

namespace weir::net {
namespace {

using test::run_for;
using test::run_until;

TEST(EventLoop, PostedCallsRunInOrderInTurnsOfTheirOwn) {
  event_loop loop;
  std::string order;
  loop.post([&] {
    order += '1';
    loop.defer([&] { order += 'd'; });
  });
  loop.post([&] { order += '2'; });
  loop.post([&] { loop.stop(); });
  loop.run();
  EXPECT_EQ(order, "1d2");
}

TEST(EventLoop, DeferredCallsRunAtTheEndOfTheTurnAlsoThoseDeferredMeanwhile) {
  event_loop loop;
  std::string order;
  loop.post([&] {
    loop.defer([&] {
      order += 'a';
      loop.defer([&] { order += 'c'; });
    });
    loop.defer([&] { order += 'b'; });
    order += '0';
  });
  loop.post([&] {
    order += '|';
    loop.stop();
  });
  loop.run();
  EXPECT_EQ(order, "0abc|");
}

TEST(EventLoop, ACallThatDefersItselfForEverLetsOthersRun) {
  event_loop loop;
  int rounds = 0;
  std::function<void()> again = [&] {
    ++rounds;
    loop.defer(again);
  };
  loop.defer(again);
  loop.post([&] { loop.stop(); });
  loop.run();
  EXPECT_GT(rounds, 0);
}

TEST(EventLoop, WhatIsDeferredOutsideOfATurnRunsToo) {
  event_loop loop;
  bool ran = false;
  loop.defer([&] { ran = true; });
  EXPECT_FALSE(ran);
  EXPECT_TRUE(run_until(loop, [&] { return ran; }));
}

TEST(EventLoop, TimeStandsStillDuringATurn) {
  event_loop loop;
  loop.post([&] {
    const micros monotonic = loop.now();
    const micros wall = loop.wall_clock();
    std::this_thread::sleep_for(millis{3});
    EXPECT_EQ(loop.now(), monotonic);
    EXPECT_EQ(loop.wall_clock(), wall);
    loop.post([&, monotonic, wall] {
      EXPECT_GE(loop.now(), monotonic + millis{3});
      EXPECT_GE(loop.wall_clock(), wall);
      loop.stop();
    });
  });
  loop.run();
  const auto wall = std::chrono::system_clock::now().time_since_epoch();
  EXPECT_LT(std::chrono::abs(wall - loop.wall_clock()), seconds{5});
}

TEST(EventLoop, AnyThreadMayPost) {
  event_loop loop;
  constexpr int threads = 4;
  constexpr int each = 500;
  const auto runs_here = std::this_thread::get_id();
  int calls = 0;
  std::vector<std::thread> posters;
  for (int t = 0; t < threads; ++t) {
    posters.emplace_back([&] {
      for (int i = 0; i < each; ++i) {
        loop.post([&] {
          EXPECT_EQ(std::this_thread::get_id(), runs_here);
          if (++calls == threads * each) loop.stop();
        });
      }
    });
  }
  loop.run();
  for (std::thread& t : posters) t.join();
  EXPECT_EQ(calls, threads * each);
}

TEST(EventLoop, AnotherThreadMayStopItAndPostsAfterwardsAreDropped) {
  event_loop loop;
  std::thread other([&] { loop.stop(); });
  loop.run();
  other.join();
  const auto held = std::make_shared<int>(1);
  loop.post([held] { FAIL() << "after stop"; });
  EXPECT_EQ(held.use_count(), 1);
}

TEST(EventLoop, StopBeforeRunMeansRunReturns) {
  event_loop loop;
  loop.stop();
  loop.run();
}

TEST(EventLoop, WhatNeverRanIsDestroyedWithTheLoop) {
  const auto held = std::make_shared<int>(1);
  {
    event_loop loop;
    loop.post([held] { FAIL(); });
    loop.defer([held] { FAIL(); });
    EXPECT_EQ(held.use_count(), 3);
  }
  EXPECT_EQ(held.use_count(), 1);
}

TEST(EventLoop, SignalsArriveInTurnsEachTime) {
  event_loop loop;
  std::vector<int> got;
  loop.on_signal(SIGUSR1, [&](int n) { got.push_back(n); });
  loop.on_signal(SIGUSR2, [&](int n) { got.push_back(n); });
  loop.post([] { std::raise(SIGUSR1); });
  ASSERT_TRUE(run_until(loop, [&] { return got.size() == 1; }));
  loop.post([] { std::raise(SIGUSR1); });
  ASSERT_TRUE(run_until(loop, [&] { return got.size() == 2; }));
  loop.post([] { std::raise(SIGUSR2); });
  ASSERT_TRUE(run_until(loop, [&] { return got.size() == 3; }));
  EXPECT_EQ(got, (std::vector<int>{SIGUSR1, SIGUSR1, SIGUSR2}));
}

TEST(Timer, FiresOnceNeverEarly) {
  event_loop loop;
  for (const millis delay : {millis{0}, millis{1}, millis{10}, millis{37}}) {
    int fired = 0;
    timer t(loop, [&] { ++fired; });
    const micros begin = loop.now();
    t.start(delay);
    EXPECT_TRUE(t.running());
    EXPECT_EQ(fired, 0);
    ASSERT_TRUE(run_until(loop, [&] { return fired > 0; }));
    EXPECT_GE(loop.now() - begin, delay);
    EXPECT_FALSE(t.running());
    run_for(loop, millis{30});
    EXPECT_EQ(fired, 1);
  }
}

TEST(Timer, FiresInTheOrderOfTimes) {
  event_loop loop;
  std::string order;
  timer c(loop, [&] { order += 'c'; });
  timer a(loop, [&] { order += 'a'; });
  timer b(loop, [&] { order += 'b'; });
  c.start(millis{60});
  a.start(millis{20});
  b.start(millis{40});
  ASSERT_TRUE(run_until(loop, [&] { return order.size() == 3; }));
  EXPECT_EQ(order, "abc");
}

TEST(Timer, StoppedRestartedAndDestroyedOnesKeepTheirWord) {
  event_loop loop;
  int stopped = 0;
  int restarted = 0;
  int destroyed = 0;
  timer s(loop, [&] { ++stopped; });
  timer r(loop, [&] { ++restarted; });
  auto d = std::make_unique<timer>(loop, [&] { ++destroyed; });
  s.start(millis{20});
  r.start(std::chrono::hours{5});
  d->start(millis{20});
  s.stop();
  EXPECT_FALSE(s.running());
  r.start(millis{30});
  d.reset();
  ASSERT_TRUE(run_until(loop, [&] { return restarted == 1; }));
  run_for(loop, millis{30});
  EXPECT_EQ(stopped, 0);
  EXPECT_EQ(restarted, 1);
  EXPECT_EQ(destroyed, 0);
}

TEST(Timer, ItsCallMayDestroyItRestartItOrStopAnother) {
  event_loop loop;
  int fired = 0;
  std::unique_ptr<timer> self;
  const auto held = std::make_shared<int>(7);
  self = std::make_unique<timer>(loop, [&fired, &self, held] {
    self.reset();
    fired += *held;  // what the call captured is still there
  });
  self->start(millis{1});
  ASSERT_TRUE(run_until(loop, [&] { return fired == 7; }));
  EXPECT_EQ(held.use_count(), 1);

  int times = 0;
  std::unique_ptr<timer> repeating;
  repeating = std::make_unique<timer>(loop, [&] {
    if (++times < 3) repeating->start(millis{0});
  });
  repeating->start(millis{0});
  ASSERT_TRUE(run_until(loop, [&] { return times == 3; }));

  bool second_fired = false;
  timer second(loop, [&] { second_fired = true; });
  timer first(loop, [&] { second.stop(); });
  first.start(millis{10});
  second.start(millis{10});
  run_for(loop, millis{40});
  EXPECT_FALSE(second_fired);
}

TEST(Timer, HugeAndNegativeDelaysAreSafe) {
  event_loop loop;
  int fired = 0;
  timer huge(loop, [&] { ++fired; });
  huge.start(millis::max());
  EXPECT_TRUE(huge.running());
  timer negative(loop, [&] { ++fired; });
  negative.start(millis{-5});
  ASSERT_TRUE(run_until(loop, [&] { return fired == 1; }));
  EXPECT_TRUE(huge.running());
}

TEST(Timer, WithNothingArmedTheLoopSleeps) {
  event_loop loop;
  {
    timer t(loop, [] {});
    t.start(millis{1});
    timer u(loop, [] {});
    u.start(millis{5});
  }
  int wakeups = 0;
  bool over = false;
  std::thread later([&] {
    std::this_thread::sleep_for(millis{100});
    loop.post([&] { over = true; });
  });
  while (!over) {
    loop.run_once();
    ++wakeups;
  }
  later.join();
  EXPECT_LE(wakeups, 4);
}

}  // namespace
}  // namespace weir::net
