// One row a deviation: what the upstream sent, and what a client makes of what weir made of it.
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "support/chat_harness.h"
#include "weir/base/limits.h"
#include "weir/openai/chat_answer.h"

namespace weir::testing {
namespace {

using namespace std::string_view_literals;
using openai::clause;
using state = openai::chat_answer::state;

/// `%` is a chunk's head up to the choices, `$` the end of an event.
std::string dress(std::string_view body) {
  std::string out;
  for (const char c : body)
    if (c == '%')
      out +=
          R"({"id":"chatcmpl-1","object":"chat.completion.chunk","created":1760000000,"model":"m","choices":)";
    else if (c == '$')
      out += "}\n\n";
    else
      out += c;
  return out;
}

constexpr std::string_view role =
    R"(data: %[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]$)";
constexpr std::string_view hi =
    R"(data: %[{"index":0,"delta":{"content":"Hi"},"finish_reason":null}]$)";
constexpr std::string_view you =
    R"(data: %[{"index":0,"delta":{"content":" you"},"finish_reason":null}]$)";
constexpr std::string_view stop = R"(data: %[{"index":0,"delta":{},"finish_reason":"stop"}]$)";
constexpr std::string_view done = "data: [DONE]\n\n";

std::string join(std::initializer_list<std::string_view> parts) {
  std::string out;
  for (const std::string_view part : parts) out += part;
  return out;
}

struct repair_case {
  std::string name;
  std::string input;
  std::string text = "Hi";
  std::string finish = "stop";
  clause repaired = clause::count_;  ///< a clause that must be counted
  bool include_usage = false;
  std::string usage = "";
};

const repair_case repairs[] = {
    // The four reports
    {"LightLLM: no [DONE]", join({role, hi, stop}), "Hi", "stop", clause::sse_12},
    {"LightLLM: role in every delta",
     join(
         {R"(data: %[{"index":0,"delta":{"role":"assistant","content":"H"},"finish_reason":null}]$)",
          R"(data: %[{"index":0,"delta":{"role":"assistant","content":"i"},"finish_reason":null}]$)",
          stop, done}),
     "Hi", "stop", clause::chat_8},
    {"LightLLM: last token carries content and finish",
     join({role, R"(data: %[{"index":0,"delta":{"content":"Hi"},"finish_reason":"stop"}]$)", done}),
     "Hi", "stop", clause::chat_12},
    {"LocalAI: finish_reason is an empty string",
     join({R"(data: %[{"index":0,"delta":{"role":"assistant"},"finish_reason":""}]$)",
           R"(data: %[{"index":0,"delta":{"content":"Hi"},"finish_reason":""}]$)", stop, done}),
     "Hi", "stop", clause::chat_13},
    {"LocalAI: no finish chunk, but [DONE]", join({role, hi, done}), "Hi", "stop", clause::chat_29},
    {"LocalAI: empty first chunks",
     join({R"(data: %[{"index":0,"delta":{"content":""},"finish_reason":null}]$)", role, hi, stop,
           done})},
    {"llmspy: one JSON document for a stream",
     R"({"id":"chatcmpl-1","object":"chat.completion","created":1760000000,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}]})",
     "Hi", "stop", clause::sse_11},
    {"cocoon: an unterminated last event, usage counted",
     join(
         {role, hi, stop,
          R"(data: %[],"usage":{"prompt_tokens":11,"completion_tokens":7,"prompt_tokens_details":{"cached_tokens":3}}})"}),
     "Hi", "stop", clause::count_, true,
     R"({"prompt_tokens":11,"completion_tokens":7,"total_tokens":18,"prompt_tokens_details":{"cached_tokens":3}})"},

    // Envelope
    {"CHAT-1 no object",
     R"(data: {"id":"a","created":5,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}]}
)"
     "\n"
     "data: [DONE]\n\n",
     "Hi", "stop", clause::chat_1},
    {"CHAT-2 nothing but choices",
     "data: {\"choices\":[{\"delta\":{\"content\":\"Hi\"},\"finish_reason\":\"stop\"}]}\n\n"
     "data: [DONE]\n\n",
     "Hi", "stop", clause::chat_2},
    {"CHAT-2 id and created vary",
     R"(data: {"id":"a","object":"chat.completion.chunk","created":5.7,"model":"m","choices":[{"index":0,"delta":{"role":"assistant"},"finish_reason":null}]})"
     "\n\n"
     R"(data: {"id":"b","object":"chat.completion.chunk","created":6,"model":"m","choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":"stop"}]})"
     "\n\ndata: [DONE]\n\n",
     "Hi", "stop", clause::chat_2},
    {"CHAT-3 a fingerprint that comes late",
     join(
         {role,
          R"(data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1760000000,"model":"m","system_fingerprint":"f","choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":null}]$)",
          stop, done}),
     "Hi", "stop", clause::chat_3},
    {"CHAT-6 error is null",
     join({role,
           R"(data: %[{"index":0,"delta":{"content":"Hi"},"finish_reason":null}],"error":null$)",
           stop, done}),
     "Hi", "stop", clause::chat_6},
    {"CHAT-7 Azure's first chunk",
     join(
         {R"(data: {"id":"","object":"","created":0,"model":"","choices":[],"prompt_filter_results":[{"a":1}]$)",
          role, hi, stop, done}),
     "Hi", "stop", clause::chat_7},
    {"CHAT-35 choices are null",
     join({role, R"(data: {"id":"chatcmpl-1","choices":null,"usage":{"total_tokens":0}$)", hi, stop,
           done})},
    {"CHAT-35 delta is null on the finish",
     join({role, hi, R"(data: %[{"index":0,"delta":null,"finish_reason":"stop"}]$)", done}), "Hi",
     "stop", clause::chat_35},
    {"CHAT-35 message in place of delta",
     join(
         {R"(data: %[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}]$)",
          done}),
     "Hi", "stop", clause::chat_35},
    {"CHAT-35 message beside delta",
     join(
         {role,
          R"(data: %[{"index":0,"delta":{"content":"Hi"},"message":{"content":"Hi"},"finish_reason":null}]$)",
          stop, done}),
     "Hi", "stop", clause::chat_35},
    {"E16 text in place of delta",
     join({R"(data: %[{"index":0,"text":"Hi","finish_reason":null}]$)", stop, done}), "Hi", "stop",
     clause::chat_35},
    {"E11 no index", join({R"(data: %[{"delta":{"content":"Hi"},"finish_reason":"stop"}]$)", done}),
     "Hi", "stop", clause::chat_15},
    {"E12 index counts chunks",
     join({R"(data: %[{"index":7,"delta":{"content":"H"},"finish_reason":null}]$)",
           R"(data: %[{"index":8,"delta":{"content":"i"},"finish_reason":"stop"}]$)", done})},

