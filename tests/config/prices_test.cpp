// `prices:`: no digit is lost, and what is wrong is said where it stands.
#include "config/prices.h"

#include <gtest/gtest.h>

#include "config/load.h"
#include "config/show.h"

namespace weir::config {
namespace {

result<config, std::vector<problem>> load(const std::string& yaml) {
  return load_text(yaml, "f", [](const std::string&) { return std::optional<std::string>(); });
}

TEST(Prices, AreReadDigitByDigit) {
  const auto made = load(R"(
prices:
  qwen3-32b: {input: 0.10, cached: 0.02, output: 0.40, unit: usd_per_million}
  tiny: {input: 0.000001, request: 0.01}
  each: {input: 1.5e-7, unit: usd}
  long:
    - {from: 2026-06-01, input: 1, tiers: [{above: 200000, input: 2, output: 3}]}
    - {input: 4}
  cocoon: {price_per_token: 2, coefficient: 1500, cached_multiplier: 2500}
)");
  ASSERT_TRUE(made.ok()) << to_string(made.error().front());
  const auto& all = made->prices;
  ASSERT_EQ(5U, all.size());
  const meter::rates& qwen = all[0].prices[0].price.rates;
  EXPECT_EQ(100'000U, qwen.input->value);
  EXPECT_EQ(20'000U, qwen.cache_read->value);
  EXPECT_EQ(400'000U, qwen.output->value);
  EXPECT_FALSE(qwen.reasoning);
  EXPECT_EQ(1U, all[1].prices[0].price.rates.input->value);
  EXPECT_EQ(10'000'000'000U, all[1].prices[0].price.request.value);
  EXPECT_EQ(150'000U, all[2].prices[0].price.rates.input->value);
  ASSERT_EQ(2U, all[3].prices.size());
  EXPECT_EQ(0U, all[3].prices[0].since) << "the oldest comes first";
  EXPECT_EQ(200'000U, all[3].prices[1].price.tiers.at(0).above_input_tokens);
  EXPECT_EQ(3'000'000U, all[3].prices[1].price.tiers[0].rates.output->value);
  EXPECT_FALSE(all[3].prices[1].cocoon);
  EXPECT_EQ((meter::cocoon_price{2, 1500, 10000, 2500, 10000, 10000}), all[4].prices[0].cocoon);

  // Another price has another mark, and the same one the same.
  EXPECT_EQ(0U, all[0].prices[0].version.find("qwen3-32b#"));
  EXPECT_EQ(0U, all[3].prices[1].version.find("long@2026-06-01#"));
  const auto other = load("prices: {qwen3-32b: {input: 0.1, cached: 0.02, output: 0.41}}");
  EXPECT_NE(all[0].prices[0].version, other->prices[0].prices[0].version);

  const auto back = load(show_yaml(*made));
  ASSERT_TRUE(back.ok()) << to_string(back.error().front());
  EXPECT_EQ(show_yaml(*made), show_yaml(*back));
  for (std::size_t i = 0; i < all.size(); ++i)
    EXPECT_EQ(all[i].prices.back().version, back->prices[i].prices.back().version);
}

TEST(Prices, SayWhatIsWrongWhereItStands) {
  const std::pair<const char*, const char*> cases[] = {
      {"prices: {m: {input: cheap}}",
       "f:1:21: prices.m.input: must be a price, a decimal number like 0.10"},
      {"prices: {m: {input: -1}}",
       "f:1:21: prices.m.input: must be a price, a decimal number like 0.10"},
      {"prices: {m: {input: 0.0000001}}",
       "f:1:21: prices.m.input: has more decimals than a price is counted in (1e-12 USD a token)"},
      {"prices: {m: {input: 0.0000000000001, unit: usd}}",
       "f:1:21: prices.m.input: has more decimals than a price is counted in (1e-12 USD a token)"},
      {"prices: {m: {tiers: [{above: 1, input: 2000}], unit: usd}}",
       "f:1:40: prices.m.tiers.input: is more than any price"},
      {"prices: {m: {inpt: 1}}", "f:1:14: unknown key 'inpt' (did you mean 'input'?)"},
      {"prices: {m: {from: 2026-02-30}}",
       "f:1:20: prices.m.from: must be a day in UTC like 2026-11-27"},
      {"prices: {m: [{from: 2026-01-01}, {from: 2026-01-01}]}",
       "f:1:34: prices.m: there is a price from that day already"},
      {"prices: {m: [{input: 1}, {output: 1}]}",
       "f:1:26: prices.m: there is a price from that day already"},
      {"prices: {m: {tiers: [{input: 1}]}}", "f:1:22: prices.m.tiers: 'above' is missing"},
      {"prices: {m: {tiers: [{above: 5}, {above: 5}]}}",
       "f:1:34: prices.m.tiers: there is a tier above 5 already"},
      {"prices: {m: {tiers: 5}}",
       "f:1:21: prices.m.tiers: must be a list of mappings, not a number"},
      {"prices: {m: {unit: eur}}", "f:1:20: prices.m.unit: must be 'usd_per_million' or 'usd'"},
      {"prices: [m]", "f:1:9: prices: must be a mapping of model names to prices, not a list"},
  };
  for (const auto& [yaml, want] : cases) {
    const auto made = load(yaml);
    ASSERT_FALSE(made.ok()) << yaml;
    EXPECT_EQ(want, to_string(made.error().front()));
  }
}

}  // namespace
}  // namespace weir::config
