#include "net/timer_wheel.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <vector>

namespace weir::net {
namespace {

using std::chrono::hours;

struct numbered : timer_wheel::entry {
  int number = 0;
};

std::vector<int> expired_after(timer_wheel& wheel, micros now) {
  wheel.advance(now);
  std::vector<int> numbers;
  while (timer_wheel::entry* const e = wheel.pop_expired())
    numbers.push_back(static_cast<numbered*>(e)->number);
  return numbers;
}

TEST(TimerWheel, FiresNeitherEarlyNorMoreThanATickLate) {
  const micros delays[] = {
      micros{0},    micros{1},   millis{9},   millis{10},      millis{11},
      millis{639},  millis{640}, millis{641}, seconds{40},     seconds{41},
      seconds{120}, hours{1},    hours{24},   hours{24 * 365}, hours{24 * 365 * 100}};
  const micros starts[] = {micros{0}, micros{1}, millis{635}, hours{3} + micros{123456},
                           hours{24 * 365 * 30} + micros{987654}};
  for (const micros start : starts) {
    for (const micros delay : delays) {
      timer_wheel wheel(start);
      numbered e;
      wheel.arm(e, start + delay);
      if (delay > micros{0}) {
        EXPECT_TRUE(expired_after(wheel, start + delay - micros{1}).empty())
            << start.count() << ' ' << delay.count();
      }
      EXPECT_EQ(expired_after(wheel, start + delay + timer_wheel::tick).size(), 1U)
          << start.count() << ' ' << delay.count();
      EXPECT_FALSE(e.linked());
    }
  }
}

TEST(TimerWheel, NextDueLeadsToEveryEntryInFewSteps) {
  for (const micros delay :
       {micros{millis{10}}, micros{seconds{5}}, micros{hours{7}}, micros{hours{24 * 365 * 100}}}) {
    const micros start = hours{1000} + micros{4321};
    timer_wheel wheel(start);
    numbered e;
    wheel.arm(e, start + delay);
    micros now = start;
    int steps = 0;
    while (e.linked()) {
      const auto next = wheel.next_due();
      ASSERT_TRUE(next);
      ASSERT_LE(*next, start + delay + timer_wheel::tick);
      now = std::max(now, *next);
      (void)expired_after(wheel, now);
      ASSERT_LE(++steps, 9) << "one step a level at most";
    }
    EXPECT_GE(now, start + delay);
    EXPECT_FALSE(wheel.next_due());
  }
}

TEST(TimerWheel, WithinATickTheOrderIsThatOfArming) {
  timer_wheel wheel(micros{0});
  std::vector<std::unique_ptr<numbered>> entries;
  const auto arm = [&](int number) {
    entries.push_back(std::make_unique<numbered>());
    entries.back()->number = number;
    wheel.arm(*entries.back(), seconds{1});
  };
  arm(1);
  (void)expired_after(wheel, millis{500});  // 2 is armed from a nearer level than 1 was
  arm(2);
  (void)expired_after(wheel, millis{990});
  arm(3);
  EXPECT_EQ(expired_after(wheel, seconds{2}), (std::vector<int>{1, 2, 3}));
}

TEST(TimerWheel, ADisarmedOrDestroyedEntryDoesNotFire) {
  timer_wheel wheel(micros{0});
  numbered disarmed;
  wheel.arm(disarmed, millis{50});
  wheel.disarm(disarmed);
  {
    numbered destroyed;
    wheel.arm(destroyed, millis{50});
  }
  EXPECT_FALSE(wheel.next_due());
  EXPECT_TRUE(expired_after(wheel, seconds{1}).empty());
}

TEST(TimerWheel, RearmingMovesTheTime) {
  timer_wheel wheel(micros{0});
  numbered e;
  wheel.arm(e, millis{50});
  wheel.arm(e, hours{2});
  EXPECT_TRUE(expired_after(wheel, hours{1}).empty());
  wheel.arm(e, hours{1} + millis{10});
  EXPECT_EQ(expired_after(wheel, hours{1} + millis{10}).size(), 1U);
}

TEST(TimerWheel, AnEntryArmedForThePastWaitsForTheNextAdvance) {
  timer_wheel wheel(seconds{10});
  numbered e;
  wheel.arm(e, seconds{5});
  EXPECT_EQ(wheel.pop_expired(), nullptr);
  ASSERT_TRUE(wheel.next_due());
  EXPECT_LE(*wheel.next_due(), seconds{10});
  EXPECT_EQ(expired_after(wheel, seconds{10}).size(), 1U);
}

TEST(TimerWheel, AnEntryDisarmedByAnExpiredOneDoesNotFire) {
  timer_wheel wheel(micros{0});
  numbered first;
  numbered second;
  wheel.arm(first, millis{10});
  wheel.arm(second, millis{10});
  wheel.advance(millis{10});
  EXPECT_EQ(wheel.pop_expired(), &first);
  wheel.disarm(second);
  EXPECT_EQ(wheel.pop_expired(), nullptr);
}

/// Against a list that is searched: random arming, disarming and steps of time.
TEST(TimerWheel, AgreesWithAListThatIsSearched) {
  EXPECT_TRUE(rc::check([] {
    micros now{*rc::gen::inRange<std::int64_t>(0, 100'000'000'000)};
    timer_wheel wheel(now);
    constexpr int count = 12;
    std::vector<std::unique_ptr<numbered>> entries;
    std::vector<micros> due(count, micros{-1});  // -1: not armed
    for (int i = 0; i < count; ++i) {
      entries.push_back(std::make_unique<numbered>());
      entries.back()->number = i;
    }
    const auto some_time =
        rc::gen::map(rc::gen::pair(rc::gen::inRange<std::int64_t>(0, 1000), rc::gen::inRange(0, 9)),
                     [](const std::pair<std::int64_t, int>& p) {
                       std::int64_t t = p.first;
                       for (int i = 0; i < p.second; ++i) t *= 10;
                       return micros{t};
                     });
    const int steps = *rc::gen::inRange(1, 60);
    for (int s = 0; s < steps; ++s) {
      const auto i = static_cast<std::size_t>(*rc::gen::inRange(0, count));
      switch (*rc::gen::inRange(0, 4)) {
        case 0:
        case 1:
          due[i] = now + *some_time;
          wheel.arm(*entries[i], due[i]);
          break;
        case 2:
          due[i] = micros{-1};
          wheel.disarm(*entries[i]);
          break;
        default: {
          const auto next = wheel.next_due();
          now += *some_time;
          const std::vector<int> fired = expired_after(wheel, now);
          if (!fired.empty()) RC_ASSERT(next && *next <= now);
          for (const int n : fired) {
            const auto k = static_cast<std::size_t>(n);
            RC_ASSERT(due[k] >= micros{0});
            RC_ASSERT(due[k] <= now);
            due[k] = micros{-1};
          }
          const auto tick_of = [](micros t) {
            return (t + timer_wheel::tick - micros{1}) / timer_wheel::tick;
          };
          for (const micros d : due)
            RC_ASSERT(d < micros{0} || tick_of(d) > now / timer_wheel::tick);
        }
      }
      for (std::size_t k = 0; k < due.size(); ++k)
        RC_ASSERT(entries[k]->linked() == (due[k] >= micros{0}));
    }
  }));
}

}  // namespace
}  // namespace weir::net
