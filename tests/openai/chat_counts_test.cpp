// What is counted as repaired, where the output alone does not tell.
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "support/chat_harness.h"
#include "support/chat_texts.h"
#include "weir/openai/chat_answer.h"

namespace weir::testing {
namespace {

using namespace std::string_view_literals;
using openai::clause;

/// A legal stream but for a last chunk that has nothing but this usage.
std::string stream_with_usage(std::string_view usage) {
  return test::chat_role() + test::chat_word("Hi") + test::chat_finish() +
         R"(data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,)"
         R"("model":"m","choices":[],"usage":)" +
         std::string(usage) + "}\n\n" + std::string(test::chat_done);
}

TEST(ChatCounts, UsageIsCountedUnlessOnlyWeirAskedForIt) {  // CHAT-25, CHAT-26, U10
  for (const std::string_view usage : {R"({"prompt_tokens":1})"sv, "{}"sv, "0"sv}) {
    const std::string input = stream_with_usage(usage);
    openai::chat_context context = streaming();
    EXPECT_EQ(run(context, input).repairs.of(clause::chat_25), 1U) << usage;
    context.usage_asked_upstream = true;
    const chat_result asked = run(context, input);
    expect_legal(asked, context, usage);
    EXPECT_EQ(asked.repairs.total(), 0U) << usage;
    context.include_usage = true;
    const bool tells = usage.size() > "{}"sv.size();
    EXPECT_EQ(run(context, input).repairs.of(clause::chat_26), tells ? 0U : 1U) << usage;
  }
}

TEST(ChatCounts, ATierOrFingerprintOfADocumentThatIsNoTextIsLeftOutAndCounted) {  // CHAT-3
  for (const std::string_view member : {"service_tier"sv, "system_fingerprint"sv}) {
    for (const std::string_view value : {"3"sv, "{}"sv, "null"sv}) {
      const std::string odd = "\"" + std::string(member) + "\":" + std::string(value);
      std::string document(test::chat_document);
      document.insert(1, odd + ",");
      const chat_result result = run(whole(), document);
      const bool stays = value == "null";
      EXPECT_EQ(result.output.find(odd) != std::string::npos, stays) << result.output;
      EXPECT_EQ(result.repairs.of(clause::chat_3), stays ? 0U : 1U) << odd;
      EXPECT_EQ(result.repairs.total(), stays ? 0U : 1U) << odd;
    }
  }
}

}  // namespace
}  // namespace weir::testing
