// Timers of one exchange: HTTP-11, GEN-6, SSE-18, SSE-12.
#include <gtest/gtest.h>

#include "gateway_bench.h"
#include "weir/base/limits.h"

namespace weir::proxy {
namespace {

using test::chat;
using test::gateway_bench;
using test::get;
using test::raw_client;
using test::received_request;
using test::upstream_peer;

constexpr millis ever{60000};

config::timeouts none_fires() { return {ever, ever, ever, ever, std::nullopt}; }

void silent(upstream_peer&, const received_request&) {}
void head_only(upstream_peer& peer, const received_request&) { peer.begin_stream(); }
void role_only(upstream_peer& peer, const received_request&) {
  peer.begin_stream();
  peer.chunk(test::chat_role());
}
void one_word(upstream_peer& peer, const received_request&) {
  peer.begin_stream();
  peer.chunk(test::chat_role() + test::chat_word("a"));
}

struct test_case {
  const char* name;
  void (*upstream)(upstream_peer&, const received_request&);
  bool connects;
  void (*set)(config::timeouts&);
  unsigned status;  // 200: an error frame
};

const test_case cases[] = {
    {"connect", silent, false, [](config::timeouts& t) { t.connect = millis{20}; }, 504},
    {"first_byte", silent, true, [](config::timeouts& t) { t.first_byte = millis{20}; }, 504},
    {"first_token", head_only, true, [](config::timeouts& t) { t.first_token = millis{20}; }, 504},
    {"first_token", role_only, true, [](config::timeouts& t) { t.first_token = millis{20}; }, 200},
    {"idle", one_word, true, [](config::timeouts& t) { t.idle = millis{20}; }, 200},
    {"total", silent, true, [](config::timeouts& t) { t.total = millis{20}; }, 504},
    {"total", one_word, true, [](config::timeouts& t) { t.total = millis{500}; }, 200},
};

TEST(Time, EveryTimerThatFiresNamesItself) {  // HTTP-11
  for (const test_case& t : cases) {
    gateway_bench bench;
    bench.settings.timeouts = none_fires();
    t.set(bench.settings.timeouts);
    bench.network.answer = t.upstream;
    bench.network.silent = !t.connects;
    raw_client& c = bench.client();
    ASSERT_TRUE(bench.ask(c, chat(true))) << t.name;
    EXPECT_EQ(t.status, c.last().status) << t.name;
    EXPECT_NE(std::string::npos, c.last().body.find("upstream_timeout")) << t.name;
    EXPECT_NE(std::string::npos, c.last().body.find(t.name)) << t.name << c.last().body;
    EXPECT_EQ(t.status == 200, c.last().body.find("[DONE]") != std::string::npos) << t.name;
    bench.driver.settle();
    EXPECT_EQ(0U, bench.worker->context()->upstreams[0]->pool->open()) << t.name;
  }
}

TEST(Time, TheClientMayAskForAShorterTotal) {
  gateway_bench bench;
  bench.network.answer = silent;
  raw_client& c = bench.client();
  ASSERT_TRUE(bench.ask(c, chat(false, "", "x-weir-timeout: 20ms\r\n")));
  EXPECT_EQ(504U, c.last().status);
  ASSERT_TRUE(bench.ask(bench.client(), chat(false, "", "x-weir-timeout: soon\r\n")));
  EXPECT_EQ(400U, bench.clients.back()->last().status);
}

TEST(Time, CommentsAndRolesAreNoProgressAndDeltasAre) {  // SSE-18
  for (const bool payload : {false, true}) {
    gateway_bench bench;
    bench.settings.timeouts = none_fires();
    bench.settings.timeouts.first_token = millis{1000};
    bench.settings.timeouts.idle = millis{1000};
    upstream_peer* at = nullptr;
    int ticks = 0;
    bench.network.answer = test::begins_stream(at);
    net::timer tick(bench.loop, [&] {
      if (++ticks == 15) {
        if (at->gone()) return;
        at->chunk(test::chat_finish() + std::string(test::chat_done));
        return at->end_chunks();
      }
      if (!at->gone()) at->chunk(payload ? test::chat_word("a") : ": ping\n\n" + test::chat_role());
      tick.start(millis{100});
    });
    raw_client& c = bench.client();
    c.send(chat(true));
    ASSERT_TRUE(bench.driver.run_until([&] { return at != nullptr; }));
    tick.start(millis{100});
    ASSERT_TRUE(bench.driver.run_until([&] { return c.complete() == 1; }));
    EXPECT_EQ(!payload, c.last().body.find("first_token") != std::string::npos);
    EXPECT_EQ(payload, c.last().body.find(R"("finish_reason":"stop")") != std::string::npos);
    tick.stop();
  }
}

TEST(Time, TheHeadOfASilentStreamGoesOutAfterCommitAfterAndHeartbeatsFollow) {  // GEN-6, SSE-18
  gateway_bench bench;
  bench.settings.stream.commit_after = millis{20};
  bench.settings.stream.heartbeat = millis{20};
  upstream_peer* at = nullptr;
  bench.network.answer = [&](upstream_peer& peer, const received_request&) { at = &peer; };
  raw_client& c = bench.client();
  c.send(chat(true));
  ASSERT_TRUE(bench.driver.run_until([&] { return !c.responses().empty(); }));
  EXPECT_EQ(200U, c.last().status);
  EXPECT_EQ("", c.last().body);
  ASSERT_TRUE(bench.driver.run_until([&] { return c.last().body.size() >= 26; }));
  EXPECT_EQ(": keepalive\n\n: keepalive\n\n", c.last().body.substr(0, 26));
  at->begin_stream();
  at->chunk(test::chat_stream());
  at->end_chunks();
  ASSERT_TRUE(bench.driver.run_until([&] { return c.complete() == 1; }));
  const std::string& body = c.last().body;
  EXPECT_EQ(test::chat_stream(), body.substr(body.find("data:")));
}

TEST(Time, AfterTheHeadIsOutAFailureIsAnErrorFrame) {  // GEN-6
  gateway_bench bench;
  bench.settings.stream.commit_after = millis{20};
  upstream_peer* at = nullptr;
  bench.network.answer = [&](upstream_peer& peer, const received_request&) { at = &peer; };
  raw_client& c = bench.client();
  c.send(chat(true));
  ASSERT_TRUE(bench.driver.run_until([&] { return !c.responses().empty(); }));
  at->respond(500, "text/plain", "it broke");
  ASSERT_TRUE(bench.driver.run_until([&] { return c.complete() == 1; }));
  EXPECT_EQ(200U, c.last().status);
  EXPECT_NE(std::string::npos, c.last().body.find("it broke"));
  EXPECT_NE(std::string::npos, c.last().body.find("data: [DONE]\n\n"));
}

TEST(Time, AStreamOptionsRetryStillHappensAfterTheHeadIsOut) {  // GEN-5: no event has gone out
  gateway_bench bench;
  bench.settings.stream.commit_after = millis{20};
  upstream_peer* at = nullptr;
  bench.network.answer = [&](upstream_peer& peer, const received_request& request) {
    at = &peer;
    if (request.body.find("stream_options") != std::string::npos) return;
    peer.begin_stream();
    peer.chunk(test::chat_stream());
    peer.end_chunks();
  };
  raw_client& c = bench.client();
  c.send(chat(true));
  ASSERT_TRUE(bench.driver.run_until([&] { return !c.responses().empty(); }));
  at->respond(400, "application/json", R"({"error":{"message":"unknown field stream_options"}})");
  ASSERT_TRUE(bench.driver.run_until([&] { return c.complete() == 1; }));
  EXPECT_EQ(test::chat_stream(), c.last().body.substr(c.last().body.find("data:")));
}

TEST(Time, HeartbeatsComeBetweenEventsOnly) {  // SSE-18
  gateway_bench bench;
  bench.settings.stream.heartbeat = millis{20};
  upstream_peer* at = nullptr;
  bench.network.answer = [&](upstream_peer& peer, const received_request&) {
    peer.begin_stream();
    const std::string half = test::chat_word("first");
    peer.chunk(test::chat_role() + half.substr(0, half.size() / 2));
    at = &peer;
  };
  raw_client& c = bench.client();
  c.send(chat(true));
  ASSERT_TRUE(bench.driver.run_until([&] {
    return !c.responses().empty() && c.last().body.find(": keepalive\n\n") != std::string::npos;
  }));
  EXPECT_EQ(test::chat_role() + ": keepalive\n\n",
            c.last().body.substr(0, test::chat_role().size() + 13));
  const std::string half = test::chat_word("first");
  at->chunk(half.substr(half.size() / 2) + test::chat_finish() + std::string(test::chat_done));
  at->end_chunks();
  ASSERT_TRUE(bench.driver.run_until([&] { return c.complete() == 1; }));
  std::string body = c.last().body;
  for (std::size_t i = body.find(": keepalive\n\n"); i != std::string::npos;
       i = body.find(": keepalive\n\n"))
    body.erase(i, 13);
  EXPECT_EQ(test::chat_role() + half + test::chat_finish() + std::string(test::chat_done), body);
}

TEST(Time, AStreamThatIsWrittenNeedsNoHeartbeat) {  // SSE-18
  constexpr millis heartbeat{600};
  gateway_bench bench;
  bench.settings.stream.heartbeat = heartbeat;
  upstream_peer* at = nullptr;
  bench.network.answer = test::begins_stream(at);
  raw_client& c = bench.client();
  c.send(chat(true));
  ASSERT_TRUE(bench.driver.run_until([&] { return at != nullptr && !c.bytes().empty(); }));
  const micros begin = bench.loop.now();
  micros last = begin;
  micros longest{0};
  net::timer tick(bench.loop, [&] {
    const micros now = bench.loop.now();
    longest = std::max(longest, now - std::exchange(last, now));
    if (now - begin < 2 * heartbeat) {
      at->chunk(test::chat_word("word"));
      return tick.start(millis{20});
    }
    at->chunk(test::chat_finish() + std::string(test::chat_done));
    at->end_chunks();
  });
  tick.start(millis{20});
  ASSERT_TRUE(bench.driver.run_until([&] { return c.complete() == 1; }));
  if (longest > heartbeat / 2) GTEST_SKIP() << "the machine is too busy to write all the time";
  EXPECT_EQ(std::string::npos, c.last().body.find(": keepalive"));
}

TEST(Time, ADocumentHasNoHeartbeat) {
  gateway_bench bench;
  bench.settings.stream.commit_after = millis{10};
  bench.settings.stream.heartbeat = millis{10};
  upstream_peer* at = nullptr;
  bench.network.answer = [&](upstream_peer& peer, const received_request&) { at = &peer; };
  raw_client& c = bench.client();
  c.send(chat(false));
  ASSERT_TRUE(bench.driver.run_until([&] { return at != nullptr; }));
  net::timer answer(bench.loop, [&] { at->respond(200, "application/json", test::chat_document); });
  answer.start(millis{60});
  ASSERT_TRUE(bench.driver.run_until([&] { return c.complete() == 1; }));
  EXPECT_EQ(test::chat_document, c.last().body);
}

TEST(Time, ThePauseOfASlowReaderIsNotTheUpstreamsIdleness) {  // HTTP-13
  gateway_bench bench;
  bench.settings.timeouts.idle = millis{1500};
  bench.settings.timeouts.first_token = millis{1500};
  upstream_peer* at = nullptr;
  bench.network.answer = test::begins_stream(at);
  raw_client& c = bench.client();
  c.send(chat(true));
  ASSERT_TRUE(bench.driver.run_until([&] { return at != nullptr && !c.bytes().empty(); }));
  c.connection().pause_reading();
  for (int i = 0; i < 300; ++i) at->chunk(test::chat_word(std::string(1000, 'w')));
  at->chunk(test::chat_finish() + std::string(test::chat_done));
  at->end_chunks();
  bool later = false;
  net::timer wait(bench.loop, [&] { later = true; });
  wait.start(millis{1700});
  ASSERT_TRUE(bench.driver.run_until([&] { return later; }));
  c.connection().resume_reading();
  ASSERT_TRUE(bench.driver.run_until([&] { return c.complete() == 1; }));
  EXPECT_EQ(std::string::npos, c.last().body.find("upstream_timeout"));
}

TEST(Time, AStreamThatFinishedWithoutTerminatorEndsByItself) {  // SSE-12, T2
  gateway_bench bench;
  bench.network.answer = [](upstream_peer& peer, const received_request&) {
    peer.begin_stream();
    peer.chunk(test::chat_role() + test::chat_word("a") + test::chat_finish());  // stays open
  };
  raw_client& c = bench.client();
  ASSERT_TRUE(bench.ask(c, chat(true)));
  EXPECT_NE(std::string::npos, c.last().body.find("data: [DONE]\n\n"));
  EXPECT_EQ(std::string::npos, c.last().body.find("error"));
}

TEST(Time, HeartbeatsBehindAFinishDoNotKeepTheAnswerOpen) {  // SSE-12, CHAT-29e
  gateway_bench bench;
  upstream_peer* at = nullptr;
  int ticks = 0;
  bench.network.answer = [&](upstream_peer& peer, const received_request&) {
    peer.begin_stream();
    peer.chunk(test::chat_role() + test::chat_word("a") + test::chat_finish());
    at = &peer;
  };
  constexpr int many = 60;  // thrice the silence, or more
  net::timer tick(bench.loop, [&] {
    if (at->gone()) return;
    at->chunk(test::chat_event("{}"));
    if (++ticks < many) return tick.start(limits::finish_hold / 20);
    at->end_chunks();
  });
  raw_client& c = bench.client();
  c.send(chat(true));
  ASSERT_TRUE(bench.driver.run_until([&] { return at != nullptr; }));
  tick.start(millis{0});
  ASSERT_TRUE(bench.driver.run_until([&] { return c.complete() == 1; }));
  EXPECT_LT(ticks, many);
  EXPECT_NE(std::string::npos, c.last().body.find(R"("finish_reason":"stop")"));
  EXPECT_NE(std::string::npos, c.last().body.find(test::chat_done));
  tick.stop();
}

TEST(Time, AFinishInEveryChunkEndsTheAnswerOnlyAfterASilence) {  // SSE-12, CHAT-29e
  gateway_bench bench;
  upstream_peer* at = nullptr;
  int ticks = 0;
  bench.network.answer = test::begins_stream(at);
  net::timer tick(bench.loop, [&] {
    if (at->gone()) return;
    std::string word = test::chat_word("w" + std::to_string(++ticks) + ".");
    word.replace(word.find(R"("finish_reason":null)"), 20, R"("finish_reason":"stop")");
    at->chunk(word);
    if (ticks < 6) return tick.start(millis{500});
    at->chunk(test::chat_done);
    at->end_chunks();
  });
  raw_client& c = bench.client();
  c.send(chat(true));
  ASSERT_TRUE(bench.driver.run_until([&] { return at != nullptr; }));
  tick.start(millis{0});
  ASSERT_TRUE(bench.driver.run_until([&] { return c.complete() == 1; }));
  for (int i = 1; i <= 6; ++i)
    EXPECT_NE(std::string::npos, c.last().body.find("w" + std::to_string(i) + ".")) << i;
  tick.stop();
}

TEST(Time, ThePauseOfASlowReaderIsNotTheSilenceAfterAFinish) {  // HTTP-13, SSE-12
  gateway_bench bench;
  upstream_peer* at = nullptr;
  bench.network.answer = test::begins_stream(at);
  raw_client& c = bench.client();
  c.send(chat(true));
  ASSERT_TRUE(bench.driver.run_until([&] { return at != nullptr && !c.bytes().empty(); }));
  c.connection().pause_reading();
  std::string first;
  for (int i = 0; i < 400; ++i) first += test::chat_word(std::string(1000, 'w'));
  at->chunk(first + test::chat_finish());  // the finish comes with what fills the client's queue
  bench.driver.settle();
  at->chunk(test::chat_word("the rest") + test::chat_finish() + std::string(test::chat_done));
  at->end_chunks();
  bool later = false;
  net::timer wait(bench.loop, [&] { later = true; });
  wait.start(limits::finish_hold + millis{200});
  ASSERT_TRUE(bench.driver.run_until([&] { return later; }));
  c.connection().resume_reading();
  ASSERT_TRUE(bench.driver.run_until([&] { return c.complete() == 1; }));
  EXPECT_NE(std::string::npos, c.last().body.find("the rest"));
}

TEST(Time, ADocumentThatOnlyWaitsForItsUsageIsWholeWhenTimeIsUp) {  // SSE-12, AGG-3
  gateway_bench bench;
  upstream_peer* at = nullptr;
  bench.network.answer = [&](upstream_peer& peer, const received_request&) {
    peer.begin_stream();
    peer.chunk(test::chat_role() + test::chat_word("a") + test::chat_finish() +
               std::string(test::chat_done));  // stays open
    at = &peer;
  };
  raw_client& c = bench.client();
  c.send(chat(false));
  ASSERT_TRUE(bench.driver.run_until([&] { return at != nullptr; }));
  bench.worker->shut_down([] {});
  net::timer end(bench.loop, [&] { bench.worker->end_now(); });
  end.start(millis{20});
  ASSERT_TRUE(bench.driver.run_until([&] { return c.complete() == 1 || c.gone(); }));
  ASSERT_EQ(1U, c.complete());
  EXPECT_EQ(200U, c.last().status);
  EXPECT_NE(std::string::npos, c.last().body.find(R"("content":"a")"));
}

}  // namespace
}  // namespace weir::proxy