    // Deltas
    {"CHAT-9 payload in the first chunk", join({hi, stop, done}), "Hi", "stop", clause::chat_8},
    {"R3 role is an empty string",
     join({R"(data: %[{"index":0,"delta":{"role":"","content":"Hi"},"finish_reason":null}]$)", stop,
           done}),
     "Hi", "stop", clause::chat_8},
    {"CHAT-11 content and reasoning in one delta",
     join(
         {role,
          R"(data: %[{"index":0,"delta":{"content":"Hi","reasoning_content":"hm"},"finish_reason":null}]$)",
          stop, done}),
     "Hi", "stop", clause::chat_11},
    {"CHAT-11 empty deltas",
     join(
         {role, R"(data: %[{"index":0,"delta":{"content":""},"finish_reason":null}]$)", hi,
          R"(data: %[{"index":0,"delta":{},"finish_reason":null}]$)",
          R"(data: %[{"index":0,"delta":{"content":null,"reasoning_content":null},"finish_reason":null}]$)",
          stop, done}),
     "Hi", "stop", clause::chat_11},
    {"C3 content as parts",
     join(
         {role,
          R"(data: %[{"index":0,"delta":{"content":[{"type":"text","text":"Hi"}]},"finish_reason":null}]$)",
          stop, done}),
     "Hi", "stop", clause::chat_22},
    {"CHAT-28 logprobs without refusal",
     join(
         {role,
          R"(data: %[{"index":0,"delta":{"content":"Hi"},"logprobs":{"content":[{"token":"Hi","logprob":-0.5,"bytes":null,"top_logprobs":[]}]},"finish_reason":null}]$)",
          stop, done}),
     "Hi", "stop", clause::chat_28},

