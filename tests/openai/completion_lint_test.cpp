#include "weir/openai/completion_lint.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "openai/chat_lint_streams.h"
#include "support/test_data.h"

namespace weir::openai {

using namespace lint_streams;  // NOLINT: the test's own words

namespace {

std::string piece(std::string_view members) {
  return sse(R"({"id":"cmpl-1","object":"text_completion","created":1760000000,"model":"m-1",)" +
             std::string(members) + "}");
}
std::string said(std::string_view text, std::string_view finish = "null", int index = 0) {
  return piece(R"("choices":[{"text":")" + std::string(text) + R"(","index":)" +
               std::to_string(index) + R"(,"logprobs":null,"finish_reason":)" +
               std::string(finish) + "}]");
}
const std::string usage_piece = piece(R"("choices":[],"usage":)" + std::string(usage_object));

events short_stream() { return {said("a"), said("b", R"("stop")"), done}; }
events metered_stream() { return {said("a"), said("", R"("length")"), usage_piece, done}; }

constexpr std::string_view document =
    R"({"id":"cmpl-1","object":"text_completion","created":1760000000,"model":"m-1","choices":[)"
    R"({"text":"ab","index":0,"logprobs":null,"finish_reason":"stop"}]})";

TEST(CompletionLint, WhatTheClausesAllowIsLegal) {
  std::ifstream in(testing::data_folder() + "/fixtures/completions.sse", std::ios::binary);
  const std::string example{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  const struct {
    std::string_view name;
    std::string stream;
    lint_request request;
  } cases[] = {
      {"the example of the contract", example, with_usage()},
      {"a finish beside text", joined(short_stream()), {}},  // CMPL-1
      {"a finish of its own", joined(metered_stream()), with_usage()},
      {"two choices", joined({said("a"), said("b", R"("stop")", 1), said("c", R"("stop")"), done}),
       for_two()},
      {"a fingerprint that comes late",
       joined(replaced(short_stream(), 1, R"("model")", R"("system_fingerprint":"f","model")")),
       {}},
      {"logprobs",
       joined(replaced(short_stream(), 0, R"("logprobs":null)",
                       R"("logprobs":{"tokens":["a"],"token_logprobs":[-1],"top_logprobs":null,)"
                       R"("text_offset":[0]})")),
       {}},
  };
  for (const auto& c : cases) {
    const std::vector<finding> found = lint_completion_stream(c.stream, c.request);
    EXPECT_TRUE(found.empty()) << c.name << '\n' << told(found);
  }
  EXPECT_TRUE(lint_completion(document, {}).empty());
}

}  // namespace

std::vector<breach> lint_streams::text_breaches() {
  return {
      {"CRLF", replaced(short_stream(), 0, "\n\n", "\r\n\r\n"), {}, "SSE-15", "carriage-return"},
      {"no [DONE]", without(short_stream(), 2), {}, "SSE-16", "terminator-missing"},
      {"a line that could be split",
       inserted(short_stream(), 1, said(std::string(limits::max_output_line_bytes, 'x'))),
       {},
       "CHAT-36",
       "line-too-long"},
      // CMPL-1
      {"no id",
       replaced(short_stream(), 0, R"("id":"cmpl-1",)", ""),
       {},
       "CMPL-1",
       "completion-envelope"},
      {"the object of a chat",
       replaced(short_stream(), 0, "text_completion", "chat.completion.chunk"),
       {},
       "CMPL-1",
       "completion-envelope"},
      {"created is 0",
       {replaced(said("b", R"("stop")"), "1760000000", "0"), done},
       {},
       "CMPL-1",
       "completion-envelope"},
      {"no model",
       replaced(short_stream(), 0, R"("model":"m-1",)", ""),
       {},
       "CMPL-1",
       "completion-envelope"},
      {"no choices",
       inserted(short_stream(), 0, piece(R"("x":1)")),
       {},
       "CMPL-1",
       "completion-envelope"},
      {"no text",
       replaced(short_stream(), 0, R"("text":"a",)", ""),
       {},
       "CMPL-1",
       "completion-text"},
      {"a choice that is no object",
       inserted(short_stream(), 0, piece(R"("choices":[7])")),
       {},
       "CMPL-1",
       "completion-text"},
      {"a delta beside the text",
       replaced(short_stream(), 0, R"("text")", R"("delta":{},"text")"),
       {},
       "CMPL-1",
       "completion-chat-member"},
      {"a finish of a chat",
       replaced(short_stream(), 1, R"("stop")", R"("tool_calls")"),
       {},
       "CMPL-1",
       "completion-finish"},
      {"no finish_reason",
       replaced(short_stream(), 0, R"(,"finish_reason":null)", ""),
       {},
       "CMPL-1",
       "completion-finish"},
      {"text behind the finish",
       inserted(short_stream(), 2, said("x")),
       {},
       "CMPL-1",
       "completion-after-finish"},
      {"no finish", without(short_stream(), 1), {}, "CMPL-1", "completion-unfinished"},
      {"logprobs of a chat",
       replaced(short_stream(), 0, R"("logprobs":null)", R"("logprobs":{"content":[]})"),
       {},
       "CMPL-1",
       "completion-logprobs"},
      // CMPL-2
      {"a choice too many",
       inserted(short_stream(), 0, said("x", "null", 1)),
       {},
       "CMPL-2",
       "completion-index"},
      {"a choice that never came", short_stream(), for_two(), "CMPL-2", "completion-choices"},
      // CMPL-3
      {"no usage", short_stream(), with_usage(), "CMPL-3", "completion-usage-missing"},
      {"usage before the finish",
       {said("a"), usage_piece, said("", R"("stop")"), done},
       with_usage(),
       "CMPL-3",
       "completion-usage-missing completion-usage-place"},
      {"usage beside text",
       inserted(metered_stream(), 0,
                replaced(said("x"), R"("choices")",
                         R"("usage":)" + std::string(usage_object) + R"(,"choices")")),
       with_usage(), "CMPL-3", "completion-usage-place"},
      {"a chunk behind the usage",
       {said("a"), said("", R"("stop")"), usage_piece, usage_piece, done},
       with_usage(),
       "CMPL-3",
       "completion-usage-place"},
      {"usage that nobody asked for",
       metered_stream(),
       {},
       "CMPL-3",
       "completion-usage-not-asked-for"},
      {"no choice and no usage",
       inserted(short_stream(), 0, piece(R"("choices":[])")),
       {},
       "CMPL-3",
       "completion-choices-empty"},
      {"usage as text",
       replaced(metered_stream(), 2, R"("prompt_tokens":9)", R"("prompt_tokens":"9")"),
       with_usage(), "CHAT-24", "usage-member-type"},
      // What holds for chunks of both dialects
      {"the id changes",
       replaced(short_stream(), 1, "cmpl-1", "cmpl-2"),
       {},
       "CHAT-2",
       "id-changes"},
      {"created changes",
       replaced(short_stream(), 1, "1760000000", "1760000001"),
       {},
       "CHAT-2",
       "created-changes"},
      {"a fingerprint that goes",
       replaced(short_stream(), 0, R"("model")", R"("system_fingerprint":"f","model")"),
       {},
       "CHAT-3",
       "fingerprint-varies"},
      {"the model changes",
       replaced(short_stream(), 1, R"("m-1")", R"("m-2")"),
       {},
       "CHAT-4",
       "model-changes"},
      {"two choices in one chunk",
       {piece(R"("choices":[{"text":"a","index":0,"finish_reason":"stop"},)"
              R"({"text":"b","index":1,"finish_reason":"stop"}])"),
        done},
       for_two(),
       "CHAT-5",
       "choices-several"},
      {"padding that was declined",
       replaced(short_stream(), 0, R"("choices")", R"("obfuscation":"x","choices")"),
       no_obfuscation(), "CHAT-27", "obfuscation-declined"},
      // Frames of any kind
      {"an error that is null",
       replaced(short_stream(), 0, R"("choices")", R"("error":null,"choices")"),
       {},
       "CHAT-6",
       "error-member"},
      {"an error without a type",
       {said("a"), replaced(error_stream()[2], R"("type":"server_error",)", ""), done},
       {},
       "CHAT-30",
       "error-member-type"},
      {"a chunk behind an error",
       {error_stream()[2], said("a"), done},
       {},
       "CHAT-30",
       "after-error"},
  };
}

std::vector<document_breach> lint_streams::text_document_breaches() {
  const auto changed = [](std::string_view from, std::string_view to) {
    return replaced(std::string(document), from, to);
  };
  return {
      {changed("text_completion", "completion"), "CMPL-1", "completion-envelope"},
      {changed(R"("ab")", "null"), "CMPL-1", "completion-text"},
      {changed(R"("stop")", "null"), "CMPL-1", "completion-unfinished"},
      {changed(R"("stop")", R"("eos")"), "CMPL-1", "completion-finish"},
      {changed(R"("index":0)", R"("index":1)"), "CMPL-2", "completion-index"},
      {changed("[{", R"([],"x":[{)"), "CMPL-2", "completion-choices"},
      {changed(R"({"id")", R"({"error":null,"id")"), "CHAT-6", "error-member"},
      {changed("]}", R"(],"usage":3})"), "CHAT-24", "usage-type"},
      {"7", "CHAT-1", "document-not-object"},
  };
}

namespace {

TEST(CompletionLint, OneBreachIsFoundAsThatAndNothingElse) {
  for (const breach& b : text_breaches()) {
    const std::vector<finding> found = lint_completion_stream(joined(b.stream), b.request);
    EXPECT_EQ(clauses(found), std::set<std::string>{std::string(b.clause)}) << b.name << '\n'
                                                                            << told(found);
    EXPECT_EQ(rules(found, severity::fault), b.rules) << b.name << '\n' << told(found);
  }
  for (const document_breach& b : text_document_breaches()) {
    const std::vector<finding> found = lint_completion(b.body, {});
    EXPECT_EQ(clauses(found), std::set<std::string>{std::string(b.clause)}) << b.body << '\n'
                                                                            << told(found);
    EXPECT_EQ(rules(found, severity::fault), b.rules) << b.body << '\n' << told(found);
  }
}

TEST(CompletionLint, WhatIsLegalAndLooksWrongIsHintedAt) {
  lint_request metered = with_usage();
  metered.usage_may_be_missing = true;
  EXPECT_EQ(rules(lint_completion_stream(joined(short_stream()), metered), severity::hint),
            "completion-usage-unknown");
  EXPECT_EQ(rules(lint_completion_stream(joined({said("a"), error_stream()[2], done}), {}),
                  severity::hint),
            "error-event");
}

TEST(CompletionLint, EveryPrefixOfALegalStreamIsFaulty) {
  const std::string whole = joined(short_stream());
  for (std::size_t i = 0; i < whole.size(); ++i)
    EXPECT_FALSE(is_legal(lint_completion_stream(whole.substr(0, i), {}))) << i;
}

}  // namespace
}  // namespace weir::openai
