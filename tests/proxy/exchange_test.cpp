// Chat completions through one worker: what the upstream gets and what the client sees.
#include <gtest/gtest.h>

#include "gateway_bench.h"
#include "support/routes.h"
#include "weir/base/limits.h"
#include "weir/openai/chat_lint.h"

namespace weir::proxy {
namespace {

using test::chat;
using test::gateway_bench;
using test::get;
using test::raw_client;
using test::received_request;
using test::upstream_peer;

constexpr std::string_view json_type = "application/json";

TEST(Exchange, ALegalStreamArrivesByteForByteWithItsHead) {  // P3, HTTP-1
  gateway_bench bench;
  raw_client& c = bench.client();
  ASSERT_TRUE(bench.ask(c, chat(true, "", "X-Request-Id: mine-1\r\n")));
  EXPECT_EQ(200U, c.last().status);
  EXPECT_EQ(test::chat_stream(), c.last().body);
  const std::pair<const char*, const char*> want[] = {
      {"content-type", "text/event-stream; charset=utf-8"},
      {"cache-control", "no-cache"},
      {"x-accel-buffering", "no"},
      {"transfer-encoding", "chunked"},
      {"connection", "keep-alive"},
      {"x-request-id", "mine-1"},
      {"x-weir-upstream", "u"},
      {"x-weir-attempts", "1"},
      {"content-length", ""},
      {"content-encoding", ""}};
  for (const auto& [name, value] : want) EXPECT_EQ(value, c.last().header(name)) << name;
}

TEST(Exchange, ADocumentArrivesByteForByteWithItsHead) {  // HTTP-2
  gateway_bench bench;
  bench.network.answer = [](upstream_peer& peer, const received_request&) {
    peer.respond(200, json_type, test::chat_document, {{"x-request-id", "up-1"}});
  };
  raw_client& c = bench.client();
  ASSERT_TRUE(bench.ask(c, chat(false)));
  EXPECT_EQ(200U, c.last().status);
  EXPECT_EQ(test::chat_document, c.last().body);
  EXPECT_EQ("application/json", c.last().header("content-type"));
  EXPECT_EQ(std::to_string(test::chat_document.size()), c.last().header("content-length"));
  EXPECT_EQ("up-1", c.last().header("x-upstream-request-id"));
  EXPECT_EQ("", c.last().header("x-weir-repairs"));
  EXPECT_EQ(36U, c.last().header("x-request-id").size());
}

TEST(Exchange, ADocumentNamesItsRepairs) {
  gateway_bench bench;  // the upstream answers a stream although none was asked for (REQ-14)
  raw_client& c = bench.client();
  ASSERT_TRUE(bench.ask(c, chat(false)));
  EXPECT_EQ(200U, c.last().status);
  EXPECT_NE(std::string::npos, c.last().header("x-weir-repairs").find("SSE-11;n=1"));
  EXPECT_TRUE(openai::is_legal(openai::lint_chat_completion(c.last().body, {}))) << c.last().body;
}

TEST(Exchange, TheUpstreamGetsTheClientsBodyWithUsageAskedFor) {  // REQ-13, REQ-14
  gateway_bench bench;
  raw_client& c = bench.client();
  ASSERT_TRUE(bench.ask(c, chat(true, R"(,"seed":12345678901234567890)")));
  const received_request& got = bench.network.peers.at(0)->requests().at(0);
  EXPECT_EQ("POST", got.method);
  EXPECT_EQ("/v1/chat/completions", got.target);
  EXPECT_EQ("text/event-stream", got.header("accept"));
  EXPECT_NE(std::string::npos, got.body.find(R"("seed":12345678901234567890)"));
  EXPECT_NE(std::string::npos, got.body.find(R"("stream":true)"));
  EXPECT_NE(std::string::npos, got.body.find(R"("stream_options":{"include_usage":true})"));
}

TEST(Exchange, UsageIsShownOnlyWhenTheClientAsked) {  // CHAT-24
  for (const bool asked : {false, true}) {
    gateway_bench bench;
    bench.network.answer = [](upstream_peer& peer, const received_request&) {
      peer.begin_stream();
      peer.chunk(test::chat_role() + test::chat_word("a") + test::chat_finish() +
                 test::chat_usage() + std::string(test::chat_done));
      peer.end_chunks();
    };
    raw_client& c = bench.client();
    ASSERT_TRUE(
        bench.ask(c, chat(true, asked ? R"(,"stream_options":{"include_usage":true})" : "")));
    EXPECT_EQ(asked, c.last().body.find(R"("prompt_tokens":11)") != std::string::npos);
    EXPECT_TRUE(openai::is_legal(openai::lint_chat_stream(c.last().body, {1, asked})));
  }
}

TEST(Exchange, AnUpstreamThatRefusesStreamOptionsIsAskedOnceMoreAndRemembered) {  // REQ-13
  gateway_bench bench;
  bench.network.answer = [](upstream_peer& peer, const received_request& request) {
    if (request.body.find("stream_options") != std::string::npos)
      return peer.respond(400, json_type,
                          R"({"error":{"message":"Unrecognized request argument supplied: )"
                          R"(stream_options","type":"invalid_request_error"}})");
    peer.begin_stream();
    peer.chunk(test::chat_stream());
    peer.end_chunks();
  };
  raw_client& c = bench.client();
  ASSERT_TRUE(bench.ask(c, chat(true)));
  EXPECT_EQ(200U, c.last().status);
  EXPECT_EQ("2", c.last().header("x-weir-attempts"));
  ASSERT_TRUE(bench.ask(c, chat(true, R"(,"stream_options":{"include_usage":true})")));
  EXPECT_EQ(200U, c.last().status);
  EXPECT_EQ("1", c.last().header("x-weir-attempts"));
  ASSERT_EQ(1U, bench.network.peers.size());
  EXPECT_EQ(3U, bench.network.peers[0]->requests().size());
}

