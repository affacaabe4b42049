// Every operation on either leg fails once: whatever it is, the exchange ends, nothing is left
// over, and a client that is still there gets a whole answer or a truthful error.
#include <gtest/gtest.h>

#include "gateway_bench.h"
#include "net/loop_internals.h"
#include "routing_bench.h"
#include "weir/openai/chat_lint.h"

namespace weir::proxy {
namespace {

using test::chat;
using test::gateway_bench;
using test::get;
using test::raw_client;
using test::received_request;
using test::upstream_peer;

/// More than any of the scripts below needs.
constexpr std::size_t enough_operations = 220;

struct scenario {
  const char* name;
  bool stream;
  std::function<void(upstream_peer&, const received_request&)> upstream;
};

std::vector<scenario> scenarios() {
  return {
      {"a stream, event by event", true,
       [](upstream_peer& peer, const received_request&) {
         peer.begin_stream();
         peer.chunk(test::chat_role());
         peer.chunk(test::chat_word("Hel"));
         peer.chunk(test::chat_word("lo"));
         peer.chunk(test::chat_finish());
         peer.chunk(test::chat_done);
         peer.end_chunks();
       }},
      {"a stream without terminator", true,
       [](upstream_peer& peer, const received_request&) {
         peer.begin_stream();
         peer.chunk(test::chat_role() + test::chat_word("Hello") + test::chat_finish());
         peer.end_chunks();
       }},
      {"a document for a stream", true,
       [](upstream_peer& peer, const received_request&) {
         peer.respond(200, "application/json", test::chat_document);
       }},
      {"a document", false,
       [](upstream_peer& peer, const received_request&) {
         peer.respond(200, "application/json", test::chat_document);
       }},
      {"a stream for a document", false,
       [](upstream_peer& peer, const received_request&) {
         peer.begin_stream();
         peer.chunk(test::chat_stream());
         peer.end_chunks();
       }},
      {"an error", true,
       [](upstream_peer& peer, const received_request&) {
         peer.respond(503, "application/json", R"({"error":{"message":"busy"}})");
       }},
      {"a body until the end of the connection", true,
       [](upstream_peer& peer, const received_request&) {
         peer.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" +
                   test::chat_stream());
         peer.close();
       }},
      {"a stream that refuses stream_options first", true,
       [](upstream_peer& peer, const received_request& request) {
         if (request.body.find("stream_options") != std::string::npos)
           return peer.respond(400, "application/json",
                               R"({"error":{"message":"unknown field stream_options"}})");
         peer.begin_stream();
         peer.chunk(test::chat_stream());
         peer.end_chunks();
       }},
  };
}

/// The response, if it is complete, is what the contract allows.
void expect_legal(const raw_client& c, const scenario& s, const std::string& where) {
  EXPECT_FALSE(c.malformed()) << where;
  if (c.responses().empty() || !c.last().complete) return;
  const test::response& r = c.last();
  if (r.status != 200) {
    EXPECT_NE(std::string::npos, r.body.find(R"({"error":{"message":)")) << where;
  } else if (s.stream) {
    EXPECT_TRUE(openai::is_legal(openai::lint_chat_stream(r.body, {}))) << where << r.body;
  } else {
    EXPECT_TRUE(openai::is_legal(openai::lint_chat_completion(r.body, {}))) << where << r.body;
  }
}

void expect_nothing_left(gateway_bench& bench, const std::string& where) {
  bench.clients.clear();
  EXPECT_TRUE(bench.driver.run_until([&] { return bench.worker->sessions() == 0; })) << where;
  bench.driver.settle();
  const upstream_pool& pool = *bench.worker->context()->upstreams[0]->pool;
  EXPECT_TRUE(bench.driver.run_until([&] { return pool.open() == pool.idle(); })) << where;
}

/// Turns the loop until `holds`, firing what is due between any two turns; time stands still.
bool turn_until(net::event_loop& loop, const std::function<bool()>& holds) {
  for (int turn = 0; turn < 2000 && !holds(); ++turn) {
    loop.post([] {});
    loop.run_once();
    loop.internals().let_pass(millis{0});
  }
  return holds();
}

TEST(Failure, EveryTimerMayFireAtOnce) {  // HTTP-11, GEN-5
  for (const scenario& s : scenarios()) {
    std::size_t timers = 1;
    for (std::size_t n = 1; n <= timers; ++n) {
      gateway_bench bench;
      bench.network.answer = s.upstream;
      bench.network.options = {17, 0};
      bench.start();
      bench.loop.internals().hold_clock();
      const std::size_t before = bench.loop.internals().timers_started();
      bench.loop.internals().rush_timer(n);
      raw_client& c = bench.client();
      c.send(chat(s.stream));
      const std::string where = std::string(s.name) + ", timer " + std::to_string(n) + ": ";
      ASSERT_TRUE(turn_until(bench.loop, [&] { return c.complete() == 1 || c.gone(); })) << where;
      // Only a connection on which nothing was asked may close without a word.
      EXPECT_TRUE(c.complete() == 1 || c.responses().empty()) << where;
      expect_legal(c, s, where);
      timers = std::max(timers, bench.loop.internals().timers_started() - before);
      c.leave();
      EXPECT_TRUE(turn_until(bench.loop, [&] { return bench.worker->sessions() == 0; })) << where;
      const upstream_pool& pool = *bench.worker->context()->upstreams[0]->pool;
      EXPECT_TRUE(turn_until(bench.loop, [&] { return pool.open() == pool.idle(); })) << where;
      EXPECT_EQ(0U, bench.guests.connections_open()) << where;
      EXPECT_EQ(0U, bench.guests.streams_open()) << where;
    }
    EXPECT_LT(2U, timers) << s.name;
  }
}

TEST(Failure, EveryOperationOfTheUpstreamLegMayFail) {  // P1, GEN-5
  for (const scenario& s : scenarios()) {
    std::string healthy;
    std::string last;
    for (std::size_t n = 0; n < enough_operations; ++n) {  // 0: nothing fails
      gateway_bench bench;
      bench.network.answer = s.upstream;
      bench.network.options = {17, n};
      raw_client& c = bench.client();
      const std::string where = std::string(s.name) + ", operation " + std::to_string(n) + ": ";
      ASSERT_TRUE(bench.ask(c, chat(s.stream))) << where;
      EXPECT_EQ(1U, c.complete()) << where;
      expect_legal(c, s, where);
      ASSERT_TRUE(bench.ask(c, get("/healthz"))) << where;  // the client's connection is unharmed
      EXPECT_EQ(R"({"status":"ok"})", c.last().body) << where;
      last = c.responses().front().body;
      if (n == 0) healthy = last;
      expect_nothing_left(bench, where);
    }
    EXPECT_EQ(healthy, last) << s.name << ": not every operation was reached";
  }
}

/// As above, but both upstreams' connections and the timers count: whichever operation it is that
/// fails, another attempt makes it good unless something of the answer had reached the client.
TEST(Failure, WithAnotherUpstreamInReserveAFailedOperationIsMadeGood) {  // GEN-5
  for (const bool stream : {true, false}) {
    bool whole = false;
    for (std::size_t n = 1; n < enough_operations && !whole; ++n) {
      test::routing_bench bench({{"a", 1}, {"b", 2}});
      std::size_t connections = 0;
      bench.network.on_connect = [&](net::memory_options& options) {
        options = connections++ == 0 ? net::memory_options{17, n} : net::memory_options{17, 0};
      };
      raw_client& c = bench.client();
      const std::string where = "operation " + std::to_string(n) + ": ";
      ASSERT_TRUE(bench.ask(c, chat(stream))) << where;
      EXPECT_EQ(1U, c.complete()) << where;
      EXPECT_EQ(200U, c.last().status) << where << c.last().body;
      const bool broke_off = c.last().body.find("\"error\":{") != std::string::npos;
      EXPECT_FALSE(broke_off && !stream) << where << c.last().body;
      EXPECT_FALSE(broke_off && c.last().body.find("I am") == std::string::npos) << where;
      EXPECT_TRUE(!stream || openai::is_legal(openai::lint_chat_stream(c.last().body, {})))
          << where;
      whole = connections == 1 && !broke_off;
      for (const auto& upstream : bench.worker->context()->upstreams) {
        bench.driver.settle();
        EXPECT_TRUE(bench.driver.run_until([&] {
          return upstream->pool->open() == upstream->pool->idle();
        })) << where;
      }
      EXPECT_EQ(0U, bench.board->look(0, bench.loop.now()).busy) << where;
      EXPECT_EQ(0U, bench.board->look(1, bench.loop.now()).busy) << where;
    }
    EXPECT_TRUE(whole);
  }
}

TEST(Failure, EveryConnectMayFail) {
  for (std::size_t n = 1; n <= 4; ++n) {
    test::routing_bench bench({{"a", 1}, {"b", 2}});
    bench.settings.routing.attempts = 4;
    bench.scripts["a"] = bench.scripts["b"] = [&](upstream_peer& peer, const received_request&) {
      test::routing_bench::answer_well(peer, "one");
    };
    bench.network.refuse = net::fault::refused;
    bench.network.refusals = n;
    raw_client& c = bench.client();
    ASSERT_TRUE(bench.ask(c, chat(true)));
    EXPECT_EQ(n < 4 ? 200U : 502U, c.last().status) << n << c.last().body;
    EXPECT_EQ(std::to_string(std::min<std::size_t>(n + 1, 4)), c.last().header("x-weir-attempts"));
    EXPECT_EQ(0U, bench.board->look(0, bench.loop.now()).busy);
  }
}

TEST(Failure, EveryOperationOfTheClientLegMayFail) {
  for (const scenario& s : scenarios()) {
    bool whole = false;
    for (std::size_t n = 1; n < enough_operations && !whole; ++n) {
      gateway_bench bench;
      bench.network.answer = s.upstream;
      raw_client& c = bench.client({17, n});
      const std::string where = std::string(s.name) + ", operation " + std::to_string(n) + ": ";
      ASSERT_TRUE(bench.ask(c, chat(s.stream))) << where;
      whole = c.complete() == 1 && !c.failed();
      expect_legal(c, s, where);
      expect_nothing_left(bench, where);
    }
    EXPECT_TRUE(whole) << s.name;
  }
}

TEST(Failure, AConnectionThatWentStaleIsReplacedWithoutTheClientNoticing) {  // RFC 9110 9.2.2
  for (const bool orderly : {false, true}) {
    gateway_bench bench;
    int asked = 0;
    bench.network.answer = [&](upstream_peer& peer, const received_request&) {
      if (++asked == 2) return orderly ? peer.close() : peer.reset();
      peer.begin_stream();
      peer.chunk(test::chat_stream());
      peer.end_chunks();
    };
    raw_client& c = bench.client();
    ASSERT_TRUE(bench.ask(c, chat(true)));
    ASSERT_TRUE(bench.ask(c, chat(true)));
    EXPECT_EQ(200U, c.last().status);
    EXPECT_EQ("2", c.last().header("x-weir-attempts"));
    EXPECT_EQ(2U, bench.network.peers.size());
    EXPECT_EQ(3, asked);
  }
}

TEST(Failure, ARequestIsNotSentAgainOnceTheUpstreamHasAnswered) {
  gateway_bench bench;
  int asked = 0;
  bench.network.answer = [&](upstream_peer& peer, const received_request&) {
    if (++asked == 2) {
      peer.send("HTTP/1.1 2");
      return peer.close();
    }
    peer.begin_stream();
    peer.chunk(test::chat_stream());
    peer.end_chunks();
  };
  raw_client& c = bench.client();
  ASSERT_TRUE(bench.ask(c, chat(true)));
  ASSERT_TRUE(bench.ask(c, chat(true)));
  EXPECT_EQ(502U, c.last().status);
  EXPECT_EQ(2, asked);
}

TEST(Failure, AFreshConnectionThatDiesIsNotTriedAgain) {
  gateway_bench bench;
  int asked = 0;
  bench.network.answer = [&](upstream_peer& peer, const received_request&) {
    ++asked;
    peer.close();
  };
  raw_client& c = bench.client();
  ASSERT_TRUE(bench.ask(c, chat(true)));
  EXPECT_EQ(502U, c.last().status);
  EXPECT_EQ(1, asked);
}

}  // namespace
}  // namespace weir::proxy
