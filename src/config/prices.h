#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "meter/cocoon_price.h"
#include "meter/price.h"

namespace weir::config {

/// Prices of tokens by class as they stand in the file: decimal numbers, "" where nothing is said.
struct price_texts {
  std::string input;
  std::string cached;
  std::string cache_write;
  std::string cache_write_1h;
  std::string output;
  std::string reasoning;
  std::string audio_input;
  std::string audio_output;
};

/// Of requests whose input is longer than `above` tokens.
struct price_tier {
  std::uint32_t above = 0;
  price_texts rates;
};

/// What a model costs from a day on, as it stands in the file.
struct price_entry {
  std::string from;  ///< a day in UTC; "": ever
  meter::price_unit unit = meter::price_unit::usd_per_million;
  price_texts rates;
  std::string request;  ///< USD
  std::vector<price_tier> tiers;
  // In whole units of cocoon's proxies:
  std::optional<std::uint32_t> price_per_token;
  std::uint32_t coefficient = 1000;
  std::uint32_t prompt_multiplier = 10000;
  std::uint32_t cached_multiplier = 10000;
  std::uint32_t completion_multiplier = 10000;
  std::uint32_t reasoning_multiplier = 10000;
};

/// The same, ready to count with.
struct dated_price {
  price_entry written;
  std::uint64_t since = 0;  ///< microseconds since the Unix epoch
  meter::model_price price;
  std::optional<meter::cocoon_price> cocoon;
  /// For records: the name, the day, and what tells one price from another.
  std::string version;
};

/// An entry of `prices:`: an exact name or a pattern, and what it costs, the oldest day first.
struct priced_model {
  std::string name;
  std::vector<dated_price> prices;

  /// What was in force then; null before the first day.
  [[nodiscard]] const dated_price* at(std::uint64_t time) const;
};

}  // namespace weir::config