TEST(Exchange, RequestsUnderWayWhenStreamOptionsAreFirstRefusedAreAskedAgainToo) {  // REQ-13
  gateway_bench bench;
  std::vector<upstream_peer*> refusing;
  bench.network.answer = [&](upstream_peer& peer, const received_request& request) {
    if (request.body.find("stream_options") != std::string::npos) return refusing.push_back(&peer);
    peer.begin_stream();
    peer.chunk(test::chat_stream());
    peer.end_chunks();
  };
  raw_client& one = bench.client();
  raw_client& two = bench.client();
  one.send(chat(true));
  two.send(chat(true));
  ASSERT_TRUE(bench.driver.run_until([&] { return refusing.size() == 2; }));
  for (upstream_peer* const peer : refusing)
    peer->respond(400, json_type, R"({"error":{"message":"Unknown stream_options"}})");
  ASSERT_TRUE(bench.driver.run_until([&] { return one.complete() == 1 && two.complete() == 1; }));
  EXPECT_EQ(200U, one.last().status);
  EXPECT_EQ(200U, two.last().status);
}

TEST(Exchange, TheModelIsTheRoutesAndTheStreamSettingsAreTheNearest) {
  gateway_bench bench;
  bench.settings.upstreams.push_back(gateway_bench::upstream("v"));
  bench.settings.models = {test::route_to("fast", "v", "qwen")};
  raw_client& c = bench.client();
  ASSERT_TRUE(bench.ask(c, test::post("/v1/chat/completions", test::chat_body(true, "", "fast"))));
  EXPECT_EQ("v", c.last().header("x-weir-upstream"));
  EXPECT_EQ("v.test", bench.network.endpoints.at(0).host);
  EXPECT_NE(std::string::npos,
            bench.network.peers.at(0)->requests().at(0).body.find(R"("model":"qwen")"));
}

TEST(Exchange, BadRequestsAreToldBeforeAnyUpstreamIsAsked) {
  const std::tuple<const char*, std::string, unsigned, const char*> cases[] = {
      {"not JSON", "{", 400, "could not parse"},
      {"not an object", "[]", 400, "error"},
      {"no model", R"({"messages":[{"role":"user"}]})", 400, "you must provide a model parameter"},
      {"no messages", R"({"model":"m"})", 400, "'messages'"},
      {"empty", "", 400, "error"},
  };
  for (const auto& [name, body, status, text] : cases) {
    gateway_bench bench;
    raw_client& c = bench.client();
    ASSERT_TRUE(bench.ask(c, test::post("/v1/chat/completions", body)));
    EXPECT_EQ(status, c.last().status) << name;
    EXPECT_NE(std::string::npos, c.last().body.find(text)) << name << c.last().body;
    EXPECT_EQ("keep-alive", c.last().header("connection")) << name;
    EXPECT_TRUE(bench.network.peers.empty()) << name;
  }
}