    // Finish
    {"CHAT-13 eos",
     join({role, hi, R"(data: %[{"index":0,"delta":{},"finish_reason":"eos"}]$)", done}), "Hi",
     "stop", clause::chat_13},
    {"CHAT-13 MAX_TOKENS",
     join({role, hi, R"(data: %[{"index":0,"delta":{},"finish_reason":"MAX_TOKENS"}]$)", done}),
     "Hi", "length", clause::chat_13},
    {"FR2 the key is absent",
     join({role, R"(data: %[{"index":0,"delta":{"content":"Hi"}}]$)", stop, done}), "Hi", "stop",
     clause::chat_13},
    {"FR5 finish twice", join({role, hi, stop, stop, done}), "Hi", "stop", clause::chat_29},
    {"FR6 stop in every chunk",
     join(
         {R"(data: %[{"index":0,"delta":{"role":"assistant","content":"H"},"finish_reason":"stop"}]$)",
          R"(data: %[{"index":0,"delta":{"content":"i"},"finish_reason":"stop"}]$)", done}),
     "Hi", "stop", clause::chat_29},
    {"FR12 tool_calls without a call",
     join({role, hi, R"(data: %[{"index":0,"delta":{},"finish_reason":"tool_calls"}]$)", done}),
     "Hi", "stop", clause::chat_14},
    {"CHAT-29d no finish, no [DONE], but usage behind the text",
     join({role, hi, R"(data: %[],"usage":{"prompt_tokens":1}$)"}), "Hi", "stop", clause::chat_29},

