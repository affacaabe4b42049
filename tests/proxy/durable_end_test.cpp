// The end of an answer waits until its record is safe; all that comes before it does not.
#include <gtest/gtest.h>

#include "gateway_bench.h"

namespace weir::proxy {
namespace {

using test::chat;
using test::gateway_bench;
using test::get;
using test::post;
using test::raw_client;
using test::received_request;
using test::upstream_peer;

/// A sink whose disk is the test.
struct slow_sink final : observe::record_sink {
  void keep(const observe::exchange_record& record) override {
    records.push_back(record);
    if (slow) safe = false;
  }
  [[nodiscard]] bool is_safe() const override { return safe; }
  void when_safe(std::function<void()> call) override { waiting.push_back(std::move(call)); }
  [[nodiscard]] bool accepts() const override { return true; }
  void say_safe() {
    safe = true;
    for (const auto& call : std::exchange(waiting, {})) call();
  }

  bool slow = true;
  bool safe = true;
  std::vector<observe::exchange_record> records;
  std::vector<std::function<void()>> waiting;
};

struct DurableEnd : testing::Test {
  DurableEnd() { bench.records = &sink; }
  [[nodiscard]] bool records(std::size_t count) {
    const bool there = bench.driver.run_until([&] { return sink.records.size() >= count; });
    bench.driver.settle();
    return there;
  }

