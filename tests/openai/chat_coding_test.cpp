// Answers that come compressed although nobody asked for it: F33, F34.
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "coding/content_decoder.h"
#include "support/chat_harness.h"
#include "support/compressed.h"
#include "weir/base/limits.h"
#include "weir/openai/chat_answer.h"

namespace weir::testing {
namespace {

using namespace std::string_view_literals;
using openai::chat_answer;
using openai::clause;
using state = openai::chat_answer::state;

struct coding_case {
  const char* name;
  std::function<std::string(std::string_view)> compress;
};

const std::vector<coding_case>& codings() {
  static const std::vector<coding_case> all = {
      {"gzip", [](std::string_view text) { return gzip(text); }},
      {"deflate", [](std::string_view text) { return zlib(text); }},
      {"zstd", [](std::string_view text) { return zstd(text); }},
      {"zstd with its length", [](std::string_view text) { return zstd_with_length(text); }},
      {"gzip in two members",
       [](std::string_view text) { return gzip(text.substr(0, 99)) + gzip(text.substr(99)); }},
      {"gzip, flushed now and then",
       [](std::string_view text) {
         pieces parts;
         for (std::size_t at = 0; at < text.size(); at += 99) parts.push_back(text.substr(at, 99));
         std::string out;
         for (const std::string& part : gzip_flushed(parts)) out += part;
         return out;
       }},
  };
  return all;
}

TEST(ChatCoding, ALegalStreamLeavesAsItWasBeforeItWasCompressed) {  // P2, P3
  const std::string input = fixture("chat_text_usage.sse");
  for (const coding_case& c : codings()) {
    const std::string body = c.compress(input);
    const chat_result once = run(streaming(true), body);
    EXPECT_EQ(input, once.output) << c.name;
    EXPECT_EQ(state::complete, once.state) << c.name;
    EXPECT_EQ(1U, once.repairs.of(clause::sse_10)) << c.name;
    EXPECT_EQ(1U, once.repairs.total()) << c.name;
    for_each_split(body, [&](const pieces& parts) {
      ASSERT_EQ(input, run(streaming(true), parts).output) << c.name;
    });
  }
}

TEST(ChatCoding, ADocumentLeavesAsItWasBeforeItWasCompressed) {  // P4
  const std::string input =
      R"({ "id":"chatcmpl-1", "object":"chat.completion","created":1760000000,"model":"m",)"
      R"("choices":[{"index":0,"message":{"role":"assistant","content":"H\u0069","refusal":null},)"
      R"("logprobs":null,"finish_reason":"stop"}],"x":12345678901234567890})";
  ASSERT_EQ(input, run(whole(), input).output);
  for (const coding_case& c : codings()) {
    const chat_result result = run(whole(), c.compress(input));
    EXPECT_EQ(input, result.output) << c.name;
    EXPECT_EQ(1U, result.repairs.of(clause::sse_10)) << c.name;
  }
}

/// What a body says before it breaks off, and whether it did so inside a coded member.
std::pair<std::string, bool> inflated(std::string_view body) {
  using status = coding::content_decoder::status;
  coding::content_decoder decoder;
  std::string text;
  status last = status::ready;
  while ((last = decoder.decode(body)) == status::ready) text += decoder.output();
  while ((last = decoder.finish()) == status::ready) text += decoder.output();
  return {text, last == status::truncated};
}

TEST(ChatCoding, EveryCutEndsAsACutThereInPlainTextWouldByAConnectionThatWasLost) {  // P1, P6
  const std::string input = fixture("chat_text.sse");
  for (const coding_case& c : codings()) {
    const std::string body = c.compress(input);
    for (std::size_t cut = 0; cut < body.size(); ++cut) {
      const std::string_view begun = std::string_view(body).substr(0, cut);
      const chat_result result = run(streaming(), begun);
      const auto [text, inside] = inflated(begun);
      const chat_result want = run(streaming(), text, inside ? ending::lost : ending::closed);
      ASSERT_EQ(want.output, result.output) << c.name << ' ' << cut;
      ASSERT_EQ(want.state, result.state) << c.name << ' ' << cut;
      ASSERT_EQ(want.failure.has_value(), result.failure.has_value()) << c.name << ' ' << cut;
      if (result.failure) {
        ASSERT_EQ(want.failure->code, result.failure->code) << c.name << ' ' << cut;
      }
      expect_legal(result, streaming(), c.name);
    }
  }
}

struct broken_case {
  const char* name;
  std::string body;
  std::string_view code;
  std::string text = "";  ///< what the client has seen by then
};

TEST(ChatCoding, ABodyThatBreaksOffOrIsCorruptIsAnErrorWithItsCode) {  // CHAT-29c, ERR-30
  const std::string input = fixture("chat_text.sse");
  const std::string begun = input.substr(0, input.find("\"finish_reason\":\"stop\""));
  const std::string text = view_of(begun).text[0];
  std::string wrong_sum = gzip(begun);
  wrong_sum[wrong_sum.size() - 6] ^= 0x55;
  const std::string flushed = gzip_flushed({begun, "more"}).front();
  const broken_case cases[] = {
      {"cut off", flushed, "upstream_stream_truncated", text},
      {"a block of no known type", flushed + "\x07\x07\x07", "upstream_invalid_response", text},
      {"a wrong check sum", wrong_sum, "upstream_invalid_response", text},
      {"a signature alone", "\x1f\x8b", "upstream_stream_truncated"},
      {"a signature and nonsense", "\x1f\x8bnonsense", "upstream_invalid_response"},
      {"nothing, compressed", gzip(""), "upstream_error"},
      {"a page, compressed", gzip("<html><h1>Bad Gateway</h1></html>"), "upstream_error"},
  };
  for (const broken_case& c : cases) {
    for (std::size_t cut = 0; cut <= c.body.size(); ++cut) {
      const std::string_view body = c.body;
      const chat_result result = run(streaming(), pieces{body.substr(0, cut), body.substr(cut)});
      ASSERT_EQ(state::failed, result.state) << c.name;
      EXPECT_EQ(c.code, result.failure->code) << c.name << result.failure->message;
      EXPECT_EQ(c.text, view_of(result.output).text[0]) << c.name;
      expect_legal(result, streaming(), c.name);
    }
  }
}

TEST(ChatCoding, WhatARelayAddsInPlainTextIsRead) {
  const std::string input = fixture("chat_text.sse");
  const std::size_t done = input.find("data: [DONE]");
  const chat_result ended = run(streaming(), gzip(input.substr(0, done)) + input.substr(done));
  EXPECT_EQ(input, ended.output);
  const std::size_t finish = input.rfind("data: {");
  const chat_result failed = run(
      streaming(), gzip(input.substr(0, finish)) + "data: {\"error\":{\"message\":\"gone\"}}\n\n");
  EXPECT_EQ("gone", view_of(failed.output).error);
}

/// Legal events worth about `bytes`, without their end.
std::string many_events(std::size_t bytes) {
  const std::string input = fixture("chat_text.sse");
  const std::size_t second = input.find("\n\n") + 2;
  const std::string event = input.substr(second, input.find("\n\n", second) + 2 - second);
  std::string out = input.substr(0, second);
  while (out.size() < bytes) out += event;
  return out;
}

TEST(ChatCoding, ABombIsReadAStepAtATimeAndLosesNothing) {  // HTTP-13
  const std::string input = many_events(4 * limits::mib);
  for (const coding_case& c : codings()) {
    const std::string body = c.compress(input);
    chat_answer answer(streaming());
    std::size_t total = 0;
    const auto take = [&] {
      // An event may begin in one step and end in the next.
      ASSERT_LE(answer.output().size(), limits::max_inflated_step_bytes + 2 * limits::kib);
      total += answer.output().size();
      answer.consume(answer.output().size());
    };
    for (std::size_t at = 0; at < body.size(); at += 1000) {
      answer.feed(std::string_view(body).substr(at, 1000));
      take();
      EXPECT_EQ(chat_answer::wait::none, answer.waiting());
      while (answer.has_more()) {
        answer.go_on();
        take();
      }
    }
    EXPECT_EQ(input.size(), total) << c.name;
    EXPECT_EQ(state::open, answer.current()) << c.name;
  }
}

TEST(ChatCoding, WhatIsNotCompressedNeverWaitsAndIsNoRepair) {
  const std::string input = many_events(limits::mib);
  chat_answer answer(streaming());
  answer.feed(input);
  EXPECT_FALSE(answer.has_more());
  EXPECT_TRUE(input == answer.output());
  EXPECT_EQ(0U, answer.repairs().of(clause::sse_10));
}

TEST(ChatCoding, WhatWaitsIsReadAtTheEndHoweverItWasFed) {  // P2
  const std::string input = many_events(limits::mib) + "data: [DONE]\n\n";
  const std::string want = run(streaming(), input).output;
  for (const coding_case& c : codings()) {
    const std::string body = c.compress(input);
    for (const std::size_t size :
         {std::size_t{1}, std::size_t{37}, std::size_t{1500}, body.size()}) {
      pieces parts;
      for (std::size_t at = 0; at < body.size(); at += size)
        parts.push_back(std::string_view(body).substr(at, size));
      const chat_result result = run(streaming(), parts);
      EXPECT_TRUE(want == result.output) << c.name << ' ' << size;
      EXPECT_EQ(state::complete, result.state) << c.name << ' ' << size;
    }
  }
}

TEST(ChatCoding, WhatInflatesBeyondTheLimitOfAnEventIsAnError) {  // SSE-9
  const std::string line = "data: {\"x\":\"" + std::string(limits::max_line_bytes, ' ');
  const chat_result result = run(streaming(), gzip(line));
  ASSERT_EQ(state::failed, result.state);
  EXPECT_EQ("upstream_invalid_response", result.failure->code);
}

}  // namespace
}  // namespace weir::testing