    // Usage
    {"U5 usage in the finish chunk",
     join({role, hi,
           R"(data: %[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":1}$)",
           done}),
     "Hi", "stop", clause::chat_26, true, R"({"prompt_tokens":1})"},
    {"U4 usage in every chunk, the last wins",
     join(
         {R"(data: %[{"index":0,"delta":{"role":"assistant","content":"Hi"},"finish_reason":null}],"usage":{"prompt_tokens":1}$)",
          R"(data: %[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":2}$)",
          done}),
     "Hi", "stop", clause::chat_26, true, R"({"prompt_tokens":2})"},
    {"U8 x_groq.usage",
     join(
         {role, hi,
          R"(data: %[{"index":0,"delta":{},"finish_reason":"stop"}],"x_groq":{"usage":{"prompt_tokens":1}}$)",
          done}),
     "Hi", "stop", clause::chat_26, true, R"({"prompt_tokens":1})"},
    {"U9 choices[0].usage",
     join({role, hi,
           R"(data: %[{"index":0,"delta":{},"finish_reason":"stop","usage":{"prompt_tokens":1}}]$)",
           done}),
     "Hi", "stop", clause::chat_26, true, R"({"prompt_tokens":1})"},
    {"U10 usage is an empty object",
     join({role, hi, stop, R"(data: %[],"usage":{"prompt_tokens":1}$)", R"(data: %[],"usage":{}$)",
           done}),
     "Hi", "stop", clause::count_, true, R"({"prompt_tokens":1})"},
    {"U14 usage behind [DONE]",
     join({role, hi, stop, done, R"(data: %[],"usage":{"prompt_tokens":1}$)"}), "Hi", "stop",
     clause::count_, true, R"({"prompt_tokens":1})"},
    {"CHAT-25 usage nobody asked for",
     join({role,
           R"(data: %[{"index":0,"delta":{"content":"Hi"},"finish_reason":null}],"usage":null$)",
           stop, R"(data: %[],"usage":{"prompt_tokens":1}$)", done}),
     "Hi", "stop", clause::chat_25},

    // Framing and JSON
    {"F1 CRLF",
     "data: {\"choices\":[{\"delta\":{\"content\":\"Hi\"},\"finish_reason\":\"stop\"}]}\r\n\r\n"
     "data: [DONE]\r\n\r\n"},
    {"F7 comments", join({": PROCESSING\n\n", role, ": ping\n\n", hi, stop, done})},
    {"F9 pings",
     join({"event: ping\ndata: {\"type\":\"ping\"}\n\n", role, "event: ping\n\n", hi, stop, done})},
    {"F11 F12 empty payloads",
     join({"data: \n\n", role, "data: {}\n\n", hi, "data: null\n\n", stop, done})},
    {"F16 byte order mark", join({"\xEF\xBB\xBF", role, hi, stop, done})},
    {"F19 invalid UTF-8",
     join({role,
           "data: %[{\"index\":0,\"delta\":{\"content\":\"Hi\xF0\x9F\"},\"finish_reason\":null}]$",
           stop, done}),
     "Hi\xEF\xBF\xBD", "stop", clause::sse_13},
    {"F21 raw U+2028",
     join({role,
           "data: "
           "%[{\"index\":0,\"delta\":{\"content\":\"Hi\xE2\x80\xA8\"},\"finish_reason\":null}]$",
           stop, done}),
     "Hi\xE2\x80\xA8", "stop", clause::gen_8},
    {"F22 raw control characters",
     join({role, "data: %[{\"index\":0,\"delta\":{\"content\":\"Hi\t\"},\"finish_reason\":null}]$",
           stop, done}),
     "Hi\t", "stop", clause::sse_13},
    {"F23 NaN",
     join({role,
           R"(data: %[{"index":0,"delta":{"content":"Hi"},"logprobs":NaN,"finish_reason":null}]$)",
           stop, done}),
     "Hi", "stop", clause::sse_13},
    {"F24 a Python dict",
     "data: {'id': 'chatcmpl-1', 'choices': [{'index': 0, 'delta': {'role': 'assistant', "
     "'content': \"it's \\x7b\"}, 'finish_reason': None}]}\n\n"
     "data: {'id': 'chatcmpl-1', 'choices': [{'index': 0, 'delta': {'content': ' \"so\"}'}, "
     "'finish_reason': 'stop'}]}\n\ndata: [DONE]\n\n",
     "it's { \"so\"}", "stop", clause::sse_13},
    {"F24 a comma too many",
     join({role, R"(data: %[{"index":0,"delta":{"content":"Hi",},"finish_reason":undefined,}],$)",
           stop, done}),
     "Hi", "stop", clause::sse_13},
    {"F25 glued documents",
     R"(data: {"choices":[{"delta":{"content":"H"}}]}{"choices":[{"delta":{"content":"i"},"finish_reason":"stop"}]})"
     "\n\ndata: [DONE]\n\n"},
    {"F27 a shy [done]", join({role, hi, stop, "data: \"[done]\" \n\n"})},
    {"F28 NDJSON",
     "{\"choices\":[{\"delta\":{\"content\":\"H\"}}]}\n"
     "{\"choices\":[{\"delta\":{\"content\":\"i\"},\"finish_reason\":\"stop\"}]}\n"},
    {"F30 a completion inside an event",
     R"(data: {"id":"a","object":"chat.completion","created":5,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}]})"
     "\n\ndata: [DONE]\n\n",
     "Hi", "stop", clause::sse_11},
    {"T4 chunks behind [DONE]", join({role, hi, stop, done, you, done})},
};

TEST(ChatRepair, TheClientSeesTheWholeAnswer) {
  for (const repair_case& c : repairs) {
    const std::string input = dress(c.input);
    const openai::chat_context context = streaming(c.include_usage);
    const chat_result result = run(context, input);
    EXPECT_EQ(result.state, state::complete) << c.name;
    expect_legal(result, context, c.name);
    client_view view = view_of(result.output);
    EXPECT_EQ(view.text[0], c.text) << c.name;
    EXPECT_EQ(view.finish[0], c.finish) << c.name;
    EXPECT_EQ(view.usage, c.usage) << c.name;
    EXPECT_TRUE(view.done) << c.name;
    if (c.repaired != clause::count_) {
      EXPECT_GT(result.repairs.of(c.repaired), 0U) << c.name << " is not counted";
    }
  }
}

