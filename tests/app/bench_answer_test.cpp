#include "app/bench_answer.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "support/splits.h"
#include "weir/base/limits.h"

namespace weir::app {
namespace {

constexpr std::string_view role =
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n";
constexpr std::string_view text =
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hi\"}}]}\n\n";
constexpr std::string_view done = "data: [DONE]\n\n";

std::string operator+(std::string_view a, std::string_view b) { return std::string(a).append(b); }

struct answer_case {
  const char* name;
  bool stream;
  unsigned status;
  std::string_view content_type;
  std::string body;
  std::string want;  ///< the kind of its fault, "" for a right answer
  std::uint64_t events = 0;
};

const std::vector<answer_case>& cases() {
  static const std::vector<answer_case> all = {
      {"a whole stream", true, 200, "text/event-stream", role + text + done, "", 2},
      {"with a character set", true, 200, "text/event-stream; charset=utf-8", text + done, "", 1},
      {"CRLF", true, 200, "text/event-stream", "data: {}\r\n\r\ndata: [DONE]\r\n\r\n", "", 1},
      {"comments are no events", true, 200, "text/event-stream", ": ping\n\n" + text + done, "", 1},
      {"no end", true, 200, "text/event-stream", std::string(text), "no [DONE]", 1},
      {"nothing", true, 200, "text/event-stream", "", "empty stream"},
      {"an end alone", true, 200, "text/event-stream", std::string(done), "empty stream"},
      {"an error", true, 200, "text/event-stream",
       text + "data: {\"error\":{\"message\":\"no\"}}\n\n" + done, "error event", 2},
      {"an error that is null", true, 200, "text/event-stream",
       "data: {\"error\":null,\"choices\":[]}\n\n" + done, "", 1},
      {"the word in a text", true, 200, "text/event-stream",
       "data: {\"choices\":[{\"delta\":{\"content\":\"an \\\"error\\\"\"}}]}\n\n" + done, "", 1},
      {"text behind the end", true, 200, "text/event-stream", text + done + text,
       "text behind [DONE]", 1},
      {"a document instead", true, 200, "application/json", "{\"choices\":[{}]}", "no stream"},
      {"a refusal", true, 429, "application/json", "{\"error\":{\"message\":\"slow\"}}",
       "HTTP 429"},
      {"a refusal in HTML", false, 502, "text/html", "<p>", "HTTP 502"},
      {"a document", false, 200, "application/json", "{\"choices\":[{}]}", ""},
      {"half a document", false, 200, "application/json", "{\"choices\":[{}", "no JSON"},
      {"no choices", false, 200, "application/json", "{\"choices\":[]}", "no choices"},
      {"an error that is fine", false, 200, "application/json", "{\"error\":\"no\"}",
       "error in a 200"},
  };
  return all;
}

std::string judged(const answer_case& c, const testing::pieces& parts, bench_counts& counts) {
  bench_answer answer({c.stream, {}}, counts);
  answer.begin(0);
  answer.head(c.status, c.content_type);
  for (const std::string_view part : parts)
    if (const auto fault = answer.body(part, 1)) return fault->kind;
  const auto fault = answer.end(2);
  return fault ? fault->kind : "";
}

TEST(BenchAnswer, IsRightOrHasAFaultHoweverItIsSplit) {
  for (const answer_case& c : cases()) {
    const std::string_view body = c.body;
    for (std::size_t cut = 0; cut <= body.size(); ++cut) {
      const auto counts = std::make_unique<bench_counts>();
      EXPECT_EQ(c.want, judged(c, {body.substr(0, cut), body.substr(cut)}, *counts))
          << c.name << " cut at " << cut;
      EXPECT_EQ(c.events, counts->events) << c.name << " cut at " << cut;
      EXPECT_EQ(c.want.empty() ? 1U : 0U, counts->ok) << c.name;
    }
  }
}

TEST(BenchAnswer, TimesAreFromTheRequestToTheFirstTextAndBetweenEvents) {
  const auto counts = std::make_unique<bench_counts>();
  bench_answer answer({}, *counts);
  answer.begin(100);
  answer.head(200, "text/event-stream");
  EXPECT_FALSE(answer.body(role, 110));  // a role is nothing to read yet
  EXPECT_FALSE(answer.body(text, 130));
  EXPECT_FALSE(answer.body(text, 160));
  EXPECT_FALSE(answer.body(done, 163));
  EXPECT_FALSE(answer.end(164));
  EXPECT_EQ(30U, counts->first_token.longest());
  EXPECT_EQ(1U, counts->first_token.total());
  EXPECT_EQ(2U, counts->gap.total());
  EXPECT_EQ(30U, counts->gap.longest());
  EXPECT_EQ(64U, counts->whole.longest());
}

TEST(BenchAnswer, WhatComesBehindTheTimeIsInNoRate) {
  const auto counts = std::make_unique<bench_counts>();
  bench_answer answer({}, *counts);
  answer.begin(0);
  answer.head(200, "text/event-stream");
  EXPECT_FALSE(answer.body(text, 1));
  answer.time_is_up();
  EXPECT_FALSE(answer.body(text + done, 2));
  EXPECT_FALSE(answer.end(3));
  EXPECT_EQ(2U, counts->events);
  EXPECT_EQ(1U, counts->events_in_time);
  EXPECT_EQ(1U, counts->ok);
  EXPECT_EQ(0U, counts->ok_in_time);
}

std::string emitted(std::uint64_t number, std::uint64_t sent_ns) {
  const bench::emitter_word word = bench::word_of(number);
  return "data: {\"choices\":[{\"delta\":{\"content\":\"" + std::string(word.data(), word.size()) +
         "\"}}],\"sent_ns\":\"" + std::to_string(sent_ns) + "\"}\n\n";
}

TEST(BenchAnswer, TheEmittersTextIsCheckedToTheLastWord) {
  const struct {
    const char* name;
    std::vector<std::uint64_t> words;
    const char* want;
  } texts[] = {{"all", {0, 1, 2}, ""},
               {"one is missing", {0, 2}, "wrong text"},
               {"one is there twice", {0, 1, 1, 2}, "wrong text"},
               {"two have changed places", {0, 2, 1}, "wrong text"}};
  for (const auto& c : texts) {
    const auto counts = std::make_unique<bench_counts>();
    bench_answer answer({true, 3}, *counts);
    answer.begin(0);
    answer.head(200, "text/event-stream");
    for (const std::uint64_t word : c.words) EXPECT_FALSE(answer.body(emitted(word, 40), 100));
    EXPECT_FALSE(answer.body(done, 100));
    const auto fault = answer.end(100);
    EXPECT_EQ(c.want, fault ? fault->kind : "") << c.name;
    EXPECT_EQ(60U, counts->delay.longest()) << c.name;
  }
}

TEST(BenchCounts, OfAKindOfErrorTheFirstExampleIsKept) {
  const auto a = std::make_unique<bench_counts>();
  const auto b = std::make_unique<bench_counts>();
  a->fail("late", "one");
  a->fail("late", "two");
  b->fail("late", "three");
  b->fail("HTTP 500", std::string(1000, 'x'));
  a->add(*b);
  EXPECT_EQ(4U, a->failed);
  EXPECT_EQ(3U, a->errors.at("late").count);
  EXPECT_EQ("one", a->errors.at("late").example);
  EXPECT_EQ(limits::max_check_message_bytes, a->errors.at("HTTP 500").example.size());
}

}  // namespace
}  // namespace weir::app
