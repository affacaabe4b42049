// Public price lists become the section `prices:`, digit by digit.
#include "app/price_import.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "config/load.h"
#include "support/test_data.h"

namespace weir::app {
namespace {

price_list read(const std::string& name) {
  std::ifstream file(testing::data_folder() + "/prices/" + name);
  std::ostringstream text;
  text << file.rdbuf();
  auto made = read_price_list(text.str());
  EXPECT_TRUE(made.ok()) << (made.ok() ? "" : made.error().message);
  return made.ok() ? *std::move(made) : price_list{};
}

/// The prices as the gateway reads what was printed.
config::config loaded(const price_list& list) {
  auto made = config::load_text(to_yaml(list), "prices.yaml",
                                [](const std::string&) { return std::optional<std::string>(); });
  EXPECT_TRUE(made.ok()) << (made.ok() ? "" : config::to_string(made.error().front()));
  return made.ok() ? *std::move(made) : config::config{};
}

const meter::model_price& price_of(const config::config& in, const std::string& name) {
  for (const config::priced_model& one : in.prices)
    if (one.name == name) return one.prices.front().price;
  static const meter::model_price none;
  ADD_FAILURE() << "no price of " << name;
  return none;
}

using counts = std::map<std::string, std::size_t>;

TEST(PriceImport, ReadsLiteLlmsList) {
  const price_list list = read("litellm.json");
  EXPECT_EQ(8U, list.models.size());
  EXPECT_EQ((counts{{"a price finer than 1e-12 USD a token", 1}, {"no price of tokens", 2}}),
            list.skipped);
  const config::config c = loaded(list);
  const meter::model_price& gpt = price_of(c, "gpt-5");
  EXPECT_EQ(1'250'000U, gpt.rates.input->value);  // 1e-12 USD
  EXPECT_EQ(125'000U, gpt.rates.cache_read->value);
  EXPECT_EQ(10'000'000U, gpt.rates.output->value);
  EXPECT_TRUE(gpt.tiers.empty());
  const meter::model_price& audio = price_of(c, "gpt-4o-audio-preview");
  EXPECT_EQ(100'000'000U, audio.rates.audio_in->value);
  EXPECT_EQ(200'000'000U, audio.rates.audio_out->value);
  const meter::model_price& claude = price_of(c, "claude-sonnet-4-5");
  EXPECT_EQ(3'750'000U, claude.rates.cache_write_5m->value);
  EXPECT_EQ(6'000'000U, claude.rates.cache_write_1h->value);
  ASSERT_EQ(1U, claude.tiers.size());
  EXPECT_EQ(200'000U, claude.tiers[0].above_input_tokens);
  EXPECT_EQ(6'000'000U, claude.tiers[0].rates.input->value);
  EXPECT_EQ(22'500'000U, claude.tiers[0].rates.output->value);
  EXPECT_EQ(600'000U, claude.tiers[0].rates.cache_read->value);
  EXPECT_EQ(7'500'000U, claude.tiers[0].rates.cache_write_5m->value);
  EXPECT_EQ(128'000U, price_of(c, "gemini/gemini-1.5-pro").tiers.at(0).above_input_tokens);
  EXPECT_EQ(3'000'000U, price_of(c, "perplexity/sonar-deep-research").rates.reasoning->value);
  EXPECT_EQ(20'000U, price_of(c, "text-embedding-3-small").rates.input->value);
  EXPECT_FALSE(price_of(c, "text-embedding-3-small").rates.output);
}

TEST(PriceImport, ReadsTheListOfModelsDev) {
  const price_list list = read("models-dev.json");
  EXPECT_EQ(5U, list.models.size());
  EXPECT_EQ((counts{{"no price of tokens", 2}}), list.skipped);
  const config::config c = loaded(list);
  EXPECT_EQ(1'250'000U, price_of(c, "openai/gpt-5").rates.input->value);
  EXPECT_EQ(75'000U, price_of(c, "openai/gpt-4o-mini").rates.cache_read->value);
  const meter::model_price& claude = price_of(c, "anthropic/claude-sonnet-4-5");
  ASSERT_EQ(1U, claude.tiers.size());
  EXPECT_EQ(22'500'000U, claude.tiers[0].rates.output->value);
  EXPECT_EQ(3'810'000U, price_of(c, "alibaba/qwen3-omni-flash").rates.audio_in->value);
  EXPECT_EQ(4'000'000U, price_of(c, "alibaba/qwen-plus").rates.reasoning->value);
}

TEST(PriceImport, SaysWhatAFileIsNot) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "no JSON object"},
      {"[]", "no JSON object"},
      {"{", "no JSON object"},
      {"{}", "it is neither"},
      {R"({"a":{"b":1}})", "it is neither"},
  };
  for (const auto& [text, why] : cases) {
    const auto made = read_price_list(text);
    ASSERT_FALSE(made.ok()) << text;
    EXPECT_NE(std::string::npos, made.error().message.find(why)) << made.error().message;
  }
}

}  // namespace
}  // namespace weir::app