TEST(ChatRepair, NoSplitChangesTheOutput) {  // P2
  for (const repair_case& c : repairs) {
    const std::string input = dress(c.input);
    const openai::chat_context context = streaming(c.include_usage);
    const std::string want = run(context, input).output;
    for_some_splits(
        input, [&](const pieces& parts) { ASSERT_EQ(run(context, parts).output, want) << c.name; });
  }
}

TEST(ChatRepair, WhatWasRepairedOnceIsLegalAndStays) {  // P3
  for (const repair_case& c : repairs) {
    const openai::chat_context context = streaming(c.include_usage);
    const std::string once = run(context, dress(c.input)).output;
    const chat_result twice = run(context, once);
    EXPECT_EQ(twice.output, once) << c.name;
    EXPECT_EQ(twice.repairs.total(), 0U) << c.name;
  }
}

TEST(ChatRepair, AsADocumentTheAnswerIsTheSame) {  // AGG, SSE-11
  json::reader reader;
  for (const repair_case& c : repairs) {
    const chat_result result = run(whole(), dress(c.input));
    ASSERT_EQ(result.state, state::complete) << c.name;
    ASSERT_EQ(reader.parse(result.output), json::reader::status::ok) << c.name;
    const json::value root = reader.root();
    EXPECT_TRUE(root["object"].equals("chat.completion")) << c.name;
    EXPECT_EQ(root["choices"].at(0)["message"]["content"].decoded(), c.text) << c.name;
    EXPECT_EQ(root["choices"].at(0)["finish_reason"].decoded(), c.finish) << c.name;
    openai::lint_request request;
    EXPECT_TRUE(openai::is_legal(openai::lint_chat_completion(result.output, request))) << c.name;
  }
}

// -----------------------------------------------------------------------------------------------

struct failure_case {
  std::string name;
  std::string input;
  ending how;
  unsigned status;  ///< of the failure
  std::string code;
  bool in_stream;  ///< an error frame, since the client had seen an event
};

