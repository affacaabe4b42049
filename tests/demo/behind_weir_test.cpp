#include "demo/behind_weir.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "demo/scenario.h"
#include "weir/openai/chat_lint.h"

namespace weir::testing {
namespace {

using namespace std::string_literals;

/// Every way to ask every model.
std::vector<demo_call> all_calls(const std::vector<demo::scenario>& scenarios) {
  std::vector<demo_call> calls;
  for (const demo::scenario& s : scenarios)
    for (const unsigned n : {1U, 3U})
      for (const auto& [stream, usage] : {std::pair{true, false}, {true, true}, {false, false}})
        calls.push_back({s.model, stream, usage, n});
  return calls;
}

std::string name_of(const demo_call& call) {
  return std::string(call.model) + (call.stream ? " stream" : " JSON") +
         (call.include_usage ? " with usage" : "") + " n=" + std::to_string(call.n);
}

std::string text_of(std::string_view model, bool stream) {
  if (model == "demo/tools") return "";
  if (model != "demo/bad-json") return std::string(demo::canned_text);
  return stream ? "This is\ta\x01 canned answer from weir's built-in demo upstream; no model was "
                  "asked."
                : "This is\ta\x01 canned answer\n with raw control characters.";
}

std::string_view finish_of(std::string_view model) {
  return model == "demo/tools" ? "tool_calls" : "stop";
}

void expect_whole_stream(const demo_call& call, const client_answer& answer) {
  const client_view view = view_of(answer.bytes);
  EXPECT_TRUE(view.done);
  EXPECT_EQ(view.error, "");
  EXPECT_EQ(view.text.size(), call.n);
  EXPECT_EQ(view.finish.size(), call.n);
  for (const auto& [index, text] : view.text) EXPECT_EQ(text, text_of(call.model, true)) << index;
  for (const auto& [index, why] : view.finish) EXPECT_EQ(why, finish_of(call.model)) << index;
  // Some of these servers have no usage to tell.
  EXPECT_EQ(!view.usage.empty(), call.include_usage && answer.result.usage.has_value());
}

void expect_whole_document(const demo_call& call, const client_answer& answer) {
  openai::lint_request request;
  request.n = call.n;
  for (const openai::finding& f : openai::lint_chat_completion(answer.bytes, request))
    if (f.severity == openai::severity::fault) ADD_FAILURE() << f.clause << ": " << f.detail;
  json::reader reader;
  ASSERT_EQ(reader.parse(answer.bytes), json::reader::status::ok);
  const json::value choices = reader.root()["choices"];
  EXPECT_EQ(choices.size(), call.n);
  for (const json::value choice : choices.elements()) {
    EXPECT_EQ(choice["message"]["content"].decoded(), text_of(call.model, false));
    EXPECT_EQ(choice["finish_reason"].text(), finish_of(call.model));
  }
  EXPECT_TRUE(answer.result.usage.has_value());
}

/// Text that breaks off, then the truth and the end.
void expect_broken_stream(const demo_call& call, const client_answer& answer) {
  const client_view view = view_of(answer.bytes);
  EXPECT_TRUE(view.done);
  EXPECT_NE(view.error, "");
  EXPECT_TRUE(view.finish.empty());
  EXPECT_EQ(view.text.size(), call.n);
  for (const auto& [index, text] : view.text) {
    EXPECT_NE(text, "") << index;
    EXPECT_TRUE(demo::canned_text.starts_with(text)) << text;
    EXPECT_LT(text.size(), demo::canned_text.size());
  }
}

TEST(DemoBehindWeir, EveryAnswerIsWholeOrOneTruthfulError) {  // P1, P6
  const std::vector<demo::scenario> scenarios = demo::make_scenarios();
  for (const demo_call& call : all_calls(scenarios)) {
    SCOPED_TRACE(name_of(call));
    const client_answer answer = behind_weir(call);
    if (answer.outcome == "legal stream") {
      EXPECT_EQ(findings_of(answer.bytes, context_of(call)), "");
      expect_whole_stream(call, answer);
    } else if (answer.outcome == "legal JSON") {
      expect_whole_document(call, answer);
    } else if (answer.outcome == "text, then an error event") {
      EXPECT_EQ(findings_of(answer.bytes, context_of(call)), "");
      expect_broken_stream(call, answer);
    } else {
      EXPECT_TRUE(answer.outcome.starts_with("error 4") || answer.outcome.starts_with("error 5"))
          << answer.outcome;
      EXPECT_NE(answer.bytes.find(R"({"error":{"message":")"), std::string::npos) << answer.bytes;
    }
  }
}

TEST(DemoBehindWeir, NoAnswerDependsOnHowItWasSplit) {  // P2
  for (const demo::scenario& s : demo::make_scenarios()) {
    for (const bool stream : {true, false}) {
      const demo_call call{s.model, stream};
      const demo_response from = upstream_answer(call);
      pieces bytes;
      for (std::size_t i = 0; i < from.body.size(); ++i)
        bytes.push_back(std::string_view(from.body).substr(i, 1));
      EXPECT_EQ(behind_weir(call, from, bytes).bytes, behind_weir(call, from).bytes)
          << name_of(call);
    }
  }
}

TEST(DemoBehindWeir, WhatIsRightStaysByteForByte) {  // P3
  for (const std::string_view model : {"demo/clean", "demo/tools", "demo/reasoning", "demo/slow"}) {
    for (const demo_call& call : {demo_call{model, true, true}, demo_call{model, false}}) {
      const demo_response from = upstream_answer(call);
      EXPECT_EQ(behind_weir(call, from).bytes, from.body) << name_of(call);
    }
  }
}

TEST(DemoBehindWeir, WhatIsWrongDoesNotReachTheClient) {
  for (const demo::scenario& s : demo::make_scenarios()) {
    // A stream is wrong only where a document was asked for, and any split is right.
    if (s.fault.starts_with("Nothing") || s.model == "demo/byte-by-byte") continue;
    const demo_call call{s.model, s.model != "demo/sse-only", s.model != "demo/sse-only"};
    const demo_response from = upstream_answer(call);
    EXPECT_NE(behind_weir(call, from).bytes, from.body) << s.model;
  }
}

TEST(DemoBehindWeir, TheByteByByteAnswerComesByteByByte) {
  for (const bool stream : {true, false}) {
    const demo_response from = upstream_answer({"demo/byte-by-byte", stream});
    EXPECT_EQ(from.longest_part, 1U);
    EXPECT_EQ(from.body_parts, from.body.size());
  }
}

TEST(DemoBehindWeir, TheUsageOfTheByteByByteAnswerIsCounted) {  // the cocoon report
  for (const bool stream : {true, false}) {
    const client_answer answer = behind_weir({"demo/byte-by-byte", stream});
    ASSERT_TRUE(answer.result.usage.has_value());
    EXPECT_EQ(answer.result.usage->prompt, 11U);
    EXPECT_EQ(answer.result.usage->cached, 3U);
    EXPECT_EQ(answer.result.usage->completion, 7U);
  }
}

TEST(DemoBehindWeir, AnAnswerWithoutEndEndsWhenTheWaitIsOver) {  // CHAT-29e
  const demo_response from = upstream_answer({"demo/no-end"});
  const chat_result result = run(streaming(), from.body, ending::silence);
  EXPECT_EQ(findings_of(result.output, streaming()), "");
  EXPECT_EQ(view_of(result.output).finish.at(0), "stop");
  EXPECT_TRUE(view_of(result.output).done);
}

}  // namespace
}  // namespace weir::testing
