#include "meter/price.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::meter {
namespace {

constexpr std::uint64_t million = 1'000'000;

/// A natural number of any size, digit by digit: arithmetic that shares nothing with the code.
class big {
 public:
  explicit big(std::uint64_t value) {
    for (; value != 0; value /= 10) digits_.push_back(static_cast<unsigned>(value % 10));
  }
  friend big operator+(const big& a, const big& b) {
    big out(0);
    unsigned carry = 0;
    for (std::size_t i = 0; i < std::max(a.digits_.size(), b.digits_.size()) || carry != 0; ++i) {
      const unsigned all = a.at(i) + b.at(i) + carry;
      out.digits_.push_back(all % 10);
      carry = all / 10;
    }
    return out;
  }
  friend big operator*(const big& a, const big& b) {
    big out(0);
    for (std::size_t i = b.digits_.size(); i-- > 0;) {
      if (!out.digits_.empty()) out.digits_.insert(out.digits_.begin(), 0);
      for (unsigned n = 0; n < b.digits_[i]; ++n) out = out + a;
    }
    return out;
  }
  /// A thousandth, half up.
  [[nodiscard]] std::string thousandth() const {
    big up = *this + big(500);
    up.digits_.erase(up.digits_.begin(),
                     up.digits_.begin() +
                         static_cast<std::ptrdiff_t>(std::min<std::size_t>(3, up.digits_.size())));
    std::string out;
    for (std::size_t i = up.digits_.size(); i-- > 0;) out += static_cast<char>('0' + up.digits_[i]);
    out.erase(0, std::min(out.find_first_not_of('0'), out.size()));
    return out.empty() ? "0" : out;
  }

 private:
  [[nodiscard]] unsigned at(std::size_t i) const { return i < digits_.size() ? digits_[i] : 0; }

