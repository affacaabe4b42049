#pragma once
#include <compare>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace weir::meter {

/// Money: a whole number of 1e-9 USD. What does not fit stays at the largest there is.
struct nano_usd {
  std::int64_t value = 0;

  friend constexpr auto operator<=>(nano_usd, nano_usd) = default;

  friend constexpr nano_usd operator+(nano_usd a, nano_usd b) {
    using bounds = std::numeric_limits<std::int64_t>;
    std::int64_t sum = 0;
    if (!__builtin_add_overflow(a.value, b.value, &sum)) return {sum};
    return {a.value < 0 ? bounds::min() : bounds::max()};
  }
  constexpr nano_usd& operator+=(nano_usd more) { return *this = *this + more; }
};

/// As a JSON number in USD: at most nine decimals, no zero at the end, no exponent.
[[nodiscard]] std::string to_text(nano_usd amount);
/// `12`, `12.5`: USD with up to nine decimals, at most limits::max_configured_usd, digit by digit.
[[nodiscard]] std::optional<nano_usd> parse_usd(std::string_view text);

}  // namespace weir::meter
