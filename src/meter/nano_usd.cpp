#include "meter/nano_usd.h"

#include <algorithm>
#include <charconv>

#include "weir/base/limits.h"

namespace weir::meter {

std::string to_text(nano_usd amount) {
  constexpr std::uint64_t one = 1'000'000'000;
  const bool owed = amount.value < 0;
  const auto bits = static_cast<std::uint64_t>(amount.value);
  const std::uint64_t size = owed ? 0 - bits : bits;
  std::string out = (owed ? "-" : "") + std::to_string(size / one);
  if (size % one == 0) return out;
  const std::string decimals = std::to_string(one + size % one);
  out += '.' + decimals.substr(1);
  out.erase(out.find_last_not_of('0') + 1);
  return out;
}

namespace {

std::optional<std::uint64_t> digits(std::string_view text) {
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, fault] = std::from_chars(text.data(), end, value);
  return fault == std::errc() && stop == end ? std::optional(value) : std::nullopt;
}

}  // namespace

std::optional<nano_usd> parse_usd(std::string_view text) {
  constexpr std::size_t decimals = 9;
  const std::size_t point = std::min(text.find('.'), text.size());
  std::string fraction(text.substr(std::min(point + 1, text.size())));
  if ((point != text.size() && fraction.empty()) || fraction.size() > decimals) return std::nullopt;
  fraction.resize(decimals, '0');
  const auto whole = digits(text.substr(0, point));
  const auto rest = digits(fraction);
  if (!whole || !rest || *whole > limits::max_configured_usd) return std::nullopt;
  return nano_usd{static_cast<std::int64_t>(*whole * 1'000'000'000 + *rest)};
}

}  // namespace weir::meter
