#include "net/socket_connection.h"

#include <gtest/gtest.h>

#include <vector>

#include "support/net_harness.h"
#include "weir/base/limits.h"

namespace weir::net {
namespace {

using test::accepting;
using test::pattern;
using test::raw_socket;
using test::recording_handler;
using test::run_for;
using test::run_until;

/// An accepted connection and the bare socket of its client.
class SocketConnection : public testing::Test {
 protected:
  void connect(const listener::options& options = {}) {
    connection_.reset();
    server_ = std::make_unique<accepting>(loop_, options);
    peer_ = raw_socket::connected_to(server_->port());
    connection_ = server_->next();
    ASSERT_NE(connection_, nullptr);
    connection_->set_handler(&handler_);
  }
  void SetUp() override { connect(); }
  [[nodiscard]] bool until(const std::function<bool()>& holds) { return run_until(loop_, holds); }
  /// Fills the socket and the queue behind it until the kernel takes no more.
  void fill() {
    const std::string block = pattern(limits::mib);
    std::size_t before = 0;
    do {
      before = connection_->queued();
      connection_->write(block);
      connection_->flush();
    } while (connection_->queued() < before + block.size());
  }

  event_loop loop_;
  std::unique_ptr<accepting> server_;
  recording_handler handler_;
  raw_socket peer_;
  std::unique_ptr<connection> connection_;
};

TEST_F(SocketConnection, BytesArriveAndLeave) {
  peer_.send("hello");
  ASSERT_TRUE(until([&] { return handler_.data == "hello"; }));
  connection_->write("wo");
  connection_->write("rld");
  std::string got;
  ASSERT_TRUE(until([&] {
    got += peer_.receive_now();
    return got == "world";
  }));
  EXPECT_EQ(connection_->bytes_received(), 5U);
  EXPECT_EQ(connection_->bytes_sent(), 5U);
  EXPECT_EQ(connection_->queued(), 0U);
  EXPECT_EQ(server_->last_peer, "127.0.0.1");
}

TEST_F(SocketConnection, WritesOfOneTurnLeaveTogetherAtItsEnd) {
  std::string seen_in_turn = "unset";
  loop_.post([&] {
    connection_->write("one ");
    connection_->write("two");
    EXPECT_EQ(connection_->queued(), 7U);
    seen_in_turn = peer_.receive_now();
  });
  ASSERT_TRUE(until([&] { return seen_in_turn != "unset"; }));
  EXPECT_EQ(seen_in_turn, "");
  EXPECT_EQ(peer_.receive_now(), "one two");
}

TEST_F(SocketConnection, FlushSendsAtOnce) {
  bool done = false;
  loop_.post([&] {
    connection_->write("first token");
    connection_->flush();
    EXPECT_EQ(connection_->queued(), 0U);
    EXPECT_EQ(peer_.receive_now(), "first token");
    done = true;
  });
  ASSERT_TRUE(until([&] { return done; }));
}

TEST_F(SocketConnection, WhilePausedNothingIsRead) {
  connection_->pause_reading();
  peer_.send("later");
  run_for(loop_, millis{30});
  EXPECT_EQ(handler_.data, "");
  connection_->resume_reading();
  ASSERT_TRUE(until([&] { return handler_.data == "later"; }));
}

TEST_F(SocketConnection, TheEndOfThePeerLeavesOurSideOpen) {
  peer_.send("last words");
  peer_.end_sending();
  ASSERT_TRUE(until([&] { return handler_.ends == 1; }));
  EXPECT_EQ(handler_.data, "last words");
  connection_->write("answer");
  std::string got;
  ASSERT_TRUE(until([&] {
    got += peer_.receive_now();
    return got == "answer";
  }));
  run_for(loop_, millis{20});
  EXPECT_EQ(handler_.ends, 1);
  EXPECT_FALSE(handler_.failure);
}

TEST_F(SocketConnection, AResetIsAFailure) {
  peer_.reset();
  ASSERT_TRUE(until([&] { return handler_.failure.has_value(); }));
  EXPECT_EQ(handler_.failure->what, fault::reset);
  EXPECT_EQ(handler_.ends, 0);
  connection_->write("to nobody");
  EXPECT_EQ(connection_->queued(), 0U);
}

TEST_F(SocketConnection, AResetIsToldEvenWhilePaused) {
  fill();
  connection_->pause_reading();
  peer_.reset();
  ASSERT_TRUE(until([&] { return handler_.failure.has_value(); }));
  EXPECT_EQ(handler_.failure->what, fault::reset);
}

TEST_F(SocketConnection, AFailureFoundByFlushIsToldAfterwards) {
  connection_->pause_reading();
  peer_.reset();
  ASSERT_TRUE(until([&] {
    const bool before = handler_.failure.has_value();
    connection_->write("x");
    connection_->flush();
    EXPECT_EQ(handler_.failure.has_value(), before) << "told from inside flush";
    return before;
  }));
  EXPECT_EQ(handler_.failure->what, fault::reset);
}

TEST_F(SocketConnection, AnAnswerThatArrivedBeforeTheResetIsRead) {
  connection_->pause_reading();
  peer_.send("413 too large");
  fill();
  peer_.reset();
  bool tried = false;
  loop_.post([&] {
    connection_->resume_reading();
    connection_->write("more");
    tried = true;
  });
  ASSERT_TRUE(until([&] { return tried && handler_.failure.has_value(); }));
  EXPECT_EQ(handler_.data, "413 too large");
}

TEST_F(SocketConnection, AnAnswerThatArrivedBeforeTheResetIsReadEvenWhenAWriteMeetsIt) {
  connection_->pause_reading();
  peer_.send("413 too large");
  peer_.reset();
  bool tried = false;
  loop_.post([&] {
    connection_->resume_reading();
    connection_->write("more");
    tried = true;
  });
  ASSERT_TRUE(until([&] { return tried && handler_.failure.has_value(); }));
  EXPECT_EQ(handler_.data, "413 too large");
}

TEST_F(SocketConnection, DrainedComesOnceForEachTimeAboveTheHighWatermark) {
  connection_->write(std::string(limits::high_watermark_bytes, 'a'));
  ASSERT_TRUE(until([&] { return connection_->queued() == 0; }));
  run_for(loop_, millis{10});
  EXPECT_EQ(handler_.drains, 0) << "the high watermark itself is not above it";
  connection_->write(std::string(limits::high_watermark_bytes + 1, 'b'));
  ASSERT_TRUE(until([&] { return handler_.drains == 1; }));
  fill();
  std::size_t lowest_before_drain = connection_->queued();
  while (handler_.drains == 1) {
    lowest_before_drain = connection_->queued();
    (void)peer_.receive_now();
    loop_.run_once();
  }
  EXPECT_LE(connection_->queued(), limits::low_watermark_bytes);
  EXPECT_GT(lowest_before_drain, limits::low_watermark_bytes);
  ASSERT_TRUE(until([&] {
    (void)peer_.receive_now();
    return connection_->queued() == 0;
  }));
  run_for(loop_, millis{10});
  EXPECT_EQ(handler_.drains, 2);
}

TEST_F(SocketConnection, AReaderThatStallsIsCut) {
  connect({.stalled_after = millis{60}});
  const micros begin = loop_.now();
  fill();
  ASSERT_TRUE(until([&] { return handler_.failure.has_value(); }));
  EXPECT_EQ(handler_.failure->what, fault::stalled);
  EXPECT_GE(loop_.now() - begin, millis{60});
}

TEST_F(SocketConnection, AReaderThatIsSlowIsNotCut) {
  connect({.stalled_after = millis{1000}});
  const std::string block = pattern(16 * limits::mib);
  // Longer than the limit in all, but never that long without progress.
  for (int i = 0; i < 12; ++i) {
    // Never empty, so that only progress can save it.
    if (connection_->queued() < block.size()) connection_->write(block);
    const std::uint64_t before = connection_->bytes_sent();
    ASSERT_TRUE(until([&] {
      (void)peer_.receive_now();
      return connection_->bytes_sent() > before || handler_.failure;
    }));
    ASSERT_GT(connection_->queued(), 0U);
    run_for(loop_, millis{100});
    ASSERT_FALSE(handler_.failure);
  }
}

TEST_F(SocketConnection, AnIdleConnectionIsNotStalled) {
  connect({.stalled_after = millis{20}});
  connection_->write("all of it goes at once");
  run_for(loop_, millis{80});
  EXPECT_FALSE(handler_.failure);
}

TEST_F(SocketConnection, TenMebibytesAreEchoedUnderBackpressure) {
  const std::string sent = pattern(10 * limits::mib);
  recording_handler client;
  socket_connector connector(loop_);
  const auto outcome = test::connect_and_wait(loop_, connector, {"127.0.0.1", server_->port()});
  ASSERT_NE(outcome.connection, nullptr);
  connection& near = *outcome.connection;
  const std::unique_ptr<connection> far = server_->next();
  near.set_handler(&client);
  far->set_handler(&handler_);
  bool echo_paused = false;
  int pauses = 0;
  handler_.when_data = [&](std::string_view bytes) {
    EXPECT_FALSE(echo_paused);
    far->write(bytes);
    if (far->queued() <= limits::high_watermark_bytes || echo_paused) return;
    echo_paused = true;
    ++pauses;
    far->pause_reading();
  };
  handler_.when_drained = [&] {
    EXPECT_TRUE(echo_paused);
    EXPECT_LE(far->queued(), limits::low_watermark_bytes);
    echo_paused = false;
    far->resume_reading();
  };
  near.write(sent);
  ASSERT_TRUE(until([&] { return client.data.size() >= sent.size(); }));
  EXPECT_TRUE(client.data == sent);
  ASSERT_TRUE(until([&] { return handler_.drains == pauses; }));
  EXPECT_EQ(client.drains, 1);
  EXPECT_EQ(near.bytes_sent(), sent.size());
  EXPECT_EQ(near.bytes_received(), sent.size());
}

TEST_F(SocketConnection, TheOwnerMayDestroyItInsideAnyCall) {
  struct cause {
    const char* name;
    std::function<void()> arrange;
    std::function<void()> provoke;
  };
  const auto destroy = [&] { connection_.reset(); };
  const cause causes[] = {
      {"on_data", [&] { handler_.when_data = [&](std::string_view) { destroy(); }; },
       [&] { peer_.send("x"); }},
      {"on_end", [&] { handler_.when_end = destroy; }, [&] { peer_.end_sending(); }},
      {"on_failure", [&] { handler_.when_failure = destroy; }, [&] { peer_.reset(); }},
      {"on_drained", [&] { handler_.when_drained = destroy; },
       [&] { connection_->write(pattern(limits::high_watermark_bytes + 1)); }},
  };
  for (const cause& c : causes) {
    connect();
    handler_ = {};
    c.arrange();
    c.provoke();
    EXPECT_TRUE(until([&] { return connection_ == nullptr; })) << c.name;
    run_for(loop_, millis{10});
  }
}

TEST_F(SocketConnection, TheOwnerMayCloseItGracefullyInsideAnyCall) {
  struct cause {
    const char* name;
    std::function<void()> provoke;
  };
  const cause causes[] = {
      {"on_data", [&] { peer_.send("x"); }},
      {"on_end", [&] { peer_.end_sending(); }},
      {"on_failure", [&] { peer_.reset(); }},
      {"on_drained", [&] { connection_->write(pattern(limits::high_watermark_bytes + 1)); }},
  };
  for (const cause& c : causes) {
    connect();
    handler_ = {};
    int closed = 0;
    const auto close = [&] {
      connection_->close_gracefully();
      ++closed;
    };
    handler_.when_data = [&](std::string_view) { close(); };
    handler_.when_end = handler_.when_failure = handler_.when_drained = close;
    c.provoke();
    EXPECT_TRUE(until([&] { return closed > 0; })) << c.name;
    run_for(loop_, millis{20});
    EXPECT_EQ(closed, 1) << c.name << ": calls stop at once";
    connection_.reset();
  }
}

TEST_F(SocketConnection, DestroyingItClosesAtOnce) {
  connection_.reset();
  loop_.run_once();
  EXPECT_EQ(peer_.end_of_stream(), 0);
}

TEST_F(SocketConnection, SeveringItIsAResetAndNoEnd) {
  connection_->sever();
  connection_->write("nobody gets this");
  loop_.run_once();
  EXPECT_EQ(peer_.end_of_stream(), ECONNRESET);
}

TEST_F(SocketConnection, WhoIsPausedLearnsThatThePeerLeftAndReadsTheRestLater) {
  connection_->pause_reading();
  peer_.send("last words");
  run_for(loop_, millis{30});
  EXPECT_EQ(handler_.departures, 0);
  peer_.close();
  ASSERT_TRUE(until([&] { return handler_.departures == 1; }));
  run_for(loop_, millis{30});
  EXPECT_EQ(handler_.departures, 1) << "told twice";
  EXPECT_EQ(handler_.data, "");
  EXPECT_EQ(handler_.ends, 0);
  connection_->resume_reading();
  ASSERT_TRUE(until([&] { return handler_.ends == 1; }));
  EXPECT_EQ(handler_.data, "last words");
}

TEST_F(SocketConnection, WhoReadsIsNotToldOfTheDepartureToo) {
  peer_.send("x");
  peer_.close();
  ASSERT_TRUE(until([&] { return handler_.ends == 1; }));
  EXPECT_EQ(handler_.departures, 0);
}

TEST_F(SocketConnection, AGracefulCloseSendsWhatIsQueuedThenEnds) {
  const std::string answer = pattern(4 * limits::mib);
  connection_->write(answer);
  connection_->close_gracefully();
  connection_.reset();
  std::string got;
  ASSERT_TRUE(until([&] {
    got += peer_.receive_now();
    return got.size() == answer.size() && peer_.end_of_stream() == 0;
  }));
  EXPECT_TRUE(got == answer);
}

TEST_F(SocketConnection, AGracefulCloseDoesNotLoseTheAnswerToUnreadInput) {
  // The client goes on sending its body; closing at once would reset it and lose the answer.
  connection_->pause_reading();
  peer_.send(pattern(64 * limits::kib));
  run_for(loop_, millis{10});
  connection_->write("413");
  connection_->close_gracefully();
  connection_.reset();
  for (int i = 0; i < 20; ++i) {
    run_for(loop_, millis{1});
    peer_.send(pattern(limits::kib));
  }
  std::string got;
  ASSERT_TRUE(until([&] {
    got += peer_.receive_now();
    return got == "413" && peer_.end_of_stream() == 0;
  }));
}

TEST_F(SocketConnection, AGracefulCloseLingersForASecondAtMost) {
  connection_->close_gracefully();
  connection_.reset();
  ASSERT_TRUE(until([&] { return peer_.end_of_stream() == 0; }));
  const micros begin = loop_.now();
  // While it lingers, what we send is accepted; once it is closed, the kernel answers by a reset.
  ASSERT_TRUE(until([&] {
    return ::send(peer_.fd(), "x", 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 &&
           (errno == EPIPE || errno == ECONNRESET);
  }));
  EXPECT_GE(loop_.now() - begin, limits::close_linger - millis{100});
  EXPECT_LE(loop_.now() - begin, limits::close_linger + seconds{2});
}

TEST_F(SocketConnection, AnUnfinishedGracefulCloseEndsWithTheLoop) {
  auto loop = std::make_unique<event_loop>();
  raw_socket peer;
  {
    accepting server(*loop);
    peer = raw_socket::connected_to(server.port());
    const std::unique_ptr<connection> c = server.next();
    c->write(pattern(64 * limits::mib));
    c->close_gracefully();
  }
  loop->run_once();
  loop.reset();
  while (!peer.receive_now().empty()) continue;
  EXPECT_NE(peer.end_of_stream(), EAGAIN);
}

TEST_F(SocketConnection, WithoutAHandlerNothingIsLost) {
  accepting server(loop_);
  const raw_socket peer = raw_socket::connected_to(server.port());
  const std::unique_ptr<connection> c = server.next();
  peer.send("early");
  run_for(loop_, millis{20});
  recording_handler late;
  c->set_handler(&late);
  ASSERT_TRUE(until([&] { return late.data == "early"; }));
}

TEST_F(SocketConnection, WhatIsHeldLeavesOnceTheLastHoldIsGone) {
  connection_->write("before, ");
  output_hold one = connection_->hold_output();
  connection_->write("while it is held");
  connection_->flush();
  output_hold two = connection_->hold_output();
  one.release();
  run_for(loop_, millis{20});
  EXPECT_EQ(peer_.receive_now(), "");
  EXPECT_EQ(connection_->queued(), 24U);
  peer_.send("the other way is free");
  ASSERT_TRUE(until([&] { return !handler_.data.empty(); }));
  two.release();
  std::string got;
  ASSERT_TRUE(until([&] {
    got += peer_.receive_now();
    return got == "before, while it is held";
  }));
  connection_->write(" and after");
  ASSERT_TRUE(until([&] {
    got += peer_.receive_now();
    return got == "before, while it is held and after";
  }));
}

TEST_F(SocketConnection, AHoldIsNoStallButAfterItThePeerMayStall) {
  connect({.stalled_after = millis{60}});
  fill();
  output_hold hold = connection_->hold_output();
  run_for(loop_, millis{150});
  EXPECT_FALSE(handler_.failure);
  const micros begin = loop_.now();
  hold.release();
  ASSERT_TRUE(until([&] { return handler_.failure.has_value(); }));
  EXPECT_EQ(handler_.failure->what, fault::stalled);
  EXPECT_GE(loop_.now() - begin, millis{60});
}

TEST_F(SocketConnection, DrainedComesAfterTheRelease) {
  output_hold hold = connection_->hold_output();
  connection_->write(pattern(limits::high_watermark_bytes + 1));
  run_for(loop_, millis{20});
  EXPECT_EQ(handler_.drains, 0);
  hold.release();
  EXPECT_TRUE(until([&] { return handler_.drains == 1; }));
}

TEST_F(SocketConnection, AnOrderlyEndWaitsForTheRelease) {
  for (const std::string_view last : {"last words", ""}) {
    connect();
    output_hold hold = connection_->hold_output();
    connection_->write(last);
    connection_->close_gracefully();
    connection_.reset();
    run_for(loop_, millis{20});
    EXPECT_EQ(peer_.end_of_stream(), EAGAIN);
    hold.release();
    std::string got;
    ASSERT_TRUE(until([&] {
      got += peer_.receive_now();
      return peer_.end_of_stream() == 0;
    }));
    EXPECT_EQ(got, last);
  }
}

TEST_F(SocketConnection, AHoldMayOutliveItsConnectionHoweverThatEnds) {
  struct {
    const char* how;
    std::function<void()> end;
  } const ends[] = {
      {"destroyed", [&] { connection_.reset(); }},
      {"severed", [&] { connection_->sever(); }},
      {"reset by the peer",
       [&] {
         peer_.reset();
         ASSERT_TRUE(until([&] { return handler_.failure.has_value(); }));
       }},
      {"closed, then reset by the peer",
       [&] {
         connection_->close_gracefully();
         peer_.reset();
         run_for(loop_, millis{20});
       }},
  };
  for (const auto& each : ends) {
    SCOPED_TRACE(each.how);
    handler_ = {};
    connect();
    output_hold hold = connection_->hold_output();
    connection_->write("never seen");
    each.end();
    run_for(loop_, millis{5});
    EXPECT_EQ(peer_.fd() < 0 ? "" : peer_.receive_now(), "");
    hold.release();
    run_for(loop_, millis{5});
    connection_.reset();
  }
}

TEST_F(SocketConnection, AHeldEndDiesWithTheLoop) {
  output_hold hold;
  raw_socket peer;
  {
    event_loop loop;
    accepting server(loop);
    peer = raw_socket::connected_to(server.port());
    const std::unique_ptr<connection> c = server.next();
    hold = c->hold_output();
    c->write("never seen");
    c->close_gracefully();
  }
  hold.release();
  EXPECT_EQ(peer.receive_now(), "");
}

}  // namespace
}  // namespace weir::net
