#include "weir/openai/chat_answer.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "support/chat_harness.h"
#include "support/chat_texts.h"

namespace weir::testing {
namespace {

using namespace std::string_view_literals;
using state = openai::chat_answer::state;

struct fixture_case {
  const char* file;
  bool include_usage;
  std::uint32_t n;
};

const fixture_case fixtures[] = {
    {"chat_text.sse", false, 1},
    {"chat_text_usage.sse", true, 1},
    {"chat_n2.sse", false, 2},
    {"chat_length.sse", false, 1},
    {"chat_content_filter.sse", false, 1},
    {"chat_reasoning.sse", true, 1},
    {"chat_logprobs.sse", false, 1},
    {"chat_refusal.sse", false, 1},
    {"chat_tools_parallel.sse", true, 1},
    {"chat_function_legacy.sse", false, 1},
    {"chat_error_mid.sse", false, 1},
};

TEST(ChatAnswer, TheUpstreamsOwnWordForTheFinishIsKept) {
  const struct {
    std::string said;
    std::string_view finish;
    std::string_view native;
  } cases[] = {{R"("stop")", "stop", "stop"},
               {R"("eos")", "stop", "eos"},
               {R"("MAX_TOKENS")", "length", "MAX_TOKENS"},
               {"\"" + std::string(100, 'x') + "\"", "stop", std::string_view()}};
  for (const auto& c : cases) {
    openai::chat_answer answer(streaming());
    answer.feed(test::chat_role() + test::chat_word("Hi") + test::chat_event("{}", c.said) +
                std::string(test::chat_done));
    answer.end(false);
    EXPECT_EQ(c.finish, answer.finish_reason()) << c.said;
    EXPECT_TRUE(c.native.empty() || c.native == answer.native_finish());
    EXPECT_GE(limits::max_native_finish_bytes, answer.native_finish().size());
  }
  openai::chat_answer none(streaming());
  none.feed(test::chat_role() + test::chat_word("Hi"));
  EXPECT_EQ("", none.native_finish());
}

TEST(ChatAnswer, LegalStreamsLeaveByteForByteHoweverTheyAreSplit) {  // P2, P3
  for (const fixture_case& c : fixtures) {
    const std::string input = fixture(c.file);
    const openai::chat_context context = streaming(c.include_usage, c.n);
    const chat_result once = run(context, input);
    ASSERT_EQ(once.output, input) << c.file;
    EXPECT_EQ(once.repairs.total(), 0U) << c.file;
    expect_legal(once, context, c.file);
    for_each_split(input, [&](const pieces& parts) {
      ASSERT_EQ(run(context, parts).output, input) << c.file;
    });
  }
}

/// One legal stream in unusual but legal clothes; `%` stands for the envelope.
std::string dress(std::string_view body) {
  constexpr std::string_view envelope =
      R"("id":"chatcmpl-1","object":"chat.completion.chunk","created":1760000000,"model":"m")";
  std::string out;
  for (const char c : body)
    if (c == '%')
      out += envelope;
    else
      out += c;
  return out;
}

struct variant_case {
  const char* name;
  std::string_view body;
  bool include_usage = false;
};

const variant_case legal_variants[] = {
    {"JSON whitespace",
     "data: {%, \"choices\" : [ {\"index\": 0, \"delta\": {\"role\":\"assistant\"}, "
     "\"finish_reason\": null} ] }\n\n"
     "data: { %,\"choices\":[{\"index\":0,\"delta\":{\"content\" :\t\"Hi\"},"
     "\"finish_reason\":null}]} \n\n"
     "data: {%,\"choices\":[{\"index\":0,\"delta\":{ },\"finish_reason\":\"stop\"}]}\n\n"
     "data: [DONE]\n\n"},
    {"key order",
     "data: {\"choices\":[{\"finish_reason\":null,\"delta\":{\"content\":\"\","
     "\"role\":\"assistant\"},\"index\":0}],%}\n\n"
     "data: {\"choices\":[{\"delta\":{\"content\":\"Hi\"},\"finish_reason\":null,\"index\":0}],%}"
     "\n\n"
     "data: {\"choices\":[{\"finish_reason\":\"stop\",\"index\":0,\"delta\":{}}],%}\n\n"
     "data: [DONE]\n\n"},
    {"vendor members and 20-digit integers",
     "data: {%,\"x_id\":12345678901234567890,\"choices\":[{\"index\":0,\"delta\":"
     "{\"role\":\"assistant\",\"content\":null},\"logprobs\":null,\"finish_reason\":null,"
     "\"stop_reason\":null}]}\n\n"
     "data: {%,\"timings\":{\"ms\":1.50e+2},\"choices\":[{\"index\":0,\"delta\":"
     "{\"content\":\"H\\u0069\"},\"finish_reason\":null,\"token_ids\":[1,2]}]}\n\n"
     "data: {%,\"choices\":[{\"index\":0,\"delta\":{\"x_vendor\":{\"a\":[]}},"
     "\"finish_reason\":null}]}\n\n"
     "data: {%,\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\","
     "\"matched_stop\":18446744073709551616}]}\n\n"
     "data: [DONE]\n\n"},
    {"usage absent before the usage chunk",
     "data: {%,\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\"},"
     "\"finish_reason\":null}]}\n\n"
     "data: {%,\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"},\"finish_reason\":null}],"
     "\"usage\":null}\n\n"
     "data: {%,\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
     "data: {%,\"usage\":{\"prompt_tokens\":1,\"x\":1e2},\"choices\":[],\"vendor\":true}\n\n"
     "data: [DONE]\n\n",
     true},
    {"a call without arguments before another, usage absent before the usage chunk",
     "data: {%,\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\"},"
     "\"finish_reason\":null}]}\n\n"
     "data: {%,\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"a\","
     "\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"\"}}]},"
     "\"finish_reason\":null}]}\n\n"
     "data: {%,\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,"
     "\"function\":{\"arguments\":\"{}\"}}]},\"finish_reason\":null}],\"x\":1}\n\n"
     "data: {%,\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":1,\"id\":\"b\","
     "\"type\":\"function\",\"function\":{\"name\":\"g\",\"arguments\":\"\"}}]},"
     "\"finish_reason\":null}],\"y\":2}\n\n"
     "data: {%,\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":1,"
     "\"function\":{\"arguments\":\"{\\\"z\\\":1}\"}}]},\"finish_reason\":null}]}\n\n"
     "data: {%,\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"tool_calls\"}]}\n\n"
     "data: {%,\"choices\":[],\"usage\":{\"prompt_tokens\":1}}\n\n"
     "data: [DONE]\n\n",
     true},
    {"obfuscation",
     "data: {%,\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\"},"
     "\"finish_reason\":null}],\"obfuscation\":\"a\"}\n\n"
     "data: {%,\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"},\"finish_reason\":null}],"
     "\"obfuscation\":\"bc\"}\n\n"
     "data: {%,\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}],"
     "\"obfuscation\":\"d\"}\n\n"
     "data: [DONE]\n\n"},
    {"an answer without a word",
     "data: {%,\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},"
     "\"finish_reason\":null}]}\n\n"
     "data: {%,\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"length\"}]}\n\n"
     "data: [DONE]\n\n"},
};

