#include "net/memory_connection.h"

#include <gtest/gtest.h>

#include <string>

#include "support/net_harness.h"
#include "weir/base/limits.h"

namespace weir::net {
namespace {

using test::pattern;
using test::recording_handler;
using test::run_passes;
using test::run_until;

class MemoryConnection : public testing::Test {
 protected:
  void join(const memory_options& options = {}) {
    pair_ = make_memory_pair(loop_, options);
    near_ = {};
    far_ = {};
    pair_.near->set_handler(&near_);
    pair_.far->set_handler(&far_);
  }
  void SetUp() override { join(); }
  [[nodiscard]] bool until(const std::function<bool()>& holds) { return run_until(loop_, holds); }
  void settle() { run_passes(loop_, 200); }

  event_loop loop_;
  recording_handler near_;
  recording_handler far_;
  memory_pair pair_;
};

TEST_F(MemoryConnection, WhatOneWritesTheOtherReadsInALaterTurn) {
  loop_.post([&] {
    pair_.near->write("ping");
    pair_.near->flush();
    loop_.defer([&] { EXPECT_EQ(far_.data, ""); });
  });
  far_.when_data = [&](std::string_view) { pair_.far->write("pong"); };
  ASSERT_TRUE(until([&] { return near_.data == "pong"; }));
  EXPECT_EQ(far_.data, "ping");
  EXPECT_EQ(pair_.near->bytes_sent(), 4U);
  EXPECT_EQ(pair_.near->bytes_received(), 4U);
  EXPECT_EQ(pair_.near->queued(), 0U);
}

TEST_F(MemoryConnection, SlicesBoundWhatOneCallHandsOver) {
  const std::string bytes = pattern(10000);
  for (const std::size_t slice : {std::size_t{1}, std::size_t{7}, std::size_t{9999},
                                  std::size_t{10000}, std::size_t{10001}}) {
    join({.slice = slice});
    far_.when_data = [&](std::string_view v) { EXPECT_LE(v.size(), slice); };
    pair_.near->write(bytes);
    ASSERT_TRUE(until([&] { return far_.data.size() == bytes.size(); }));
    EXPECT_TRUE(far_.data == bytes);
    EXPECT_EQ(far_.data_calls, (bytes.size() + slice - 1) / slice);
  }
}

TEST_F(MemoryConnection, APausedReaderMakesTheWriterWait) {
  pair_.far->pause_reading();
  pair_.near->write(std::string(limits::high_watermark_bytes + 1, 'x'));
  settle();
  EXPECT_EQ(far_.data, "");
  EXPECT_EQ(pair_.near->queued(), limits::high_watermark_bytes + 1);
  EXPECT_EQ(near_.drains, 0);
  pair_.far->resume_reading();
  ASSERT_TRUE(until([&] { return near_.drains == 1; }));
  pair_.near->write(std::string(limits::high_watermark_bytes, 'x'));
  ASSERT_TRUE(until([&] { return pair_.near->queued() == 0; }));
  settle();
  EXPECT_EQ(near_.drains, 1) << "the high watermark itself is not above it";
}

TEST_F(MemoryConnection, DrainedComesAtTheLowWatermark) {
  join({.slice = limits::kib});
  pair_.near->write(std::string(limits::high_watermark_bytes + limits::kib, 'x'));
  far_.when_data = [&](std::string_view) {
    if (pair_.near->queued() > limits::low_watermark_bytes) {
      EXPECT_EQ(near_.drains, 0);
    }
  };
  near_.when_drained = [&] { EXPECT_LE(pair_.near->queued(), limits::low_watermark_bytes); };
  ASSERT_TRUE(until([&] { return pair_.near->queued() == 0; }));
  settle();
  EXPECT_EQ(near_.drains, 1);
}

TEST_F(MemoryConnection, PausingInsideOnDataHolds) {
  join({.slice = 3});
  far_.when_data = [&](std::string_view) { pair_.far->pause_reading(); };
  pair_.near->write("abcdef");
  settle();
  EXPECT_EQ(far_.data, "abc");
  pair_.far->resume_reading();
  settle();
  EXPECT_EQ(far_.data, "abcdef");
}

TEST_F(MemoryConnection, SeveringItIsAFailureForThePeer) {
  pair_.near->write("half");
  pair_.near->sever();
  ASSERT_TRUE(until([&] { return far_.failure.has_value(); }));
  EXPECT_EQ(far_.ends, 0);
}

TEST_F(MemoryConnection, WhoIsPausedLearnsThatThePeerLeftAndReadsTheRestLater) {
  pair_.far->pause_reading();
  pair_.near->write("last words");
  settle();
  EXPECT_EQ(far_.departures, 0);
  pair_.near->close_gracefully();
  ASSERT_TRUE(until([&] { return far_.departures == 1; }));
  settle();
  EXPECT_EQ(far_.departures, 1);
  EXPECT_EQ(far_.data, "");
  pair_.far->resume_reading();
  ASSERT_TRUE(until([&] { return far_.ends == 1; }));
  EXPECT_EQ(far_.data, "last words");
}

TEST_F(MemoryConnection, AGracefulCloseDeliversThenEnds) {
  pair_.near->write("last words");
  pair_.near->close_gracefully();
  pair_.near.reset();
  ASSERT_TRUE(until([&] { return far_.ends == 1; }));
  EXPECT_EQ(far_.data, "last words");
  pair_.far->write(std::string(limits::high_watermark_bytes + 1, 'x'));
  settle();
  EXPECT_EQ(pair_.far->queued(), 0U) << "the peer discards";
  EXPECT_FALSE(far_.failure);
  EXPECT_EQ(far_.ends, 1);
}

TEST_F(MemoryConnection, AfterAGracefulCloseTheCloserHearsNothing) {
  pair_.far->write("too late");
  pair_.near->close_gracefully();
  pair_.far->write("later still");
  pair_.far->close_gracefully();
  settle();
  EXPECT_EQ(near_.data, "");
  EXPECT_EQ(near_.ends, 0);
}

TEST_F(MemoryConnection, DestroyingOneEndCutsTheOther) {
  pair_.near->write("lost");
  pair_.near.reset();
  ASSERT_TRUE(until([&] { return far_.failure.has_value(); }));
  EXPECT_EQ(far_.failure->what, fault::reset);
  EXPECT_EQ(far_.data, "");
  EXPECT_EQ(far_.ends, 0);
}

TEST_F(MemoryConnection, TheOwnerMayDestroyBothInsideAnyCall) {
  const auto both = [&] { pair_ = {}; };
  struct {
    const char* name;
    std::function<void()> provoke;
  } const cases[] = {
      {"on_data", [&] { pair_.near->write("x"); }},
      {"on_end", [&] { pair_.near->close_gracefully(); }},
      {"on_failure", [&] { pair_.near.reset(); }},
  };
  for (const auto& c : cases) {
    join({.slice = 1});
    far_.when_data = [&](std::string_view) { both(); };
    far_.when_end = far_.when_failure = both;
    c.provoke();
    EXPECT_TRUE(until([&] { return pair_.far == nullptr; })) << c.name;
    settle();
  }
  join();
  near_.when_drained = both;
  pair_.near->write(std::string(limits::high_watermark_bytes + 1, 'x'));
  EXPECT_TRUE(until([&] { return pair_.far == nullptr; })) << "on_drained";
  settle();
}

TEST_F(MemoryConnection, TheNthOperationFailsBothEndsWhateverItIs) {
  // Ten writes of two bytes, and the reads of one byte each: thirty operations in all.
  const auto converse = [&] {
    for (int i = 0; i < 10; ++i) (i % 2 == 0 ? pair_.near : pair_.far)->write("ab");
    settle();
  };
  for (std::size_t n = 1; n <= 31; ++n) {
    join({.slice = 1, .fail_at = n});
    converse();
    const bool reached = n <= 30;
    EXPECT_EQ(near_.failure.has_value(), reached) << n;
    EXPECT_EQ(far_.failure.has_value(), reached) << n;
    if (reached) {
      EXPECT_EQ(near_.failure->what, fault::reset);
      EXPECT_LT(near_.data.size() + far_.data.size(), 20U) << n;
      pair_.near->write("nothing more");
      EXPECT_EQ(pair_.near->queued(), 0U);
    } else {
      EXPECT_EQ(near_.data.size() + far_.data.size(), 20U);
    }
  }
}

TEST_F(MemoryConnection, WithoutAHandlerNothingIsLost) {
  pair_ = make_memory_pair(loop_);
  pair_.near->write("early");
  pair_.near->close_gracefully();
  settle();
  pair_.far->set_handler(&far_);
  ASSERT_TRUE(until([&] { return far_.ends == 1; }));
  EXPECT_EQ(far_.data, "early");
}

TEST_F(MemoryConnection, WhatIsHeldArrivesOnceTheLastHoldIsGone) {
  pair_.near->write("before, ");
  output_hold one = pair_.near->hold_output();
  pair_.near->write("while it is held");
  output_hold two = pair_.near->hold_output();
  output_hold copy = one;
  settle();
  EXPECT_EQ(far_.data, "");
  EXPECT_EQ(pair_.near->queued(), 24U);
  one.release();
  two.release();
  settle();
  EXPECT_EQ(far_.data, "") << "a copy holds as well";
  pair_.far->write("the other way is free");
  ASSERT_TRUE(until([&] { return !near_.data.empty(); }));
  copy.release();
  ASSERT_TRUE(until([&] { return far_.data == "before, while it is held"; }));
}

TEST_F(MemoryConnection, AnOrderlyEndWaitsForTheReleaseAndIsNotToldOfBefore) {
  for (const bool with_output : {true, false}) {
    join();
    output_hold hold = pair_.near->hold_output();
    if (with_output) pair_.near->write("last words");
    pair_.near->close_gracefully();
    pair_.near.reset();
    settle();
    pair_.far->pause_reading();
    settle();
    pair_.far->resume_reading();
    settle();
    EXPECT_EQ(far_.data, "");
    EXPECT_EQ(far_.ends, 0);
    EXPECT_EQ(far_.departures, 0);
    hold.release();
    ASSERT_TRUE(until([&] { return far_.ends == 1; }));
    EXPECT_EQ(far_.data, with_output ? "last words" : "");
  }
}

TEST_F(MemoryConnection, AHoldMayOutliveBothEnds) {
  for (const bool severed : {true, false}) {
    join();
    output_hold hold = pair_.near->hold_output();
    pair_.near->write("lost");
    if (severed) pair_.near->sever();
    pair_.near.reset();
    ASSERT_TRUE(until([&] { return far_.failure.has_value(); }));
    EXPECT_EQ(far_.data, "");
    pair_.far.reset();
    settle();
    hold.release();
    settle();
  }
}

}  // namespace
}  // namespace weir::net
