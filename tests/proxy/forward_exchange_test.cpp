// The APIs that are forwarded as they are, with JSON in the request.
#include <gtest/gtest.h>

#include "gateway_bench.h"
#include "support/compressed.h"
#include "support/routes.h"
#include "weir/base/limits.h"

namespace weir::proxy {
namespace {

using test::gateway_bench;
using test::post;
using test::raw_client;
using test::received_request;
using test::upstream_peer;

constexpr std::string_view json_type = "application/json";
constexpr std::string_view speech = R"({"model":"m","input":"hi","speed":1.50})";

std::string speak(std::string_view more_headers = "") {
  return post("/v1/audio/speech", speech, more_headers);
}

TEST(Forward, WhatTheUpstreamSendsArrivesAsItIs) {
  const std::string audio = "ID3\x03" + std::string(3, '\0') + "\xff\xfb\r\n\r\ndata: x";
  const struct {
    const char* name;
    unsigned status;
    std::string_view type;
    std::string body;
  } cases[] = {
      {"audio", 200, "audio/mpeg", audio},
      {"JSON, spelled as it is", 200, json_type, "{ \"created\" : 1.0e3 , \"data\":[]}\n"},
      {"nothing at all", 200, json_type, ""},
      {"another success", 201, "text/plain; charset=utf-8", "ok"},
      {"a page", 200, "text/html", "<h1>hi</h1>"},
      {"an error that is none", 200, json_type, R"({"error":{"message":"fine"}})"},
  };
  for (const auto& t : cases) {
    gateway_bench bench;
    bench.network.answer = [&](upstream_peer& peer, const received_request&) {
      peer.respond(t.status, t.type, t.body,
                   {{"x-request-id", "up-1"},
                    {"Content-Disposition", "attachment; filename=a.mp3"},
                    {"Set-Cookie", "a=b"},
                    {"Server", "uvicorn"}});
    };
    raw_client& c = bench.client();
    ASSERT_TRUE(bench.ask(c, speak())) << t.name;
    EXPECT_EQ(t.status, c.last().status) << t.name;
    EXPECT_EQ(t.body, c.last().body) << t.name;
    const std::pair<const char*, std::string> want[] = {
        {"content-type", std::string(t.type)},
        {"content-length", std::to_string(t.body.size())},
        {"content-disposition", "attachment; filename=a.mp3"},
        {"connection", "keep-alive"},
        {"x-weir-upstream", "u"},
        {"x-weir-attempts", "1"},
        {"x-weir-repairs", ""},
        {"x-upstream-request-id", "up-1"},
        {"set-cookie", ""},
        {"server", ""},
        {"transfer-encoding", ""}};
    for (const auto& [name, value] : want)
      EXPECT_EQ(value, c.last().header(name)) << t.name << ' ' << name;
    EXPECT_EQ(36U, c.last().header("x-request-id").size()) << t.name;
    ASSERT_TRUE(bench.ask(c, test::get("/healthz"))) << t.name;  // the connection serves on
  }
}

TEST(Forward, AnAnswerWithoutContentHasNoneHere) {  // RFC 9112 6.1
  gateway_bench bench;
  bench.network.answer = [](upstream_peer& peer, const received_request&) {
    peer.send("HTTP/1.1 204 No Content\r\n\r\n");
  };
  raw_client& c = bench.client();
  ASSERT_TRUE(bench.ask(c, speak() + test::get("/healthz"), 2));
  EXPECT_EQ(204U, c.responses()[0].status);
  EXPECT_EQ("", c.responses()[0].header("content-length"));
  EXPECT_EQ("", c.responses()[0].header("transfer-encoding"));
  EXPECT_EQ(200U, c.responses()[1].status);
}

TEST(Forward, TheUpstreamGetsTheSamePathAndBodyWithItsOwnNameForTheModel) {
  for (const char* path : {"/audio/speech", "/images/generations", "/moderations", "/rerank"}) {
    gateway_bench bench;
    bench.settings.models = {test::route_to("m", "u", "up/m")};
    bench.network.answer = [](upstream_peer& peer, const received_request&) {
      peer.respond(200, json_type, "{}");
    };
    raw_client& c = bench.client();
    ASSERT_TRUE(bench.ask(c, post("/v1" + std::string(path) + "?key=mine", speech,
                                  "Accept: audio/mpeg\r\nAuthorization: Bearer mine\r\n")));
    EXPECT_EQ(200U, c.last().status);
    const received_request& got = bench.network.peers.at(0)->requests().at(0);
    EXPECT_EQ("/v1" + std::string(path), got.target);
    EXPECT_EQ("application/json", got.header("content-type"));
    EXPECT_EQ("audio/mpeg", got.header("accept"));
    EXPECT_EQ("", got.header("authorization"));
    EXPECT_EQ(R"({"model":"up/m","input":"hi","speed":1.50})", got.body);
  }
}

TEST(Forward, WithoutAModelThereMustBeOneUpstreamThatCanServe) {  // ERR-4
  for (const char* body : {R"({"input":"hi"})", R"({"model":null,"input":"hi"})"}) {
    for (const bool several : {false, true}) {
      gateway_bench bench;
      if (several) bench.settings.upstreams.push_back(gateway_bench::upstream("v"));
      bench.network.answer = [](upstream_peer& peer, const received_request&) {
        peer.respond(200, json_type, R"({"results":[]})");
      };
      raw_client& c = bench.client();
      ASSERT_TRUE(bench.ask(c, post("/v1/moderations", body)));
      EXPECT_EQ(several ? 400U : 200U, c.last().status);
      if (several) {
        EXPECT_NE(std::string::npos, c.last().body.find("you must provide a model parameter"));
      } else {
        EXPECT_EQ(body, bench.network.peers.at(0)->requests().at(0).body);
      }
    }
  }
}

TEST(Forward, BadRequestsAreToldBeforeAnyUpstreamIsAsked) {
  const std::tuple<std::string_view, unsigned, std::string_view> cases[] = {
      {"{", 400, "could not parse"},
      {"RIFF", 400, "could not parse"},
      {"", 400, "could not parse"},
      {R"({"model":7})", 400, "Invalid type for 'model'"},
      {R"({"model":"nobody"})", 404, "model_not_found"}};
  for (const auto& [body, status, says] : cases) {
    gateway_bench bench;
    bench.times.first_models = millis{1};
    bench.settings.upstreams.push_back(gateway_bench::upstream("v"));
    bench.start();
    bench.worker->probe_models([](const auto&, const auto&) {});
    raw_client& c = bench.client();
    ASSERT_TRUE(bench.driver.run_until(
        [&] { return bench.worker->context()->models.current().complete(); }));
    ASSERT_TRUE(bench.ask(c, post("/v1/audio/speech", body)));
    EXPECT_EQ(status, c.last().status) << body << c.last().body;
    EXPECT_NE(std::string::npos, c.last().body.find(says)) << c.last().body;
    EXPECT_EQ("keep-alive", c.last().header("connection")) << body;
    for (const auto& peer : bench.network.peers)
      for (const received_request& r : peer->requests()) EXPECT_EQ("GET", r.method);
  }
}

TEST(Forward, ACompressedAnswerKeepsItsCodingAndItsLabel) {
  const std::pair<const char*, std::string> codings[] = {
      {"gzip", weir::testing::gzip(R"({"results":[]})")}, {"br", "\x0b\x02\x80{}\x03"}};
  for (const auto& [label, body] : codings) {
    gateway_bench bench;
    bench.network.answer = [name = label, text = body](upstream_peer& peer,
                                                       const received_request&) {
      peer.respond(200, json_type, text, {{"Content-Encoding", name}});
    };
    raw_client& c = bench.client();
    ASSERT_TRUE(bench.ask(c, post("/v1/rerank", speech)));
    EXPECT_EQ(200U, c.last().status) << label;
    EXPECT_EQ(label, c.last().header("content-encoding"));
    EXPECT_EQ(body, c.last().body) << label;
  }
}

TEST(Forward, ACompressedRequestGoesOnAsItWasMeant) {  // HTTP-12
  gateway_bench bench;
  bench.network.answer = [](upstream_peer& peer, const received_request&) {
    peer.respond(200, json_type, "{}");
  };
  raw_client& c = bench.client();
  ASSERT_TRUE(
      bench.ask(c, post("/v1/rerank", weir::testing::gzip(speech), "Content-Encoding: gzip\r\n")));
  EXPECT_EQ(200U, c.last().status);
  EXPECT_EQ(speech, bench.network.peers.at(0)->requests().at(0).body);
  EXPECT_EQ("", bench.network.peers.at(0)->requests().at(0).header("content-encoding"));
}

TEST(Forward, EventsAreHandedOnOneByOneAndTheirUsageIsCounted) {
  gateway_bench bench;
  upstream_peer* at = nullptr;
  bench.network.answer = [&](upstream_peer& peer, const received_request&) {
    peer.begin_stream();
    at = &peer;
  };
  raw_client& c = bench.client();
  c.send(speak());
  ASSERT_TRUE(bench.driver.run_until([&] { return at != nullptr; }));
  std::string want;
  for (int i = 0; i < 20; ++i) {
    const std::string event =
        "event: speech.audio.delta\ndata: {\"audio\":\"" + std::to_string(i) + "\"}\n\n";
    at->chunk(event);  // only after the client has all before it
    want += event;
    ASSERT_TRUE(bench.driver.run_until(
        [&] { return !c.responses().empty() && c.last().body.size() >= want.size(); }));
    EXPECT_EQ(want, c.last().body);
  }
  const std::string done =
      "data: {\"type\":\"speech.audio.done\",\"usage\":{\"input_tokens\":4,"
      "\"output_tokens\":9}}\n\n";
  at->chunk(done);
  at->end_chunks();
  ASSERT_TRUE(bench.driver.run_until([&] { return c.complete() == 1; }));
  EXPECT_EQ(want + done, c.last().body);
  const std::pair<const char*, const char*> headers[] = {{"content-type", "text/event-stream"},
                                                         {"cache-control", "no-cache"},
                                                         {"x-accel-buffering", "no"},
                                                         {"transfer-encoding", "chunked"}};
  for (const auto& [name, value] : headers) EXPECT_EQ(value, c.last().header(name)) << name;
  ASSERT_TRUE(bench.ask(c, test::get("/metrics")));
  for (const char* sample :
       {R"(client_dialect="audio",upstream_dialect="audio",status_class="2xx",stream="true"} 1)",
        R"(weir_tokens_total{upstream="u",model="other",type="input"} 4)",
        R"(weir_tokens_total{upstream="u",model="other",type="output"} 9)",
        R"(weir_stream_events_total{upstream="u",model="other"} 21)",
        R"(weir_usage_missing_total{upstream="u",model="other"} 0)", "weir_active_streams 0"})
    EXPECT_NE(std::string::npos, c.last().body.find(sample)) << sample << c.last().body;
}

TEST(Forward, ErrorsOfTheUpstreamKeepTheirStatusAndTellNoSecrets) {  // EMAP-1, EMAP-2, ERR-36
  const std::tuple<unsigned, std::string, unsigned, std::string_view> cases[] = {
      {429, R"({"error":{"message":"slow down at http://u.test/v1"}})", 429,
       "slow down at [upstream]"},
      {400, R"({"detail":"bad key my-own-key"})", 400, "bad key ***"},
      {401, R"({"error":{"message":"no"}})", 502, "upstream_auth_error"},
      {500, "it broke", 500, "it broke"},
      {302, "", 502, "redirect"}};
  for (const auto& [status, body, want, says] : cases) {
    gateway_bench bench;
    bench.settings.upstreams[0].key = config::secret("my-own-key");
    bench.network.answer = [s = status, b = body](upstream_peer& peer, const received_request&) {
      peer.respond(s, json_type, b, {{"Retry-After", "7"}});
    };
    raw_client& c = bench.client();
    ASSERT_TRUE(bench.ask(c, speak()));
    EXPECT_EQ(want, c.last().status) << status;
    EXPECT_NE(std::string::npos, c.last().body.find(says)) << c.last().body;
    EXPECT_EQ(std::string::npos, c.last().body.find("my-own-key"));
    EXPECT_EQ(std::string::npos, c.last().body.find("u.test"));
    EXPECT_EQ(want == 429 || want == 500 ? "7" : "", c.last().header("retry-after")) << status;
    EXPECT_EQ("keep-alive", c.last().header("connection"));
  }
}

TEST(Forward, AnAnswerThatBreaksOffBeforeItsFirstByteIsAStatus) {  // GEN-6
  gateway_bench bench;
  bench.network.answer = [](upstream_peer& peer, const received_request&) {
    peer.send("HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\nContent-Length: 9\r\n\r\n");
    peer.close();
  };
  raw_client& c = bench.client();
  ASSERT_TRUE(bench.ask(c, speak()));
  EXPECT_EQ(502U, c.last().status);
  EXPECT_NE(std::string::npos, c.last().body.find("upstream_stream_truncated"));
}

TEST(Forward, AnAnswerThatBreaksOffLaterNeverLooksWhole) {  // P6
  const std::pair<const char*, std::string_view> framings[] = {
      {"a length", "HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\nContent-Length: 9\r\n\r\n"},
      {"chunks",
       "HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\nTransfer-Encoding: chunked\r\n\r\n"
       "4\r\n"}};
  for (const auto& [name, head] : framings) {
    for (const char* version : {"1.1", "1.0"}) {
      gateway_bench bench;
      upstream_peer* at = nullptr;
      bench.network.answer = [&, start = head](upstream_peer& peer, const received_request&) {
        peer.send(std::string(start) + "half\r\n");
        at = &peer;
      };
      raw_client& c = bench.client();
      c.send("POST /v1/audio/speech HTTP/" + std::string(version) +
             "\r\nHost: a\r\nContent-Length: " + std::to_string(speech.size()) + "\r\n\r\n" +
             std::string(speech));
      ASSERT_TRUE(bench.driver.run_until([&] {
        return !c.responses().empty() && c.last().body.size() >= 4;
      })) << name
          << version;
      at->close();
      ASSERT_TRUE(bench.driver.run_until([&] { return c.gone(); })) << name << version;
      EXPECT_EQ(0U, c.complete()) << name << version;
      EXPECT_EQ("half", c.last().body.substr(0, 4)) << name << version;
      EXPECT_EQ(0U, bench.worker->sessions()) << name << version;
      raw_client& next = bench.client();
      ASSERT_TRUE(bench.ask(next, test::get("/metrics")));
      EXPECT_NE(std::string::npos, next.last().body.find(R"(class="upstream_truncated"} 1)"));
    }
  }
}

TEST(Forward, TimersFireAsForChat) {  // HTTP-11
  const struct {
    const char* name;
    void (*upstream)(upstream_peer&, const received_request&);
    void (*set)(config::timeouts&);
    bool begun;
  } cases[] = {
      {"first_byte", [](upstream_peer&, const received_request&) {},
       [](config::timeouts& t) { t.first_byte = millis{20}; }, false},
      {"first_token", [](upstream_peer& p, const received_request&) { p.begin_stream(); },
       [](config::timeouts& t) { t.first_token = millis{20}; }, false},
      {"total", [](upstream_peer&, const received_request&) {},
       [](config::timeouts& t) { t.total = millis{20}; }, false},
      {"idle",
       [](upstream_peer& p, const received_request&) {
         p.begin_stream();
         p.chunk("data: {}\n\n");
       },
       [](config::timeouts& t) { t.idle = millis{20}; }, true},
  };
  for (const auto& t : cases) {
    gateway_bench bench;
    t.set(bench.settings.timeouts);
    bench.network.answer = t.upstream;
    raw_client& c = bench.client();
    ASSERT_TRUE(bench.ask(c, speak())) << t.name;
    if (t.begun) {
      EXPECT_EQ(0U, c.complete()) << t.name;
      EXPECT_TRUE(c.gone()) << t.name;
    } else {
      EXPECT_EQ(504U, c.last().status) << t.name;
      EXPECT_NE(std::string::npos, c.last().body.find(t.name)) << c.last().body;
    }
    bench.driver.settle();
    EXPECT_EQ(0U, bench.worker->context()->upstreams[0]->pool->open()) << t.name;
  }
}

TEST(Forward, AStaleConnectionIsReplacedWithoutTheClientNoticing) {
  gateway_bench bench;
  int asked = 0;
  bench.network.answer = [&](upstream_peer& peer, const received_request&) {
    if (++asked == 2) return peer.close();
    peer.respond(200, "audio/mpeg", "abc");
  };
  raw_client& c = bench.client();
  ASSERT_TRUE(bench.ask(c, speak()));
  ASSERT_TRUE(bench.ask(c, speak()));
  EXPECT_EQ(200U, c.last().status);
  EXPECT_EQ("2", c.last().header("x-weir-attempts"));
  EXPECT_EQ("abc", c.last().body);
}

TEST(Forward, ASlowReaderHoldsTheUpstreamBackAndLosesNothing) {  // HTTP-13
  gateway_bench bench;
  upstream_peer* at = nullptr;
  bench.network.answer = [&](upstream_peer& peer, const received_request&) {
    peer.send("HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\nContent-Length: 1000000\r\n\r\n");
    at = &peer;
  };
  raw_client& c = bench.client();
  c.send(speak());
  ASSERT_TRUE(bench.driver.run_until([&] { return at != nullptr; }));
  c.connection().pause_reading();
  std::string want;
  for (int i = 0; i < 1000; ++i) {
    const std::string piece(1000, static_cast<char>('a' + i % 26));
    at->send(piece);
    want += piece;
    bench.driver.settle();
  }
  EXPECT_GT(at->connection().queued(), want.size() / 2);
  c.connection().resume_reading();
  ASSERT_TRUE(bench.driver.run_until([&] { return c.complete() == 1; }));
  EXPECT_EQ(want, c.last().body);
}

TEST(Forward, AClientThatLeavesCancelsTheUpstreamAtOnce) {  // HTTP-10
  for (const bool begun : {false, true}) {
    gateway_bench bench;
    upstream_peer* at = nullptr;
    bench.network.answer = [&](upstream_peer& peer, const received_request&) {
      if (begun) {
        peer.begin_stream();
        peer.chunk("data: {}\n\n");
      }
      at = &peer;
    };
    raw_client& c = bench.client();
    c.send(speak());
    ASSERT_TRUE(bench.driver.run_until([&] { return at != nullptr; }));
    bench.driver.settle();
    c.leave();
    bench.driver.settle();  // no timer runs here
    EXPECT_TRUE(at->gone());
    EXPECT_EQ(0U, bench.worker->sessions());
    EXPECT_EQ(0U, bench.worker->context()->upstreams[0]->pool->open());
  }
}

}  // namespace
}  // namespace weir::proxy
