// One client connection: framing, order, patience and ends.
#include <gtest/gtest.h>

#include "gateway_bench.h"
#include "weir/base/limits.h"

namespace weir::proxy {
namespace {

using test::chat;
using test::gateway_bench;
using test::get;
using test::post;
using test::raw_client;
using test::received_request;
using test::upstream_peer;

TEST(Session, AHealthyProcessSaysSo) {
  gateway_bench bench;
  raw_client& c = bench.client();
  ASSERT_TRUE(bench.ask(c, get("/healthz")));
  EXPECT_EQ(200U, c.last().status);
  EXPECT_EQ("keep-alive", c.last().header("connection"));
  EXPECT_EQ(R"({"status":"ok"})", c.last().body);
}

TEST(Session, EveryServiceThatIsReadAnswersHeadWithoutABody) {
  for (const char* path : {"/healthz", "/readyz", "/metrics", "/v1/models", "/nowhere"}) {
    gateway_bench bench;
    bench.times.first_models = millis{0};
    raw_client& c = bench.client();
    c.expect("HEAD");
    ASSERT_TRUE(bench.ask(c, "HEAD " + std::string(path) + " HTTP/1.1\r\nHost: a\r\n\r\n"));
    EXPECT_NE("0", c.last().header("content-length")) << path;
    EXPECT_EQ("", c.last().body) << path;
    ASSERT_TRUE(bench.ask(c, get("/healthz"))) << path;
    EXPECT_EQ(R"({"status":"ok"})", c.last().body) << path;
  }
}

TEST(Session, PipelinedRequestsAreAnsweredInTheirOrder) {
  gateway_bench bench;
  int number = 0;
  bench.network.answer = [&](upstream_peer& peer, const received_request&) {
    ++number;
    peer.begin_stream();
    peer.chunk(test::chat_role() + test::chat_word("n" + std::to_string(number)) +
               test::chat_finish() + std::string(test::chat_done));
    peer.end_chunks();
  };
  raw_client& c = bench.client();
  ASSERT_TRUE(bench.ask(c, chat(true) + get("/healthz") + chat(true) + get("/nowhere"), 4));
  ASSERT_EQ(4U, c.responses().size());
  EXPECT_NE(std::string::npos, c.responses()[0].body.find("n1"));
  EXPECT_EQ(R"({"status":"ok"})", c.responses()[1].body);
  EXPECT_NE(std::string::npos, c.responses()[2].body.find("n2"));
  EXPECT_EQ(404U, c.responses()[3].status);
}

TEST(Session, RequestsComeOutTheSameHoweverTheyAreSplit) {
  gateway_bench bench;
  raw_client& c = bench.client({1, 0});
  ASSERT_TRUE(bench.ask(c, chat(true) + get("/healthz"), 2));
  EXPECT_EQ(test::chat_stream(), c.responses()[0].body);
  EXPECT_EQ(R"({"status":"ok"})", c.responses()[1].body);
}

TEST(Session, AClientThatPipelinesWithoutEndIsNotReadOn) {
  gateway_bench bench;
  bench.network.answer = [](upstream_peer&, const received_request&) {};  // never
  raw_client& c = bench.client();
  c.send(chat(true));
  std::string flood;
  while (flood.size() < 4 * limits::max_pipelined_bytes) flood += get("/healthz");
  bench.driver.settle();
  for (int i = 0; i < 8; ++i) {
    c.send(flood);
    bench.driver.settle();
  }
  EXPECT_GT(c.connection().queued(), 6 * flood.size());
}

TEST(Session, AClientThatAsksAndNeverReadsIsNotAnsweredWithoutEnd) {  // HTTP-13
  gateway_bench bench;
  raw_client& c = bench.client();
  ASSERT_TRUE(bench.ask(c, get("/healthz")));
  c.connection().pause_reading();
  std::size_t asked = 1;
  std::string flood;
  while (flood.size() < limits::max_pipelined_bytes) {
    flood += get("/metrics");
    ++asked;
  }
  for (int i = 0; i < 3; ++i) {
    c.send(flood);
    bench.driver.settle();
  }
  asked = 1 + 3 * (asked - 1);
  for (int i = 0; i < 8; ++i) bench.driver.settle();
  EXPECT_GT(c.connection().queued(), 0U);
  c.connection().resume_reading();
  ASSERT_TRUE(bench.driver.run_until([&] { return c.complete() == asked || c.gone(); }));
  EXPECT_EQ(asked, c.complete());
}

TEST(Session, ReadingGoesOnAfterAFullPipeline) {
  gateway_bench bench;
  raw_client& c = bench.client();
  std::string many = chat(true);
  std::size_t count = 1;
  while (many.size() < 3 * limits::max_pipelined_bytes) {
    many += get("/healthz");
    ++count;
  }
  ASSERT_TRUE(bench.ask(c, many, count));
  EXPECT_EQ(count, c.complete());
}

TEST(Session, ExpectIsAnsweredBeforeTheBody) {  // RFC 9110 10.1.1
  gateway_bench bench;
  raw_client& c = bench.client();
  const std::string body = test::chat_body(true);
  c.send(
      "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
      "Content-Length: " +
      std::to_string(body.size()) + "\r\n\r\n");
  ASSERT_TRUE(bench.driver.run_until([&] { return !c.bytes().empty(); }));
  EXPECT_EQ("HTTP/1.1 100 Continue\r\n\r\n", c.bytes());
  ASSERT_TRUE(bench.ask(c, body));
  EXPECT_EQ(200U, c.last().status);
}

TEST(Session, ARefusalNeedsNoBodyFromAClientThatExpects) {
  gateway_bench bench;
  raw_client& c = bench.client();
  ASSERT_TRUE(bench.ask(c,
                        "POST /v1/nothing HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
                        "Content-Length: 10\r\n\r\n"));
  EXPECT_EQ(404U, c.last().status);
  EXPECT_EQ("close", c.last().header("connection"));
  EXPECT_TRUE(bench.driver.run_until([&] { return c.ended(); }));
}

TEST(Session, AnOldClientGetsABodyThatEndsWithTheConnection) {  // RFC 9112 6.3
  gateway_bench bench;
  raw_client& c = bench.client();
  const std::string body = test::chat_body(true);
  c.send("POST /v1/chat/completions HTTP/1.0\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body);
  ASSERT_TRUE(bench.driver.run_until([&] { return c.ended(); }));
  ASSERT_EQ(1U, c.complete());
  EXPECT_EQ("", c.last().header("transfer-encoding"));
  EXPECT_EQ("close", c.last().header("connection"));
  EXPECT_EQ(test::chat_stream(), c.last().body);
}

TEST(Session, AClientThatAsksToCloseIsClosed) {
  gateway_bench bench;
  raw_client& c = bench.client();
  ASSERT_TRUE(bench.ask(c, get("/healthz", "Connection: close\r\n")));
  EXPECT_EQ("close", c.last().header("connection"));
  EXPECT_TRUE(bench.driver.run_until([&] { return c.ended(); }));
  EXPECT_EQ(0U, bench.worker->sessions());
}

struct refusal {
  const char* name;
  std::string request;
  unsigned status;
  const char* code;  // in the body
};

TEST(Session, WhatIsNoRequestIsRefusedInOpenAiFormAndTheConnectionCloses) {
  const refusal cases[] = {
      {"not HTTP", "\x16\x03\x01 hello\r\n\r\n", 400, "invalid_request_error"},
      {"both framings",
       "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n"
       "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
       400, "invalid_request_error"},
      {"no Host", "GET /healthz HTTP/1.1\r\n\r\n", 400, "invalid_request_error"},
      {"a head without end",
       "GET /healthz HTTP/1.1\r\nHost: a\r\nX: " + std::string(limits::max_head_bytes, 'x'), 431,
       "invalid_request_error"},
      {"a target without end", "GET /" + std::string(2 * limits::max_target_bytes, 'x'), 414,
       "invalid_request_error"},
      {"HTTP/2 in clear", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505, "error"},
      {"a body announced too large",
       "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Length: 999999999\r\n\r\n", 413,
       "request_too_large"},
      {"a chunk that is none",
       "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
       400, "invalid_request_error"},
      {"a body in a coding that is not read",
       "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Encoding: br\r\n"
       "Content-Length: 3\r\n\r\nabc",
       415, "Content-Encoding"},
      {"a body that is not what its label says",
       "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\n"
       "Content-Length: 3\r\n\r\nabc",
       400, "Content-Encoding"},
  };
  for (const refusal& r : cases) {
    gateway_bench bench;
    raw_client& c = bench.client();
    ASSERT_TRUE(bench.ask(c, r.request)) << r.name;
    ASSERT_EQ(1U, c.complete()) << r.name << c.bytes();
    EXPECT_EQ(r.status, c.last().status) << r.name;
    EXPECT_EQ("close", c.last().header("connection")) << r.name;
    EXPECT_EQ("application/json", c.last().header("content-type")) << r.name;
    EXPECT_NE("", c.last().header("x-request-id")) << r.name;
    EXPECT_NE(std::string::npos, c.last().body.find(r.code)) << r.name << c.last().body;
    EXPECT_TRUE(bench.driver.run_until([&] { return c.ended(); })) << r.name;
    EXPECT_EQ(0U, bench.worker->sessions()) << r.name;
  }
}

TEST(Session, ABodyThatGrowsTooLargeIsRefused) {  // ERR-23
  gateway_bench bench;
  raw_client& c = bench.client();
  c.send("POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  const std::string mib(limits::mib, ' ');
  std::string chunk;
  http::append_chunk(chunk, mib);
  for (std::size_t i = 0; i <= limits::max_body_bytes / limits::mib; ++i) {
    c.send(chunk);
    bench.driver.settle();
  }
  ASSERT_TRUE(bench.driver.run_until([&] { return c.gone(); }));
  ASSERT_EQ(1U, c.complete());
  EXPECT_EQ(413U, c.last().status);
}

TEST(Session, TheLargestBodyIsTaken) {
  gateway_bench bench;
  raw_client& c = bench.client();
  std::string body = test::chat_body(true);
  body.insert(1, std::string(limits::max_body_bytes - body.size(), ' '));
  ASSERT_TRUE(bench.ask(c, post("/v1/chat/completions", body)));
  EXPECT_EQ(200U, c.last().status);
}

TEST(Session, AHeadThatDoesNotComeIsTimedOut) {  // 408
  gateway_bench bench;
  bench.settings.limits.header_time = millis{20};
  raw_client& c = bench.client();
  c.send("GET /healthz HTTP/1.1\r\nHo");
  ASSERT_TRUE(bench.driver.run_until([&] { return c.gone(); }));
  ASSERT_EQ(1U, c.complete());
  EXPECT_EQ(408U, c.last().status);
}

TEST(Session, AHeadThatDripsIsTimedOutAsAWhole) {
  gateway_bench bench;
  bench.settings.limits.header_time = millis{60};
  raw_client& c = bench.client();
  net::timer drip(bench.loop, [&] {
    if (c.gone()) return;
    c.send("x");
    drip.start(millis{10});
  });
  c.send("GET /healthz HTTP/1.1\r\nX: ");
  drip.start(millis{10});
  ASSERT_TRUE(bench.driver.run_until([&] { return c.gone(); }, millis{3000}));
  ASSERT_EQ(1U, c.complete());
  EXPECT_EQ(408U, c.last().status);
}

TEST(Session, ABodyThatDoesNotComeIsTimedOut) {
  gateway_bench bench;
  bench.settings.limits.body_idle = millis{20};
  raw_client& c = bench.client();
  c.send("POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{");
  ASSERT_TRUE(bench.driver.run_until([&] { return c.gone(); }));
  ASSERT_EQ(1U, c.complete());
  EXPECT_EQ(408U, c.last().status);
}

TEST(Session, AnIdleConnectionIsClosedWithoutAWord) {
  gateway_bench bench;
  bench.settings.limits.keep_alive = millis{300};
  raw_client& fresh = bench.client();
  raw_client& used = bench.client();
  ASSERT_TRUE(bench.ask(used, get("/healthz")));
  ASSERT_TRUE(bench.driver.run_until([&] { return fresh.ended() && used.ended(); }));
  EXPECT_TRUE(fresh.responses().empty());
  EXPECT_EQ(1U, used.responses().size());
}

TEST(Session, AClientThatEndsItsSideBetweenRequestsIsLetGo) {
  gateway_bench bench;
  raw_client& c = bench.client();
  ASSERT_TRUE(bench.ask(c, get("/healthz")));
  c.end_side();
  EXPECT_TRUE(bench.driver.run_until([&] { return bench.worker->sessions() == 0; }));
}

TEST(Session, ShuttingDownClosesIdleConnectionsAndLetsExchangesFinish) {
  gateway_bench bench;
  upstream_peer* at = nullptr;
  bench.network.answer = test::begins_stream(at);
  raw_client& idle = bench.client();
  raw_client& busy = bench.client();
  ASSERT_TRUE(bench.ask(idle, get("/healthz")));
  busy.send(chat(true));
  ASSERT_TRUE(bench.driver.run_until([&] { return !busy.bytes().empty(); }));
  bool all_over = false;
  bench.worker->shut_down([&] { all_over = true; });
  ASSERT_TRUE(bench.driver.run_until([&] { return idle.ended(); }));
  EXPECT_FALSE(all_over);
  at->chunk(test::chat_word("a") + test::chat_finish() + std::string(test::chat_done));
  at->end_chunks();
  ASSERT_TRUE(bench.driver.run_until([&] { return all_over && busy.ended(); }));
  ASSERT_EQ(1U, busy.complete());
  EXPECT_NE(std::string::npos, busy.last().body.find("[DONE]"));
}

TEST(Session, WhoHasJustComeIsServedOnceAlsoWhenItEnds) {
  gateway_bench bench;
  raw_client& amid_its_head = bench.client();
  raw_client& about_to_ask = bench.client();
  raw_client& silent = bench.client();
  raw_client& amid_its_second = bench.client();
  const std::string ready = get("/healthz");
  ASSERT_TRUE(bench.ask(amid_its_second, ready));
  amid_its_head.send(ready.substr(0, 9));
  amid_its_second.send(ready.substr(0, 9));
  bench.driver.settle();
  bool all_over = false;
  const micros began = bench.loop.now();
  bench.worker->shut_down([&] { all_over = true; });
  bench.driver.settle();
  for (raw_client* const c : {&amid_its_head, &amid_its_second}) c->send(ready.substr(9));
  about_to_ask.send(ready);
  ASSERT_TRUE(bench.driver.run_until([&] { return all_over; }));
  bench.driver.settle();  // the last one hears of its end a turn later
  for (const raw_client* const c : {&amid_its_head, &amid_its_second, &about_to_ask}) {
    ASSERT_LE(1U, c->complete());
    EXPECT_EQ(200U, c->last().status);
    EXPECT_EQ("close", c->last().header("connection"));
    EXPECT_TRUE(c->ended());
  }
  EXPECT_EQ(2U, amid_its_second.complete());
  EXPECT_TRUE(silent.ended());
  EXPECT_TRUE(silent.responses().empty());
  EXPECT_LE(limits::newcomer_wait, bench.loop.now() - began);
}

TEST(Session, WhoHasNotAskedByTheEndIsNotWaitedFor) {
  gateway_bench bench;
  raw_client& silent = bench.client();
  bench.driver.settle();
  const micros began = bench.loop.now();
  bench.worker->shut_down([] {});
  bench.worker->end_now();
  ASSERT_TRUE(bench.driver.run_until([&] { return silent.ended(); }));
  EXPECT_GT(limits::newcomer_wait, bench.loop.now() - began);
}

TEST(Session, WhatIsStillRunningAtTheEndIsToldSo) {
  gateway_bench bench;
  bench.network.answer = [](upstream_peer& peer, const received_request& request) {
    if (request.body.find("true") == std::string::npos) return;  // the other never gets a head
    peer.begin_stream();
    peer.chunk(test::chat_role() + test::chat_word("a"));
  };
  raw_client& streaming = bench.client();
  raw_client& waiting = bench.client();
  streaming.send(chat(true));
  waiting.send(chat(false));
  ASSERT_TRUE(bench.driver.run_until([&] { return !streaming.bytes().empty(); }));
  bench.worker->shut_down([] {});
  bench.driver.settle();
  bench.worker->end_now();
  ASSERT_TRUE(bench.driver.run_until([&] { return streaming.ended() && waiting.ended(); }));
  EXPECT_NE(std::string::npos, streaming.last().body.find("shutting down"));
  EXPECT_NE(std::string::npos, streaming.last().body.find("data: [DONE]\n\n"));
  EXPECT_TRUE(streaming.last().complete);
  EXPECT_EQ(503U, waiting.last().status);
}

}  // namespace
}  // namespace weir::proxy
