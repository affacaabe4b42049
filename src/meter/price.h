#pragma once
#include <compare>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "meter/nano_usd.h"
#include "meter/usage.h"

namespace weir::meter {

/// The price of one token, or of one request: a whole number of 1e-12 USD. Lists quote USD per
/// million with up to six decimals, and 0.0375 of those is no whole number of 1e-9 USD a token.
struct pico_usd {
  std::uint64_t value = 0;

  friend constexpr auto operator<=>(pico_usd, pico_usd) = default;
};

/// A thousand USD for a token; nothing costs more, and 128 bits hold every sum.
inline constexpr pico_usd max_price{1'000'000'000'000'000};

/// What a number in a price list counts.
enum class price_unit : std::uint8_t { usd, usd_per_million };

struct parsed_price {
  pico_usd value;
  bool exact = true;  ///< false: rounded, half up, for it has decimals below 1e-12 USD

  friend bool operator==(const parsed_price&, const parsed_price&) = default;
};

/// A decimal number as JSON and YAML spell it (`0.10`, `1.25e-07`), read digit by digit: no
/// floating point. Nothing for what is no such number, is negative, or is above max_price.
[[nodiscard]] std::optional<parsed_price> parse_price(std::string_view decimal, price_unit unit);

/// What a token costs by its class. One that is not set costs as much as its whole does: all that
/// goes in as `input`, all that comes out as `output`, and a one-hour cache write as one of five
/// minutes. Without `input` or `output`, these cost nothing.
struct rates {
  std::optional<pico_usd> input;
  std::optional<pico_usd> cache_read;
  std::optional<pico_usd> cache_write_5m;
  std::optional<pico_usd> cache_write_1h;
  std::optional<pico_usd> audio_in;
  std::optional<pico_usd> output;
  std::optional<pico_usd> reasoning;
  std::optional<pico_usd> audio_out;

  friend bool operator==(const rates&, const rates&) = default;
};

/// Rates of a request whose input is longer than this; they count for all of its tokens. What is
/// not set is that of the model.
struct price_tier {
  std::uint64_t above_input_tokens = 0;
  weir::meter::rates rates;

  friend bool operator==(const price_tier&, const price_tier&) = default;
};

struct model_price {
  weir::meter::rates rates;
  pico_usd request;               ///< on top, once an answer
  std::vector<price_tier> tiers;  ///< in any order; the highest that is passed counts

  friend bool operator==(const model_price&, const model_price&) = default;
};

/// What an answer costs. The parts add up to `total` exactly.
struct cost {
  nano_usd prompt;      ///< what went in without `cached`, cache writes and the request included
  nano_usd cached;      ///< read from a cache
  nano_usd completion;  ///< what came out without `reasoning`
  nano_usd reasoning;
  nano_usd total;

  friend bool operator==(const cost&, const cost&) = default;
};

/// Source   Contract USE-6; the parts are those of `cost_details`.
/// Input    Any usage; it counts as `clamp` leaves it, and unknown counts as none.
/// Output   The sum is exact in 128 bits and rounded once, half up; each part ends where the sum up
///          to there is rounded to, so that nothing is lost between them.
/// Cost     No allocation.
[[nodiscard]] cost cost_of(usage told, const model_price& price);

}  // namespace weir::meter
