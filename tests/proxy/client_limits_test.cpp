// `limits:`: each on both sides, and that nothing of a count stays behind.
#include <gtest/gtest.h>

#include <algorithm>

#include "routing_bench.h"

namespace weir::proxy {
namespace {

using test::chat;
using test::raw_client;
using test::received_request;
using test::routing_bench;
using test::upstream_peer;

using verdict = client_board::verdict;

TEST(ClientBoard, AShareIsGivenWithinTheLimitAndGivenBack) {
  client_board board;
  {
    client_board::share one = board.buffered();
    client_board::share two = board.buffered();
    EXPECT_TRUE(one.resize(6, 10));
    EXPECT_FALSE(two.resize(5, 10));
    EXPECT_TRUE(two.resize(4, 10));
    EXPECT_FALSE(one.resize(7, 10));
    EXPECT_EQ(10U, board.bytes_buffered());
    EXPECT_TRUE(one.resize(2, 1)) << "less is always possible";
    EXPECT_TRUE(two.resize(1000, 0)) << "0 is no limit";
    const client_board::share moved = std::move(one);
    EXPECT_EQ(2U, moved.held());
    EXPECT_EQ(1002U, board.bytes_buffered());
  }
  EXPECT_EQ(0U, board.bytes_buffered());
}

TEST(ClientBoard, ConnectionsAreCountedInAllAndByAddress) {
  struct row {
    const char* what;
    std::uint32_t all;
    std::uint32_t of_one;
    std::vector<std::pair<const char*, verdict>> come;
  };
  const row rows[] = {
      {"no limits", 0, 0, {{"a", verdict::welcome}, {"a", verdict::welcome}}},
      {"in all",
       2,
       0,
       {{"a", verdict::welcome}, {"b", verdict::welcome}, {"c", verdict::too_many}}},
      {"of an address",
       0,
       1,
       {{"a", verdict::welcome}, {"a", verdict::too_many_of_address}, {"b", verdict::welcome}}},
      {"no address, no limit of one", 0, 1, {{"", verdict::welcome}, {"", verdict::welcome}}},
  };
  for (const row& r : rows) {
    client_board board;
    config::client_limits limits;
    limits.connections = r.all;
    limits.connections_per_address = r.of_one;
    for (int again = 0; again < 2; ++again) {  // all have left in between
      std::vector<client_board::guest> in;
      for (const auto& [address, want] : r.come) {
        client_board::guest guest;
        EXPECT_EQ(want, board.enter(address, limits, guest)) << r.what << ", round " << again;
        in.push_back(std::move(guest));
      }
    }
    EXPECT_EQ(0U, board.connections_open()) << r.what;
  }
}

class limits_bench : public routing_bench {
 public:
  limits_bench() : routing_bench({{"a", 1}}) {}
  [[nodiscard]] std::string refused(const std::string& limit) const {
    return metric("weir_limit_refused_total{limit=\"" + limit + "\"}");
  }
};

const std::string ready = "GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n";

TEST(ClientLimits, OneConnectionTooManyIsToldAndClosed) {
  limits_bench bench;
  bench.settings.limits.connections = 2;
  raw_client& one = bench.client();
  raw_client& two = bench.client();
  ASSERT_TRUE(bench.ask(two, ready));
  raw_client& three = bench.client();
  ASSERT_TRUE(bench.driver.run_until([&] { return three.gone(); }));
  ASSERT_EQ(1U, three.complete());
  EXPECT_EQ(503U, three.last().status);
  EXPECT_EQ("1", three.last().header("retry-after"));
  EXPECT_EQ("close", three.last().header("connection"));
  EXPECT_EQ("1", bench.refused("connections"));
  // One leaves: there is room again.
  one.leave();
  ASSERT_TRUE(bench.driver.run_until([&] { return bench.worker->sessions() == 1; }));
  bench.driver.settle();
  raw_client& four = bench.client();
  ASSERT_TRUE(bench.ask(four, ready));
  EXPECT_EQ(200U, four.last().status);
}

TEST(ClientLimits, OneConnectionTooManyOfAnAddressIsA429) {
  limits_bench bench;
  bench.settings.limits.connections_per_address = 1;
  raw_client& one = bench.client();
  ASSERT_TRUE(bench.ask(one, ready));
  raw_client& two = bench.client();
  ASSERT_TRUE(bench.driver.run_until([&] { return two.gone(); }));
  EXPECT_EQ(429U, two.last().status);
  EXPECT_NE(std::string::npos, two.last().body.find("try again in 1s"));
  EXPECT_EQ("1", bench.refused("connections_per_address"));
}

TEST(ClientLimits, OfAFloodSomeAreToldAndAllAreClosedAndCounted) {
  limits_bench bench;
  bench.settings.limits.connections = 1;
  raw_client& welcome = bench.client();
  constexpr std::size_t flood = 600;
  const micros begin = bench.loop.now();
  for (std::size_t i = 0; i < flood; ++i) static_cast<void>(bench.client());
  const micros took = bench.loop.now() - begin;
  ASSERT_TRUE(bench.driver.run_until([&] {
    return std::all_of(bench.clients.begin() + 1, bench.clients.end(),
                       [](const auto& one) { return one->gone(); });
  }));
  const auto told = std::count_if(bench.clients.begin() + 1, bench.clients.end(),
                                  [](const auto& one) { return one->complete() == 1; });
  // What a second allows at once, and what became free while they came.
  constexpr micros each{60'000'000 / limits::max_told_refusals_per_minute};
  EXPECT_GE(told, 255);
  EXPECT_LE(told, 257 + took / each);
  EXPECT_EQ(std::to_string(flood), bench.refused("connections"));
  ASSERT_TRUE(bench.ask(welcome, ready));
}

TEST(ClientLimits, TheLastRequestOfAConnectionClosesIt) {
  limits_bench bench;
  bench.settings.limits.requests_per_connection = 2;
  raw_client& client = bench.client();
  ASSERT_TRUE(bench.ask(client, ready));
  EXPECT_EQ("keep-alive", client.last().header("connection"));
  ASSERT_TRUE(bench.ask(client, ready));
  EXPECT_EQ(2U, client.complete());
  EXPECT_EQ("close", client.last().header("connection"));
  EXPECT_TRUE(bench.driver.run_until([&] { return client.gone(); }));
}

TEST(ClientLimits, OneRequestTooManyIsRefusedUntilAnotherIsOver) {
  limits_bench bench;
  bench.settings.limits.streams = 1;
  std::vector<upstream_peer*> kept;
  bench.scripts["a"] = [&](upstream_peer& peer, const received_request&) { kept.push_back(&peer); };
  raw_client& one = bench.client();
  one.send(chat(true));
  ASSERT_TRUE(bench.driver.run_until([&] { return kept.size() == 1; }));
  raw_client& two = bench.client();
  ASSERT_TRUE(bench.ask(two, chat(true)));
  EXPECT_EQ(503U, two.last().status);
  EXPECT_EQ("1", two.last().header("retry-after"));
  EXPECT_EQ("1", bench.refused("streams"));
  routing_bench::answer_well(*kept[0], "a");
  ASSERT_TRUE(bench.driver.run_until([&] { return one.complete() == 1; }));
  bench.driver.settle();
  two.send(chat(true));
  ASSERT_TRUE(bench.driver.run_until([&] { return kept.size() == 2; }));
  EXPECT_EQ(1U, bench.guests.streams_open());
}

std::string chat_of(std::size_t body_bytes) {
  std::string body = test::chat(true);
  body = body.substr(body.find("\r\n\r\n") + 4);
  body.insert(1, std::string(body_bytes - body.size(), ' '));
  return "POST /v1/chat/completions HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
         "Content-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

TEST(ClientLimits, HeadsAndTrailersHaveASize) {
  const auto get = [](std::size_t bytes) {
    const std::string line = "GET /healthz HTTP/1.1\r\nHost: h\r\nx: ";
    return line + std::string(bytes - line.size() - 4, 'x') + "\r\n\r\n";
  };
  const auto post = [](std::size_t trailer_bytes) {
    std::string whole = chat_of(1000);
    const std::size_t head = whole.find("Content-Length");
    const std::string body = whole.substr(whole.find("\r\n\r\n") + 4);
    return whole.substr(0, head) + "Transfer-Encoding: chunked\r\n\r\n3e8\r\n" + body +
           "\r\n0\r\nx: " + std::string(trailer_bytes - 7, 'x') + "\r\n\r\n";
  };
  for (const auto& [over, status] : {std::pair{0U, 200U}, std::pair{1U, 431U}}) {
    for (const bool trailers : {false, true}) {
      limits_bench bench;
      bench.settings.limits.header_size = 1024;
      raw_client& client = bench.client();
      // The second request of a connection is held to it as well.
      ASSERT_TRUE(bench.ask(client, ready));
      ASSERT_TRUE(bench.ask(client, trailers ? post(1024 + over) : get(1024 + over)));
      EXPECT_EQ(status, client.last().status) << trailers;
      EXPECT_EQ(over == 0 ? "" : "1", bench.refused("header_size")) << trailers;
    }
  }
}

TEST(ClientLimits, BodiesHaveASize) {
  for (const auto& [size, status] : {std::pair{1000U, 200U}, std::pair{1001U, 413U}}) {
    limits_bench bench;
    bench.settings.limits.body_size = 1000;
    raw_client& client = bench.client();
    ASSERT_TRUE(bench.ask(client, chat_of(size)));
    EXPECT_EQ(status, client.last().status);
    EXPECT_EQ(status == 413 ? "1" : "", bench.refused("body_size"));
  }
}

TEST(ClientLimits, ABodyWhoseSizeShowsLateIsRefusedAndCountedAsWell) {
  limits_bench bench;
  bench.settings.limits.body_size = 1000;
  std::string whole = chat_of(1001);
  const std::size_t body = whole.find("\r\n\r\n") + 4;
  raw_client& client = bench.client();
  ASSERT_TRUE(bench.ask(client, whole.substr(0, whole.find("Content-Length")) +
                                    "Transfer-Encoding: chunked\r\n\r\n3e9\r\n" +
                                    whole.substr(body) + "\r\n0\r\n\r\n"));
  EXPECT_EQ(413U, client.last().status);
  EXPECT_EQ("1", bench.refused("body_size"));
}

TEST(ClientLimits, AnswersThatAreGatheredCountAsWell) {
  constexpr std::size_t step = limits::buffer_step_bytes;
  for (const bool stream : {false, true}) {
    limits_bench bench;
    bench.settings.limits.buffered = 2 * step;
    std::vector<upstream_peer*> kept;
    bench.scripts["a"] = [&](upstream_peer& peer, const received_request&) {
      kept.push_back(&peer);
      peer.send(
          "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
          "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n\n");
    };
    raw_client& client = bench.client();
    client.send(chat(stream));
    ASSERT_TRUE(bench.driver.run_until([&] { return kept.size() == 1; }));
    // Of a stream an event that does not end, of a document every piece is kept.
    kept[0]->send("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"");
    const auto more = [&](std::size_t bytes) { kept[0]->send(std::string(bytes, 'x')); };
    more(step + 100);
    ASSERT_TRUE(bench.driver.run_until([&] { return bench.guests.bytes_buffered() == step; }));
    more(2 * step);
    ASSERT_TRUE(bench.driver.run_until([&] { return client.complete() == 1; }));
    EXPECT_EQ("1", bench.refused("buffered")) << stream;
    EXPECT_EQ(stream ? 200U : 503U, client.last().status);
    EXPECT_NE(std::string::npos, client.last().body.find("The memory for answers is used up."))
        << client.last().body;
    EXPECT_EQ(stream, client.last().body.ends_with("data: [DONE]\n\n"));
    bench.driver.settle();
    EXPECT_EQ(0U, bench.guests.bytes_buffered());
  }
}

TEST(ClientLimits, WhatAllHoldTogetherHasALimit) {
  limits_bench bench;
  constexpr std::size_t step = limits::buffer_step_bytes;
  bench.settings.limits.buffered = 3 * step;
  std::vector<upstream_peer*> kept;
  bench.scripts["a"] = [&](upstream_peer& peer, const received_request&) { kept.push_back(&peer); };
  bench.client().send(chat_of(2 * step + 5));
  ASSERT_TRUE(bench.driver.run_until([&] { return kept.size() == 1; }));
  EXPECT_EQ(2 * step, bench.guests.bytes_buffered());
  raw_client& too_much = bench.client();
  ASSERT_TRUE(bench.ask(too_much, chat_of(2 * step)));
  EXPECT_EQ(503U, too_much.last().status);
  EXPECT_EQ("1", bench.refused("buffered"));
  // Small requests and what just fits go on.
  bench.client().send(chat(true));
  bench.client().send(chat_of(2 * step - 1));
  ASSERT_TRUE(bench.driver.run_until([&] { return kept.size() == 3; }));
  EXPECT_EQ(3 * step, bench.guests.bytes_buffered());
  // Once an answer has begun nothing of its request is held.
  routing_bench::answer_well(*kept[0], "a");
  ASSERT_TRUE(bench.driver.run_until([&] { return bench.guests.bytes_buffered() == step; }));
  bench.clients.clear();
  EXPECT_TRUE(bench.driver.run_until([&] { return bench.guests.bytes_buffered() == 0; }));
}

TEST(ClientLimits, ABodyThatTricklesHasATimeInAll) {
  limits_bench bench;
  bench.settings.limits.body_time = millis{60};
  raw_client& client = bench.client();
  const std::string whole = chat_of(1000);
  const std::size_t head = whole.find("\r\n\r\n") + 4;
  client.send(whole.substr(0, head));
  // A byte in each turn: never silent for long.
  std::size_t sent = head;
  ASSERT_TRUE(bench.driver.run_until([&] {
    if (!client.gone() && sent < whole.size() - 1) client.send(whole.substr(sent++, 1));
    return client.gone();
  }));
  EXPECT_EQ(408U, client.last().status);
  EXPECT_EQ("1", bench.refused("body_time"));
}

TEST(ClientLimits, TimesAreCountedByTheirKey) {
  limits_bench bench;
  bench.settings.limits.header_time = millis{20};
  bench.settings.limits.body_idle = millis{20};
  bench.client().send("GET / HT");
  raw_client& body = bench.client();
  const std::string whole = chat_of(1000);
  body.send(whole.substr(0, whole.size() - 1));
  ASSERT_TRUE(bench.driver.run_until([&] {
    return std::all_of(bench.clients.begin(), bench.clients.end(),
                       [](const auto& one) { return one->gone(); });
  }));
  for (const auto& one : bench.clients) EXPECT_EQ(408U, one->last().status);
  EXPECT_EQ("1", bench.refused("header_time"));
  EXPECT_EQ("1", bench.refused("body_idle"));
}

TEST(ClientLimits, AReloadHoldsForWhoComesNext) {
  limits_bench bench;
  ASSERT_TRUE(bench.ask(bench.client(), ready));
  bench.settings.limits.connections = 1;
  const auto next = std::make_shared<const config::config>(bench.settings);
  bench.board = std::make_shared<upstream_board>(next, bench.board.get());
  bench.worker->use_config(next, bench.board);
  raw_client& late = bench.client();
  ASSERT_TRUE(bench.driver.run_until([&] { return late.gone(); }));
  EXPECT_EQ(503U, late.last().status);
  EXPECT_TRUE(bench.ask(*bench.clients.front(), ready));
  EXPECT_EQ(200U, bench.clients.front()->last().status);
}

}  // namespace
}  // namespace weir::proxy
