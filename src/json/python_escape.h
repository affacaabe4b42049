#pragma once
#include <cstddef>
#include <string_view>

#include "json/escape.h"

namespace weir::json {

/// Reads an escape that Python writes and JSON does not know, whose backslash stands at `at`: `\'`,
/// `\xhh` and `\Uhhhhhhhh` are all that repr() has besides those of JSON.
[[nodiscard]] inline escape_unit python_escape_at(std::string_view text, std::size_t at) {
  if (text.size() < at + 2) return {};
  const auto coded = [&](std::size_t digits) -> escape_unit {
    const std::uint32_t scalar = hex_value(text.substr(at + 2), digits);
    if (scalar > 0x10FFFF) return {};
    if (scalar >= 0xD800 && scalar <= 0xDFFF) return {2 + digits, 0xFFFD, true};
    return {2 + digits, scalar, false};
  };
  switch (text[at + 1]) {
    case '\'':
      return {2, '\'', false};
    case 'x':
      return coded(2);
    case 'U':
      return coded(8);
    default:
      return {};
  }
}

}  // namespace weir::json
