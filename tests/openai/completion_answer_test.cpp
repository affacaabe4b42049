// Completions: what is right leaves as it came, whatever form of the answer was asked for.
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "support/chat_harness.h"
#include "support/completion_texts.h"
#include "weir/base/ids.h"
#include "weir/base/limits.h"
#include "weir/openai/chat_answer.h"
#include "weir/openai/completion_lint.h"

namespace weir::testing {
namespace {

using namespace std::string_view_literals;
using openai::clause;
using state = openai::chat_answer::state;

openai::chat_context whole_completion(std::uint32_t n = 1) {
  openai::chat_context context = completing(false, n);
  context.stream = false;
  return context;
}

struct variant_case {
  const char* name;
  std::string_view body;  ///< in the words of dress_completion
  bool include_usage = false;
  std::uint32_t n = 1;
};

const variant_case legal_streams[] = {
    {"the finish beside the last text",
     "data: %[{\"text\":\"Hi\",\"index\":0,\"logprobs\":null,\"finish_reason\":null}]$"
     "data: %[{\"text\":\" you\",\"index\":0,\"logprobs\":null,\"finish_reason\":\"length\"}]$"
     "data: [DONE]\n\n"},
    {"the finish beside an empty text",
     "data: %[{\"text\":\"Hi\",\"index\":0,\"logprobs\":null,\"finish_reason\":null}]$"
     "data: %[{\"text\":\"\",\"index\":0,\"logprobs\":null,\"finish_reason\":\"stop\"}]$"
     "data: [DONE]\n\n"},
    {"all in one chunk",
     "data: %[{\"text\":\"Hi\",\"index\":0,\"finish_reason\":\"content_filter\"}]$"
     "data: [DONE]\n\n"},
    {"not a word",
     "data: %[{\"text\":\"\",\"index\":0,\"finish_reason\":\"stop\"}]$data: [DONE]\n\n"},
    {"whitespace and another order",
     "data: {\"choices\" : [ {\"finish_reason\": null, \"index\": 0,\t\"text\":\"H\\u0069\"} ],"
     "\"model\":\"m\",\"id\":\"cmpl-1\",\"created\":1760000000,\"object\":\"text_completion\" } "
     "\n\n"
     "data: %[{\"index\":0,\"text\":\"!\",\"finish_reason\":\"stop\"}]$"
     "data: [DONE]\n\n"},
    {"vendor members, and fragments that are empty but for them",
     "data: "
     "%[{\"index\":0,\"text\":\"\",\"finish_reason\":null,\"token_ids\":[240]}],\"x\":1.50e+2$"
     "data: %[{\"index\":0,\"text\":\"\",\"finish_reason\":null,\"token_ids\":[159]}]$"
     "data: %[{\"index\":0,\"text\":\"a\",\"finish_reason\":null,\"token_ids\":"
     "[18446744073709551616]}]$"
     "data: %[{\"index\":0,\"text\":\"b\",\"finish_reason\":\"stop\",\"stop_reason\":128001}]$"
     "data: [DONE]\n\n"},
    {"logprobs, also of the last text and of none",
     "data: %[{\"text\":\"a\",\"index\":0,\"logprobs\":{\"tokens\":[\"a\"],\"token_logprobs\":[-1],"
     "\"top_logprobs\":[{\"a\":-1}],\"text_offset\":[0]},\"finish_reason\":null}]$"
     "data: %[{\"text\":\"\",\"index\":0,\"logprobs\":{\"tokens\":[\"\"],\"token_logprobs\":[null],"
     "\"top_logprobs\":null,\"text_offset\":[1]},\"finish_reason\":null}]$"
     "data: %[{\"text\":\"b\",\"index\":0,\"logprobs\":{\"tokens\":[\"b\"],\"token_logprobs\":[-2],"
     "\"top_logprobs\":[{}],\"text_offset\":[1]},\"finish_reason\":\"stop\"}]$"
     "data: [DONE]\n\n"},
    {"usage absent before the usage chunk",
     "data: %[{\"text\":\"a\",\"index\":0,\"finish_reason\":null}]$"
     "data: %[{\"text\":\"b\",\"index\":0,\"finish_reason\":\"stop\"}],\"usage\":null$"
     "data: %[],\"usage\":{\"prompt_tokens\":1,\"x\":1e2},\"vendor\":true$"
     "data: [DONE]\n\n",
     true},
    {"obfuscation",
     "data: %[{\"text\":\"a\",\"index\":0,\"finish_reason\":\"stop\"}],\"obfuscation\":\"x\"$"
     "data: [DONE]\n\n"},
    {"two prompts of two choices, interleaved",  // CMPL-2
     "data: %[{\"text\":\"a\",\"index\":0,\"finish_reason\":null}]$"
     "data: %[{\"text\":\"c\",\"index\":2,\"finish_reason\":null}]$"
     "data: %[{\"text\":\"d\",\"index\":3,\"finish_reason\":\"stop\"}]$"
     "data: %[{\"text\":\"b\",\"index\":1,\"finish_reason\":\"length\"}]$"
     "data: %[{\"text\":\"A\",\"index\":0,\"finish_reason\":\"stop\"}]$"
     "data: %[{\"text\":\"C\",\"index\":2,\"finish_reason\":\"stop\"}]$"
     "data: [DONE]\n\n",
     false, 4},
    {"an error in the middle",
     "data: %[{\"text\":\"a\",\"index\":0,\"finish_reason\":null}]$"
     "data: {\"error\":{\"message\":\"Broken.\",\"type\":\"server_error\",\"param\":null,"
     "\"code\":null}}\n\n"
     "data: [DONE]\n\n"},
};

TEST(CompletionAnswer, TheExampleOfTheContractLeavesByteForByteHoweverItIsSplit) {  // P2, P3
  const std::string input = fixture("completions.sse");
  const openai::chat_context context = completing(true);
  const chat_result once = run(context, input);
  ASSERT_EQ(once.output, input);
  EXPECT_EQ(once.repairs.total(), 0U);
  EXPECT_EQ(once.usage->total, 8U);
  expect_legal(once, context, "completions.sse");
  for_each_split(input, [&](const pieces& parts) { ASSERT_EQ(run(context, parts).output, input); });
}

TEST(CompletionAnswer, LegalStreamsLeaveByteForByteHoweverTheyAreSplit) {  // P2, P3, CMPL-1..3
  for (const variant_case& c : legal_streams) {
    const std::string input = dress_completion(c.body);
    const openai::chat_context context = completing(c.include_usage, c.n);
    ASSERT_EQ(findings_of(input, context), "") << c.name << " is not legal to begin with";
    EXPECT_EQ(run(context, input).repairs.total(), 0U) << c.name;
    for_each_split(input, [&](const pieces& parts) {
      ASSERT_EQ(run(context, parts).output, input) << c.name;
    });
  }
}

TEST(CompletionAnswer, EveryCutOfALegalStreamEndsLegallyAndNeverAsStop) {  // P1, P6, T9
  for (const variant_case& c : legal_streams) {
    const std::string input = dress_completion(c.body);
    const openai::chat_context context = completing(c.include_usage, c.n);
    const client_view all = view_of(input);
    for (std::size_t cut = 0; cut < input.size(); ++cut) {
      for (const ending how : {ending::closed, ending::lost}) {
        const chat_result result = run(context, std::string_view(input).substr(0, cut), how);
        expect_legal(result, context, c.name);
        ASSERT_NE(result.state, state::open);
        const client_view view = view_of(result.output);
        if (result.state != state::complete) continue;
        EXPECT_TRUE(view.done);
        EXPECT_EQ(view.finish, all.finish) << c.name << " cut at " << cut;
        EXPECT_EQ(view.text, all.text) << c.name << " cut at " << cut;
      }
    }
  }
}

TEST(CompletionAnswer, RelaysEachTextAtOnceAndHoldsTheOneThatCameWithTheFinish) {  // SSE-17
  const std::string input = fixture("completions.sse");
  std::vector<std::string> seen;
  openai::chat_answer answer(completing(true));
  for (std::size_t begin = 0; begin < input.size();) {
    const std::size_t end = input.find("\n\n", begin) + 2;
    answer.feed(std::string_view(input).substr(begin, end - begin));
    seen.emplace_back(answer.output());
    answer.consume(seen.back().size());
    begin = end;
  }
  ASSERT_EQ(seen.size(), 5U);
  EXPECT_NE(seen[0].find(" This"), std::string::npos);
  EXPECT_NE(seen[1].find(" is"), std::string::npos);
  EXPECT_EQ(seen[2], "");  // CHAT-29e: the next frame shows whether the finish was meant
  EXPECT_NE(seen[3].find("length"), std::string::npos);
  EXPECT_EQ(answer.current(), state::complete);
}

TEST(CompletionAnswer, AHeldTextLeavesWhenTheUpstreamFallsSilent) {  // CHAT-29e, SSE-12
  const std::string input =
      dress_completion("data: %[{\"text\":\"Hi\",\"index\":0,\"finish_reason\":\"stop\"}]$");
  const chat_result result = run(completing(), input, ending::silence);
  EXPECT_EQ(result.output, input + "data: [DONE]\n\n");
  EXPECT_EQ(result.state, state::complete);
}

// --- Documents -------------------------------------------------------------------------------

constexpr std::string_view document =
    R"({"id":"cmpl-1","object":"text_completion","created":1760000000,"model":"m","choices":[)"
    R"({"text":"Hi","index":0,"logprobs":null,"finish_reason":"stop","stop_reason":null}],)"
    R"("usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3},"x":1.50})";

