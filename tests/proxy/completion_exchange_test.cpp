// Completions through one worker: what is their own; the rest they share with chat (exchange_test).
#include <gtest/gtest.h>

#include "gateway_bench.h"
#include "support/completion_texts.h"
#include "weir/openai/completion_lint.h"

namespace weir::proxy {
namespace {

using test::gateway_bench;
using test::raw_client;
using test::received_request;
using test::upstream_peer;
using weir::testing::dress_completion;

constexpr std::string_view json_type = "application/json";
constexpr std::string_view done = "data: [DONE]\n\n";

std::string ask(bool stream, std::string_view more = "") {
  return test::post("/v1/completions", R"({"model":"m","stream":)" +
                                           std::string(stream ? "true" : "false") +
                                           std::string(more) + R"(,"prompt":"Say"})");
}

std::string text_stream() {
  return dress_completion(
             R"(data: %[{"text":"Hel","index":0,"logprobs":null,"finish_reason":null}]$)"
             R"(data: %[{"text":"lo","index":0,"logprobs":null,"finish_reason":"stop"}]$)") +
         std::string(done);
}

const std::string text_document =
    R"({"id":"cmpl-1","object":"text_completion","created":1760000000,"model":"m","choices":)"
    R"([{"text":"Hello","index":0,"logprobs":null,"finish_reason":"stop"}]})";

auto answering(std::string body) {
  return [body](upstream_peer& peer, const received_request& request) {
    if (request.method == "GET") return peer.respond(200, json_type, R"({"data":[{"id":"m"}]})");
    if (body.starts_with("{")) return peer.respond(200, json_type, body);
    peer.begin_stream();
    peer.chunk(body);
    peer.end_chunks();
  };
}

TEST(CompletionExchange, ALegalStreamArrivesByteForByte) {  // P3
  gateway_bench bench;
  bench.network.answer = answering(text_stream());
  raw_client& c = bench.client();
  ASSERT_TRUE(bench.ask(c, ask(true)));
  EXPECT_EQ(200U, c.last().status);
  EXPECT_EQ("text/event-stream; charset=utf-8", c.last().header("content-type"));
  EXPECT_EQ(text_stream(), c.last().body);
}

TEST(CompletionExchange, ALegalDocumentArrivesByteForByte) {  // P3
  gateway_bench bench;
  bench.network.answer = answering(text_document);
  raw_client& c = bench.client();
  ASSERT_TRUE(bench.ask(c, ask(false)));
  EXPECT_EQ(text_document, c.last().body);
  EXPECT_EQ("", c.last().header("x-weir-repairs"));
}

TEST(CompletionExchange, TheUpstreamGetsTheClientsBodyAtItsOwnPath) {  // REQ-13, REQ-14
  gateway_bench bench;
  bench.network.answer = answering(text_stream());
  raw_client& c = bench.client();
  ASSERT_TRUE(bench.ask(c, ask(true, R"(,"seed":12345678901234567890)")));
  const received_request& got = bench.network.peers.at(0)->requests().at(0);
  EXPECT_EQ("/v1/completions", got.target);
  EXPECT_NE(std::string::npos, got.body.find(R"("seed":12345678901234567890)"));
  EXPECT_NE(std::string::npos, got.body.find(R"("stream_options":{"include_usage":true})"));
}

TEST(CompletionExchange, AnAnswerInTheOtherFormIsConverted) {  // SSE-11
  for (const bool stream : {false, true}) {
    gateway_bench bench;
    bench.network.answer = answering(stream ? text_document : text_stream());
    raw_client& c = bench.client();
    ASSERT_TRUE(bench.ask(c, ask(stream)));
    EXPECT_EQ(200U, c.last().status);
    const auto found = stream ? openai::lint_completion_stream(c.last().body, {})
                              : openai::lint_completion(c.last().body, {});
    EXPECT_TRUE(openai::is_legal(found)) << c.last().body;
    EXPECT_NE(std::string::npos, c.last().body.find(stream ? R"("text":"Hello")" : "Hello"));
  }
}

TEST(CompletionExchange, EachPromptHasItsChoices) {  // CMPL-2
  gateway_bench bench;
  std::string body;
  for (const char* index : {"3", "0", "2", "1"})
    body += dress_completion(R"(data: %[{"text":"x","index":)" + std::string(index) +
                             R"(,"logprobs":null,"finish_reason":"stop"}]$)");
  bench.network.answer = answering(body + std::string(done));
  raw_client& c = bench.client();
  ASSERT_TRUE(bench.ask(
      c, test::post("/v1/completions", R"({"model":"m","stream":true,"n":2,"prompt":["a","b"]})")));
  EXPECT_EQ(body + std::string(done), c.last().body);
}

TEST(CompletionExchange, ATruncatedAnswerIsAnErrorAndNoStop) {  // P6
  gateway_bench bench;
  bench.network.answer =
      answering(dress_completion(R"(data: %[{"text":"Hel","index":0,"finish_reason":null}]$)"));
  raw_client& c = bench.client();
  ASSERT_TRUE(bench.ask(c, ask(true)));
  EXPECT_NE(std::string::npos, c.last().body.find("upstream_stream_truncated"));
  EXPECT_TRUE(c.last().body.ends_with(done));
  EXPECT_EQ(std::string::npos, c.last().body.find("\"stop\""));
}

TEST(CompletionExchange, AWrongRequestIsRefusedBeforeAnUpstreamIsAsked) {
  gateway_bench bench;
  raw_client& c = bench.client();
  ASSERT_TRUE(bench.ask(c, test::post("/v1/completions", R"({"model":"m","prompt":7})")));
  EXPECT_EQ(400U, c.last().status);
  EXPECT_NE(std::string::npos, c.last().body.find(R"("param":"prompt")"));
  EXPECT_TRUE(bench.network.peers.empty());
}

TEST(CompletionExchange, AnUpstreamThatDoesNotKnowStreamOptionsIsAskedAgain) {  // REQ-13
  gateway_bench bench;
  bench.network.answer = [](upstream_peer& peer, const received_request& request) {
    if (request.body.find("stream_options") != std::string::npos)
      return peer.respond(400, json_type,
                          R"({"error":{"message":"Unknown parameter: 'stream_options'."}})");
    answering(text_stream())(peer, request);
  };
  raw_client& c = bench.client();
  ASSERT_TRUE(bench.ask(c, ask(true)));
  EXPECT_EQ(200U, c.last().status);
  EXPECT_EQ("2", c.last().header("x-weir-attempts"));
  EXPECT_EQ(text_stream(), c.last().body);
}

TEST(CompletionExchange, AnUpstreamThatOnlyKnowsChatAnswersAsOne) {  // CMPL-5
  const std::string events =
      "data: " +
      std::string(R"({"id":"chatcmpl-1","object":"chat.completion.chunk","created":1760000000,)") +
      R"("model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":"Hel",)"
      R"("reasoning_content":"hm"},"finish_reason":null}]})"
      "\n\ndata: " +
      R"({"id":"chatcmpl-1","object":"chat.completion.chunk","created":1760000000,"model":"m",)"
      R"("choices":[{"index":0,"delta":{"content":"lo"},"finish_reason":"stop"}]})"
      "\n\n" +
      std::string(done);
  const std::string document =
      R"({"id":"chatcmpl-1","object":"chat.completion","created":1760000000,"model":"m",)"
      R"("choices":[{"index":0,"message":{"role":"assistant","content":"Hello"},)"
      R"("finish_reason":"stop"}]})";
  for (const auto mode : {openai::stream_settings::conformance::strict,
                          openai::stream_settings::conformance::relaxed}) {
    for (const bool stream : {true, false}) {
      gateway_bench bench;
      bench.settings.stream.completions = openai::completions_form::chat;
      bench.settings.stream.mode = mode;
      bench.network.answer = answering(stream ? events : document);
      raw_client& c = bench.client();
      ASSERT_TRUE(bench.ask(c, ask(stream)));
      EXPECT_EQ(200U, c.last().status);
      const auto found = stream ? openai::lint_completion_stream(c.last().body, {})
                                : openai::lint_completion(c.last().body, {});
      EXPECT_TRUE(openai::is_legal(found)) << c.last().body;
      EXPECT_NE(std::string::npos, c.last().body.find(stream ? R"("text":"Hel")" : "Hello"));
      EXPECT_EQ(std::string::npos, c.last().body.find("hm")) << c.last().body;
      const received_request& got = bench.network.peers.at(0)->requests().at(0);
      EXPECT_EQ("/v1/chat/completions", got.target);
      EXPECT_NE(std::string::npos,
                got.body.find(R"("messages":[{"role":"user","content":"Say"}])"));
    }
  }
}

TEST(CompletionExchange, WhatChatHasNoPlaceForIsNotSentToIt) {  // CMPL-5, ERR-33
  gateway_bench bench;
  bench.settings.stream.completions = openai::completions_form::chat;
  raw_client& c = bench.client();
  ASSERT_TRUE(bench.ask(c, ask(true, R"(,"suffix":"!")")));
  EXPECT_EQ(400U, c.last().status);
  EXPECT_EQ(to_json(openai::errors::unsupported_parameter("suffix")), c.last().body);
  EXPECT_TRUE(bench.network.peers.empty());
  ASSERT_TRUE(bench.ask(c, test::post("/v1/chat/completions", test::chat_body(true))));
  EXPECT_EQ(200U, c.last().status);
}

}  // namespace
}  // namespace weir::proxy
