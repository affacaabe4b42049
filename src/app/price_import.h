#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/prices.h"
#include "weir/base/result.h"

namespace weir::app {

/// What a public list of prices says, as entries of `prices:`.
struct price_list {
  std::vector<std::pair<std::string, config::price_entry>> models;  ///< in the order of the list
  std::map<std::string, std::size_t> skipped;  ///< how many entries were left out, by the reason
};

/// Reads LiteLLM's `model_prices_and_context_window.json` (USD a token, by model) or models.dev's
/// `api.json` (USD a million tokens, by provider and model: `openai/gpt-5`); which of them it is,
/// its content says. Numbers keep their digits.
///
/// Errors   A sentence: not JSON, or neither of the two.
[[nodiscard]] result<price_list> read_price_list(std::string_view json);

/// The section `prices:` as it would stand in the configuration.
[[nodiscard]] std::string to_yaml(const price_list& list);

}  // namespace weir::app
