#pragma once

#include <cstdint>
#include <optional>

#include "meter/nano_usd.h"

namespace weir::meter {

/// What a key, or all keys of a group together, may take. What is not said is not limited.
struct allowance {
  std::optional<std::uint64_t> requests_per_minute;
  std::optional<std::uint64_t> tokens_per_minute;  ///< in and out
  std::optional<std::uint64_t> max_concurrent;     ///< requests at once
  std::optional<nano_usd> usd_per_day;             ///< a day, and a month, of UTC
  std::optional<nano_usd> usd_per_month;

  friend bool operator==(const allowance&, const allowance&) = default;
};

}  // namespace weir::meter
