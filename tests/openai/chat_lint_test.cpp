#include "weir/openai/chat_lint.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "openai/chat_lint_streams.h"
#include "support/test_data.h"

namespace weir::openai {
namespace {

using namespace lint_streams;  // NOLINT: the test's own words

// --- Legal -----------------------------------------------------------------------------------

std::string file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

TEST(ChatLint, EveryExampleOfTheContractIsLegal) {
  std::size_t count = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(testing::data_folder() + "/fixtures")) {
    const std::string name = entry.path().filename().string();
    const bool chat = name.ends_with(".sse") &&
                      (name.starts_with("chat_") || name.find(".chat.") != std::string::npos);
    if (!chat) continue;
    ++count;
    const std::string body = file(entry.path());
    lint_request request;
    request.n = name == "chat_n2.sse" ? 2 : 1;
    request.include_usage = body.find(R"("usage":)") != std::string::npos;
    const std::vector<finding> found = lint_chat_stream(body, request);
    EXPECT_EQ(rules(found, severity::fault), "") << name << '\n' << told(found);
    EXPECT_EQ(rules(found, severity::hint), name == "chat_error_mid.sse" ? "error-event" : "")
        << name << '\n'
        << told(found);
  }
  EXPECT_GE(count, 12U);
}

struct legal_case {
  std::string_view name;
  events stream;
  lint_request request;
};

std::vector<legal_case> legal_cases() {
  const std::string long_text(limits::max_output_line_bytes, 'x');
  const std::string token = R"({"token":"x","logprob":-1.0,"bytes":null,"top_logprobs":[]})";
  lint_request usage_may_be_missing = with_usage();
  usage_may_be_missing.usage_may_be_missing = true;
  return {
      {"text", text_stream(), {}},
      {"usage", usage_stream(), with_usage()},
      {"tool calls", tool_stream(), {}},
      {"two choices", two_choices(), for_two()},
      {"an error", error_stream(), {}},
      {"an error first",
       {sse(R"({"error":{"message":"m","type":"t","param":"n","code":429,"metadata":{}}})"), done},
       with_usage()},
      {"a function call", function_stream(), {}},
      {"tier and fingerprint", tier_stream(), {}},
      {"tier null before it is known",
       replaced(replaced(tier_stream(), 0, R"("service_tier":"default")", R"("service_tier":null)"),
                0, R"("system_fingerprint":"fp_1",)", ""),
       {}},
      {"tier always null",
       replaced(text_stream(), 1, R"("choices")", R"("service_tier":null,"choices")"),
       {}},
      // CHAT-8, CHAT-36
      {"role content null", replaced(text_stream(), 0, R"("content":"")", R"("content":null)"), {}},
      {"role content absent", replaced(text_stream(), 0, R"("content":"",)", ""), {}},
      {"role alone", replaced(text_stream(), 0, role, R"({"role":"assistant"})"), {}},
      {"no logprobs", replaced(text_stream(), 0, R"("logprobs":null,)", ""), {}},
      {"no logprobs at the finish", replaced(text_stream(), 3, R"("logprobs":null,)", ""), {}},
      {"empty logprobs with the role",
       {chunk(role, "null", 0, "", R"({"content":[],"refusal":null})"), finish("stop"), done},
       {}},
      {"no payload at all", {chunk(role), finish("stop"), done}, {}},  // CHAT-10
      {"members in another order",
       replaced(text_stream(), 1,
                R"("delta":{"content":"Hel"},"logprobs":null,"finish_reason":null)",
                R"("finish_reason":null,"logprobs":null,"delta":{"content":"Hel"})"),
       {}},
      {"whitespace between tokens",
       replaced(text_stream(), 1, R"({"content":"Hel"})", "\t{ \"content\" : \"Hel\" }  "),
       {}},
      {"spaces behind the document", replaced(text_stream(), 1, "\n\n", "  \n\n"), {}},
      {"escaped separators and a surrogate pair",
       replaced(text_stream(), 1, "Hel", R"(\u2028\u2029\u0085\ud83d\ude00)"),
       {}},
      {"text beyond ASCII",
       replaced(text_stream(), 1, "Hel", "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"),
       {}},
      {"unknown members everywhere",
       replaced(replaced(text_stream(), 1, R"("choices")", R"("provider":{"x":1},"choices")"), 3,
                R"("index":0)", R"("index":0,"stop_reason":null,"native":7)"),
       {}},
      {"obfuscation",
       replaced(text_stream(), 1, "}\n",
                R"(,"obfuscation":"xyz"})"
                "\n"),
       {}},
      // Payloads
      {"refusal", replaced(text_stream(), 1, R"("content")", R"("refusal")"), {}},
      {"reasoning", replaced(text_stream(), 1, R"("content")", R"("reasoning_content")"), {}},
      {"reasoning by its other name",
       replaced(text_stream(), 1, R"("content")", R"("reasoning")"),
       {}},
      {"one reasoning under both names, as asked for",
       reasoning_stream(R"({"reasoning_content":"x","reasoning":"x"})"),
       reasoning_as(stream_settings::reasoning_name::both)},
      {"reasoning by the name asked for", reasoning_stream(R"({"reasoning":"x"})"),
       reasoning_as(stream_settings::reasoning_name::reasoning)},
      {"usage with nulls",
       replaced(usage_stream(), 3, R"("total_tokens":11)",
                R"("total_tokens":null,"prompt_tokens_details":null)"),
       with_usage()},
      {"reasoning details",
       replaced(text_stream(), 1, R"({"content":"Hel"})",
                R"({"reasoning_details":[{"type":"reasoning.text"}]})"),
       {}},
      {"annotations",
       replaced(text_stream(), 1, R"({"content":"Hel"})",
                R"({"annotations":[{"type":"url_citation"}]})"),
       {}},
      {"audio",
       {chunk(role), chunk(R"({"audio":{"id":"a"}})"), chunk(R"({"audio":{"transcript":"x"}})"),
        chunk(R"({"audio":{"data":"AAA="}})"), chunk(R"({"audio":{"expires_at":1}})"),
        finish("stop"), done},
       {}},
      {"a member of some vendor",
       replaced(text_stream(), 1, R"({"content":"Hel"})", R"({"thought":{"a":[1]}})"),
       {}},
      {"logprobs",
       {chunk(role),
        chunk(R"({"content":"x"})", "null", 0, "",
              R"({"content":[)" + token + R"(],"refusal":null})"),
        finish("stop"), done},
       {}},
      {"empty text beside logprobs",
       {chunk(role),
        chunk(R"({"content":""})", "null", 0, "",
              R"({"content":[)" + token + R"(],"refusal":null})"),
        finish("stop"), done},
       {}},
      // Calls
      {"stop after the call of a named tool",
       replaced(tool_stream(), 6, R"("tool_calls")", R"("stop")"), named_tool()},
      {"tool_calls after the call of a named tool", tool_stream(), named_tool()},
      {"length after a call", replaced(tool_stream(), 6, R"("tool_calls")", R"("length")"), {}},
      {"content filter after a call",
       replaced(tool_stream(), 6, R"("tool_calls")", R"("content_filter")"),
       {}},
      {"a signature on the opening fragment",
       replaced(tool_stream(), 1, R"("type":"function")",
                R"("type":"function","extra_content":{"google":{"thought_signature":"s"}})"),
       {}},
      {"a signature on a later fragment",
       inserted(tool_stream(), 3, call(R"({"index":0,"extra_content":{"google":{"x":"s"}}})")),
       {}},
      {"a signature beside empty arguments",
       inserted(tool_stream(), 3,
                call(R"({"index":0,"function":{"arguments":""},"extra_content":{"x":"s"}})")),
       {}},
      {"a custom tool", custom_stream(), {}},
      {"a custom tool without input", without(custom_stream(), 2), {}},
      {"tool calls for tools and functions", tool_stream(),
       [] {
         lint_request r = with_tools();
         r.offers_functions = true;
         return r;
       }()},
      {"tool calls for tools", tool_stream(), with_tools()},
      {"a function call for functions", function_stream(), with_functions()},
      {"stop after the call of a named function",
       replaced(function_stream(), 3, R"("function_call")", R"("stop")"), named_tool()},
      {"text before a call", inserted(tool_stream(), 1, chunk(R"({"content":"x"})")), {}},
      // Choices
      {"two choices one after the other",
       {chunk(role), finish("stop"), chunk(role, "null", 1), finish("stop", 1), done},
       for_two()},
      {"the second choice first",
       {chunk(role, "null", 1), chunk(role), finish("stop"), finish("stop", 1), done},
       for_two()},
      // Usage
      {"usage asked for and absent before its chunk", inserted(text_stream(), 4, usage_chunk),
       with_usage()},
      {"usage that the upstream does not give", text_stream(), usage_may_be_missing},
      {"usage that may be missing and is there", usage_stream(), usage_may_be_missing},
      {"usage in a vendor's corner",
       replaced(text_stream(), 3, R"("choices")", R"("x_groq":{"usage":{}},"choices")"),
       {}},
      // Moderation
      {"a moderation chunk before usage",
       inserted(usage_stream(), 3, frame(R"("choices":[],"moderation":{"input":{}},"usage":null)")),
       with_usage()},
      {"a moderation chunk",
       inserted(text_stream(), 4, frame(R"("choices":[],"moderation":{})")),
       {}},
      // Heartbeats
      {"heartbeats",
       inserted(inserted(text_stream(), 2, ": keepalive\n\n"), 0, ": keepalive\n\n: keepalive\n\n"),
       {}},
      {"a heartbeat before the end", inserted(text_stream(), 4, ": keepalive\n\n"), {}},
      // Lines
      {"a long line beside logprobs",
       {chunk(role),
        chunk("{\"content\":\"" + long_text + "\"}", "null", 0, "",
              R"({"content":[)" + token + R"(],"refusal":null})"),
        finish("stop"), done},
       {}},
      {"a long image",
       {chunk(role), chunk(R"({"images":[{"url":")" + long_text + R"("}]})"), finish("stop"), done},
       {}},
      {"long audio",
       {chunk(role), chunk(R"({"audio":{"data":")" + long_text + R"("}})"), finish("stop"), done},
       {}},
      {"long members of a vendor",
       {chunk(role),
        chunk(R"({"content":"xxxxxxxxxxxxxxxxxxxx"})", "null", 0,
              R"(,"citations":")" + long_text + "\""),
        finish("stop"), done},
       {}},
  };
}

