// Where a request goes, and where it goes next when that fails.
#include <gtest/gtest.h>

#include "routing_bench.h"
#include "weir/openai/chat_lint.h"

namespace weir::proxy {
namespace {

using test::chat;
using test::raw_client;
using test::received_request;
using test::responds;
using test::routing_bench;
using test::upstream_peer;

constexpr const char* broken =
    R"({"error":{"message":"it broke","type":"t","param":null,"code":null}})";

void streams(upstream_peer& peer, std::string_view bytes) {
  peer.begin_stream();
  peer.chunk(bytes);
  peer.end_chunks();
}

struct failing {
  const char* name;
  upstream_peer::script script;
  bool elsewhere = true;  ///< another upstream is asked
  bool again = true;      ///< the same one is asked again
  unsigned status = 502;  ///< what a client gets when nothing helps
};

std::vector<failing> failures() {
  const auto streaming = [](std::string bytes) {
    return [=](upstream_peer& peer, const received_request&) { streams(peer, bytes); };
  };
  return {
      {"500", responds(500, broken), true, true, 500},
      {"502", responds(502, broken), true, true, 502},
      {"503", responds(503, broken), true, true, 503},
      {"529", responds(529, broken), true, true, 503},
      {"429", responds(429, broken), true, true, 429},
      {"409", responds(409, broken), true, true, 409},
      {"quota", responds(429, R"({"error":{"message":"m","code":"insufficient_quota"}})"), true,
       false, 429},
      {"the gateway's key is refused", responds(401, broken), true, false, 502},
      {"a redirect", responds(307, ""), true, true, 502},
      {"400", responds(400, broken), false, false, 400},
      {"404", responds(404, broken), false, false, 404},
      {"413", responds(413, broken), false, false, 413},
      {"422", responds(422, broken), false, false, 422},
      {"an empty answer", responds(200, ""), true, true, 502},
      {"an empty stream", streaming(""), true, true, 502},
      {"only comments", streaming(": hello\n\n: hello\n\n"), true, true, 502},
      {"only a terminator", streaming(std::string(test::chat_done)), true, true, 502},
      {"a page", streaming("<html><body>Bad gateway</body></html>"), true, true, 502},
      {"an error in the first frame", streaming("data: {\"error\":{\"message\":\"x\"}}\n\n"), true,
       true, 502},
      {"no HTTP", [](upstream_peer& peer, const received_request&) { peer.send("SSH-2.0\r\n"); },
       true, true, 502},
      {"closed before it answered",
       [](upstream_peer& peer, const received_request&) { peer.close(); }, true, true, 502},
      {"closed inside its head",
       [](upstream_peer& peer, const received_request&) {
         peer.send("HTTP/1.1 200 OK\r\nContent-");
         peer.close();
       },
       true, true, 502},
  };
}

TEST(Routing, AFailureGoesToAnotherUpstreamUnlessTheRequestIsAtFault) {  // GEN-5, GEN-6, EMAP-6
  std::vector<failing> all = failures();
  // With another upstream in reserve it waits for payload, alone it does not.
  all.push_back({"closed behind its role", [](upstream_peer& peer, const received_request&) {
                   peer.begin_stream();
                   peer.chunk(test::chat_role());
                   peer.close();
                 }});
  for (const failing& f : all) {
    for (const bool stream : {true, false}) {
      for (const std::uint32_t priority : {1U, 2U}) {
        const std::string where = std::string(f.name) + (stream ? ", stream" : ", document");
        routing_bench bench({{"a", 1}, {"b", priority}});
        bench.settings.models[0].candidates[1].weight = priority == 1 ? 0 : 1;  // a goes first
        bench.scripts["a"] = f.script;
        raw_client& c = bench.client();
        ASSERT_TRUE(bench.ask(c, chat(stream))) << where;
        const test::response& got = c.last();
        if (f.elsewhere) {
          EXPECT_EQ("ab", bench.who()) << where;
          EXPECT_EQ(200U, got.status) << where << got.body;
          EXPECT_NE(std::string::npos, got.body.find("I am b")) << where << got.body;
          EXPECT_EQ("b", got.header("x-weir-upstream")) << where;
          EXPECT_EQ("2", got.header("x-weir-attempts")) << where;
          EXPECT_EQ("1", bench.metric(R"(weir_fallbacks_total{upstream="b"})")) << where;
        } else {
          EXPECT_EQ("a", bench.who()) << where;
          EXPECT_EQ(f.status, got.status) << where;
          EXPECT_EQ(broken, got.body) << where;
          EXPECT_EQ("", got.header("x-should-retry")) << where;
        }
      }
    }
  }
}

TEST(Routing, WithoutAnotherTheSameUpstreamIsAskedAgainWhereThatMakesSense) {
  for (const failing& f : failures()) {
    for (const bool stream : {true, false}) {
      const std::string where = std::string(f.name) + (stream ? ", stream" : ", document");
      routing_bench bench({{"a", 1}});
      bench.scripts["a"] = test::in_turn({f.script, [](upstream_peer& peer, const auto&) {
                                            routing_bench::answer_well(peer, "a");
                                          }});
      raw_client& c = bench.client();
      ASSERT_TRUE(bench.ask(c, chat(stream))) << where;
      EXPECT_EQ(f.again ? "aa" : "a", bench.who()) << where;
      EXPECT_EQ(f.again ? 200U : f.status, c.last().status) << where << c.last().body;
      EXPECT_EQ(f.again ? "1" : "", bench.metric(R"(weir_retries_total{upstream="a"})")) << where;
    }
  }
}

TEST(Routing, WhatKeepsFailingIsToldOnceTheAttemptsAreUsedUp) {  // HTTP-9
  for (const failing& f : failures()) {
    if (!f.again) continue;
    routing_bench bench({{"a", 1}});
    bench.scripts["a"] = f.script;
    raw_client& c = bench.client();
    ASSERT_TRUE(bench.ask(c, chat(true))) << f.name;
    EXPECT_EQ("aaa", bench.who()) << f.name;
    EXPECT_EQ(f.status, c.last().status) << f.name << c.last().body;
    EXPECT_EQ("false", c.last().header("x-should-retry")) << f.name;
    EXPECT_EQ("3", c.last().header("x-weir-attempts")) << f.name;
  }
}

TEST(Routing, AnUpstreamThatCannotBeReachedIsReplaced) {
  for (const bool silent : {false, true}) {
    routing_bench bench({{"a", 1}, {"b", 2}});
    bench.settings.timeouts.connect = millis{20};
    bench.network.at_host = "a.test";
    bench.network.silent = silent;
    if (!silent) bench.network.refuse = net::fault::refused;
    raw_client& c = bench.client();
    ASSERT_TRUE(bench.ask(c, chat(true)));
    EXPECT_EQ("b", bench.who());
    EXPECT_EQ("2", c.last().header("x-weir-attempts"));
  }
}

TEST(Routing, WhatWasTriedIsNamed) {
  routing_bench bench({{"a", 1}, {"b", 2}});
  bench.settings.routing.attempts = 2;
  bench.scripts["a"] = responds(503, broken);
  bench.scripts["b"] = responds(200, "");
  raw_client& c = bench.client();
  ASSERT_TRUE(bench.ask(c, chat(true)));
  EXPECT_NE(std::string::npos, c.last().body.find("Tried: `a` (overloaded), `b` (upstream_error)."))
      << c.last().body;
}

TEST(Routing, ATimerGoesElsewhereButNotToTheSameAgain) {  // HTTP-11
  const upstream_peer::script scripts[] = {
      [](upstream_peer&, const received_request&) {},
      [](upstream_peer& peer, const received_request&) { peer.begin_stream(); },
      [](upstream_peer& peer, const received_request&) {
        peer.begin_stream();
        peer.chunk(": still here\n\n" + test::chat_role());
      },
  };
  for (const upstream_peer::script& script : scripts) {
    for (const bool two : {true, false}) {
      routing_bench bench({{"a", 1}});
      if (two) {
        bench.settings.upstreams.push_back(routing_bench::upstream("b"));
        bench.settings.models[0].candidates.emplace_back();
        bench.settings.models[0].candidates[1].upstream = "b";
        bench.settings.models[0].candidates[1].priority = 2;
      }
      bench.settings.timeouts.first_byte = millis{20};
      bench.settings.timeouts.first_token = millis{20};
      bench.scripts["a"] = script;
      raw_client& c = bench.client();
      ASSERT_TRUE(bench.ask(c, chat(true)));
      EXPECT_EQ(two ? "ab" : "a", bench.who());
      EXPECT_NE(std::string::npos, c.last().body.find(two ? "I am b" : "upstream_timeout"))
          << c.last().body;
    }
  }
}

TEST(Routing, OnceSomethingOfAnAnswerIsWithTheClientNothingIsTriedAgain) {  // GEN-5, P6
  routing_bench bench({{"a", 1}, {"b", 2}});
  upstream_peer* a = nullptr;
  bench.scripts["a"] = test::begins_stream(a);
  raw_client& c = bench.client();
  c.send(chat(true));
  ASSERT_TRUE(bench.driver.run_until([&] { return a != nullptr; }));
  bench.driver.settle();
  EXPECT_EQ("", c.bytes());  // a role alone can still be replaced
  a->chunk(test::chat_word("Hel"));
  ASSERT_TRUE(bench.driver.run_until([&] { return c.bytes().find("Hel") != std::string::npos; }));
  a->close();
  ASSERT_TRUE(bench.driver.run_until([&] { return c.complete() == 1; }));
  EXPECT_EQ("a", bench.who());
  const std::string& body = c.last().body;
  EXPECT_NE(std::string::npos, body.find("upstream_stream_truncated")) << body;
  EXPECT_NE(std::string::npos, body.find("Upstream `a`, after ")) << body;
  EXPECT_TRUE(body.ends_with(test::chat_done)) << body;
}

TEST(Routing, ADocumentThatBreaksOffIsAskedForElsewhere) {
  routing_bench bench({{"a", 1}, {"b", 2}});
  bench.scripts["a"] = [](upstream_peer& peer, const received_request&) {
    peer.begin_stream();
    peer.chunk(test::chat_role() + test::chat_word("Hel"));
    peer.close();
  };
  raw_client& c = bench.client();
  ASSERT_TRUE(bench.ask(c, chat(false)));
  EXPECT_EQ("ab", bench.who());
  EXPECT_NE(std::string::npos, c.last().body.find("I am b")) << c.last().body;
}

TEST(Routing, AfterTheHeadAnotherUpstreamMayStillAnswer) {  // GEN-3, GEN-6
  routing_bench bench({{"a", 1}, {"b", 2}});
  bench.settings.stream.commit_after = millis{10};
  upstream_peer* a = nullptr;
  bench.scripts["a"] = [&](upstream_peer& peer, const received_request&) { a = &peer; };
  raw_client& c = bench.client();
  c.send(chat(true));
  ASSERT_TRUE(
      bench.driver.run_until([&] { return c.bytes().find("200 OK") != std::string::npos; }));
  a->respond(500, "application/json", broken);
  ASSERT_TRUE(bench.driver.run_until([&] { return c.complete() == 1; }));
  EXPECT_EQ("ab", bench.who());
  EXPECT_NE(std::string::npos, c.last().body.find("I am b")) << c.last().body;
  EXPECT_TRUE(openai::is_legal(openai::lint_chat_stream(c.last().body, {}))) << c.last().body;
}

TEST(Routing, AfterTheHeadAFailureWithNobodyLeftIsToldInTheStream) {  // GEN-6
  routing_bench bench({{"a", 1}, {"b", 2}});
  bench.settings.stream.commit_after = millis{10};
  upstream_peer* a = nullptr;
  bench.scripts["a"] = [&](upstream_peer& peer, const received_request&) { a = &peer; };
  bench.scripts["b"] = responds(400, broken);
  raw_client& c = bench.client();
  c.send(chat(true));
  ASSERT_TRUE(
      bench.driver.run_until([&] { return c.bytes().find("200 OK") != std::string::npos; }));
  a->respond(500, "application/json", broken);
  ASSERT_TRUE(bench.driver.run_until([&] { return c.complete() == 1; }));
  EXPECT_EQ("data: " + std::string(broken) + "\n\n" + std::string(test::chat_done), c.last().body);
}

TEST(Routing, TheTotalTimeIsOverForAllAttempts) {  // HTTP-11
  routing_bench bench({{"a", 1}, {"b", 2}});
  bench.scripts["a"] = [](upstream_peer&, const received_request&) {};
  raw_client& c = bench.client();
  ASSERT_TRUE(bench.ask(c, chat(true, "", "x-weir-timeout: 30ms\r\n")));
  EXPECT_EQ("a", bench.who());
  EXPECT_EQ(504U, c.last().status);
}

TEST(Routing, RetryAfterIsObeyedOrTold) {  // HTTP-9
  for (const char* const header : {"Retry-After", "retry-after-ms"}) {
    routing_bench bench({{"a", 1}});
    bench.settings.routing.max_wait = millis{500};
    const bool seconds = header[0] == 'R';
    bench.scripts["a"] = responds(429, broken, {{header, seconds ? "30" : "20"}});
    raw_client& c = bench.client();
    const micros before = bench.loop.now();
    ASSERT_TRUE(bench.ask(c, chat(true)));
    EXPECT_EQ(seconds ? "a" : "aaa", bench.who()) << header;
    EXPECT_EQ(429U, c.last().status);
    EXPECT_EQ(seconds ? "30" : "1", c.last().header("retry-after"));
    EXPECT_GE(bench.loop.now() - before, seconds ? millis{0} : millis{40});
  }
}

TEST(Routing, WhoAskedForAPauseIsAskedOnlyWhenNobodyElseIsLeft) {
  routing_bench bench({{"a", 1}, {"b", 1}});
  bench.settings.models[0].candidates[1].weight = 0;
  bench.scripts["a"] = responds(429, broken, {{"Retry-After", "30"}});
  raw_client& c = bench.client();
  ASSERT_TRUE(bench.ask(c, chat(true)));
  ASSERT_TRUE(bench.ask(c, chat(true)));
  EXPECT_EQ("abb", bench.who());
  bench.scripts["b"] = responds(500, broken);
  ASSERT_TRUE(bench.ask(c, chat(true)));
  EXPECT_EQ("ba", bench.who().substr(3, 2));
}

TEST(Routing, TheBudgetBoundsTheAttemptsOfAll) {
  routing_bench bench({{"a", 1}});
  bench.settings.routing.retry_budget = config::percent{20};
  bench.settings.upstreams[0].breaker.failures = 1000;
  bench.scripts["a"] = responds(500, broken);
  raw_client& c = bench.client();
  constexpr std::size_t requests = 100;
  const micros before = bench.loop.now();
  for (std::size_t i = 0; i < requests; ++i) {
    ASSERT_TRUE(bench.ask(c, chat(true)));
    EXPECT_EQ(500U, c.last().status);
    EXPECT_EQ("false", c.last().header("x-should-retry"));
  }
  const auto passed = std::chrono::ceil<seconds>(bench.loop.now() - before).count();
  EXPECT_LE(bench.asked.size(),
            requests + requests / 5 + limits::retry_reserve + static_cast<std::size_t>(passed));
}

TEST(Routing, TheBreakerLeavesAFailingUpstreamAloneAndTriesItAgain) {
  routing_bench bench({{"a", 1}});
  bench.settings.routing.attempts = 1;
  bench.settings.upstreams[0].breaker = {3, millis{50}};
  bench.scripts["a"] = responds(500, broken);
  raw_client& c = bench.client();
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(bench.ask(c, chat(true)));
    EXPECT_EQ(500U, c.last().status);
  }
  ASSERT_TRUE(bench.ask(c, chat(true)));
  EXPECT_EQ(503U, c.last().status) << c.last().body;
  EXPECT_EQ("1", c.last().header("retry-after"));
  EXPECT_NE(std::string::npos, c.last().body.find("Left alone after failures: `a`."));
  EXPECT_EQ("aaa", bench.who());
  ASSERT_TRUE(bench.ask(c, test::get("/readyz")));
  EXPECT_EQ(503U, c.last().status);

  bench.scripts.clear();  // it works again
  ASSERT_TRUE(
      bench.driver.run_until([&] { return bench.board->look(0, bench.loop.now()).allowed; }));
  ASSERT_TRUE(bench.ask(c, chat(true)));
  EXPECT_EQ(200U, c.last().status);
  ASSERT_TRUE(bench.ask(c, test::get("/readyz")));
  EXPECT_EQ(200U, c.last().status);
}

TEST(Routing, OnlyItsOwnFaultsCountAgainstAnUpstream) {
  for (const unsigned status : {400U, 404U, 422U, 429U, 401U}) {
    routing_bench bench({{"a", 1}});
    bench.settings.routing.attempts = 1;
    bench.settings.upstreams[0].breaker.failures = 1;
    bench.scripts["a"] = responds(status, broken);
    raw_client& c = bench.client();
    ASSERT_TRUE(bench.ask(c, chat(true)));
    ASSERT_TRUE(bench.ask(c, chat(true)));
    EXPECT_EQ("aa", bench.who()) << status;
  }
}

}  // namespace
}  // namespace weir::proxy
