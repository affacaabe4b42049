#pragma once
#include <cstdint>
#include <optional>

#include "meter/usage.h"

namespace weir::meter {

/// The price of a model as cocoon's proxies state it, in whole units of theirs.
struct cocoon_price {
  std::uint64_t price_per_token = 0;
  std::uint64_t coefficient = 1000;  ///< in 1/1000
  // In 1/10000:
  std::uint64_t prompt_multiplier = 10000;
  std::uint64_t cached_multiplier = 10000;
  std::uint64_t completion_multiplier = 10000;
  std::uint64_t reasoning_multiplier = 10000;

  friend bool operator==(const cocoon_price&, const cocoon_price&) = default;
};

struct cocoon_cost {
  std::uint64_t prompt_total_cost = 0;
  std::uint64_t completion_total_cost = 0;
  std::uint64_t total_cost = 0;

  friend bool operator==(const cocoon_cost&, const cocoon_cost&) = default;
};

/// What an answer costs by cocoon's rule: each class of tokens is multiplied and cut to a whole
/// number of adjusted tokens, and these are priced.
///
/// Input    Any usage; it counts as `clamp` leaves it. Cached tokens are part of the prompt and
///          reasoning is part of the completion, so neither counts twice.
/// Errors   Nothing when a sum passes 64 bits: no number is better than a wrong one.
[[nodiscard]] std::optional<cocoon_cost> cocoon_cost_of(usage told, const cocoon_price& price);

}  // namespace weir::meter
