#include "weir/openai/usage.h"

#include <gtest/gtest.h>

#include <string_view>

namespace weir::openai {
namespace {

using count = std::optional<std::uint64_t>;
constexpr auto unknown = std::nullopt;

usage read(std::string_view text) {
  json::reader reader;
  EXPECT_EQ(reader.parse(text), json::reader::status::ok) << text;
  return read_usage(reader.root());
}

TEST(Usage, EveryVendorsSpellingIsRead) {
  const struct {
    std::string_view name;
    std::string_view json;
    usage want;
  } cases[] = {
      {"OpenAI",
       R"({"prompt_tokens":9,"completion_tokens":2,"total_tokens":11,)"
       R"("prompt_tokens_details":{"cached_tokens":4},)"
       R"("completion_tokens_details":{"reasoning_tokens":1}})",
       {9, 4, 2, 1, 11}},
      {"Responses",
       R"({"input_tokens":9,"output_tokens":2,"total_tokens":11,)"
       R"("input_tokens_details":{"cached_tokens":0},)"
       R"("output_tokens_details":{"reasoning_tokens":0}})",
       {9, 0, 2, 0, 11}},
      {"DeepSeek",
       R"({"prompt_tokens":9,"completion_tokens":2,"total_tokens":11,"prompt_cache_hit_tokens":5,)"
       R"("prompt_cache_miss_tokens":4,"prompt_tokens_details":{"cached_tokens":3}})",
       {9, 5, 2, unknown, 11}},
      {"Moonshot",
       R"({"prompt_tokens":9,"completion_tokens":2,"total_tokens":11,"cached_tokens":6})",
       {9, 6, 2, unknown, 11}},
      {"Mistral",
       R"({"prompt_tokens":9,"prompt_token_details":{"cached_tokens":3}})",
       {9, 3, unknown, unknown, unknown}},
      {"Mistral's other",
       R"({"prompt_tokens":9,"num_cached_tokens":2})",
       {9, 2, unknown, unknown, unknown}},
      {"through Anthropic",
       R"({"prompt_tokens":9,"cache_read_input_tokens":7})",
       {9, 7, unknown, unknown, unknown}},
      {"Perplexity",
       R"({"completion_tokens":2,"reasoning_tokens":1})",
       {unknown, unknown, 2, 1, unknown}},
      {"nothing", "{}", {}},
      {"nulls",
       R"({"prompt_tokens":null,"completion_tokens":null,"prompt_tokens_details":null})",
       {}},
      {"null beside a synonym",
       R"({"prompt_tokens":null,"input_tokens":3})",
       {3, unknown, unknown, unknown, unknown}},
      {"not an object", "[1]", {}},
  };
  for (const auto& c : cases) EXPECT_EQ(read(c.json), c.want) << c.name;
}

// U10
TEST(Usage, CountsOfOtherTypesAreCoercedAndNonsenseIsUnknown) {
  const struct {
    std::string_view value;
    count want;
  } cases[] = {
      {"7", 7},
      {"\"7\"", 7},
      {"7.0", 7},
      {"7.9", 7},
      {"1e3", 1000},
      {"0", 0},
      {"-1", unknown},
      {"-0.5", unknown},
      {"\"x\"", unknown},
      {"\"7x\"", unknown},
      {"\"\"", unknown},
      {"[]", unknown},
      {"{}", unknown},
      {"true", unknown},
      {"1e300", unknown},
      {"1e999", unknown},
      {"9223372036854775807", 9223372036854775807ULL},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(read("{\"prompt_tokens\":" + std::string(c.value) + "}").prompt, c.want) << c.value;
  }
}

TEST(Usage, DetailsOfAWrongTypeAreNoDetails) {
  for (const std::string_view details : {"0", "[]", "\"x\"", "null"}) {
    const usage u = read(R"({"prompt_tokens":1,"prompt_tokens_details":)" + std::string(details) +
                         R"(,"completion_tokens_details":)" + std::string(details) + "}");
    EXPECT_EQ(u, (usage{1, unknown, unknown, unknown, unknown})) << details;
  }
}

}  // namespace
}  // namespace weir::openai
