// Forwarded requests whose body is a form: what holds them up, and how they end.
#include <gtest/gtest.h>

#include "upload_bench.h"
#include "weir/base/limits.h"

namespace weir::proxy {
namespace {

using namespace test::forms;
using test::gateway_bench;
using test::raw_client;
using test::received_request;
using test::upload_bench;
using test::upstream_peer;

TEST(Upload, ASlowUpstreamHoldsTheClientBackAndLosesNothing) {  // HTTP-13
  for (const framing how : {framing::length, framing::chunked}) {
    upload_bench bench;
    bench.network.early = [](upstream_peer& peer, const received_request&) {
      peer.connection().pause_reading();
    };
    raw_client& c = bench.client();
    const std::string piece(10000, 'x');
    constexpr std::size_t pieces = 400;
    c.send(head(how, begun.size() + pieces * piece.size() + 2 + last.size()) + framed(how, begun));
    ASSERT_TRUE(bench.driver.run_until([&] { return bench.arrived(); }));
    for (std::size_t i = 0; i < pieces; ++i) {
      c.send(framed(how, piece));
      bench.driver.settle();
    }
    // The gateway took a watermark and what one read brings; the rest waits with the client.
    EXPECT_GT(c.connection().queued(),
              pieces * piece.size() - 3 * limits::high_watermark_bytes - limits::read_buffer_bytes);
    bench.network.peers.at(0)->connection().resume_reading();
    c.send(framed(how, "\r\n" + last) + ending(how));
    ASSERT_TRUE(bench.driver.run_until([&] { return c.complete() == 1; }));
    EXPECT_EQ(200U, c.last().status);
    EXPECT_EQ(begun.size() + 9 + pieces * piece.size() + 2 + last.size(),
              bench.received().body.size());
  }
}

TEST(Upload, AClientThatIsHeldBackIsNotTimedOut) {
  upload_bench bench;
  bench.settings.limits.body_idle = millis{1000};
  bench.network.early = [](upstream_peer& peer, const received_request&) {
    peer.connection().pause_reading();
  };
  raw_client& c = bench.client();
  const std::string middle(3 * limits::read_buffer_bytes, 'x');
  c.send(head(framing::length, begun.size() + middle.size() + 2 + last.size()) + begun);
  ASSERT_TRUE(bench.driver.run_until([&] { return bench.arrived(); }));
  c.send(middle);
  bool later = false;
  net::timer wait(bench.loop, [&] { later = true; });
  wait.start(millis{1300});
  ASSERT_TRUE(bench.driver.run_until([&] { return later; }));
  EXPECT_EQ(0U, c.complete());
  bench.network.peers.at(0)->connection().resume_reading();
  ASSERT_TRUE(bench.ask(c, "\r\n" + last));
  EXPECT_EQ(200U, c.last().status);
}

TEST(Upload, AClientThatStopsIsTimedOutAndSoIsItsRequest) {  // 408
  upload_bench bench;
  bench.settings.limits.body_idle = millis{500};
  raw_client& c = bench.client();
  c.send(head(framing::length, 1000) + begun);
  ASSERT_TRUE(bench.driver.run_until([&] { return c.gone(); }));
  ASSERT_EQ(1U, c.complete());
  EXPECT_EQ(408U, c.last().status);
  bench.driver.settle();
  EXPECT_TRUE(bench.network.peers.at(0)->gone());
}

TEST(Upload, AnUpstreamThatRefusesBeforeTheEndIsHeardAtOnce) {
  for (const unsigned status : {413U, 200U}) {
    upload_bench bench;
    bench.network.early = [status](upstream_peer& peer, const received_request&) {
      peer.respond(status, "application/json", R"({"error":{"message":"too large for me"}})");
    };
    raw_client& c = bench.client();
    c.send(head(framing::length, 1000) + begun);
    ASSERT_TRUE(bench.driver.run_until([&] { return c.complete() == 1; }));
    EXPECT_EQ(status, c.last().status);
    EXPECT_NE(std::string::npos, c.last().body.find("too large for me"));
    EXPECT_EQ("close", c.last().header("connection"));
    ASSERT_TRUE(bench.driver.run_until([&] { return c.ended(); }));
    EXPECT_EQ(0U, bench.worker->sessions());
    // Half a request is on it: that connection serves nobody else.
    bench.driver.settle();
    EXPECT_EQ(0U, bench.worker->context()->upstreams[0]->pool->open());
  }
}

TEST(Upload, AnAnswerMayBeginBeforeTheRequestEnds) {
  upload_bench bench;
  bench.network.early = [](upstream_peer& peer, const received_request&) {
    peer.begin_stream();
    peer.chunk("data: early\n\n");
  };
  bench.network.answer = [](upstream_peer& peer, const received_request&) {
    peer.chunk("data: late\n\n");
    peer.end_chunks();
  };
  raw_client& c = bench.client();
  const std::string rest = "x\r\n" + last;
  c.send(head(framing::length, begun.size() + rest.size()) + begun);
  ASSERT_TRUE(
      bench.driver.run_until([&] { return !c.responses().empty() && !c.last().body.empty(); }));
  EXPECT_EQ("data: early\n\n", c.last().body);
  ASSERT_TRUE(bench.ask(c, rest));
  EXPECT_EQ("data: early\n\ndata: late\n\n", c.last().body);
  EXPECT_TRUE(c.last().complete);
}

TEST(Upload, AFormThatGoesBadUnderAnAnswerBreaksIt) {
  upload_bench bench;
  bench.network.early = [](upstream_peer& peer, const received_request&) {
    peer.begin_stream();
    peer.chunk("data: early\n\n");
  };
  raw_client& c = bench.client();
  c.send(head(framing::length, 1000) + begun);
  ASSERT_TRUE(
      bench.driver.run_until([&] { return !c.responses().empty() && !c.last().body.empty(); }));
  ASSERT_TRUE(bench.ask(c, "\r\n" + field("model", "other")));
  EXPECT_EQ(0U, c.complete());
  EXPECT_TRUE(c.gone());
  bench.driver.settle();
  EXPECT_TRUE(bench.network.peers.at(0)->gone());
}

TEST(Upload, AnUpstreamThatDiesUnderAnUploadIsABadGateway) {
  upload_bench bench;
  bench.network.early = [](upstream_peer& peer, const received_request&) { peer.reset(); };
  raw_client& c = bench.client();
  c.send(head(framing::length, 1000) + begun);
  ASSERT_TRUE(bench.driver.run_until([&] { return c.complete() == 1; }));
  EXPECT_EQ(502U, c.last().status);
  EXPECT_EQ("1", c.last().header("x-weir-attempts"));
  EXPECT_EQ("close", c.last().header("connection"));
}

TEST(Upload, AnUploadNeverGoesOutOnAConnectionThatMayBeStale) {  // RFC 9110 9.2.2
  upload_bench bench;
  raw_client& c = bench.client();
  const std::string body = forms_of_clients()[0].with("whisper");
  ASSERT_TRUE(bench.ask(c, upload(body)));  // leaves an idle connection
  c.send(head(framing::length, body.size()) + body.substr(0, body.size() - 3));
  ASSERT_TRUE(bench.driver.run_until([&] { return bench.network.peers.size() == 2; }));
  ASSERT_TRUE(bench.ask(c, body.substr(body.size() - 3)));
  EXPECT_EQ(200U, c.last().status);
  // A form that is whole can be sent again, and may.
  ASSERT_TRUE(bench.ask(c, upload(body)));
  EXPECT_EQ(2U, bench.network.peers.size());
}

TEST(Upload, AWholeFormIsSentAgainWhenItsConnectionWasStale) {
  upload_bench bench;
  int asked = 0;
  bench.network.answer = [&](upstream_peer& peer, const received_request&) {
    if (++asked == 2) return peer.close();
    peer.respond(200, "application/json", "{}");
  };
  raw_client& c = bench.client();
  for (int i = 0; i < 2; ++i)
    ASSERT_TRUE(bench.ask(c, upload(forms_of_clients()[1].with("whisper"))));
  EXPECT_EQ(200U, c.last().status);
  EXPECT_EQ("2", c.last().header("x-weir-attempts"));
  EXPECT_EQ(forms_of_clients()[1].with("up/whisper-large"), bench.received(1).body);
}

TEST(Upload, AClientThatLeavesTakesItsRequestWithIt) {  // HTTP-10
  for (const bool orderly : {false, true}) {
    upload_bench bench;
    raw_client& c = bench.client();
    c.send(head(framing::length, 1000) + begun);
    ASSERT_TRUE(bench.driver.run_until([&] { return bench.arrived(); }));
    if (orderly)
      c.end_side();
    else
      c.leave();
    bench.driver.settle();  // no timer runs here
    EXPECT_TRUE(bench.network.peers.at(0)->gone());
    EXPECT_EQ(0U, bench.worker->sessions());
  }
}

TEST(Upload, AClientThatLeavesWhileItIsHeldBackTakesItsRequestWithIt) {  // HTTP-10
  upload_bench bench;
  bench.network.early = [](upstream_peer& peer, const received_request&) {
    peer.connection().pause_reading();
  };
  raw_client& c = bench.client();
  const std::string middle(3 * limits::read_buffer_bytes, 'x');
  c.send(head(framing::length, begun.size() + 2 * middle.size()) + begun);
  ASSERT_TRUE(bench.driver.run_until([&] { return bench.arrived(); }));
  c.send(middle);
  bench.driver.settle();
  EXPECT_GT(c.connection().queued(), 0U);
  c.end_side();
  bench.driver.settle();  // no timer runs here
  EXPECT_EQ(0U, bench.worker->sessions());
  EXPECT_EQ(0U, bench.worker->context()->upstreams[0]->pool->open());
}

TEST(Upload, AModelIsWaitedForAsInAnyRequest) {
  upload_bench bench;
  bench.settings.models.clear();
  bench.settings.upstreams.push_back(gateway_bench::upstream("v"));
  std::vector<upstream_peer*> asked;
  bench.network.answer = [&](upstream_peer& peer, const received_request& request) {
    if (request.method == "GET") return asked.push_back(&peer);
    peer.respond(200, "application/json", "{}");
  };
  bench.start();
  bench.worker->probe_models([](const auto&, const auto&) {});
  raw_client& c = bench.client();
  const std::string body = field("model", "whisper") + file("x") + last;
  c.send(head(framing::length, body.size()) + body.substr(0, body.size() - 3));
  ASSERT_TRUE(bench.driver.run_until([&] { return asked.size() == 2; }));
  c.send(body.substr(body.size() - 3));
  bench.driver.settle();
  EXPECT_EQ(0U, c.complete());
  asked[0]->respond(200, "application/json", R"({"data":[]})");
  asked[1]->respond(200, "application/json", R"({"data":[{"id":"whisper"}]})");
  ASSERT_TRUE(bench.driver.run_until([&] { return c.complete() == 1; }));
  EXPECT_EQ(200U, c.last().status);
  EXPECT_NE("", c.last().header("x-weir-upstream"));
}

TEST(Upload, ExpectIsAnsweredBeforeTheBody) {  // RFC 9110 10.1.1: as curl asks
  upload_bench bench;
  raw_client& c = bench.client();
  const std::string body = forms_of_clients()[0].with("whisper");
  c.send(head(framing::length, body.size(), "Expect: 100-continue\r\n"));
  ASSERT_TRUE(bench.driver.run_until([&] { return !c.bytes().empty(); }));
  EXPECT_EQ("HTTP/1.1 100 Continue\r\n\r\n", c.bytes());
  ASSERT_TRUE(bench.ask(c, body));
  EXPECT_EQ(200U, c.last().status);
}

TEST(Upload, EveryOperationOfEitherLegMayFail) {  // P1
  const std::string body = forms_of_clients()[0].with("whisper");
  for (const bool client_leg : {false, true}) {
    bool whole = false;
    for (std::size_t n = 1; n < 200 && !whole; ++n) {
      upload_bench bench;
      if (!client_leg) bench.network.options = {17, n};
      raw_client& c =
          bench.client(client_leg ? net::memory_options{17, n} : net::memory_options{17, 0});
      ASSERT_TRUE(bench.ask(c, upload(body, framing::chunked))) << n;
      EXPECT_FALSE(c.malformed()) << n;
      if (!client_leg) {
        ASSERT_EQ(1U, c.complete()) << n;
        EXPECT_TRUE(c.last().status == 200 || c.last().status == 502) << n << c.last().body;
      }
      whole = c.complete() == 1 && c.last().status == 200 && !c.failed();
      bench.clients.clear();
      EXPECT_TRUE(bench.driver.run_until([&] { return bench.worker->sessions() == 0; })) << n;
      bench.driver.settle();
      const upstream_pool& pool = *bench.worker->context()->upstreams[0]->pool;
      EXPECT_TRUE(bench.driver.run_until([&] { return pool.open() == pool.idle(); })) << n;
    }
    EXPECT_TRUE(whole);
  }
}

}  // namespace
}  // namespace weir::proxy