TEST(ChatAnswer, LegalVariantsLeaveByteForByte) {  // P3, CHAT-36
  for (const variant_case& c : legal_variants) {
    const std::string input = dress(c.body);
    const openai::chat_context context = streaming(c.include_usage);
    ASSERT_EQ(findings_of(input, context), "") << c.name << " is not legal to begin with";
    for_each_split(input, [&](const pieces& parts) {
      ASSERT_EQ(run(context, parts).output, input) << c.name;
    });
  }
}

TEST(ChatAnswer, EveryCutOfALegalStreamEndsLegallyAndNeverAsStop) {  // P1, P6, T9
  for (const fixture_case& c : fixtures) {
    const std::string input = fixture(c.file);
    const openai::chat_context context = streaming(c.include_usage, c.n);
    const std::size_t choices = view_of(input).finish.size();
    for (std::size_t cut = 0; cut < input.size(); ++cut) {
      for (const ending how : {ending::closed, ending::lost}) {
        const chat_result result = run(context, std::string_view(input).substr(0, cut), how);
        expect_legal(result, context, c.file);
        ASSERT_NE(result.state, state::open);
        const client_view view = view_of(result.output);
        if (result.output.empty()) continue;
        EXPECT_TRUE(view.done);
        // Whole means that every choice had said its finish; else the client learns the truth.
        if (view.error.empty()) {
          EXPECT_EQ(view.finish.size(), choices) << c.file << " cut at " << cut;
          EXPECT_NE(std::string_view(input).substr(0, cut).rfind("\"finish_reason\":\""),
                    std::string_view::npos)
              << c.file << " cut at " << cut;
        }
      }
    }
  }
}

TEST(ChatAnswer, ACutInsideTheTerminatorLosesNothing) {  // T1, SSE-12
  const std::string frames = test::chat_role() + test::chat_word("Hi") + test::chat_finish();
  for (std::size_t kept = 0; kept < test::chat_done.size(); ++kept) {
    for (const ending how : {ending::closed, ending::lost}) {
      const chat_result result =
          run(streaming(false, 1), frames + std::string(test::chat_done.substr(0, kept)), how);
      const client_view view = view_of(result.output);
      EXPECT_EQ("", view.error) << kept;
      EXPECT_TRUE(view.done) << kept;
    }
  }
}

TEST(ChatAnswer, RelaysEachEventBeforeTheNextOneArrives) {  // SSE-17
  const std::string input = fixture("chat_text_usage.sse");
  openai::chat_answer answer(streaming(true));
  std::size_t begin = 0;
  std::size_t event = 0;
  while (begin < input.size()) {
    const std::size_t end = input.find("\n\n", begin) + 2;
    answer.feed(std::string_view(input).substr(begin, end - begin));
    // The finish and the usage are held for one frame (CHAT-29e); all else leaves at once.
    const std::string out(answer.output());
    if (event < 3) {
      EXPECT_EQ(out, input.substr(begin, end - begin));
    }
    answer.consume(out.size());
    begin = end;
    ++event;
  }
  EXPECT_EQ(answer.current(), state::complete);
}

}  // namespace
}  // namespace weir::testing