TEST(Exchange, AnUnknownModelIs404WithNearNames) {  // ERR-5
  gateway_bench bench;
  bench.settings.upstreams.push_back(gateway_bench::upstream("v"));
  bench.network.answer = [](upstream_peer& peer, const received_request&) {
    peer.respond(200, json_type, R"({"data":[{"id":"qwen3-32b"}]})");
  };
  bench.start();
  bench.worker->probe_models([](const auto&, const auto&) {});
  raw_client& c = bench.client();
  ASSERT_TRUE(
      bench.ask(c, test::post("/v1/chat/completions", test::chat_body(true, "", "qwen3-32"))));
  EXPECT_EQ(404U, c.last().status);
  EXPECT_NE(std::string::npos, c.last().body.find("model_not_found"));
  EXPECT_NE(std::string::npos, c.last().body.find("`qwen3-32b`"));
}

TEST(Exchange, ARequestWaitsOnlyShortlyForModelLists) {
  gateway_bench bench;
  bench.times.first_models = millis{30};
  bench.settings.upstreams.push_back(gateway_bench::upstream("v"));
  bench.network.answer = [](upstream_peer& peer, const received_request& request) {
    if (request.method == "GET") return;  // never
    peer.begin_stream();
    peer.chunk(test::chat_stream());
    peer.end_chunks();
  };
  bench.start();
  bench.worker->probe_models([](const auto&, const auto&) {});
  raw_client& c = bench.client();
  ASSERT_TRUE(bench.ask(c, get("/v1/models") + chat(true), 2));
  EXPECT_EQ(R"({"object":"list","data":[]})", c.responses()[0].body);
  // The lists that have not come may hold the model: one of their upstreams is asked.
  EXPECT_EQ(200U, c.responses()[1].status);
}

TEST(Exchange, ModelsOfAllUpstreamsAreListedAndFound) {  // MOD-1
  gateway_bench bench;
  bench.settings.upstreams.push_back(gateway_bench::upstream("v"));
  bench.network.answer = [](upstream_peer& peer, const received_request& request) {
    EXPECT_EQ("GET", request.method);
    EXPECT_EQ("/v1/models", request.target);
    peer.respond(200, json_type,
                 request.header("host") == "u.test"
                     ? R"({"data":[{"id":"a/b","created":5,"owned_by":"o","x":1}]})"
                     : R"({"data":[{"id":"c","created":6,"owned_by":"p"}]})");
  };
  bench.start();
  bench.worker->probe_models([](const auto&, const auto&) {});
  raw_client& c = bench.client();
  ASSERT_TRUE(
      bench.ask(c, get("/v1/models") + get("/v1/models/a%2Fb") + get("/v1/models/zzzz"), 3));
  EXPECT_EQ(R"({"object":"list","data":[)"
            R"({"id":"a/b","object":"model","created":5,"owned_by":"o"},)"
            R"({"id":"c","object":"model","created":6,"owned_by":"p"}]})",
            c.responses()[0].body);
  EXPECT_EQ(R"({"id":"a/b","object":"model","created":5,"owned_by":"o"})", c.responses()[1].body);
  EXPECT_EQ(404U, c.responses()[2].status);
}

TEST(Exchange, ErrorsOfTheUpstreamKeepTheirStatus) {  // EMAP-1
  gateway_bench bench;
  bench.network.answer = [](upstream_peer& peer, const received_request&) {
    peer.respond(429, json_type,
                 R"({"error":{"message":"slow down","type":"requests",)"
                 R"("param":null,"code":"rate_limit_exceeded"}})",
                 {{"Retry-After", "7"}});
  };
  for (const bool stream : {false, true}) {
    raw_client& c = bench.client();
    ASSERT_TRUE(bench.ask(c, chat(stream)));
    EXPECT_EQ(429U, c.last().status);
    EXPECT_EQ("7", c.last().header("retry-after"));
    EXPECT_NE(std::string::npos, c.last().body.find("slow down"));
    EXPECT_EQ("application/json", c.last().header("content-type"));
  }
  EXPECT_EQ(1U, bench.network.peers.size());  // an error leaves the connection usable
}