const failure_case failures[] = {
    {"nothing at all", "", ending::closed, 502, "upstream_error", false},
    {"comments only", ": ping\n\n: ping\n\n", ending::closed, 502, "upstream_error", false},
    {"[DONE] only", "data: [DONE]\n\n", ending::closed, 502, "upstream_error", false},
    {"HTML", "<!DOCTYPE html><title>504</title>", ending::closed, 502, "upstream_error", false},
    {"half a document", "{\"id\":\"a\",\"choices\":[{\"mess", ending::closed, 502,
     "upstream_stream_truncated", false},
    {"lost before anything came", "", ending::lost, 502, "upstream_stream_truncated", false},
    {"an error in the first frame", "data: {\"error\":{\"message\":\"no\",\"code\":429}}\n\n",
     ending::closed, 429, "429", false},
    {"an error in a 200 JSON body", "{\"error\":{\"message\":\"no\",\"code\":401}}", ending::closed,
     401, "401", false},
    {"an error midway", join({role, hi, "data: {\"error\":{\"message\":\"no\"}}\n\n"}),
     ending::closed, 502, "upstream_error", true},
    {"an error field", join({role, hi, "error: {\"message\":\"no\"}\n\n"}), ending::closed, 502,
     "upstream_error", true},
    {"finish_reason error",
     join({role, hi, R"(data: %[{"index":0,"delta":{},"finish_reason":"error"}]$)"}),
     ending::closed, 502, "upstream_error", true},
    {"end behind the text", join({role, hi}), ending::closed, 502, "upstream_stream_truncated",
     true},
    {"loss behind the text", join({role, hi}), ending::lost, 502, "upstream_stream_truncated",
     true},
    {"usage in every chunk proves no end",
     join(
         {R"(data: %[{"index":0,"delta":{"role":"assistant","content":"Hi"},"finish_reason":null}],"usage":{"prompt_tokens":1}$)"}),
     ending::closed, 502, "upstream_stream_truncated", true},
    {"half a frame", join({role, hi, R"(data: {"id":"chatcmpl-1","obj)"}), ending::closed, 502,
     "upstream_stream_truncated", true},
    {"[DONE] behind the role", join({role, done}), ending::closed, 502, "upstream_error", true},
    {"a frame that is not JSON", join({role, hi, "data: {oops}\n\n", you, stop, done}),
     ending::closed, 502, "upstream_invalid_response", true},
};

TEST(ChatRepair, FailuresAreToldOnceAndTruthfully) {  // P6, CHAT-29, CHAT-30, GEN-6
  for (const failure_case& c : failures) {
    const openai::chat_context context = streaming();
    const chat_result result = run(context, dress(c.input), c.how);
    EXPECT_EQ(result.state, state::failed) << c.name;
    ASSERT_TRUE(result.failure.has_value()) << c.name;
    EXPECT_EQ(result.failure->status, c.status) << c.name;
    EXPECT_EQ(result.failure->code, c.code) << c.name;
    expect_legal(result, context, c.name);
    const client_view view = view_of(result.output);
    EXPECT_EQ(view.error.empty(), !c.in_stream) << c.name;
    EXPECT_EQ(view.done, c.in_stream) << c.name;
    EXPECT_TRUE(view.finish.empty()) << c.name << ": a failure is not a finish";
    EXPECT_EQ(run(whole(), dress(c.input), c.how).output, "") << c.name << ": AGG-2";
  }
}

TEST(ChatRepair, AHostileUpstreamCannotMakeMuchOutOfLittle) {
  // A long id would stand in every chunk; a list of trifles would become a flood of chunks.
  const std::string long_id = "data: {\"id\":\"" + std::string(100000, 'x') +
                              "\",\"choices\":[{\"delta\":{\"content\":\"Hi\"}}]}\n\n";
  EXPECT_LT(run(streaming(), long_id).output.size(), 2000U);
  std::string trifles = "0";
  for (int i = 0; i < 100000; ++i) trifles += ",0";
  const std::string calls =
      "data: {\"choices\":[{\"delta\":{\"tool_calls\":[" + trifles + "]}}]}\n\n";
  EXPECT_LT(run(streaming(), calls).output.size(), 2000U);
  std::string members = "\"a\":0";
  for (int i = 0; i < 100000; ++i) members += ",\"m" + std::to_string(i) + "\":0";
  const std::string vendor = "data: {" + members +
                             ",\"choices\":[{\"delta\":{\"content\":\"Hi\"},\"finish_reason\":"
                             "\"stop\"}]}\n\ndata: [DONE]\n\n";
  const chat_result result = run(streaming(), vendor);
  EXPECT_EQ(view_of(result.output).text[0], "Hi");
  expect_legal(result, streaming(), "many members");
}

TEST(ChatRepair, AFoldedAnswerIsBounded) {  // SSE-9
  openai::chat_answer answer(whole());
  const std::string text(4 * limits::mib, 'x');
  const std::string event = "data: {\"choices\":[{\"delta\":{\"content\":\"" + text + "\"}}]}\n\n";
  for (int i = 0; i < 9; ++i) answer.feed(event);
  ASSERT_EQ(answer.current(), state::failed);
  EXPECT_EQ(answer.failure()->code, "upstream_invalid_response");
}

TEST(ChatRepair, AFoldKeepsTheFirstIdAndNameOfACallAndTheOrderOfAppearance) {  // CHAT-16
  const std::string input = dress(
      R"(data: %[{"index":0,"delta":{"role":"assistant","tool_calls":[{"index":1,"id":"b","type":"function","function":{"name":"g","arguments":"{}"}}]},"finish_reason":null}]$)"
      R"(data: %[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":"{"}}]},"finish_reason":null}]$)"
      R"(data: %[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"z","function":{"arguments":"}"}}]},"finish_reason":null}]$)"
      R"(data: %[{"index":0,"delta":{},"finish_reason":"tool_calls"}]$)"
      "data: [DONE]\n\n");
  EXPECT_NE(
      run(whole(), input)
          .output.find(
              R"("tool_calls":[{"id":"b","type":"function","function":{"name":"g","arguments":"{}"}},{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}}])"),
      std::string::npos);
}