TEST(CompletionAnswer, ALegalDocumentLeavesByteForByteHoweverItIsSplit) {  // P2, P3
  for_each_split(document, [&](const pieces& parts) {
    const chat_result result = run(whole_completion(), parts);
    ASSERT_EQ(result.output, document);
    EXPECT_EQ(result.repairs.total(), 0U);
    EXPECT_EQ(result.state, state::complete);
  });
}

TEST(CompletionAnswer, ADocumentBecomesAStreamHoweverItIsSplit) {  // SSE-11, SYN-1
  const std::string want = dress_completion(
      "data: %[{\"text\":\"Hi\",\"index\":0,\"logprobs\":null,\"finish_reason\":null}]$"
      "data: %[{\"text\":\"\",\"index\":0,\"logprobs\":null,\"finish_reason\":\"stop\","
      "\"stop_reason\":null}],\"x\":1.50$"
      "data: [DONE]\n\n");
  for_each_split(document, [&](const pieces& parts) {
    const chat_result result = run(completing(), parts);
    ASSERT_EQ(result.output, want);
    EXPECT_EQ(result.repairs.of(clause::sse_11), 1U);
  });
}

TEST(CompletionAnswer, AStreamBecomesADocumentHoweverItIsSplit) {  // SSE-11, CMPL-4
  const std::string input = fixture("completions.sse");
  constexpr std::string_view want =
      R"({"id":"cmpl-AAA111","object":"text_completion","created":1760000000,"model":"m-1",)"
      R"("choices":[{"text":" This is a","index":0,"logprobs":null,"finish_reason":"length"}],)"
      R"("usage":{"prompt_tokens":5,"completion_tokens":3,"total_tokens":8}})";
  for_each_split(input, [&](const pieces& parts) {
    const chat_result result = run(whole_completion(), parts);
    ASSERT_EQ(result.output, want);
    EXPECT_EQ(result.repairs.total(), result.repairs.of(clause::sse_11));
  });
}

