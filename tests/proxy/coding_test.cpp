// Content codings of upstreams' answers: told by content, and no more of them than a client takes.
#include <gtest/gtest.h>

#include "gateway_bench.h"
#include "support/compressed.h"
#include "weir/base/limits.h"
#include "weir/openai/chat_lint.h"

namespace weir::proxy {
namespace {

using test::chat;
using test::gateway_bench;
using test::raw_client;
using test::received_request;
using test::upstream_peer;

constexpr std::string_view json_type = "application/json";
constexpr std::string_view sse_type = "text/event-stream";

std::string plain(std::string_view text) { return std::string(text); }
std::string gzip(std::string_view text) { return testing::gzip(text); }
std::string zlib(std::string_view text) { return testing::zlib(text); }
std::string zstd(std::string_view text) { return testing::zstd(text); }

struct coding_case {
  const char* name;
  std::string (*compress)(std::string_view);
  std::string_view label;  ///< "": none
};

const coding_case codings[] = {
    {"gzip", gzip, "gzip"},
    {"deflate", zlib, "deflate"},
    {"zstd", zstd, "zstd"},
    {"gzip that does not say so", gzip, ""},  // F34
    {"zstd that does not say so", zstd, ""},
    {"gzip that says something else", gzip, "zstd"},
    {"gzip that says identity", gzip, "identity"},
    {"plain text that says gzip", plain, "gzip"},
    {"plain text that says br", plain, "br"},
    {"plain text that says two things", plain, "gzip, br"},
};

std::vector<http::field> labelled(std::string_view label) {
  if (label.empty()) return {};
  return {{"Content-Encoding", label}};
}

TEST(Coding, TheClientSeesAPlainStreamWhateverTheUpstreamMadeOfIt) {  // F33, F34, SSE-10
  for (const coding_case& c : codings) {
    for (const std::size_t slice : {std::size_t{1}, static_cast<std::size_t>(-1)}) {
      gateway_bench bench;
      bench.network.options.slice = slice;
      bench.network.answer = [&](upstream_peer& peer, const received_request& request) {
        EXPECT_EQ("identity", request.header("accept-encoding"));
        peer.respond(200, sse_type, c.compress(test::chat_stream()), labelled(c.label));
      };
      raw_client& client = bench.client();
      ASSERT_TRUE(bench.ask(client, chat(true))) << c.name;
      EXPECT_EQ(200U, client.last().status) << c.name << client.last().body;
      EXPECT_EQ(test::chat_stream(), client.last().body) << c.name;
      EXPECT_EQ("", client.last().header("content-encoding")) << c.name;
    }
  }
}

TEST(Coding, TheClientSeesAPlainDocumentAndWhatWasRepaired) {
  for (const coding_case& c : codings) {
    gateway_bench bench;
    bench.network.answer = [&](upstream_peer& peer, const received_request&) {
      peer.respond(200, json_type, c.compress(test::chat_document), labelled(c.label));
    };
    raw_client& client = bench.client();
    ASSERT_TRUE(bench.ask(client, chat(false))) << c.name;
    EXPECT_EQ(200U, client.last().status) << c.name << client.last().body;
    EXPECT_EQ(test::chat_document, client.last().body) << c.name;
    EXPECT_EQ(c.compress == plain ? "" : "SSE-10;n=1", client.last().header("x-weir-repairs"))
        << c.name;
  }
}

TEST(Coding, ACodingThatNobodyReadsIsAFailureThatNamesIt) {
  const std::string brotli = "\x1b\x2c\x04\xf8\x1d";
  for (const bool stream : {true, false}) {
    gateway_bench bench;
    bench.network.answer = [&](upstream_peer& peer, const received_request&) {
      peer.respond(200, json_type, brotli, labelled("br"));
    };
    raw_client& client = bench.client();
    ASSERT_TRUE(bench.ask(client, chat(stream)));
    EXPECT_EQ(502U, client.last().status);
    EXPECT_NE(std::string::npos, client.last().body.find("weir does not read: br."));
    bench.driver.settle();
    EXPECT_EQ(0U, bench.worker->context()->upstreams[0]->pool->open());
  }
}

TEST(Coding, AnErrorOfAnUpstreamIsReadWhateverItsCoding) {  // EMAP-1
  constexpr std::string_view body = R"({"error":{"message":"too many","type":"t","code":"c"}})";
  for (const coding_case& c : codings) {
    gateway_bench bench;
    bench.network.answer = [&](upstream_peer& peer, const received_request&) {
      peer.respond(429, json_type, c.compress(body), labelled(c.label));
    };
    raw_client& client = bench.client();
    ASSERT_TRUE(bench.ask(client, chat(true))) << c.name;
    EXPECT_EQ(429U, client.last().status) << c.name;
    EXPECT_NE(std::string::npos, client.last().body.find("too many")) << client.last().body;
  }
}

TEST(Coding, AnErrorThatCannotBeReadKeepsItsStatus) {
  for (const std::string& body :
       {std::string("\x1b\x2c\x04\xf8\x1d"), testing::gzip("broken off").substr(0, 12),
        std::string("\x1f\x8b nonsense"), std::string()}) {
    gateway_bench bench;
    bench.network.answer = [&](upstream_peer& peer, const received_request&) {
      peer.respond(429, json_type, body, labelled("br"));
    };
    raw_client& client = bench.client();
    ASSERT_TRUE(bench.ask(client, chat(true)));
    EXPECT_EQ(429U, client.last().status);
    EXPECT_EQ(std::string::npos, client.last().body.find("\\u"));
  }
}

TEST(Coding, AnErrorIsReadNoFurtherThanItsLimit) {  // EMAP-1
  gateway_bench bench;
  // The body does not end: the limit does.
  bench.network.answer = [&](upstream_peer& peer, const received_request&) {
    peer.send("HTTP/1.1 500 X\r\nContent-Type: text/plain\r\n\r\n" +
              testing::gzip_flushed({std::string(64 * limits::mib, 'x'), ""}).front());
  };
  raw_client& client = bench.client();
  ASSERT_TRUE(bench.ask(client, chat(true)));
  EXPECT_EQ(500U, client.last().status);
  EXPECT_LE(client.last().body.size(), limits::max_error_message_bytes + limits::kib);
}

// ---------------------------------------------------------------------------------------------
// Much out of little

/// A legal stream of about `bytes`, which compresses to very little.
std::string long_stream(std::size_t bytes) {
  const std::string word = test::chat_word(std::string(1000, 'w'));
  std::string out = test::chat_role();
  while (out.size() < bytes) out += word;
  return out + test::chat_finish() + std::string(test::chat_done);
}

TEST(Coding, ASlowReaderHoldsBackWhatOneReadInflatesTo) {  // HTTP-13
  const std::string want = long_stream(8 * limits::mib);
  for (const auto compress : {gzip, zlib, zstd}) {
    const std::string packed = compress(want);
    ASSERT_LT(packed.size(), limits::read_buffer_bytes);
    gateway_bench bench;
    bench.network.answer = [&](upstream_peer& peer, const received_request&) {
      peer.respond(200, sse_type, packed);
    };
    raw_client& client = bench.client();
    client.connection().pause_reading();
    client.send(chat(true));
    bench.driver.settle();
    bench.driver.settle();
    client.connection().resume_reading();
    // What had been queued meanwhile is the first that comes.
    ASSERT_TRUE(bench.driver.run_until([&] { return !client.bytes().empty(); }));
    EXPECT_LE(client.bytes().size(),
              limits::high_watermark_bytes + limits::max_inflated_step_bytes + 4 * limits::kib);
    ASSERT_TRUE(bench.driver.run_until([&] { return client.complete() == 1; }));
    EXPECT_TRUE(want == client.last().body);
    bench.driver.settle();
    EXPECT_EQ(1U, bench.worker->context()->upstreams[0]->pool->idle());  // it may serve again
  }
}

TEST(Coding, ADocumentIsGatheredFromManySteps) {
  const std::string document = [] {
    std::string text(test::chat_document);
    return text.replace(text.find("Hello"), 5, std::string(4 * limits::mib, 'H'));
  }();
  gateway_bench bench;
  bench.network.answer = [&](upstream_peer& peer, const received_request&) {
    peer.respond(200, json_type, gzip(document));
  };
  raw_client& client = bench.client();
  ASSERT_TRUE(bench.ask(client, chat(false)));
  EXPECT_TRUE(document == client.last().body);
}

TEST(Coding, WhatCameBeforeALossIsReadBeforeTheLossIsTold) {  // CHAT-29c
  const std::string whole = long_stream(limits::mib);
  const std::string begun = whole.substr(0, whole.size() - 300);
  for (const bool reset : {false, true}) {
    gateway_bench bench;
    bench.network.answer = [&](upstream_peer& peer, const received_request&) {
      peer.send("HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n" +
                testing::gzip_flushed({begun, ""}).front());
      if (!reset) peer.close();
    };
    raw_client& client = bench.client();
    client.connection().pause_reading();
    client.send(chat(true));
    bench.driver.settle();
    if (reset) bench.network.peers.back()->reset();
    bench.driver.settle();
    client.connection().resume_reading();
    ASSERT_TRUE(bench.driver.run_until([&] { return client.complete() == 1; }));
    const std::string& body = client.last().body;
    const std::size_t events = begun.rfind("\n\n") + 2;
    EXPECT_TRUE(begun.substr(0, events) == body.substr(0, events));
    EXPECT_NE(std::string::npos, body.find("upstream_stream_truncated", events));
    EXPECT_TRUE(openai::is_legal(openai::lint_chat_stream(body, {})));
  }
}

TEST(Coding, AClientThatLeavesEndsTheReadingOfWhatWaits) {  // HTTP-10
  gateway_bench bench;
  bench.network.answer = [&](upstream_peer& peer, const received_request&) {
    peer.respond(200, sse_type, gzip(long_stream(4 * limits::mib)));
  };
  for (const bool paused : {false, true}) {
    raw_client& client = bench.client();
    client.send(chat(true));
    ASSERT_TRUE(bench.driver.run_until([&] { return !client.bytes().empty(); }));
    if (paused) client.connection().pause_reading();
    bench.driver.settle();
    client.leave();
    ASSERT_TRUE(bench.driver.run_until([&] { return bench.worker->sessions() == 0; }));
  }
}

TEST(Coding, OneReadThatIsWorthMuchDoesNotKeepTheOthersWaiting) {
  gateway_bench bench;
  const std::string packed = gzip(std::string(4 * limits::mib, '\n'));  // nothing but blank lines
  bench.network.answer = [&](upstream_peer& peer, const received_request& request) {
    if (request.method == "POST") return peer.respond(200, sse_type, packed);
    peer.respond(200, json_type, "{}");
  };
  raw_client& busy = bench.client();
  raw_client& quick = bench.client();
  busy.send(chat(true));
  bench.driver.settle();
  ASSERT_TRUE(bench.ask(quick, test::get("/healthz")));
  EXPECT_EQ(0U, busy.complete());
  ASSERT_TRUE(bench.driver.run_until([&] { return busy.complete() == 1; }));
  EXPECT_EQ(502U, busy.last().status);
}

}  // namespace
}  // namespace weir::proxy