  std::vector<unsigned> digits_;  // the lowest first
};

usage tokens(std::uint64_t input, std::uint64_t output) {
  usage out;
  out.input = input;
  out.output = output;
  return out;
}

/// In USD per million.
pico_usd per_million(std::string_view text) {
  return parse_price(text, price_unit::usd_per_million).value().value;
}

TEST(Price, IsReadDigitByDigit) {
  struct row {
    std::string_view text;
    price_unit unit;
    std::optional<parsed_price> want;
  };
  constexpr auto usd = price_unit::usd;
  constexpr auto list = price_unit::usd_per_million;
  const auto exactly = [](std::uint64_t n) { return parsed_price{{n}, true}; };
  const auto rounded = [](std::uint64_t n) { return parsed_price{{n}, false}; };
  const row rows[] = {
      {"0", list, exactly(0)},
      {"0.10", list, exactly(100'000)},
      {"0.0375", list, exactly(37'500)},
      {"15", list, exactly(15'000'000)},
      {"1.25e-07", usd, exactly(125'000)},
      {"3e-6", usd, exactly(3'000'000)},
      {"2.5E+1", list, exactly(25'000'000)},
      {".5", list, exactly(500'000)},
      {"5.", list, exactly(5'000'000)},
      {"0.0000001", list, rounded(0)},
      {"0.0000005", list, rounded(1)},
      {"0.0000004999", list, rounded(0)},
      {"2.08333333e-07", usd, rounded(208'333)},
      {"1.66666667e-07", usd, rounded(166'667)},
      {"0.10000000000000", list, exactly(100'000)},
      {"1e-30", usd, rounded(0)},
      {"0e999999", usd, exactly(0)},
      {"1000", usd, exactly(max_price.value)},
      {"1000.0000000000004", usd, rounded(max_price.value)},
      {"1000.0000000000005", usd, std::nullopt},
      {"1000.000000000001", usd, std::nullopt},
      {"1e999999", usd, std::nullopt},
      {"1e99999999999999999999", usd, std::nullopt},
      {"-1", usd, std::nullopt},
      {"", usd, std::nullopt},
      {".", usd, std::nullopt},
      {"1e", usd, std::nullopt},
      {"1e+-2", usd, std::nullopt},
      {"1,5", usd, std::nullopt},
      {"0x10", usd, std::nullopt},
      {".inf", usd, std::nullopt},
      {"1 ", usd, std::nullopt},
  };
  for (const row& r : rows) EXPECT_TRUE(parse_price(r.text, r.unit) == r.want) << r.text;
}

RC_GTEST_PROP(Price, ReadsBackWhatItIs, ()) {
  const auto pico = *rc::gen::inRange<std::uint64_t>(0, max_price.value + 1);
  const std::string digits = std::to_string(pico);
  RC_ASSERT(parse_price(digits + "e-12", price_unit::usd).value().value.value == pico);
  RC_ASSERT(parse_price(digits + "e-6", price_unit::usd_per_million).value().value.value == pico);
  const std::string point =
      std::to_string(pico / million) + "." + std::to_string(million + pico % million).substr(1);
  RC_ASSERT(parse_price(point, price_unit::usd_per_million) == (parsed_price{{pico}, true}));
}

TEST(Cost, OfEachClassOfTokens) {
  struct row {
    std::string_view name;
    usage told;
    cost want;  // in nano-USD: prompt, cached, completion, reasoning, total
  };
  model_price price;
  price.rates.input = per_million("1");
  price.rates.cache_read = per_million("0.1");
  price.rates.cache_write_5m = per_million("1.25");
  price.rates.cache_write_1h = per_million("2");
  price.rates.audio_in = per_million("10");
  price.rates.output = per_million("4");
  price.rates.reasoning = per_million("3");
  price.rates.audio_out = per_million("20");
  const auto with = [](std::uint64_t in, std::uint64_t out, auto set) {
    usage u = tokens(in, out);
    set(u);
    return u;
  };
  const row rows[] = {
      {"nothing is known", {}, {}},
      {"text", tokens(10, 5), {{10'000}, {0}, {20'000}, {0}, {30'000}}},
      {"cached", with(10, 0, [](usage& u) { u.cache_read = 4; }), {{6000}, {400}, {}, {}, {6400}}},
      {"cache writes",
       with(10, 0, [](usage& u) { u.cache_write_5m = 4, u.cache_write_1h = 2; }),
       {{4000 + 5000 + 4000}, {}, {}, {}, {13'000}}},
      {"reasoning",
       with(0, 10, [](usage& u) { u.reasoning = 4; }),
       {{}, {}, {24'000}, {12'000}, {36'000}}},
      {"audio",
       with(10, 10, [](usage& u) { u.audio_in = 1, u.audio_out = 1; }),
       {{9000 + 10'000}, {}, {36'000 + 20'000}, {}, {75'000}}},
      {"more cached than there is",
       with(10, 0, [](usage& u) { u.cache_read = 40; }),
       {{}, {1000}, {}, {}, {1000}}},
      {"a part without its whole",
       [] {
         usage u;
         u.reasoning = 2;
         return u;
       }(),
       {{}, {}, {}, {6000}, {6000}}},
  };
  for (const row& r : rows) EXPECT_TRUE(cost_of(r.told, price) == r.want) << r.name;
}

TEST(Cost, WhatHasNoPriceCostsAsItsWhole) {
  model_price price;
  price.rates.input = per_million("2");
  price.rates.output = per_million("8");
  usage all = tokens(100, 100);
  all.cache_read = 10;
  all.cache_write_5m = 10;
  all.cache_write_1h = 10;
  all.audio_in = 10;
  all.reasoning = 10;
  all.audio_out = 10;
  EXPECT_EQ(cost_of(all, price).total, (nano_usd{1'000'000}));
  price.rates.cache_write_5m = per_million("3");  // and so does the write that lasts longer
  EXPECT_EQ(cost_of(all, price).total, (nano_usd{1'020'000}));
}

TEST(Cost, ALongInputHasTheRatesOfTheHighestTierItPasses) {
  model_price price;
  price.rates.input = per_million("1");
  price.rates.output = per_million("5");
  price.rates.cache_read = per_million("0.1");
  price.tiers.resize(2);
  price.tiers[0].above_input_tokens = 1000;  // in no order
  price.tiers[0].rates.input = per_million("4");
  price.tiers[1].above_input_tokens = 200;
  price.tiers[1].rates.input = per_million("2");
  price.tiers[1].rates.output = per_million("10");
  EXPECT_EQ(cost_of(tokens(200, 1), price).total, (nano_usd{200'000 + 5000}));
  EXPECT_EQ(cost_of(tokens(201, 1), price).total, (nano_usd{402'000 + 10'000}));
  EXPECT_EQ(cost_of(tokens(1000, 1), price).total, (nano_usd{2'000'000 + 10'000}));
  EXPECT_EQ(cost_of(tokens(1001, 1), price).total, (nano_usd{4'004'000 + 5000}));
  usage cached = tokens(1001, 0);
  cached.cache_read = 1000;
  EXPECT_EQ(cost_of(cached, price).total, (nano_usd{4000 + 100'000}));
}

TEST(Cost, OfARequestComesOnTop) {
  model_price price;
  price.request = parse_price("0.01", price_unit::usd).value().value;
  EXPECT_TRUE(cost_of({}, price) == (cost{{10'000'000}, {}, {}, {}, {10'000'000}}));
}

TEST(Cost, ThatFitsNoNumberStaysAtTheLargest) {
  model_price price;
  price.rates.input = max_price;
  price.rates.output = max_price;
  constexpr nano_usd most{std::numeric_limits<std::int64_t>::max()};
  EXPECT_EQ(cost_of(tokens(std::numeric_limits<std::uint64_t>::max(), 1), price).total, most);
  EXPECT_EQ(most + nano_usd{1}, most);
}

/// Against numbers of any size: the total is the exact sum, rounded once, and the parts add up.
RC_GTEST_PROP(Cost, IsTheExactSumRoundedOnce, ()) {
  const auto some = rc::gen::inRange<std::uint64_t>(0, 100'000'000);
  const auto rate = rc::gen::inRange<std::uint64_t>(0, 10'000'000);
  model_price price;
  usage told;
  big exact(0);
  const auto take = [&](std::optional<pico_usd>& each, std::optional<std::uint64_t>& count,
                        std::optional<std::uint64_t>& whole) {
    each = pico_usd{*rate};
    count = *some;
    whole = whole.value_or(0) + *count;
    exact = exact + big(*count) * big(each->value);
  };
  take(price.rates.cache_read, told.cache_read, told.input);
  take(price.rates.cache_write_5m, told.cache_write_5m, told.input);
  take(price.rates.cache_write_1h, told.cache_write_1h, told.input);
  take(price.rates.audio_in, told.audio_in, told.input);
  take(price.rates.reasoning, told.reasoning, told.output);
  take(price.rates.audio_out, told.audio_out, told.output);
  std::optional<std::uint64_t> text;
  take(price.rates.input, text, told.input);
  take(price.rates.output, text, told.output);
  price.request.value = *rate;
  exact = exact + big(price.request.value);

  const cost found = cost_of(told, price);
  RC_ASSERT(std::to_string(found.total.value) == exact.thousandth());
  RC_ASSERT((found.prompt + found.cached + found.completion + found.reasoning) == found.total);
}

TEST(NanoUsd, IsWrittenWithoutExponentAndWithoutZerosAtTheEnd) {
  struct row {
    std::int64_t amount;
    std::string_view want;
  };
  const row rows[] = {{0, "0"},
                      {1, "0.000000001"},
                      {120, "0.00000012"},
                      {1'000'000'000, "1"},
                      {12'500'000'000, "12.5"},
                      {-1, "-0.000000001"},
                      {std::numeric_limits<std::int64_t>::max(), "9223372036.854775807"},
                      {std::numeric_limits<std::int64_t>::min(), "-9223372036.854775808"}};
  for (const row& r : rows) EXPECT_EQ(to_text(nano_usd{r.amount}), r.want);
}

}  // namespace
}  // namespace weir::meter
