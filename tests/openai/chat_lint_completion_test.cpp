#include <gtest/gtest.h>

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "openai/chat_lint_streams.h"
#include "weir/openai/chat_lint.h"

namespace weir::openai {

using namespace lint_streams;  // NOLINT: the test's own words

namespace {

// --- Completions (section 3.1) ---------------------------------------------------------------

constexpr std::string_view completion =
    R"({"id":"chatcmpl-1","object":"chat.completion","created":1760000000,"model":"m-1",)"
    R"("choices":[{"index":0,"message":{"role":"assistant","content":"Hi","refusal":null,)"
    R"("annotations":[]},"logprobs":null,"finish_reason":"stop"}],)"
    R"("usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2},)"
    R"("service_tier":"default","system_fingerprint":"fp_1"})";
constexpr std::string_view completion_with_call =
    R"({"id":"chatcmpl-1","object":"chat.completion","created":1760000000,"model":"m-1",)"
    R"("choices":[{"index":0,"message":{"role":"assistant","content":null,"tool_calls":[)"
    R"({"id":"call_a","type":"function","function":{"name":"f","arguments":"{}"}}]},)"
    R"("finish_reason":"tool_calls"}]})";

std::string changed(std::string_view base, std::string_view from, std::string_view to) {
  return replaced(std::string(base), from, to);
}

TEST(ChatLint, ACompletionOfSection31IsLegal) {
  const std::string two = replaced(std::string(completion), "}],\"usage\"",
                                   R"(},{"index":1,"message":{"role":"assistant","content":"x"},)"
                                   R"("finish_reason":"length"}],"usage")");
  const struct {
    std::string body;
    lint_request request;
  } cases[] = {
      {std::string(completion), {}},
      {std::string(completion), with_usage()},
      {" " + std::string(completion) + "\n", {}},
      {std::string(completion_with_call), {}},
      {replaced(std::string(completion_with_call), "\"tool_calls\"}]", "\"stop\"}]"), named_tool()},
      {replaced(std::string(completion), R"("refusal":null,"annotations":[])", R"("x":{"y":[]})"),
       {}},
      {replaced(std::string(completion), R"("service_tier":"default")", R"("service_tier":null)"),
       {}},
      {two, for_two()},
  };
  for (const auto& c : cases) {
    const std::vector<finding> found = lint_chat_completion(c.body, c.request);
    EXPECT_TRUE(is_legal(found)) << c.body << '\n' << told(found);
  }
}

}  // namespace