TEST(Exchange, ClientsAreToldNotToRepeatWhatCannotSucceed) {  // HTTP-9
  const std::tuple<unsigned, const char*, const char*> cases[] = {
      {401, R"({"error":{"message":"no"}})", "false"},
      {429, R"({"error":{"message":"m","type":"insufficient_quota","code":"insufficient_quota"}})",
       "false"},
      {429, R"({"error":{"message":"m","type":"requests","code":"rate_limit_exceeded"}})", ""},
      {500, R"({"error":{"message":"m"}})", ""},
  };
  for (const auto& [status, body, want] : cases) {
    gateway_bench bench;
    bench.network.answer = [&, code = status, text = body](upstream_peer& peer,
                                                           const received_request&) {
      peer.respond(code, json_type, text);
    };
    raw_client& c = bench.client();
    ASSERT_TRUE(bench.ask(c, chat(true)));
    EXPECT_EQ(want, c.last().header("x-should-retry")) << status << body;
  }
}

TEST(Exchange, AnErrorInTheFirstFrameIsAStatus) {  // GEN-6
  gateway_bench bench;
  bench.network.answer = [](upstream_peer& peer, const received_request&) {
    peer.begin_stream();
    peer.chunk("data: {\"error\":{\"message\":\"no memory\",\"code\":503}}\n\n");
    peer.end_chunks();
  };
  raw_client& c = bench.client();
  ASSERT_TRUE(bench.ask(c, chat(true)));
  EXPECT_EQ(503U, c.last().status);
  EXPECT_NE(std::string::npos, c.last().body.find("no memory"));
}

struct bad_answer {
  const char* name;
  std::function<void(upstream_peer&)> act;
  unsigned status;
  const char* text;
};

TEST(Exchange, WhatIsNoAnswerIsABadGatewayThatSaysWhy) {
  const bad_answer cases[] = {
      {"a redirect",
       [](upstream_peer& p) {
         p.respond(307, "text/html", "", {{"Location", "http://x/"}});
       },
       502, "redirect"},
      {"compressed as nobody reads it",
       [](upstream_peer& p) {
         p.respond(200, json_type, "\x1b\x2c", {{"Content-Encoding", "br"}});
       },
       502, "compressed"},
      {"compressed and cut off", [](upstream_peer& p) { p.respond(200, json_type, "\x1f\x8b"); },
       502, "upstream_stream_truncated"},
      {"not HTTP", [](upstream_peer& p) { p.send("SSH-2.0-OpenSSH_9\r\n\r\n"); }, 502, "HTTP/1.1"},
      {"closed without a word", [](upstream_peer& p) { p.close(); }, 502, "closed the connection"},
      {"reset", [](upstream_peer& p) { p.reset(); }, 502, "closed the connection"},
      {"half a head",
       [](upstream_peer& p) {
         p.send("HTTP/1.1 200 OK\r\nConte");
         p.close();
       },
       502, "closed the connection"},
      {"an empty body", [](upstream_peer& p) { p.respond(200, json_type, ""); }, 502, "empty"},
      {"no content", [](upstream_peer& p) { p.send("HTTP/1.1 204 No Content\r\n\r\n"); }, 502,
       "empty"},
      {"a page", [](upstream_peer& p) { p.respond(200, "text/html", "<h1>Welcome</h1>"); }, 502,
       "error"},
      {"comments only",
       [](upstream_peer& p) {
         p.begin_stream();
         p.chunk(": hi\n\n: still here\n\n");
         p.end_chunks();
       },
       502, "error"},
      {"our key refused",
       [](upstream_peer& p) { p.respond(401, json_type, R"({"error":{"message":"no"}})"); }, 502,
       "upstream_auth_error"},
      {"an error that never ends",
       [](upstream_peer& p) {
         p.send("HTTP/1.1 500 Oops\r\nContent-Length: 99\r\n\r\nhalf of it");
         p.close();
       },
       500, "half of it"},
      {"an error larger than anybody reads",
       [](upstream_peer& p) {
         p.respond(500, "text/plain", std::string(2 * limits::max_relayed_error_bytes, 'x'));
       },
       500, "xxx"},
  };
  for (const bad_answer& b : cases) {
    for (const bool stream : {false, true}) {
      gateway_bench bench;
      bench.network.answer = [&](upstream_peer& peer, const received_request&) { b.act(peer); };
      raw_client& c = bench.client();
      ASSERT_TRUE(bench.ask(c, chat(stream))) << b.name;
      ASSERT_EQ(1U, c.complete()) << b.name;
      EXPECT_EQ(b.status, c.last().status) << b.name << c.last().body;
      EXPECT_NE(std::string::npos, c.last().body.find(b.text)) << b.name << c.last().body;
      EXPECT_EQ("u", c.last().header("x-weir-upstream")) << b.name;
    }
  }
}