  slow_sink sink;
  gateway_bench bench;
};

TEST_F(DurableEnd, OfAStreamWaitsWhileItsEventsDoNot) {
  upstream_peer* up = nullptr;
  bench.network.answer = test::begins_stream(up);
  raw_client& c = bench.client();
  c.send(chat(true));
  ASSERT_TRUE(bench.driver.run_until([&] { return up != nullptr; }));
  up->chunk(test::chat_word("early"));
  ASSERT_TRUE(bench.driver.run_until([&] { return c.bytes().find("early") != std::string::npos; }));
  up->chunk(test::chat_finish() + std::string(test::chat_done));
  up->end_chunks();
  ASSERT_TRUE(records(1));
  EXPECT_EQ(std::string::npos, c.bytes().find("[DONE]"));
  EXPECT_EQ(0U, c.complete());
  sink.say_safe();
  ASSERT_TRUE(bench.driver.run_until([&] { return c.complete() == 1; }));
  EXPECT_NE(std::string::npos, c.last().body.find("[DONE]"));
  EXPECT_FALSE(c.gone());
}

TEST_F(DurableEnd, OfEveryKindOfAnswerWaits) {
  const std::string document = R"({"id":"1","object":"chat.completion","created":1,"model":"m",)"
                               R"("choices":[{"index":0,"message":{"role":"assistant",)"
                               R"("content":"x"},"finish_reason":"stop"}]})";
  struct row {
    const char* what;
    std::string request;
    upstream_peer::script answer;
  } const rows[] = {
      {"a document", chat(false),
       [&](upstream_peer& p, const received_request&) {
         p.respond(200, "application/json", document);
       }},
      {"a stream in one piece", chat(true),
       [](upstream_peer& p, const received_request&) {
         p.begin_stream();
         p.chunk(test::chat_stream());
         p.end_chunks();
       }},
      {"what is forwarded, with its length", post("/v1/rerank", R"({"model":"m"})"),
       [](upstream_peer& p, const received_request&) {
         p.respond(200, "application/json", R"({"results":[]})");
       }},
      {"what is forwarded in chunks", post("/v1/rerank", R"({"model":"m"})"),
       [](upstream_peer& p, const received_request&) {
         p.begin_stream();
         p.chunk("data: 1\n\n");
         p.end_chunks();
       }},
      {"an error of the upstream", chat(false),
       [](upstream_peer& p, const received_request&) {
         p.respond(400, "application/json", R"({"error":{"message":"no"}})");
       }},
      {"an error of ours", post("/v1/chat/completions", "no json"), {}},
  };
  for (const row& r : rows) {
    for (const char* const version : {"HTTP/1.1", "HTTP/1.0"}) {
      SCOPED_TRACE(std::string(r.what) + ' ' + version);
      slow_sink own;
      gateway_bench each;
      each.records = &own;
      if (r.answer) each.network.answer = r.answer;
      raw_client& c = each.client();
      std::string request = r.request;
      request.replace(request.find("HTTP/1.1"), 8, version);
      c.send(request);
      ASSERT_TRUE(each.driver.run_until([&] { return own.records.size() == 1; }));
      each.driver.settle();
      EXPECT_EQ(0U, c.complete());
      EXPECT_FALSE(c.gone());
      own.say_safe();
      ASSERT_TRUE(each.driver.run_until([&] { return c.complete() == 1; }));
    }
  }
}

TEST_F(DurableEnd, WeirsOwnAnswersWaitForNothing) {
  raw_client& c = bench.client();
  ASSERT_TRUE(bench.ask(c, get("/healthz")));
  EXPECT_TRUE(sink.records.empty());
}

TEST_F(DurableEnd, OfPipelinedRequestsComeInTheirOrderOnceBothAreSafe) {
  int number = 0;
  bench.network.answer = [&](upstream_peer& peer, const received_request&) {
    peer.begin_stream();
    peer.chunk(test::chat_role() + test::chat_word("n" + std::to_string(++number)) +
               test::chat_finish() + std::string(test::chat_done));
    peer.end_chunks();
  };
  raw_client& c = bench.client();
  c.send(chat(true) + get("/healthz") + chat(true));
  ASSERT_TRUE(records(2)) << "the next request does not wait for the record of the one before";
  EXPECT_EQ("", c.bytes());
  sink.say_safe();
  ASSERT_TRUE(bench.driver.run_until([&] { return c.complete() == 3; }));
  EXPECT_NE(std::string::npos, c.responses()[0].body.find("n1"));
  EXPECT_EQ(R"({"status":"ok"})", c.responses()[1].body);
  EXPECT_NE(std::string::npos, c.responses()[2].body.find("n2"));
  sink.slow = false;
  ASSERT_TRUE(bench.ask(c, chat(true))) << "the connection serves on";
}

TEST_F(DurableEnd, AClientThatLeavesMeanwhileHarmsNobody) {
  for (const bool orderly : {true, false}) {
    raw_client& c = bench.client();
    sink.records.clear();
    c.send(chat(true));
    ASSERT_TRUE(records(1));
    if (orderly)
      c.end_side();
    else
      c.leave();
    ASSERT_TRUE(bench.driver.run_until([&] { return bench.worker->sessions() == 0; }));
    bench.driver.settle();
    sink.say_safe();
    bench.driver.settle();
    sink.safe = true;
  }
}

TEST_F(DurableEnd, AClientThatLeftBeforeTheEndIsOnRecordAndGone) {
  upstream_peer* up = nullptr;
  bench.network.answer = test::begins_stream(up);
  raw_client& c = bench.client();
  c.send(chat(true));
  ASSERT_TRUE(bench.driver.run_until([&] { return up != nullptr; }));
  c.leave();
  ASSERT_TRUE(records(1));
  EXPECT_TRUE(sink.records[0].cancelled);
  EXPECT_EQ(0U, bench.worker->sessions());
  sink.say_safe();
  bench.driver.settle();
}

TEST_F(DurableEnd, AShutdownClosesTheConnectionBehindIt) {
  raw_client& c = bench.client();
  c.send(chat(true));
  ASSERT_TRUE(records(1));
  bool idle = false;
  bench.worker->shut_down([&] { idle = true; });
  ASSERT_TRUE(bench.driver.run_until([&] { return idle; }));
  bench.driver.settle();
  EXPECT_EQ(0U, c.complete());
  EXPECT_FALSE(c.gone()) << "an end before the end of the answer";
  sink.say_safe();
  ASSERT_TRUE(bench.driver.run_until([&] { return c.gone(); }));
  EXPECT_EQ(1U, c.complete());
  EXPECT_TRUE(c.ended());
}

TEST_F(DurableEnd, WhatIsCutShortByTheDrainsLimitWaitsToo) {
  upstream_peer* up = nullptr;
  bench.network.answer = test::begins_stream(up);
  raw_client& c = bench.client();
  c.send(chat(true));
  ASSERT_TRUE(bench.driver.run_until([&] { return up != nullptr; }));
  bench.worker->shut_down([] {});
  bench.worker->end_now();
  ASSERT_TRUE(records(1));
  EXPECT_EQ(0U, c.complete());
  sink.say_safe();
  ASSERT_TRUE(bench.driver.run_until([&] { return c.gone(); }));
  EXPECT_TRUE(c.ended());
  EXPECT_EQ(1U, c.complete());
}

TEST_F(DurableEnd, TheEndOfTheProgramMayComeBeforeIt) {
  raw_client& c = bench.client();
  c.send(chat(true));
  ASSERT_TRUE(records(1));
  bench.clients.clear();
  bench.worker.reset();
  bench.driver.settle();
  sink.say_safe();
  bench.driver.settle();
}

}  // namespace
}  // namespace weir::proxy
