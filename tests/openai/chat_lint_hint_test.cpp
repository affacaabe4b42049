#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "openai/chat_lint_streams.h"
#include "weir/openai/chat_lint.h"

namespace weir::openai {

using namespace lint_streams;  // NOLINT: the test's own words

namespace {

events saying(const std::vector<std::string_view>& pieces) {
  events e = {chunk(role)};
  for (const std::string_view piece : pieces)
    e.push_back(chunk(R"({"content":")" + std::string(piece) + R"("})"));
  e.push_back(finish("stop"));
  e.push_back(done);
  return e;
}

events calling(std::string_view id, std::string_view with, std::string_view reason) {
  return {chunk(role_for_calls), opening(0, id, "f"), arguments(0, with), finish(reason), done};
}

events with_token(std::string_view token) {
  return {chunk(role),
          chunk(R"({"content":"x"})", "null", 0, "",
                R"({"content":[)" + std::string(token) + R"(],"refusal":null})"),
          finish("stop"), done};
}

events with_usage_of(std::string_view usage) {
  return inserted(text_stream(), 4, frame(R"("choices":[],"usage":)" + std::string(usage)));
}

lint_request usage_may_be_missing() {
  lint_request r = with_usage();
  r.usage_may_be_missing = true;
  return r;
}

}  // namespace

std::vector<breach> lint_streams::hinted_streams() {
  const std::string forty(40, 'i');
  return {
      {"nothing", text_stream(), {}, "", ""},
      // CHAT-14
      {"stop after the call of a named tool",
       replaced(tool_stream(), 6, R"("tool_calls")", R"("stop")"), named_tool(), "CHAT-14",
       "finish-stop-ends-loop"},
      // CHAT-17
      {"an id of 40 bytes", calling(forty, "{}", "tool_calls"), {}, "", ""},
      {"an id of 41 bytes",
       calling(forty + "i", "{}", "tool_calls"),
       {},
       "CHAT-17",
       "call-id-long"},
      // CHAT-19
      {"arguments without their end",
       calling("c", R"({\"a\":1)", "tool_calls"),
       {},
       "CHAT-19",
       "call-arguments-not-json"},
      {"arguments that are no JSON",
       calling("c", R"({a})", "tool_calls"),
       {},
       "CHAT-19",
       "call-arguments-not-json"},
      {"arguments that are two documents",
       calling("c", R"({}{})", "tool_calls"),
       {},
       "CHAT-19",
       "call-arguments-not-json"},
      {"a function call whose arguments have no end",
       replaced(function_stream(), 2, R"("{}")", R"("{")"),
       {},
       "CHAT-19",
       "call-arguments-not-json"},
      {"arguments cut short with the answer",
       calling("c", R"({\"a\":1)", "length"),
       {},
       "CHAT-19",
       "call-arguments-cut"},
      {"whole arguments of an answer cut short", calling("c", "{}", "length"), {}, "", ""},
      {"text as the input of a custom tool", custom_stream(), {}, "", ""},
      // CHAT-22
      {"reasoning", reasoning_stream(R"({"reasoning":"x"})"), {}, "CHAT-22", "reasoning-unread"},
      {"thinking", reasoning_stream(R"({"thinking":"x"})"), {}, "CHAT-22", "reasoning-unread"},
      {"reasoning_content", reasoning_stream(R"({"reasoning_content":"x"})"), {}, "", ""},
      {"reasoning under the name asked for", reasoning_stream(R"({"reasoning":"x"})"),
       reasoning_as(stream_settings::reasoning_name::reasoning), "", ""},
      {"a tag in pieces", saying({"\\n<thi", "nk>x</think>y"}), {}, "CHAT-22", "think-tags"},
      {"a tag behind text", saying({"Say <think>."}), {}, "", ""},
      {"an end without a begin", saying({"x</th", "ink>y"}), {}, "CHAT-22", "think-tag-alone"},
      // CHAT-23
      {"details and nothing else",
       reasoning_stream(R"({"reasoning_details":[{"type":"reasoning.text","text":"x"}]})"),
       {},
       "CHAT-23",
       "reasoning-details-alone"},
      {"details and the text",
       inserted(reasoning_stream(R"({"reasoning_details":[{"type":"reasoning.text","text":"x"}]})"),
                1, chunk(R"({"reasoning_content":"x"})")),
       {},
       "",
       ""},
      {"encrypted details",
       reasoning_stream(R"({"reasoning_details":[{"type":"reasoning.encrypted","data":"x"}]})"),
       {},
       "",
       ""},
      {"a vendor's details",
       reasoning_stream(R"({"reasoning_details":[{"type":"x"}]})"),
       {},
       "",
       ""},
      {"a signature alone",
       reasoning_stream(R"({"reasoning_details":[{"type":"reasoning.text","signature":"x"}]})"),
       {},
       "",
       ""},
      {"details without a type",
       reasoning_stream(R"({"reasoning_details":[{"text":"x"}]})"),
       {},
       "CHAT-23",
       "reasoning-details-form"},
      {"details as an object",
       reasoning_stream(R"({"reasoning_details":{"text":"x"}})"),
       {},
       "CHAT-23",
       "reasoning-details-form"},
      // CHAT-24, CHAT-26
      {"no usage from an upstream that gives none", text_stream(), usage_may_be_missing(),
       "CHAT-26", "usage-unknown"},
      {"usage without a total", with_usage_of(R"({"prompt_tokens":1,"completion_tokens":2})"),
       with_usage(), "USE-4", "usage-incomplete"},
      {"a total that leaves the reasoning out",
       with_usage_of(R"({"prompt_tokens":12,"completion_tokens":2,"total_tokens":354})"),
       with_usage(), "USE-3", "usage-sum"},
      // CHAT-28
      {"a token without bytes",
       with_token(R"({"token":"x","logprob":-1.0,"top_logprobs":[]})"),
       {},
       "CHAT-28",
       "logprobs-token"},
      {"a token without top_logprobs",
       with_token(R"({"token":"x","logprob":-1.0,"bytes":null})"),
       {},
       "CHAT-28",
       "logprobs-token"},
      {"a logprob as text",
       with_token(R"({"token":"x","logprob":"-1","bytes":[120],"top_logprobs":[]})"),
       {},
       "CHAT-28",
       "logprobs-token"},
      {"a top token that is text",
       with_token(R"({"token":"x","logprob":-1,"bytes":[120],"top_logprobs":["x"]})"),
       {},
       "CHAT-28",
       "logprobs-token"},
      {"a whole token",
       with_token(R"({"token":"x","logprob":-1,"bytes":[120],"top_logprobs":[)"
                  R"({"token":"y","logprob":-9999.0,"bytes":null}]})"),
       {},
       "",
       ""},
      // CHAT-30
      {"an error", error_stream(), {}, "CHAT-30", "error-event"},
      // CHAT-32, CHAT-33
      {"a transcript that is a number",
       inserted(text_stream(), 1, chunk(R"({"audio":{"transcript":1}})")),
       {},
       "CHAT-32",
       "audio-piece"},
      {"a date that is text",
       inserted(text_stream(), 1, chunk(R"({"audio":{"expires_at":"soon"}})")),
       {},
       "CHAT-32",
       "audio-piece"},
      {"a citation of a file",
       inserted(text_stream(), 1, chunk(R"({"annotations":[{"type":"file_citation"}]})")),
       {},
       "CHAT-33",
       "annotation-form"},
      {"a citation of a page",
       inserted(text_stream(), 1,
                chunk(R"({"annotations":[{"type":"url_citation","url_citation":{"url":"x"}}]})")),
       {},
       "",
       ""},
      // CHAT-35
      {"each piece repeats all text",
       saying({"Hel", "Hello", "Hello, world"}),
       {},
       "CHAT-35",
       "text-cumulative"},
      {"each piece of reasoning repeats all of it",
       {chunk(role), chunk(R"({"reasoning_content":"a b"})"),
        chunk(R"({"reasoning_content":"a b c"})"), chunk(R"({"reasoning_content":"a b c d"})"),
        finish("stop"), done},
       {},
       "CHAT-35",
       "text-cumulative"},
      {"one piece that does not", saying({"Hel", "Hello", "Hello, ", "world"}), {}, "", ""},
      {"two pieces of a number", saying({"150", "1500"}), {}, "", ""},
      {"pieces of one kind", saying({"na", "na", "na"}), {}, "", ""},
      // C5, F18, K29
      {"an end token", saying({"x", "<|im_end|>"}), {}, "C5", "control-token"},
      {"the end token of Llama 2", saying({"x", "</s>"}), {}, "C5", "control-token"},
      {"an end token inside text", saying({"say <|im_end|> twice"}), {}, "", ""},
      {"half a character", saying({"w\xEF\xBF\xBD"}), {}, "F18", "character-lost"},
      {"half a character, escaped", saying({R"(w\ufffd)"}), {}, "F18", "character-lost"},
      {"a call as text", saying({"<tool_", "call>{}"}), with_tools(), "K29", "call-in-text"},
      {"a call as Mistral writes it", saying({"[TOOL_CALLS][]"}), with_tools(), "K29",
       "call-in-text"},
      {"a call as text, and no tool to call", saying({"<tool_call>{}"}), {}, "", ""},
  };
}

namespace {

TEST(ChatLint, WhatIsLegalAndLooksWrongIsHintedAt) {
  for (const breach& b : hinted_streams()) {
    const std::vector<finding> found = lint_chat_stream(joined(b.stream), b.request);
    EXPECT_EQ(rules(found, severity::fault), "") << b.name << '\n' << told(found);
    EXPECT_EQ(rules(found, severity::hint), b.rules) << b.name << '\n' << told(found);
    for (const finding& f : found) EXPECT_EQ(f.clause, b.clause) << b.name;
  }
}

TEST(ChatLint, ASuspicionStandsWhereTheFirstRepetitionIs) {
  const events e = saying({"Hel", "Hello", "Hello, world"});
  const std::vector<finding> found = lint_chat_stream(joined(e), {});
  ASSERT_EQ(found.size(), 1U) << told(found);
  EXPECT_EQ(found[0].event, 2U);
  EXPECT_EQ(found[0].offset, e[0].size() + e[1].size());
}

}  // namespace
}  // namespace weir::openai