std::vector<document_breach> lint_streams::completion_breaches() {
  return {
      {changed(completion, R"("id":"chatcmpl-1",)", ""), "CHAT-1", "id-type"},
      {changed(completion, R"("chatcmpl-1")", R"("")"), "CHAT-2", "id-empty"},
      {changed(completion, "1760000000", "0"), "CHAT-2", "created-zero"},
      {changed(completion, "1760000000", "1.5"), "CHAT-1", "created-type"},
      {changed(completion, "chat.completion", "chat.completion.chunk"), "CHAT-1", "object-wrong"},
      {changed(completion, R"("model":"m-1")", R"("model":null)"), "CHAT-1", "model-type"},
      {changed(completion, R"("choices":[)", R"("x":[)"), "CHAT-1", "choices-type"},
      {changed(completion, R"("choices":[)", R"("choices":[7],"x":[)"), "CHAT-1", "choice-type"},
      {changed(completion, R"("choices":[)", R"("choices":[],"x":[)"), "CHAT-15", "choices-count"},
      {changed(completion, R"("index":0)", R"("index":1)"), "CHAT-15", "choice-not-asked-for"},
      {changed(completion, R"("index":0,)", ""), "CHAT-15", "choice-index-type"},
      {changed(completion, R"("message":{)", R"("delta":{},"message":{)"), "CHAT-35",
       "delta-in-document"},
      {changed(completion, R"("message":{)", R"("message":null,"x":{)"), "CHAT-35", "message-type"},
      {changed(completion, R"("role":"assistant")", R"("role":"model")"), "CHAT-8", "role-word"},
      {changed(completion, R"("content":"Hi",)", ""), "CHAT-1", "content-missing"},
      {changed(completion, R"("content":"Hi")", R"("content":7)"), "CHAT-1", "content-type"},
      {changed(completion, R"("content":"Hi")", R"("content":[{"type":"text"}])"), "CHAT-22",
       "content-parts"},
      {changed(completion, R"("refusal":null)", R"("refusal":7)"), "CHAT-21", "refusal-type"},
      {changed(completion, R"("annotations":[])", R"("annotations":7)"), "CHAT-33",
       "annotations-type"},
      {changed(completion, R"("annotations":[])", R"("audio":7)"), "CHAT-32", "audio-type"},
      {changed(completion, R"("annotations":[])", R"("logprobs":null)"), "CHAT-28",
       "logprobs-in-delta"},
      {changed(completion, R"("annotations":[])", R"("tool_calls":[])"), "CHAT-36", "calls-empty"},
      {changed(completion, R"("annotations":[])", R"("tool_calls":null)"), "CHAT-36",
       "calls-empty"},
      {changed(completion, R"("annotations":[])", R"("function_call":{"name":"f"})"), "CHAT-20",
       "function-finish function-opening"},
      {changed(completion, R"("annotations":[])", R"("role":"assistant")"), "CHAT-36",
       "member-doubled"},
      {changed(completion, R"("logprobs":null)", R"("logprobs":{"content":null})"), "CHAT-28",
       "logprobs-type"},
      {changed(completion, R"("stop")", "null"), "CHAT-13", "finish-word"},
      {changed(completion, R"("stop")", R"("eos")"), "CHAT-13", "finish-word"},
      {changed(completion, R"("stop")", R"("tool_calls")"), "CHAT-14", "finish-calls-without-call"},
      {changed(completion, R"({"prompt_tokens":1,"completion_tokens":1,"total_tokens":2})", "3"),
       "CHAT-24", "usage-type"},
      {changed(completion, R"("service_tier":"default")", R"("service_tier":1)"), "CHAT-3",
       "tier-varies"},
      {changed(completion, R"({"id")", R"({"error":null,"id")"), "CHAT-6", "error-member"},
      {changed(completion, R"({"id")", R"({"id":"x","id")"), "CHAT-36", "member-doubled"},
      {changed(completion_with_call, R"("name")", R"("name":"g","name")"), "CHAT-36",
       "member-doubled"},
      {changed(completion_with_call, R"("arguments")", R"("arguments":"","arguments")"), "CHAT-36",
       "member-doubled"},
      {changed(completion, "Hi", R"(\ud83d)"), "CHAT-36", "surrogate-alone"},
      {changed(completion, "Hi", "\xFF"), "CHAT-36", "utf8-invalid"},
      {changed(completion, "Hi", "\n"), "CHAT-1", "document-not-json"},
      {changed(completion, R"("fp_1"})", R"("fp_1"}{})"), "CHAT-1", "document-not-object"},
      {changed(completion_with_call, R"("tool_calls"}])", R"("stop"}])"), "CHAT-14",
       "finish-stop-after-calls"},
      {changed(completion_with_call, R"("id":"call_a",)", ""), "CHAT-16", "call-id-missing"},
      {changed(completion_with_call, R"("type":"function",)", ""), "CHAT-16", "call-type-wrong"},
      {changed(completion_with_call, R"("name":"f")", R"("name":"")"), "CHAT-16",
       "call-name-missing"},
      {changed(completion_with_call, R"("arguments":"{}")", R"("arguments":{})"), "CHAT-17",
       "call-arguments-type"},
      {changed(
           completion_with_call, R"("tool_calls":[)",
           R"("tool_calls":[{"id":"call_a","type":"function","function":{"name":"g","arguments":"{}"}},)"),
       "CHAT-17", "call-id-shared"},
      {changed(completion, R"("role":"assistant",)", ""), "CHAT-8", "role-missing"},
      {changed(completion, R"("model":"m-1")", R"("model":"")"), "CHAT-4", "model-empty"},
      {changed(completion, R"("finish_reason":"stop")", R"("x":1)"), "CHAT-13",
       "finish-key-missing"},
      {changed(completion, R"("stop")", R"("")"), "CHAT-13", "finish-empty"},
      {changed(completion, R"("stop")", R"("error")"), "CHAT-13", "finish-error"},
      {changed(completion, R"({"prompt_tokens":1,"completion_tokens":1,"total_tokens":2})", "{}"),
       "CHAT-24", "usage-type"},
      {changed(completion, R"("prompt_tokens":1)", R"("prompt_tokens":"1")"), "CHAT-24",
       "usage-member-type"},
      {changed(completion, R"("message":{)", R"("text":"x","message":{)"), "CHAT-35",
       "text-in-chat"},
      {changed(completion, R"("annotations":[])", R"("reasoning":"x","reasoning_content":"x")"),
       "CHAT-22", "reasoning-twice"},
      {changed(completion, R"("annotations":[])", R"("reasoning":{})"), "CHAT-22",
       "reasoning-type"},
  };
}