TEST(ChatLint, WhatTheClausesAllowIsLegal) {
  for (const legal_case& c : legal_cases()) {
    const std::vector<finding> found = lint_chat_stream(joined(c.stream), c.request);
    EXPECT_TRUE(is_legal(found)) << c.name << '\n' << told(found);
  }
}

TEST(ChatLint, ALineMayHaveOneByteLessThanTheLimit) {
  const std::string shortest = chunk(R"({"content":""})");
  const std::size_t room = limits::max_output_line_bytes - (shortest.size() - 2);
  for (const std::size_t length : {room - 1, room}) {
    const events stream =
        inserted(text_stream(), 1, chunk(R"({"content":")" + std::string(length, 'x') + R"("})"));
    EXPECT_EQ(is_legal(lint_chat_stream(joined(stream), {})), length < room) << length;
  }
}

TEST(ChatLint, AFindingNamesTheEventAndItsFirstByte) {
  const events stream =
      inserted(replaced(text_stream(), 2, R"("lo")", R"("")"), 1, ": keepalive\n\n");
  const std::vector<finding> found = lint_chat_stream(joined(stream), {});
  ASSERT_EQ(found.size(), 1U) << told(found);
  EXPECT_EQ(found[0].event, 2U);
  EXPECT_EQ(found[0].offset, stream[0].size() + stream[1].size() + stream[2].size());
  EXPECT_EQ(joined(stream).substr(found[0].begin, found[0].end - found[0].begin), R"("")");

  const std::string cut = joined(without(text_stream(), 4));
  const std::vector<finding> end = lint_chat_stream(cut, {});
  ASSERT_EQ(end.size(), 1U) << told(end);
  EXPECT_EQ(end[0].event, 4U);
  EXPECT_EQ(end[0].offset, cut.size());
}