TEST(ChatRepair, WhatAnUpstreamSaidInPlainTextBeforeItStoppedIsTold) {
  const std::string input = dress(join({role, hi, "data: Error: out of memory\n\n"}));
  const chat_result result = run(streaming(), input);
  EXPECT_EQ(result.state, state::failed);
  EXPECT_NE(view_of(result.output).error.find("out of memory"), std::string::npos);
}

TEST(ChatRepair, AHeadWithoutOutputTurnsTheFailureIntoAFrame) {  // GEN-6, commit_after
  openai::chat_answer answer(streaming());
  answer.commit();
  answer.end(false);
  EXPECT_EQ(answer.current(), state::failed);
  const client_view view = view_of(answer.output());
  EXPECT_FALSE(view.error.empty());
  EXPECT_TRUE(view.done);
}

TEST(ChatRepair, EveryChoiceMustHaveBeenOpened) {  // CHAT-29d
  const std::string input = dress(join({role, hi, stop, done}));
  const chat_result result = run(streaming(false, 2), input);
  EXPECT_EQ(result.state, state::failed);
  EXPECT_FALSE(view_of(result.output).error.empty());
}

TEST(ChatRepair, SeveralChoicesInOneChunkArePutApart) {  // CHAT-5, CHAT-15
  const std::string input = dress(
      R"(data: %[{"index":0,"delta":{"role":"assistant","content":"a"},"finish_reason":null},{"index":1,"delta":{"role":"assistant","content":"b"},"finish_reason":null}],"x":1$)"
      R"(data: %[{"index":0,"delta":{},"finish_reason":"stop"},{"index":1,"delta":{},"finish_reason":"length"}]$)"
      "data: [DONE]\n\n");
  const openai::chat_context context = streaming(false, 2);
  const chat_result result = run(context, input);
  expect_legal(result, context, "two choices");
  client_view view = view_of(result.output);
  EXPECT_EQ(view.text[0], "a");
  EXPECT_EQ(view.text[1], "b");
  EXPECT_EQ(view.finish[0], "stop");
  EXPECT_EQ(view.finish[1], "length");
  EXPECT_NE(result.output.find("\"x\":1"), std::string::npos);
  EXPECT_GT(result.repairs.of(clause::chat_5), 0U);
}

TEST(ChatRepair, AnUpstreamThatFallsSilentBehindItsFinishIsOver) {  // CHAT-29e, SSE-12, T2
  const std::string input = dress(join({role, hi, stop}));
  const openai::chat_context context = streaming(true);
  const chat_result result = run(context, input, ending::silence);
  EXPECT_EQ(result.state, state::complete);
  expect_legal(result, context, "silence");
  EXPECT_EQ(view_of(result.output).finish[0], "stop");
}

TEST(ChatRepair, WhatLooksWholeAndIsNotIsWaitedForOnce) {  // T3
  openai::chat_answer answer(streaming());
  answer.feed(dress(join({role, hi})) + "data: {\"choices\":[{]");
  ASSERT_EQ(answer.waiting(), openai::chat_answer::wait::after_finish);
  answer.on_wait_over();
  EXPECT_EQ(answer.waiting(), openai::chat_answer::wait::none);
  EXPECT_EQ(answer.current(), state::open);
  answer.feed("}]");
  EXPECT_EQ(answer.waiting(), openai::chat_answer::wait::after_finish);
}

TEST(ChatRepair, EndOfFileMayCountAsStopWhereTheOperatorSaysSo) {  // CHAT-29c eof_as_stop
  openai::chat_context context = streaming();
  context.settings.eof_as_stop = true;
  const std::string input = dress(join({role, hi}));
  EXPECT_EQ(view_of(run(context, input).output).finish[0], "stop");
  EXPECT_EQ(run(context, input, ending::lost).state, state::failed) << "a reset is no end of file";
}

