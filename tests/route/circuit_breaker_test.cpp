#include "route/circuit_breaker.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace weir::route {
namespace {

using state = circuit_breaker::state;

constexpr micros at(int ms) { return millis{ms}; }

/// Three failures open it for 100 ms.
circuit_breaker opened() {
  circuit_breaker b({3, millis{100}});
  for (int i = 1; i <= 3; ++i) {
    b.begin(at(i));
    b.failed(at(i), at(i));
  }
  return b;  // since 3 ms, until 103 ms
}

TEST(CircuitBreaker, OpensAtTheConfiguredNumberInARowAndNotBefore) {
  circuit_breaker b({3, millis{100}});
  b.failed(at(1), at(1));
  b.failed(at(2), at(2));
  b.succeeded(at(3), at(3));
  b.failed(at(4), at(4));
  b.failed(at(5), at(5));
  EXPECT_EQ(state::closed, b.current(at(5)));
  b.failed(at(6), at(6));
  EXPECT_EQ(state::open, b.current(at(6)));
  EXPECT_EQ(at(106), b.opens_until());
}

TEST(CircuitBreaker, OpensWhenHalfOfTheLastFail) {
  circuit_breaker b({3, millis{100}});
  for (int i = 0; i < 11; ++i) i % 2 == 0 ? b.failed(at(i), at(i)) : b.succeeded(at(i), at(i));
  EXPECT_EQ(state::closed, b.current(at(11)));  // eleven are not twelve
  b.failed(at(11), at(11));
  EXPECT_EQ(state::open, b.current(at(11)));
  circuit_breaker less({3, millis{100}});
  for (int i = 0; i < 60; ++i)
    i % 3 == 0 ? less.failed(at(i), at(i)) : less.succeeded(at(i), at(i));
  EXPECT_EQ(state::closed, less.current(at(60)));
  circuit_breaker patient({17, millis{100}});  // no account of so many is kept
  for (int i = 0; i < 500; ++i)
    i % 5 == 0 ? patient.succeeded(at(i), at(i)) : patient.failed(at(i), at(i));
  EXPECT_EQ(state::closed, patient.current(at(500)));
}

TEST(CircuitBreaker, EveryStateAnswersEveryInput) {
  const auto half_open = [] {
    circuit_breaker b = opened();
    b.begin(at(103));  // the trial
    return b;
  };
  struct {
    const char* name;
    circuit_breaker from;
    void (*input)(circuit_breaker&);
    state want;   // at 104 ms
    bool allows;  // then
  } const cases[] = {
      {"closed, success", circuit_breaker({3, millis{100}}),
       [](circuit_breaker& b) { b.succeeded(at(1), at(104)); }, state::closed, true},
      {"closed, one failure", circuit_breaker({3, millis{100}}),
       [](circuit_breaker& b) { b.failed(at(1), at(104)); }, state::closed, true},
      {"closed, left", circuit_breaker({3, millis{100}}),
       [](circuit_breaker& b) { b.abandoned(at(1)); }, state::closed, true},
      {"closed, probed", circuit_breaker({3, millis{100}}),
       [](circuit_breaker& b) { b.answered(at(1)); }, state::closed, true},
      {"open, its time over", opened(), [](circuit_breaker&) {}, state::half_open, true},
      {"open, an old success", opened(), [](circuit_breaker& b) { b.succeeded(at(2), at(50)); },
       state::half_open, true},
      {"open, an old failure", opened(), [](circuit_breaker& b) { b.failed(at(2), at(50)); },
       state::half_open, true},
      {"open, an old one left", opened(), [](circuit_breaker& b) { b.abandoned(at(2)); },
       state::half_open, true},
      {"trial under way", half_open(), [](circuit_breaker&) {}, state::half_open, false},
      {"trial, success", half_open(), [](circuit_breaker& b) { b.succeeded(at(103), at(104)); },
       state::closed, true},
      {"trial, failure", half_open(), [](circuit_breaker& b) { b.failed(at(103), at(104)); },
       state::open, false},
      {"trial, left", half_open(), [](circuit_breaker& b) { b.abandoned(at(103)); },
       state::half_open, true},
      {"trial, an old success", half_open(),
       [](circuit_breaker& b) { b.succeeded(at(2), at(104)); }, state::half_open, false},
      {"trial, an old failure", half_open(), [](circuit_breaker& b) { b.failed(at(2), at(104)); },
       state::half_open, false},
  };
  for (const auto& c : cases) {
    circuit_breaker b = c.from;
    c.input(b);
    EXPECT_EQ(c.want, b.current(at(104))) << c.name;
    EXPECT_EQ(c.allows, b.allows(at(104))) << c.name;
  }
}

TEST(CircuitBreaker, WhileItIsOpenNobodyMayUntilItsTimeOrAProbe) {
  circuit_breaker b = opened();
  EXPECT_FALSE(b.allows(at(4)));
  EXPECT_FALSE(b.allows(at(102)));
  EXPECT_TRUE(b.allows(at(103)));
  b.answered(at(50));
  EXPECT_TRUE(b.allows(at(50)));
}

TEST(CircuitBreaker, EachFailedTrialDoublesTheTimeUpToEightfold) {
  circuit_breaker b = opened();
  for (const int want : {200, 400, 800, 800, 800}) {
    const micros now = b.opens_until();
    b.begin(now);
    b.failed(now, now);
    EXPECT_EQ(now + millis{want}, b.opens_until());
  }
  const micros now = b.opens_until();
  b.begin(now);
  b.succeeded(now, now);
  for (int i = 0; i < 3; ++i) b.failed(now, now);
  EXPECT_EQ(now + millis{100}, b.opens_until());  // as at first
}

RC_GTEST_PROP(CircuitBreaker, AtMostOneTrialRunsAndWhoKeepsAskingGetsThrough, ()) {
  circuit_breaker b({3, millis{100}});
  micros now{1};
  std::vector<micros> running;
  for (const int what : *rc::gen::container<std::vector<int>>(200, rc::gen::inRange(0, 6))) {
    now += millis{13};
    if (what <= 1 && b.allows(now)) {
      b.begin(now);
      running.push_back(now);
      if (b.current(now) == state::half_open) RC_ASSERT(!b.allows(now));
    } else if (!running.empty() && what >= 2) {
      const micros began = running.back();
      running.pop_back();
      if (what == 2) b.succeeded(began, now);
      if (what == 3 || what == 4) b.failed(began, now);
      if (what == 5) b.abandoned(began);
    }
  }
  for (const micros began : running) b.abandoned(began);
  now += millis{800};
  RC_ASSERT(b.allows(now));
}

}  // namespace
}  // namespace weir::route