TEST(Exchange, AnUpstreamThatIsDownIsNamed) {
  gateway_bench bench;
  bench.network.refuse = net::fault::refused;
  raw_client& c = bench.client();
  ASSERT_TRUE(bench.ask(c, chat(true) + get("/readyz"), 2));
  EXPECT_EQ(502U, c.responses()[0].status);
  EXPECT_NE(std::string::npos, c.responses()[0].body.find("`u`"));
  EXPECT_EQ(std::string::npos, c.responses()[0].body.find("u.test"));
  EXPECT_EQ(503U, c.responses()[1].status);
  bench.network.refuse.reset();
  ASSERT_TRUE(bench.ask(c, chat(true) + get("/readyz"), 2));
  EXPECT_EQ(200U, c.responses()[2].status);
  EXPECT_EQ(200U, c.responses()[3].status);
}

TEST(Exchange, AStreamThatBreaksEndsWithAnErrorFrame) {  // CHAT-29c, P6
  for (const bool orderly : {false, true}) {
    gateway_bench bench;
    bench.network.answer = [&](upstream_peer& peer, const received_request&) {
      peer.begin_stream();
      peer.chunk(test::chat_role() + test::chat_word("Hel"));
      if (orderly) peer.end_chunks();
      peer.close();
    };
    raw_client& c = bench.client();
    ASSERT_TRUE(bench.ask(c, chat(true)));
    EXPECT_EQ(200U, c.last().status);
    EXPECT_TRUE(c.last().complete);
    EXPECT_NE(std::string::npos, c.last().body.find("Hel"));
    EXPECT_NE(std::string::npos, c.last().body.find(R"("error":)"));
    EXPECT_EQ(test::chat_done, c.last().body.substr(c.last().body.size() - test::chat_done.size()));
    EXPECT_EQ(std::string::npos, c.last().body.find(R"("finish_reason":"stop")"));
  }
}

TEST(Exchange, AnErrorInsideAnAnswerIsMaskedAndTheAnswerIsNot) {  // ERR-36, P4
  const std::string error = "data: {\"error\":{\"message\":\"bad my-own-key at u.test:80\"}}\n\n";
  for (const bool midway : {false, true}) {
    gateway_bench bench;
    bench.settings.upstreams[0].key = config::secret("my-own-key");
    bench.network.answer = [&](upstream_peer& peer, const received_request&) {
      peer.begin_stream();
      if (midway) peer.chunk(test::chat_role() + test::chat_word("my-own-key"));
      peer.chunk(error);
      peer.end_chunks();
    };
    raw_client& c = bench.client();
    ASSERT_TRUE(bench.ask(c, chat(true)));
    const std::string& body = c.last().body;
    EXPECT_NE(std::string::npos, body.find("bad ***")) << body;
    const std::size_t error_at = body.find(R"({"error":)");
    EXPECT_EQ(std::string::npos, body.find("my-own-key", error_at)) << body;
    EXPECT_EQ(midway, body.find("my-own-key") != std::string::npos) << body;
  }
}

