#include <gtest/gtest.h>

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "openai/chat_lint_streams.h"
#include "weir/openai/chat_lint.h"

namespace weir::openai {
namespace {

using namespace lint_streams;  // NOLINT: the test's own words

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
    EXPECT_TRUE(found.empty()) << c.body << '\n' << told(found);
  }
}

TEST(ChatLint, OneBreachInACompletionIsFoundAsThatAndNothingElse) {
  const struct {
    std::string_view base;
    std::string_view from;
    std::string_view to;
    std::string_view clause;
  } cases[] = {
      {completion, R"("id":"chatcmpl-1",)", "", "CHAT-1"},
      {completion, R"("chatcmpl-1")", R"("")", "CHAT-2"},
      {completion, "1760000000", "0", "CHAT-2"},
      {completion, "1760000000", "1.5", "CHAT-1"},
      {completion, "chat.completion", "chat.completion.chunk", "CHAT-1"},
      {completion, R"("model":"m-1")", R"("model":null)", "CHAT-1"},
      {completion, R"("choices":[)", R"("x":[)", "CHAT-1"},
      {completion, R"("choices":[)", R"("choices":[7],"x":[)", "CHAT-1"},
      {completion, R"("choices":[)", R"("choices":[],"x":[)", "CHAT-15"},
      {completion, R"("index":0)", R"("index":1)", "CHAT-15"},
      {completion, R"("index":0,)", "", "CHAT-15"},
      {completion, R"("message":{)", R"("delta":{},"message":{)", "CHAT-35"},
      {completion, R"("message":{)", R"("message":null,"x":{)", "CHAT-35"},
      {completion, R"("role":"assistant")", R"("role":"model")", "CHAT-8"},
      {completion, R"("content":"Hi",)", "", "CHAT-1"},
      {completion, R"("content":"Hi")", R"("content":7)", "CHAT-1"},
      {completion, R"("content":"Hi")", R"("content":[{"type":"text"}])", "CHAT-22"},
      {completion, R"("refusal":null)", R"("refusal":7)", "CHAT-21"},
      {completion, R"("annotations":[])", R"("annotations":7)", "CHAT-33"},
      {completion, R"("annotations":[])", R"("audio":7)", "CHAT-32"},
      {completion, R"("annotations":[])", R"("logprobs":null)", "CHAT-28"},
      {completion, R"("annotations":[])", R"("tool_calls":[])", "CHAT-36"},
      {completion, R"("annotations":[])", R"("tool_calls":null)", "CHAT-36"},
      {completion, R"("annotations":[])", R"("function_call":{"name":"f"})", "CHAT-20"},
      {completion, R"("annotations":[])", R"("role":"assistant")", "CHAT-36"},
      {completion, R"("logprobs":null)", R"("logprobs":{"content":null})", "CHAT-28"},
      {completion, R"("stop")", "null", "CHAT-13"},
      {completion, R"("stop")", R"("eos")", "CHAT-13"},
      {completion, R"("stop")", R"("tool_calls")", "CHAT-14"},
      {completion, R"({"prompt_tokens":1,"completion_tokens":1,"total_tokens":2})", "3", "CHAT-24"},
      {completion, R"("service_tier":"default")", R"("service_tier":1)", "CHAT-3"},
      {completion, R"({"id")", R"({"error":null,"id")", "CHAT-6"},
      {completion, R"({"id")", R"({"id":"x","id")", "CHAT-36"},
      {completion, "Hi", R"(\ud83d)", "CHAT-36"},
      {completion, "Hi", "\xFF", "CHAT-36"},
      {completion, "Hi", "\n", "CHAT-1"},
      {completion, R"("fp_1"})", R"("fp_1"}{})", "CHAT-1"},
      {completion_with_call, R"("tool_calls"}])", R"("stop"}])", "CHAT-14"},
      {completion_with_call, R"("id":"call_a",)", "", "CHAT-16"},
      {completion_with_call, R"("type":"function",)", "", "CHAT-16"},
      {completion_with_call, R"("name":"f")", R"("name":"")", "CHAT-16"},
      {completion_with_call, R"("arguments":"{}")", R"("arguments":{})", "CHAT-17"},
      {completion_with_call, R"("tool_calls":[)",
       R"("tool_calls":[{"id":"call_a","type":"function","function":{"name":"g","arguments":"{}"}},)",
       "CHAT-17"},
  };
  for (const auto& c : cases) {
    const std::string body = replaced(std::string(c.base), c.from, c.to);
    const std::vector<finding> found = lint_chat_completion(body, {});
    EXPECT_EQ(clauses(found), std::set<std::string>{std::string(c.clause)}) << body << '\n'
                                                                            << told(found);
  }
  EXPECT_EQ(clauses(lint_chat_completion("", {})), std::set<std::string>{"CHAT-1"});
  EXPECT_EQ(clauses(lint_chat_completion("[]", {})), std::set<std::string>{"CHAT-1"});
  EXPECT_EQ(clauses(lint_chat_completion(completion, for_two())), std::set<std::string>{"CHAT-15"});
}

}  // namespace
}  // namespace weir::openai