TEST(CompletionAnswer, TheListsOfLogprobsAreAppendedAlsoWhereATokenIsCalledIndex) {  // CMPL-4
  const std::string input = dress_completion(
      "data: %[{\"text\":\"index\",\"index\":0,\"logprobs\":{\"tokens\":[\"index\"],"
      "\"token_logprobs\":[-1.50],\"top_logprobs\":[{\"index\":0}],\"text_offset\":[0]},"
      "\"finish_reason\":null}]$"
      "data: %[{\"text\":\"es\",\"index\":0,\"logprobs\":{\"tokens\":[\"es\"],"
      "\"token_logprobs\":[null],\"top_logprobs\":[{\"index\":0,\"es\":-2}],\"text_offset\":[5]},"
      "\"finish_reason\":\"stop\"}]$"
      "data: [DONE]\n\n");
  EXPECT_EQ(run(whole_completion(), input).output,
            R"({"id":"cmpl-1","object":"text_completion","created":1760000000,"model":"m",)"
            R"("choices":[{"text":"indexes","index":0,"logprobs":{"tokens":["index","es"],)"
            R"("token_logprobs":[-1.50,null],"top_logprobs":[{"index":0},{"index":0,"es":-2}],)"
            R"("text_offset":[0,5]},"finish_reason":"stop"}]})");
}

TEST(CompletionAnswer, ADocumentHasAChoiceForEachPromptInTheirOrder) {  // CMPL-2
  std::string input;
  for (int i = 2; i >= 0; --i) {
    const std::string index = std::to_string(i);
    input += dress_completion("data: %[{\"text\":\"" + index + "\",\"index\":" + index +
                              ",\"finish_reason\":\"stop\"}]$");
  }
  const chat_result result = run(whole_completion(3), input + "data: [DONE]\n\n");
  openai::lint_request request;
  request.n = 3;
  EXPECT_TRUE(openai::is_legal(openai::lint_completion(result.output, request))) << result.output;
  EXPECT_LT(result.output.find(R"("text":"0")"), result.output.find(R"("text":"2")"));
}

/// A document of `count` choices that say their numbers.
std::string batch(std::uint32_t count) {
  std::string out =
      R"({"id":"cmpl-1","object":"text_completion","created":1760000000,"model":"m","choices":[)";
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::string number = std::to_string(i);
    out += (i == 0 ? R"({"text":")" : R"(,{"text":")") + number + R"(","index":)" + number +
           R"(,"logprobs":null,"finish_reason":"stop","token_ids":[1]})";
  }
  return out + "]}";
}

TEST(CompletionAnswer, NoTextOfTheLargestBatchIsLost) {  // CMPL-2, limits::max_prompt_choices
  constexpr std::uint32_t most = limits::max_prompt_choices;
  const std::string input = batch(most);
  EXPECT_EQ(run(whole_completion(most), input).output, input);
  // All of it in one event is a chunk of many choices, which leave one by one (CHAT-5).
  for (const std::string& body : {input, "data: " + input + "\n\ndata: [DONE]\n\n"}) {
    const chat_result result = run(completing(false, most), body);
    const client_view view = view_of(result.output);
    ASSERT_EQ(view.text.size(), most);
    for (std::uint32_t i = 0; i < most; ++i) ASSERT_EQ(view.text.at(i), std::to_string(i));
    expect_legal(result, completing(false, most), "the largest batch");
  }
}

}  // namespace
}  // namespace weir::testing