namespace {

TEST(ChatLint, OneBreachInACompletionIsFoundAsThatAndNothingElse) {
  for (const document_breach& b : completion_breaches()) {
    const std::vector<finding> found = lint_chat_completion(b.body, {});
    EXPECT_EQ(clauses(found), std::set<std::string>{std::string(b.clause)}) << b.body << '\n'
                                                                            << told(found);
    EXPECT_EQ(rules(found, severity::fault), b.rules) << b.body << '\n' << told(found);
  }
  EXPECT_EQ(clauses(lint_chat_completion("", {})), std::set<std::string>{"CHAT-1"});
  EXPECT_EQ(clauses(lint_chat_completion("[]", {})), std::set<std::string>{"CHAT-1"});
  EXPECT_EQ(clauses(lint_chat_completion(completion, for_two())), std::set<std::string>{"CHAT-15"});
}

TEST(ChatLint, WhatIsLegalInACompletionAndLooksWrongIsHintedAt) {
  const struct {
    std::string body;
    std::string_view rules;
  } cases[] = {
      {changed(completion, "Hi", "<think>x</think>Hi"), "think-tags"},
      {changed(completion, "Hi", "x</think>Hi"), "think-tag-alone"},
      {changed(completion, R"("annotations":[])", R"("reasoning":"x")"), "reasoning-unread"},
      {changed(completion, R"("annotations":[])",
               R"("reasoning_details":[{"type":"reasoning.text","text":"x"}])"),
       "reasoning-details-alone"},
      {changed(completion_with_call, R"("{}")", R"("{")"), "call-arguments-not-json"},
      {changed(completion_with_call, R"("call_a")", "\"" + std::string(41, 'i') + "\""),
       "call-id-long"},
      {changed(completion, R"("total_tokens":2)", R"("total_tokens":3)"), "usage-sum"},
  };
  for (const auto& c : cases) {
    const std::vector<finding> found = lint_chat_completion(c.body, {});
    EXPECT_EQ(rules(found, severity::fault), "") << c.body << '\n' << told(found);
    EXPECT_EQ(rules(found, severity::hint), c.rules) << c.body << '\n' << told(found);
  }
}

TEST(ChatLint, ACallOfTheOtherFormIsAFaultOfACompletionToo) {
  EXPECT_EQ(rules(lint_chat_completion(completion_with_call, with_functions()), severity::fault),
            "calls-for-functions");
  EXPECT_EQ(rules(lint_chat_completion(completion_with_call, with_tools()), severity::fault), "");
}

// --- Errors (section 2.3) --------------------------------------------------------------------

constexpr std::string_view error_document =
    R"({"error":{"message":"m","type":"invalid_request_error","param":null,"code":null}})";

}  // namespace

std::vector<document_breach> lint_streams::error_breaches() {
  return {
      {changed(error_document, R"("param":null,)", ""), "CHAT-30", "error-member-type"},
      {changed(error_document, R"("m")", "{}"), "CHAT-30", "error-member-type"},
      {changed(error_document, R"({"error")", R"({"id":1,"error")"), "CHAT-30", "error-beside"},
      {R"({"error":"m"})", "CHAT-30", "error-type"},
      {R"({"detail":"m"})", "CHAT-30", "error-foreign"},
      {R"({"type":"x"})", "CHAT-30", "error-foreign"},
      {R"([{"error":{}}])", "CHAT-1", "document-not-object"},
      {"<html>", "CHAT-1", "document-not-json"},
  };
}

namespace {

TEST(LintError, OneBreachIsFoundAsThatAndNothingElse) {
  EXPECT_TRUE(lint_error(error_document).empty());
  for (const document_breach& b : error_breaches()) {
    const std::vector<finding> found = lint_error(b.body);
    EXPECT_EQ(clauses(found), std::set<std::string>{std::string(b.clause)}) << b.body;
    EXPECT_EQ(rules(found, severity::fault), b.rules) << b.body << '\n' << told(found);
  }
}

}  // namespace
}  // namespace weir::openai
