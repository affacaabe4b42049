#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "net/tls_fixture.h"
#include "weir/base/limits.h"

namespace weir::net {
namespace {

using test::connect_and_wait;
using test::pattern;
using test::run_for;
using test::run_passes;
using test::tls_peer;
using test::tls_server;

class TlsStream : public test::tls_fixture {};

TEST_F(TlsStream, CloseNotifyIsAnOrderlyEnd) {
  tls_server server(local_, [](tls_peer& peer) {
    peer.write("answer");
    peer.close_notify();
    (void)peer.read();
  });
  const auto c = connected(server);
  ASSERT_NE(c, nullptr);
  ASSERT_TRUE(until([&] { return handler_.ends == 1; }));
  EXPECT_EQ(handler_.data, "answer");
  EXPECT_FALSE(handler_.failure);
}

TEST_F(TlsStream, TheEndIsHeldWhilePausedAndToldOnResume) {
  tls_server server(local_, [](tls_peer& peer) {
    peer.write("answer");
    peer.close_notify();
    (void)peer.read();
  });
  const auto c = connected(server);
  ASSERT_NE(c, nullptr);
  handler_.when_data = [&](std::string_view) { c->pause_reading(); };
  ASSERT_TRUE(until([&] { return handler_.data == "answer"; }));
  run_for(loop_, millis{30});
  EXPECT_EQ(handler_.ends, 0);
  c->resume_reading();
  ASSERT_TRUE(until([&] { return handler_.ends == 1; }));
}

TEST_F(TlsStream, AnEndWithoutCloseNotifyIsTruncationAfterTheData) {
  tls_server server(local_, [](tls_peer& peer) {
    peer.write("half an ans");
    peer.end_transport();
  });
  const auto c = connected(server);
  ASSERT_NE(c, nullptr);
  ASSERT_TRUE(until([&] { return handler_.failure.has_value(); }));
  EXPECT_EQ(handler_.data, "half an ans");
  EXPECT_EQ(handler_.ends, 0);
  EXPECT_EQ(handler_.failure->what, fault::reset);
  EXPECT_NE(handler_.failure->detail.find("truncated"), std::string::npos);
}

TEST_F(TlsStream, AResetIsAFailure) {
  tls_server server(local_, [](tls_peer& peer) {
    (void)peer.read();
    peer.reset_transport();
  });
  const auto c = connected(server);
  ASSERT_NE(c, nullptr);
  c->write("x");
  ASSERT_TRUE(until([&] { return handler_.failure.has_value(); }));
  EXPECT_EQ(handler_.failure->what, fault::reset);
}

TEST_F(TlsStream, AGracefulCloseSendsTheRestAndCloseNotify) {
  const std::string request = pattern(3 * limits::mib);
  std::string got;
  std::atomic<int> orderly = -1;
  tls_server server(local_, [&](tls_peer& peer) {
    got = peer.read_exactly(request.size());
    (void)peer.read();
    orderly = peer.ended_orderly() ? 1 : 0;
  });
  auto c = connected(server);
  ASSERT_NE(c, nullptr);
  c->write(request);
  c->close_gracefully();
  c.reset();
  ASSERT_TRUE(until([&] { return orderly >= 0; }));
  EXPECT_EQ(orderly, 1);
  EXPECT_TRUE(got == request);
}

TEST_F(TlsStream, TenMebibytesAreEchoedUnderBackpressure) {
  const std::string sent = pattern(10 * limits::mib);
  tls_server server(local_, [&](tls_peer& peer) {
    // Everything first, then everything back: both directions fill their buffers.
    const std::string all = peer.read_exactly(sent.size());
    peer.write(all);
    peer.close_notify();
    (void)peer.read();
  });
  const auto c = connected(server);
  ASSERT_NE(c, nullptr);
  bool paused = false;
  timer resume(loop_, [&] {
    paused = false;
    c->resume_reading();
  });
  handler_.when_data = [&](std::string_view) {
    EXPECT_FALSE(paused);
    if (handler_.data_calls % 16 != 0) return;
    paused = true;
    c->pause_reading();
    resume.start(millis{0});
  };
  c->write(sent);
  ASSERT_TRUE(until([&] { return handler_.ends == 1; }));
  EXPECT_TRUE(handler_.data == sent);
  EXPECT_EQ(handler_.drains, 1);
  EXPECT_EQ(c->bytes_sent(), sent.size());
  EXPECT_EQ(c->bytes_received(), sent.size());
}

TEST_F(TlsStream, ManyRecordsThatWaitAreHandledAtOnce) {
  constexpr int records = 40;
  std::atomic<bool> written = false;
  tls_server server(local_, [&](tls_peer& peer) {
    for (int i = 0; i < records; ++i) peer.write(std::string(100, static_cast<char>('a' + i % 26)));
    written = true;
    (void)peer.read();
  });
  auto outcome = connect_and_wait(loop_, connector_, at(server));
  ASSERT_NE(outcome.connection, nullptr);
  while (!written) std::this_thread::yield();
  outcome.connection->set_handler(&handler_);
  ASSERT_TRUE(until([&] { return handler_.data.size() == records * 100; }));
  EXPECT_LE(handler_.data_calls, 3U);
}

TEST_F(TlsStream, DataThatCameWithTheHandshakeIsNotForgotten) {
  // It sits inside OpenSSL, where no readiness of the socket tells of it. In TLS 1.2 the server
  // speaks last in the handshake, so its data may come in the same segment.
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    std::atomic<bool> written = false;
    tls_server server(local_,
                      [&](tls_peer& peer) {
                        peer.write("at once");
                        written = true;
                        (void)peer.read();
                      },
                      {.highest_version = version});
    std::unique_ptr<connection> c;
    const auto attempt = connector_.connect(at(server), seconds{10}, [&](auto r) {
      if (r) c = std::move(*r);
    });
    // The server gets time to write before we read its last flight.
    while (!written) {
      run_passes(loop_, 1);
      wait_for(written, millis{100});
    }
    ASSERT_TRUE(until([&] { return c != nullptr; }));
    handler_ = {};
    c->set_handler(&handler_);
    ASSERT_TRUE(until([&] { return handler_.data == "at once"; })) << version;
  }
}

TEST_F(TlsStream, MoreThanTheReadBufferHoldsIsNotForgotten) {
  const std::string warm_up = pattern(8 * limits::mib);
  for (const std::size_t more : {std::size_t{1}, std::size_t{100}, std::size_t{5000}}) {
    const std::string sent = pattern(limits::read_buffer_bytes + more);
    std::atomic<bool> written = false;
    tls_server server(local_, [&](tls_peer& peer) {
      peer.write(warm_up);  // the kernel learns to take more at once
      (void)peer.read();
      peer.write(sent);
      written = true;
      (void)peer.read();
    });
    handler_ = {};
    const auto c = connected(server);
    ASSERT_NE(c, nullptr);
    ASSERT_TRUE(until([&] { return handler_.data.size() == warm_up.size(); }));
    c->pause_reading();
    c->write("go on");
    c->flush();
    wait_for(written, millis{500});  // if the kernel takes that much
    c->resume_reading();
    ASSERT_TRUE(until([&] { return handler_.data.size() == warm_up.size() + sent.size(); }))
        << more;
    EXPECT_TRUE(handler_.data == warm_up + sent);
  }
}

TEST_F(TlsStream, OutputMayGrowAndMoveWhileItWaits) {
  const std::string part = pattern(3 * limits::mib + 7);
  std::atomic<bool> go = false;
  std::atomic<std::size_t> expected = 0;
  std::string got;
  std::atomic<bool> done = false;
  tls_server server(local_, [&](tls_peer& peer) {
    go.wait(false);
    got = peer.read_exactly(expected);
    done = true;
    (void)peer.read();
  });
  const auto c = connected(server);
  ASSERT_NE(c, nullptr);
  std::string sent;
  const auto write_until_stuck = [&] {
    c->write(part);
    sent += part;
    std::uint64_t before = 0;
    do {
      before = c->bytes_sent();
      run_passes(loop_, 20);
    } while (c->bytes_sent() > before);
  };
  while (c->queued() == 0) write_until_stuck();
  for (int i = 0; i < 3; ++i) write_until_stuck();
  expected = sent.size();
  go = true;
  go.notify_all();
  ASSERT_TRUE(until([&] { return done || handler_.failure; }));
  EXPECT_FALSE(handler_.failure);
  EXPECT_TRUE(got == sent);
}

TEST_F(TlsStream, OneFlushIsBoundedSoThatOthersHaveTheirTurn) {
  tls_server server(local_, [](tls_peer& peer) { (void)peer.read_exactly(4 * limits::mib); });
  const auto c = connected(server);
  ASSERT_NE(c, nullptr);
  c->write(pattern(4 * limits::mib));
  c->flush();
  EXPECT_GE(c->bytes_sent(), limits::max_tls_flush_bytes);
  EXPECT_LT(c->bytes_sent(), limits::max_tls_flush_bytes + 16 * limits::kib);
  ASSERT_TRUE(until([&] { return c->queued() == 0; }));
}

TEST_F(TlsStream, NewKeysInTheMidstOfAStreamAreAnswered) {
  tls_server server(local_, [&](tls_peer& peer) {
    for (int i = 0; i < 5; ++i) {
      peer.update_keys();
      peer.write(peer.read());
    }
    peer.close_notify();
    (void)peer.read();
  });
  const auto c = connected(server);
  ASSERT_NE(c, nullptr);
  handler_.when_data = [&](std::string_view) { c->write("x"); };
  c->write("x");
  ASSERT_TRUE(until([&] { return handler_.ends == 1; }));
  EXPECT_EQ(handler_.data, "xxxxx");
  EXPECT_FALSE(handler_.failure);
}

TEST_F(TlsStream, TheOwnerMayDestroyItInsideAnyCall) {
  std::unique_ptr<connection> c;
  const auto destroy = [&] { c.reset(); };
  const std::function<void(tls_peer&)> serves[] = {
      [](tls_peer& peer) { peer.write("data"); },
      [](tls_peer& peer) { peer.close_notify(); },
      [](tls_peer& peer) { peer.end_transport(); },
      [](tls_peer& peer) { (void)peer.read_exactly(limits::mib); },
  };
  for (const auto& serve : serves) {
    std::atomic<bool> release = false;
    tls_server server(local_, [&](tls_peer& peer) {
      serve(peer);
      while (!release) std::this_thread::yield();
    });
    handler_ = {};
    handler_.when_data = [&](std::string_view) { destroy(); };
    handler_.when_end = handler_.when_failure = handler_.when_drained = destroy;
    c = connected(server);
    ASSERT_NE(c, nullptr);
    if (&serve == &serves[3]) c->write(pattern(limits::mib));
    EXPECT_TRUE(until([&] { return c == nullptr; }));
    release = true;
    run_for(loop_, millis{10});
  }
}

}  // namespace
}  // namespace weir::net
