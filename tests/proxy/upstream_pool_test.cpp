// Which upstream connections serve again.
#include "proxy/upstream_pool.h"

#include <gtest/gtest.h>

#include "gateway_bench.h"
#include "weir/base/limits.h"

namespace weir::proxy {
namespace {

using test::chat;
using test::gateway_bench;
using test::raw_client;
using test::received_request;
using test::upstream_peer;

struct test_case {
  const char* name;
  void (*answer)(upstream_peer&);
  bool reused;
};

const test_case cases[] = {
    {"a clean end",
     [](upstream_peer& p) {
       p.begin_stream();
       p.chunk(test::chat_stream());
       p.end_chunks();
     },
     true},
    {"a length", [](upstream_peer& p) { p.respond(200, "text/event-stream", test::chat_stream()); },
     true},
    {"an error", [](upstream_peer& p) { p.respond(500, "text/plain", "no"); }, true},
    {"something small behind the terminator",
     [](upstream_peer& p) {
       p.begin_stream();
       p.chunk(test::chat_stream());
       p.chunk(std::string(limits::max_drained_bytes / 2, ' '));
       p.end_chunks();
     },
     true},
    {"something large behind the terminator",  // SSE-12
     [](upstream_peer& p) {
       p.begin_stream();
       p.chunk(test::chat_stream());
       for (int i = 0; i < 64; ++i) p.chunk(std::string(limits::max_drained_bytes / 8, ' '));
       p.end_chunks();
     },
     false},
    {"no end of the body",
     [](upstream_peer& p) {
       p.begin_stream();
       p.chunk(test::chat_stream());
     },
     false},
    {"the upstream says close",
     [](upstream_peer& p) {
       p.respond(200, "text/event-stream", test::chat_stream(), {{"Connection", "close"}});
     },
     false},
    {"a body until close",
     [](upstream_peer& p) {
       p.send("HTTP/1.1 200 OK\r\n\r\n" + test::chat_stream());
       p.close();
     },
     false},
    {"HTTP/1.0",
     [](upstream_peer& p) {
       const std::string body = test::chat_stream();
       p.send("HTTP/1.0 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
              body);
     },
     false},
    {"bytes nobody asked for",
     [](upstream_peer& p) {
       p.begin_stream();
       p.chunk(test::chat_stream());
       p.end_chunks();
       p.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
     },
     false},
};

TEST(UpstreamPool, AConnectionServesAgainOnlyAfterACleanEnd) {
  for (const test_case& t : cases) {
    gateway_bench bench;
    bench.network.answer = [&](upstream_peer& peer, const received_request&) { t.answer(peer); };
    raw_client& c = bench.client();
    ASSERT_TRUE(bench.ask(c, chat(true))) << t.name;
    const upstream_pool& pool = *bench.worker->context()->upstreams[0]->pool;
    ASSERT_TRUE(bench.driver.run_until([&] { return pool.idle() == pool.open(); })) << t.name;
    bench.driver.settle();
    EXPECT_EQ(t.reused ? 1U : 0U, pool.idle()) << t.name;
    ASSERT_TRUE(bench.ask(c, chat(true))) << t.name;
    EXPECT_EQ(t.reused ? 1U : 2U, bench.network.peers.size()) << t.name;
    EXPECT_EQ(2U, c.complete()) << t.name;
  }
}

TEST(UpstreamPool, AnIdleConnectionThatTheUpstreamClosesIsForgotten) {
  gateway_bench bench;
  raw_client& c = bench.client();
  ASSERT_TRUE(bench.ask(c, chat(true)));
  const upstream_pool& pool = *bench.worker->context()->upstreams[0]->pool;
  ASSERT_TRUE(bench.driver.run_until([&] { return pool.idle() == 1; }));
  bench.network.peers[0]->close();
  EXPECT_TRUE(bench.driver.run_until([&] { return pool.open() == 0; }));
}

TEST(UpstreamPool, NoMoreIdleConnectionsAreKeptThanTheBound) {
  gateway_bench bench;
  std::vector<upstream_peer*> waiting;
  bench.network.answer = [&](upstream_peer& peer, const received_request&) {
    waiting.push_back(&peer);
  };
  constexpr std::size_t many = limits::max_idle_upstream_connections + 5;
  for (std::size_t i = 0; i < many; ++i) bench.client().send(chat(true));
  ASSERT_TRUE(bench.driver.run_until([&] { return waiting.size() == many; }));
  for (upstream_peer* const peer : waiting)
    peer->respond(200, "text/event-stream", test::chat_stream());
  ASSERT_TRUE(bench.driver.run_until([&] {
    for (const auto& c : bench.clients)
      if (c->complete() != 1) return false;
    return true;
  }));
  bench.driver.settle();
  const upstream_pool& pool = *bench.worker->context()->upstreams[0]->pool;
  EXPECT_EQ(limits::max_idle_upstream_connections, pool.idle());
  EXPECT_EQ(limits::max_idle_upstream_connections, pool.open());
}

}  // namespace
}  // namespace weir::proxy
