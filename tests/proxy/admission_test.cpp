// Requests that wait for an upstream with room, and two that race.
#include <gtest/gtest.h>

#include "routing_bench.h"
#include "weir/openai/chat_lint.h"

namespace weir::proxy {
namespace {

using test::chat;
using test::raw_client;
using test::received_request;
using test::routing_bench;
using test::upstream_peer;

/// Upstream `a`, which keeps every request until it is told to answer.
class busy_bench : public routing_bench {
 public:
  explicit busy_bench(std::uint32_t room) : routing_bench({{"a", 1}}) {
    settings.upstreams[0].max_concurrent = room;
    scripts["a"] = [this](upstream_peer& peer, const received_request& request) {
      kept.push_back(&peer);
      users += request.body.find("modest") == std::string::npos ? 'g' : 'm';
    };
  }
  void answer(std::size_t which) { answer_well(*kept[which], "a"); }
  bool wait_for(std::size_t requests) {
    return driver.run_until([&] { return kept.size() >= requests; });
  }
  std::vector<upstream_peer*> kept;
  std::string users;  ///< in the order in which they came to the upstream
};

std::string from(const std::string& client) {
  return chat(true, R"(,"user":")" + client + '"', "authorization: Bearer " + client + "\r\n");
}

TEST(Admission, NoMoreThanTheCapAreAtTheUpstreamAtOnce) {
  busy_bench bench(2);
  std::vector<raw_client*> clients;
  for (int i = 0; i < 5; ++i) {
    clients.push_back(&bench.client());
    clients.back()->send(chat(true));
  }
  ASSERT_TRUE(bench.wait_for(2));
  bench.driver.settle();
  EXPECT_EQ(2U, bench.kept.size());
  for (std::size_t done = 0; done < 5; ++done) {
    bench.answer(done);
    ASSERT_TRUE(bench.driver.run_until([&] {
      std::size_t complete = 0;
      for (const raw_client* c : clients) complete += c->complete();
      return complete == done + 1;
    }));
    bench.driver.settle();
    EXPECT_EQ(std::min<std::size_t>(done + 3, 5), bench.kept.size());
  }
  for (const raw_client* c : clients) EXPECT_EQ(200U, c->last().status);
  EXPECT_EQ(0U, bench.worker->context()->routing.waiting());
  EXPECT_EQ(0U, bench.worker->context()->board->waiting());
  EXPECT_EQ(0U, bench.worker->context()->board->busy(0));
}

TEST(Admission, WhoFindsTheQueueFullIsRefused) {
  busy_bench bench(1);
  bench.settings.routing.queue = 2;
  std::vector<raw_client*> waiting;
  for (int i = 0; i < 3; ++i) {
    waiting.push_back(&bench.client());
    waiting.back()->send(chat(true));
  }
  ASSERT_TRUE(bench.wait_for(1));
  raw_client& refused = bench.client();
  ASSERT_TRUE(bench.ask(refused, chat(true)));
  EXPECT_EQ(503U, refused.last().status);
  EXPECT_EQ("1", refused.last().header("retry-after"));
  EXPECT_NE(std::string::npos, refused.last().body.find("engine_overloaded"));
  EXPECT_EQ("1", bench.metric(R"(weir_queue_refused_total{model="m"})"));
  EXPECT_EQ(2U, bench.worker->context()->board->waiting());
  EXPECT_EQ(1U, bench.worker->context()->board->busy(0));

  waiting[1]->leave();  // whoever leaves makes room in the queue
  ASSERT_TRUE(
      bench.driver.run_until([&] { return bench.worker->context()->routing.waiting() == 1; }));
  raw_client& late = bench.client();
  late.send(chat(true));
  ASSERT_TRUE(
      bench.driver.run_until([&] { return bench.worker->context()->routing.waiting() == 2; }));
  for (std::size_t i = 0; i < 3; ++i) {
    ASSERT_TRUE(bench.wait_for(i + 1));
    bench.answer(i);
  }
  ASSERT_TRUE(bench.driver.run_until([&] { return late.complete() == 1; }));
  EXPECT_EQ(200U, late.last().status);
}

TEST(Admission, WithoutAQueueWhoFindsNoRoomIsRefused) {
  busy_bench bench(1);
  bench.settings.routing.queue = 0;
  bench.client().send(chat(true));
  ASSERT_TRUE(bench.wait_for(1));
  raw_client& refused = bench.client();
  ASSERT_TRUE(bench.ask(refused, chat(true)));
  EXPECT_EQ(503U, refused.last().status);
}

TEST(Admission, NobodyWaitsLongerThanTheSettingSays) {
  busy_bench bench(1);
  bench.settings.routing.queue_wait = millis{20};
  bench.client().send(chat(true));
  ASSERT_TRUE(bench.wait_for(1));
  raw_client& c = bench.client();
  ASSERT_TRUE(bench.ask(c, chat(true)));
  EXPECT_EQ(503U, c.last().status);
  EXPECT_EQ(0U, bench.worker->context()->routing.waiting());
}

TEST(Admission, WhoWaitedInVainBehindTheHeadOfAStreamIsToldInTheStream) {  // GEN-6
  busy_bench bench(1);
  bench.settings.routing.queue_wait = millis{60};
  bench.settings.stream.commit_after = millis{20};
  bench.client().send(chat(true));
  ASSERT_TRUE(bench.wait_for(1));
  raw_client& c = bench.client();
  ASSERT_TRUE(bench.ask(c, chat(true)));
  EXPECT_EQ(200U, c.last().status);
  EXPECT_NE(std::string::npos, c.last().body.find("engine_overloaded"));
  EXPECT_TRUE(openai::is_legal(openai::lint_chat_stream(c.last().body, {}))) << c.last().body;
}

TEST(Admission, ClientsTakeTurns) {
  busy_bench bench(1);
  for (std::size_t i = 0; i < 4; ++i) {
    bench.client().send(from("greedy"));
    ASSERT_TRUE(bench.wait_for(1));
    ASSERT_TRUE(
        bench.driver.run_until([&] { return bench.worker->context()->routing.waiting() == i; }));
  }
  bench.client().send(from("modest"));
  ASSERT_TRUE(
      bench.driver.run_until([&] { return bench.worker->context()->routing.waiting() == 4; }));
  for (std::size_t i = 0; i < 4; ++i) {
    bench.answer(i);
    ASSERT_TRUE(bench.wait_for(i + 2));
  }
  EXPECT_EQ("ggmgg", bench.users);
}

TEST(Admission, ACapOfRateIsWaitedFor) {
  routing_bench bench({{"a", 1}});
  bench.settings.upstreams[0].max_per_minute = 1200;  // a burst of 20, then one in 50 ms
  raw_client& c = bench.client();
  const micros before = bench.loop.now();
  for (int i = 0; i < 23; ++i) ASSERT_TRUE(bench.ask(c, chat(true)));
  EXPECT_GE(bench.loop.now() - before, millis{100});
  EXPECT_EQ(200U, c.last().status);
}

TEST(Admission, AFullUpstreamSendsTheOverflowToTheNextPriority) {
  routing_bench bench({{"a", 1}, {"b", 2}});
  bench.settings.upstreams[0].max_concurrent = 1;
  bench.scripts["a"] = [](upstream_peer&, const received_request&) {};
  bench.client().send(chat(true));
  ASSERT_TRUE(bench.driver.run_until([&] { return bench.who() == "a"; }));
  raw_client& c = bench.client();
  ASSERT_TRUE(bench.ask(c, chat(true)));
  EXPECT_NE(std::string::npos, c.last().body.find("I am b"));
}

TEST(Admission, TheWaitingAreToldWhenTheGatewayEnds) {
  busy_bench bench(1);
  bench.client().send(chat(true));
  ASSERT_TRUE(bench.wait_for(1));
  raw_client& c = bench.client();
  c.send(chat(true));
  ASSERT_TRUE(
      bench.driver.run_until([&] { return bench.worker->context()->routing.waiting() == 1; }));
  bench.worker->end_now();
  ASSERT_TRUE(bench.driver.run_until([&] { return c.complete() == 1; }));
  EXPECT_EQ(503U, c.last().status);
}

// ---------------------------------------------------------------------------------------------
// Hedging

/// `a` has answered often enough to be known as fast; from now on its script is the test's.
class hedging_bench : public routing_bench {
 public:
  hedging_bench() : routing_bench({{"a", 1}, {"b", 2}}) {
    settings.routing.hedge = config::hedge_point{95};
    client_ = &client();
    for (int i = 0; i < 20; ++i) EXPECT_TRUE(ask(*client_, chat(true)));
    asked.clear();
  }
  raw_client& warm() { return *client_; }