TEST(Exchange, TheEndIsWrittenAtTheTerminatorNotAtTheEndOfTheBody) {  // SSE-12
  gateway_bench bench;
  bench.network.answer = [](upstream_peer& peer, const received_request&) {
    peer.begin_stream();
    peer.chunk(test::chat_stream());  // and the body stays open
  };
  raw_client& c = bench.client();
  ASSERT_TRUE(bench.ask(c, chat(true)));
  EXPECT_EQ(test::chat_stream(), c.last().body);
}

TEST(Exchange, EventsAreHandedOnOneByOne) {
  gateway_bench bench;
  upstream_peer* at = nullptr;
  bench.network.answer = [&](upstream_peer& peer, const received_request&) {
    peer.begin_stream();
    at = &peer;
  };
  raw_client& c = bench.client();
  c.send(chat(true));
  ASSERT_TRUE(bench.driver.run_until([&] { return at != nullptr; }));
  std::string want;
  for (int i = 0; i < 50; ++i) {
    const std::string event = i == 0 ? test::chat_role() : test::chat_word(std::to_string(i));
    at->chunk(event);  // only after the client has all before it
    want += event;
    ASSERT_TRUE(bench.driver.run_until(
        [&] { return !c.responses().empty() && c.last().body.size() >= want.size(); }));
    EXPECT_EQ(want, c.last().body);
  }
}

TEST(Exchange, AClientThatLeavesCancelsTheUpstreamAtOnce) {  // HTTP-10
  for (const bool orderly : {false, true}) {
    for (const bool streaming : {false, true}) {
      gateway_bench bench;
      upstream_peer* at = nullptr;
      bench.network.answer = [&](upstream_peer& peer, const received_request&) {
        if (streaming) {
          peer.begin_stream();
          peer.chunk(test::chat_role());
        }
        at = &peer;
      };
      raw_client& c = bench.client();
      c.send(chat(true));
      ASSERT_TRUE(bench.driver.run_until([&] { return at != nullptr; }));
      bench.driver.settle();
      if (orderly)
        c.end_side();
      else
        c.leave();
      bench.driver.settle();  // no timer runs here
      EXPECT_TRUE(at->gone());
      EXPECT_EQ(0U, bench.worker->sessions());
      EXPECT_EQ(0U, bench.worker->context()->upstreams[0]->pool->open());
    }
  }
}

TEST(Exchange, AClientThatLeavesWhileTheUpstreamIsCalledLeavesNothing) {
  gateway_bench bench;
  bench.network.silent = true;
  raw_client& c = bench.client();
  c.send(chat(true));
  ASSERT_TRUE(bench.driver.run_until([&] { return !bench.network.endpoints.empty(); }));
  c.leave();
  ASSERT_TRUE(bench.driver.run_until([&] { return bench.worker->sessions() == 0; }));
  EXPECT_EQ(0U, bench.worker->context()->upstreams[0]->pool->open());
}

TEST(Exchange, ASlowReaderHoldsTheUpstreamBackAndLosesNothing) {  // HTTP-13
  gateway_bench bench;
  upstream_peer* at = nullptr;
  bench.network.answer = test::begins_stream(at);
  raw_client& c = bench.client();
  c.send(chat(true));
  ASSERT_TRUE(bench.driver.run_until([&] { return at != nullptr && !c.bytes().empty(); }));
  c.connection().pause_reading();
  const std::string word = test::chat_word(std::string(1000, 'w'));
  constexpr int words = 1000;
  std::string want = test::chat_role();
  for (int i = 0; i < words; ++i) {
    at->chunk(word);
    want += word;
    bench.driver.settle();
  }
  // The gateway took about a watermark; the rest waits with the upstream.
  EXPECT_GT(at->connection().queued(), word.size() * words / 2);
  c.connection().resume_reading();
  at->chunk(test::chat_finish() + std::string(test::chat_done));
  want += test::chat_finish() + std::string(test::chat_done);
  at->end_chunks();
  ASSERT_TRUE(bench.driver.run_until([&] { return c.complete() == 1; }));
  EXPECT_EQ(want, c.last().body);
}

}  // namespace
}  // namespace weir::proxy
