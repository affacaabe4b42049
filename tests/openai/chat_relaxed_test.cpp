// The relaxed mode: frames leave as they came, the end is still told truly (GEN-4).
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "support/chat_harness.h"

namespace weir::testing {
namespace {

using state = openai::chat_answer::state;

openai::chat_context relaxed(bool include_usage = false) {
  openai::chat_context context = streaming(include_usage);
  context.settings.mode = openai::stream_settings::conformance::relaxed;
  return context;
}

constexpr std::string_view role_again =
    "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"Hi\"},"
    "\"finish_reason\":\"\"}]}\n\n";
constexpr std::string_view tool_of_index_one =
    "data: {\"id\":\"b\",\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":1,\"id\":\"x\","
    "\"function\":{\"name\":\"f\",\"arguments\":{}}}]}}]}\n\n";
constexpr std::string_view stop = "data: {\"choices\":[{\"finish_reason\":\"eos\"}]}\n\n";
constexpr std::string_view done = "data: [DONE]\n\n";

std::string join(std::initializer_list<std::string_view> parts) {
  std::string out;
  for (const std::string_view part : parts) out += part;
  return out;
}

TEST(ChatRelaxed, FramesLeaveAsTheyCameAndNothingIsCountedAsRepaired) {
  const std::string input = join({role_again, tool_of_index_one, stop, done});
  const chat_result result = run(relaxed(), input);
  EXPECT_EQ(result.output, input);
  EXPECT_EQ(result.state, state::complete);
  EXPECT_EQ(result.repairs.total(), 0U);
  for_each_split(input,
                 [&](const pieces& parts) { ASSERT_EQ(run(relaxed(), parts).output, input); });
}

TEST(ChatRelaxed, TheFramingIsStillServerSentEvents) {
  const std::string input =
      "data:{\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\r\n\r\n"
      ": comment\r\n\r\n"
      "data: {\"choices\":[{\"finish_reason\":\"stop\"}]}\r\n\r\n";
  EXPECT_EQ(run(relaxed(), input).output,
            "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n"
            "data: {\"choices\":[{\"finish_reason\":\"stop\"}]}\n\n"
            "data: [DONE]\n\n");
}

TEST(ChatRelaxed, TextCutInsideACharacterLeavesAsLegalJson) {
  const std::string output =
      run(relaxed(),
          join({"data: {\"choices\":[{\"delta\":{\"content\":\"a\xF0\x9F\"}}]}\n\n", stop, done}))
          .output;
  json::reader reader;
  EXPECT_EQ(reader.parse(output.substr(6, output.find('\n') - 6)), json::reader::status::ok);
  EXPECT_FALSE(reader.has_lone_surrogate());
}

TEST(ChatRelaxed, AStreamThatBreaksOffIsAnErrorAllTheSame) {  // P6
  const chat_result result = run(relaxed(), role_again);
  EXPECT_EQ(result.state, state::failed);
  const client_view view = view_of(result.output);
  EXPECT_FALSE(view.error.empty());
  EXPECT_TRUE(view.done);
  EXPECT_TRUE(result.output.starts_with(role_again));
}

TEST(ChatRelaxed, UsageThatOnlyWeirAskedForIsNotTheClients) {  // REQ-13
  openai::chat_context context = relaxed();
  context.usage_asked_upstream = true;
  const std::string_view usage =
      "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2}}\n\n";
  const chat_result result = run(context, join({role_again, stop, usage, done}));
  EXPECT_EQ(result.output, join({role_again, stop, done}));
  ASSERT_TRUE(result.usage.has_value());
  EXPECT_EQ(result.usage->completion, 2U);
  context.include_usage = true;
  EXPECT_EQ(run(context, join({role_again, stop, usage, done})).output,
            join({role_again, stop, usage, done}));
}

TEST(ChatRelaxed, ADocumentInPlaceOfAStreamIsStillConverted) {  // SSE-11
  const std::string document =
      R"({"object":"chat.completion","choices":[{"message":{"content":"Hi"},"finish_reason":"stop"}]})";
  const chat_result result = run(relaxed(), document);
  EXPECT_EQ(view_of(result.output).text[0], "Hi");
  expect_legal(result, relaxed(), "document");
  openai::chat_context asked = relaxed();
  asked.stream = false;
  EXPECT_EQ(run(asked, document).output, document);
}

}  // namespace
}  // namespace weir::testing