 private:
  raw_client* client_ = nullptr;
};

TEST(Hedging, ASlowAnswerIsOvertakenAndItsUpstreamLetGo) {
  hedging_bench bench;
  upstream_peer* a = nullptr;
  bench.scripts["a"] = test::begins_stream(a);
  ASSERT_TRUE(bench.ask(bench.warm(), chat(true)));
  EXPECT_EQ("ab", bench.who());
  EXPECT_NE(std::string::npos, bench.warm().last().body.find("I am b"));
  EXPECT_EQ("b", bench.warm().last().header("x-weir-upstream"));
  ASSERT_TRUE(bench.driver.run_until([&] { return a->gone(); }));
  EXPECT_EQ("1", bench.metric(R"(weir_hedges_total{upstream="b"})"));
  EXPECT_EQ("1", bench.metric(R"(weir_hedges_won_total{upstream="b"})"));
}

TEST(Hedging, TheFirstMayStillBeTheFirst) {
  hedging_bench bench;
  upstream_peer* a = nullptr;
  upstream_peer* b = nullptr;
  bench.scripts["a"] = test::begins_stream(a);
  bench.scripts["b"] = test::begins_stream(b);
  bench.warm().send(chat(true));
  ASSERT_TRUE(bench.driver.run_until([&] { return b != nullptr; }));
  a->chunk(test::chat_word("I am a") + test::chat_finish() + std::string(test::chat_done));
  a->end_chunks();
  ASSERT_TRUE(bench.driver.run_until([&] { return bench.warm().complete() == 21; }));
  EXPECT_NE(std::string::npos, bench.warm().last().body.find("I am a"));
  EXPECT_EQ("a", bench.warm().last().header("x-weir-upstream"));
  ASSERT_TRUE(bench.driver.run_until([&] { return b->gone(); }));
  EXPECT_EQ("", bench.metric(R"(weir_hedges_won_total{upstream="b"})"));
}

TEST(Hedging, WhenOneOfTwoFailsTheOtherGoesOn) {
  for (const bool first_fails : {true, false}) {
    hedging_bench bench;
    upstream_peer* a = nullptr;
    upstream_peer* b = nullptr;
    bench.scripts["a"] = test::begins_stream(a);
    bench.scripts["b"] = test::begins_stream(b);
    bench.warm().send(chat(true));
    ASSERT_TRUE(bench.driver.run_until([&] { return b != nullptr; }));
    (first_fails ? a : b)->close();
    bench.driver.settle();
    upstream_peer& left = first_fails ? *b : *a;
    left.chunk(test::chat_word("still here") + test::chat_finish() + std::string(test::chat_done));
    left.end_chunks();
    ASSERT_TRUE(bench.driver.run_until([&] { return bench.warm().complete() == 21; }));
    EXPECT_NE(std::string::npos, bench.warm().last().body.find("still here"));
    EXPECT_EQ(first_fails ? "b" : "a", bench.warm().last().header("x-weir-upstream"));
    EXPECT_EQ("ab", bench.who());
  }
}

TEST(Hedging, WhenBothFailTheClientIsTold) {
  hedging_bench bench;
  bench.settings.routing.attempts = 2;
  upstream_peer* a = nullptr;
  upstream_peer* b = nullptr;
  bench.scripts["a"] = test::begins_stream(a);
  bench.scripts["b"] = test::begins_stream(b);
  bench.warm().send(chat(true));
  ASSERT_TRUE(bench.driver.run_until([&] { return b != nullptr; }));
  a->close();
  bench.driver.settle();
  bench.scripts["a"] = test::responds(500, R"({"error":{"message":"no"}})");
  b->close();
  ASSERT_TRUE(bench.driver.run_until([&] { return bench.warm().complete() == 21; }));
  EXPECT_NE(200U, bench.warm().last().status) << bench.warm().last().body;
}

TEST(Hedging, AClientThatLeavesEndsBoth) {  // HTTP-10
  hedging_bench bench;
  upstream_peer* a = nullptr;
  upstream_peer* b = nullptr;
  bench.scripts["a"] = test::begins_stream(a);
  bench.scripts["b"] = test::begins_stream(b);
  bench.warm().send(chat(true));
  ASSERT_TRUE(bench.driver.run_until([&] { return b != nullptr; }));
  bench.warm().leave();
  ASSERT_TRUE(bench.driver.run_until([&] { return a->gone() && b->gone(); }));
}

TEST(Hedging, ADocumentIsNotAskedForTwice) {
  hedging_bench bench;
  upstream_peer* a = nullptr;
  bench.scripts["a"] = [&](upstream_peer& peer, const received_request&) { a = &peer; };
  bench.warm().send(chat(false));
  ASSERT_TRUE(bench.driver.run_until([&] { return a != nullptr; }));
  bench.driver.settle();
  EXPECT_EQ("a", bench.who());
  routing_bench::answer_well(*a, "a");
  ASSERT_TRUE(bench.driver.run_until([&] { return bench.warm().complete() == 21; }));
}

}  // namespace
}  // namespace weir::proxy
