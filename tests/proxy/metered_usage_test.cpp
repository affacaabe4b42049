// Tokens as the ledger counts them, from every spelling there is (USE-1, USE-3).
#include "proxy/metered_usage.h"

#include <gtest/gtest.h>

#include <string>

#include "weir/json/reader.h"

namespace weir::proxy {
namespace {

std::string shown(const meter::usage& u) {
  std::string out;
  const auto add = [&](const char* name, std::optional<std::uint64_t> n) {
    if (n) out += std::string(out.empty() ? "" : " ") + name + '=' + std::to_string(*n);
  };
  add("in", u.input);
  add("read", u.cache_read);
  add("w5m", u.cache_write_5m);
  add("w1h", u.cache_write_1h);
  add("ain", u.audio_in);
  add("out", u.output);
  add("rsn", u.reasoning);
  add("aout", u.audio_out);
  return out;
}

TEST(MeteredUsage, OfEverySpelling) {
  struct row {
    const char* what;
    const char* told;
    const char* want;
  };
  const row rows[] = {
      {"OpenAI",
       R"({"prompt_tokens":34,"completion_tokens":100,"total_tokens":134,
           "prompt_tokens_details":{"cached_tokens":11,"audio_tokens":2,"cache_write_tokens":5},
           "completion_tokens_details":{"reasoning_tokens":10,"audio_tokens":3}})",
       "in=34 read=11 w5m=5 ain=2 out=100 rsn=10 aout=3"},
      {"the Responses API's names",
       R"({"input_tokens":34,"output_tokens":9,"input_tokens_details":{"cached_tokens":1},
           "output_tokens_details":{"reasoning_tokens":2}})",
       "in=34 read=1 out=9 rsn=2"},
      {"DeepSeek",
       R"({"prompt_tokens":20,"completion_tokens":7,"total_tokens":27,"prompt_cache_hit_tokens":8,
           "prompt_cache_miss_tokens":12,"prompt_tokens_details":{"cached_tokens":3}})",
       "in=20 read=8 out=7"},
      {"Moonshot", R"({"prompt_tokens":20,"completion_tokens":7,"cached_tokens":6})",
       "in=20 read=6 out=7"},
      {"reasoning beside the completion (USE-3)",
       R"({"prompt_tokens":12,"completion_tokens":2,"total_tokens":354,
           "completion_tokens_details":{"reasoning_tokens":340}})",
       "in=12 out=342 rsn=340"},
      {"reasoning within it",
       R"({"prompt_tokens":12,"completion_tokens":342,"total_tokens":354,
           "completion_tokens_details":{"reasoning_tokens":340}})",
       "in=12 out=342 rsn=340"},
      {"a cache beside the prompt",
       R"({"prompt_tokens":4,"completion_tokens":1,"prompt_tokens_details":{"cached_tokens":96}})",
       "in=100 read=96 out=1"},
      {"a proxy before Anthropic",
       R"({"prompt_tokens":1040,"completion_tokens":77,"cache_read_input_tokens":900,
           "cache_creation_input_tokens":100})",
       "in=1040 read=900 w5m=100 out=77"},
      {"the two lives of a cache",
       R"({"prompt_tokens":1040,"completion_tokens":77,"cache_read_input_tokens":900,
           "cache_creation_input_tokens":100,
           "cache_creation":{"ephemeral_5m_input_tokens":30,"ephemeral_1h_input_tokens":70}})",
       "in=1040 read=900 w5m=30 w1h=70 out=77"},
      {"only input", R"({"prompt_tokens":5,"total_tokens":5})", "in=5 out=0"},
      {"only a total and an output", R"({"completion_tokens":2,"total_tokens":9})", "in=7 out=2"},
      {"texts (U10)", R"({"prompt_tokens":"5","completion_tokens":"2"})", "in=5 out=2"},
      {"parts that say more than their whole (USE-2)",
       R"({"prompt_tokens":5,"completion_tokens":2,"total_tokens":7,
           "completion_tokens_details":{"reasoning_tokens":9}})",
       "in=5 out=2 rsn=2"},
      {"nothing", "{}", ""},
      {"no numbers", R"({"prompt_tokens":-5,"completion_tokens":null})", ""},
  };
  for (const row& r : rows) {
    json::reader reader;
    const std::string text = r.told;
    ASSERT_EQ(json::reader::status::ok, reader.parse(text)) << r.what;
    EXPECT_EQ(r.want, shown(metered(openai::read_usage(reader.root())))) << r.what;
  }
}

}  // namespace
}  // namespace weir::proxy