TEST(ChatLint, AnEmptyBodyIsNoStream) {
  const std::set<std::string> want = {"SSE-16", "CHAT-29"};
  EXPECT_EQ(clauses(lint_chat_stream("", {})), want);
}

TEST(ChatLint, EveryPrefixOfALegalStreamIsFaulty) {
  for (const events& e : {text_stream(), tool_stream(), error_stream()}) {
    const std::string whole = joined(e);
    for (std::size_t i = 0; i < whole.size(); ++i) {
      EXPECT_FALSE(is_legal(lint_chat_stream(whole.substr(0, i), {}))) << i;
    }
  }
}

/// No byte can be changed into a control character or an ill-formed one unnoticed, and nothing
/// that can stand in a body brings the judge down.
TEST(ChatLint, EveryDestroyedByteIsFound) {
  const std::string whole = joined(text_stream());
  for (std::size_t i = 0; i < whole.size(); ++i) {
    for (const char c : {'\0', '\r', '\xFF'}) {
      std::string body = whole;
      body[i] = c;
      EXPECT_FALSE(is_legal(lint_chat_stream(body, {}))) << i << ' ' << int{c};
    }
  }
}

TEST(ChatLint, ManyChoicesAskedForCostNothing) {
  lint_request request;
  request.n = 4'000'000'000U;
  EXPECT_EQ(clauses(lint_chat_stream(joined(text_stream()), request)),
            std::set<std::string>{"CHAT-29"});
}

}  // namespace
}  // namespace weir::openai