TEST(ChatRepair, TheModelIsEchoedAsConfigured) {  // CHAT-4 echo_model
  openai::chat_context context = streaming();
  context.settings.echo_model = openai::stream_settings::model_echo::alias;
  const chat_result result = run(context, dress(join({role, hi, stop, done})));
  expect_legal(result, context, "alias");
  EXPECT_EQ(result.output.find("\"model\":\"m\""), std::string::npos);
  EXPECT_NE(result.output.find("\"model\":\"asked\""), std::string::npos);
  EXPECT_EQ(result.repairs.total(), 0U) << "our wish is not the upstream's fault";
}

TEST(ChatRepair, TheRoleChunkMayStandWithoutContent) {  // CHAT-8 role_content
  openai::chat_context context = streaming();
  context.settings.role_content = openai::stream_settings::role_content_form::omit;
  const chat_result result = run(context, dress(join({role, hi, stop, done})));
  expect_legal(result, context, "omit");
  EXPECT_EQ(result.output.find("\"content\":\"\""), std::string::npos);
}

TEST(ChatRepair, ObfuscationLeavesOnlyIfItWasNotRefused) {  // CHAT-27
  openai::chat_context context = streaming();
  context.include_obfuscation = false;
  const std::string input = dress(join(
      {role,
       R"(data: %[{"index":0,"delta":{"content":"Hi"},"finish_reason":null}],"obfuscation":"xx"$)",
       stop, done}));
  const chat_result result = run(context, input);
  expect_legal(result, context, "obfuscation");
  EXPECT_EQ(result.output.find("obfuscation"), std::string::npos);
}

TEST(ChatRepair, LongTextIsCutIntoLinesThatEveryClientCanRead) {  // F37, SYN-1, CHAT-36
  std::string text;
  for (int i = 0; i < 50000; ++i) text += "\xE2\x82\xAC\\n";
  const std::string input = dress(join({role, R"(data: %[{"index":0,"delta":{"content":")", text,
                                        R"("},"finish_reason":null}]$)", stop, done}));
  const openai::chat_context context = streaming();
  const chat_result result = run(context, input);
  expect_legal(result, context, "long text");
  std::string want;
  for (int i = 0; i < 50000; ++i) want += "\xE2\x82\xAC\n";
  EXPECT_EQ(view_of(result.output).text[0], want);
}

TEST(ChatRepair, ADocumentThatIsRightLeavesAsItCame) {
  const std::string input =
      R"({ "id":"a","object":"chat.completion","created":5,"model":"m","big":12345678901234567890,"choices":[{"index":0,"message":{"role":"assistant","content":"Hi","refusal":null},"finish_reason":"stop","logprobs":null}],"usage":{"total_tokens":1}})";
  EXPECT_EQ(run(whole(), input).output, input);
  EXPECT_EQ(run(whole(), input + "\n").output, input);
}

TEST(ChatRepair, ADocumentWithAWordOfItsOwnForTheFinishIsMended) {  // CHAT-13
  const std::string input =
      R"({"id":"a","object":"chat.completion","created":5,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"MAX_TOKENS"}]})";
  const chat_result result = run(whole(), input);
  EXPECT_NE(result.output.find(R"("finish_reason":"length")"), std::string::npos);
  EXPECT_EQ(result.repairs.of(clause::chat_13), 1U);
}

TEST(ChatRepair, VendorMembersSurviveOnAllLevels) {  // P4
  const std::string input = dress(
      R"(data: %[{"index":0,"delta":{"role":"assistant","content":"Hi","x_delta":{"k":1e3}},"finish_reason":null,"x_choice":[1]}],"x_top":12345678901234567890$)"
      R"(data: %[{"index":0,"delta":{},"finish_reason":"eos","matched_stop":7}]$)"
      "data: [DONE]\n\n");
  const openai::chat_context context = streaming();
  const chat_result result = run(context, input);
  expect_legal(result, context, "vendor members");
  for (const std::string_view kept :
       {R"("x_delta":{"k":1e3})"sv, R"("x_choice":[1])"sv, R"("x_top":12345678901234567890)"sv,
        R"("matched_stop":7)"sv}) {
    EXPECT_NE(result.output.find(kept), std::string::npos) << kept;
    EXPECT_NE(run(whole(), input).output.find(kept), std::string::npos) << kept;
  }
}

}  // namespace
}  // namespace weir::testing
