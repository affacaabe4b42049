#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace weir::json {

inline constexpr std::uint32_t no_code_unit = 0xFFFFFFFF;
inline constexpr std::string_view hex_digits = "0123456789abcdef";

/// The value of the first `digits` hexadecimal digits of `text`, at most 8; no_code_unit when there
/// are fewer.
[[nodiscard]] inline std::uint32_t hex_value(std::string_view text, std::size_t digits) {
  if (text.size() < digits) return no_code_unit;
  std::uint32_t out = 0;
  for (const char c : text.substr(0, digits)) {
    std::uint32_t digit = 0;
    if (c >= '0' && c <= '9') {
      digit = static_cast<std::uint32_t>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      digit = static_cast<std::uint32_t>(c - 'a') + 10;
    } else if (c >= 'A' && c <= 'F') {
      digit = static_cast<std::uint32_t>(c - 'A') + 10;
    } else {
      return no_code_unit;
    }
    out = out << 4 | digit;
  }
  return out;
}

/// The code unit of the escape `\uXXXX` at `at`, or no_code_unit when no whole one stands there.
[[nodiscard]] inline std::uint32_t code_unit_at(std::string_view text, std::size_t at) {
  if (text.size() < at + 6 || text[at] != '\\' || text[at + 1] != 'u') return no_code_unit;
  return hex_value(text.substr(at + 2), 4);
}

/// One escape of a string: how many bytes it takes and the scalar it stands for.
struct escape_unit {
  std::size_t length = 0;  ///< 2, 6, or 12 for a surrogate pair; 0: not an escape
  std::uint32_t scalar = 0;
  bool lone_surrogate = false;  ///< `scalar` is then U+FFFD
};

/// Reads the escape whose backslash stands at `at`.
[[nodiscard]] inline escape_unit escape_at(std::string_view text, std::size_t at) {
  if (text.size() < at + 2) return {};
  switch (text[at + 1]) {
    case '"':
      return {2, '"', false};
    case '\\':
      return {2, '\\', false};
    case '/':
      return {2, '/', false};
    case 'b':
      return {2, '\b', false};
    case 'f':
      return {2, '\f', false};
    case 'n':
      return {2, '\n', false};
    case 'r':
      return {2, '\r', false};
    case 't':
      return {2, '\t', false};
    case 'u':
      break;
    default:
      return {};
  }
  const std::uint32_t unit = code_unit_at(text, at);
  if (unit == no_code_unit) return {};
  if (unit < 0xD800 || unit > 0xDFFF) return {6, unit, false};
  if (unit <= 0xDBFF) {
    const std::uint32_t low = code_unit_at(text, at + 6);
    if (low >= 0xDC00 && low <= 0xDFFF) {
      return {12, 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00), false};
    }
  }
  return {6, 0xFFFD, true};
}

/// Appends the shortest escape of a control character (GEN-8).
inline void append_control_escape(std::string& out, unsigned char c) {
  switch (c) {
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      out += "\\u00";
      out.push_back(hex_digits[c >> 4]);
      out.push_back(hex_digits[c & 0xF]);
  }
}

}  // namespace weir::json
