#include "openai/verbatim_answer.h"

#include <gtest/gtest.h>

#include <string>

#include "support/splits.h"
#include "weir/base/limits.h"

namespace weir::openai {
namespace {

using state = answer::state;
using count = std::optional<std::uint64_t>;

struct metered {
  count prompt;
  count completion;
  std::uint64_t events = 0;
  friend bool operator==(const metered&, const metered&) = default;
};

metered meter_of(const verbatim_answer& answer) {
  const auto usage = answer.last_usage();
  return {usage ? usage->prompt : count(), usage ? usage->completion : count(), answer.events()};
}

struct test_case {
  const char* name;
  std::string body;
  metered want;
};

const test_case cases[] = {
    {"a document", R"( {"text":"hi","usage":{"input_tokens":7,"output_tokens":2}})", {7, 2, 0}},
    {"a ranking", R"({"results":[],"usage":{"total_tokens":9}})", {9, {}, 0}},
    {"seconds are no tokens", R"({"usage":{"type":"duration","seconds":3}})", {}},
    {"usage in a text", R"({"text":"\"usage\":{\"input_tokens\":7}"})", {}},
    {"usage further inside", R"({"x":{"usage":{"input_tokens":7}}})", {}},
    {"a usage that is none", R"({"usage":12})", {}},
    {"events",
     "event: transcript.text.delta\ndata: {\"delta\":\"a\"}\n\n: ping\n\n"
     "data: {\"usage\":{\"input_tokens\":7,\"output_tokens\":2}}\n\n",
     {7, 2, 2}},
    {"the last one counts",
     "data:{\"usage\":{\"input_tokens\":1}}\r\n\r\n"
     "data:{\"usage\":{\"input_tokens\":2}}\r\n\r\ndata: [DONE]\r\n\r\n",
     {2, {}, 3}},
    {"an event without its blank line", "data: {\"usage\":{\"input_tokens\":1}}\n", {1, {}, 0}},
    {"other fields",
     "id: 1\nretry: 5\nx: {\"usage\":{\"input_tokens\":1}}\n"
     "dat: {\"usage\":{\"input_tokens\":1}}\n\n",
     {}},
    {"audio", "ID3{\"usage\":{\"input_tokens\":7}}", {}},
    {"text", "WEBVTT\n\ndata: {\"usage\":{\"input_tokens\":7}}\n\n", {}},
    {"nothing", "", {}},
};

TEST(VerbatimAnswer, WhatComesGoesOutAndItsUsageIsRead) {
  for (const test_case& c : cases) {
    verbatim_answer answer;
    answer.feed(c.body);
    EXPECT_EQ(c.body, answer.output()) << c.name;
    answer.end(false);
    EXPECT_EQ(state::complete, answer.current()) << c.name;
    EXPECT_EQ(c.body, answer.output()) << c.name;
    EXPECT_EQ(c.want, meter_of(answer)) << c.name;
    EXPECT_EQ(0U, answer.repairs().total()) << c.name;
  }
}

TEST(VerbatimAnswer, EverySplitGivesTheSame) {  // P2
  for (const test_case& c : cases) {
    testing::for_each_split(c.body, [&](const testing::pieces& pieces) {
      verbatim_answer answer;
      std::string out;
      for (const std::string_view piece : pieces) {
        answer.feed(piece);
        out += answer.output();
        answer.consume(answer.output().size());
      }
      answer.end(false);
      EXPECT_EQ(c.body, out) << c.name;
      EXPECT_EQ(c.want, meter_of(answer)) << c.name;
    });
  }
}

TEST(VerbatimAnswer, AUsageIsReadUpToTheLimit) {
  for (const std::size_t over : {0U, 1U}) {
    const std::string usage = R"({"input_tokens":7,"x":")";
    const std::string value =
        usage + std::string(limits::max_usage_bytes - usage.size() - 2 + over, 'x') + "\"}";
    verbatim_answer answer;
    answer.feed(R"({"usage":)" + value + "}");
    EXPECT_EQ(over == 0, answer.last_usage().has_value());
  }
}

TEST(VerbatimAnswer, WhatBreaksOffBeforeTheClientSawAnythingIsOnlyAnError) {  // GEN-6, P6
  verbatim_answer answer;
  answer.feed("half");
  answer.end(true);
  EXPECT_EQ(state::failed, answer.current());
  EXPECT_EQ("upstream_stream_truncated", answer.failure()->code);
  EXPECT_EQ("", answer.output());
}

TEST(VerbatimAnswer, WhatBreaksOffLaterEndsWhereItBroke) {
  verbatim_answer answer;
  answer.feed("half");
  answer.consume(2);
  answer.end(true);
  EXPECT_EQ(state::failed, answer.current());
  EXPECT_EQ("lf", answer.output());
  answer.feed("more");
  answer.end(false);
  EXPECT_EQ(state::failed, answer.current());
  EXPECT_EQ("lf", answer.output());
}

TEST(VerbatimAnswer, OnlyBytesAreProgress) {
  verbatim_answer answer;
  answer.feed("");
  EXPECT_EQ(0U, answer.payload_frames());
  answer.feed("x");
  EXPECT_EQ(1U, answer.payload_frames());
}

}  // namespace
}  // namespace weir::openai
