#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "json/escape.h"

/// How `mend` hands a character that was cut between two strings to `text_joiner`: its parts stay
/// escapes that reading JSON leaves alone. Half a surrogate pair is the escape it came as. A raw
/// byte is U+DC80 to U+DCFF, as Python's surrogateescape has it, in a mix of letters that nobody
/// writes (`\uDc80`), so that it is never taken for the lower half of a pair.
namespace weir::json {

/// Bytes of an escape `\uXXXX`.
inline constexpr std::size_t unit_escape_bytes = 6;

[[nodiscard]] inline bool is_high_half(std::uint32_t unit) {
  return unit >= 0xD800 && unit <= 0xDBFF;
}
[[nodiscard]] inline bool is_low_half(std::uint32_t unit) {
  return unit >= 0xDC00 && unit <= 0xDFFF;
}

inline constexpr std::string_view raw_byte_mark = "\\uDc";

/// The raw byte whose escape stands at `at`, if one does.
[[nodiscard]] inline std::optional<unsigned char> raw_byte_at(std::string_view text,
                                                              std::size_t at) {
  if (!text.substr(at).starts_with(raw_byte_mark)) return std::nullopt;
  const std::uint32_t unit = code_unit_at(text, at);
  if (unit < 0xDC80 || unit > 0xDCFF) return std::nullopt;
  return static_cast<unsigned char>(unit & 0xFF);
}

inline void append_raw_byte(std::string& out, unsigned char byte) {
  out += raw_byte_mark;
  out.push_back(hex_digits[byte >> 4]);
  out.push_back(hex_digits[byte & 0xF]);
}

/// Appends the escape of half a pair, which stands at `at`, so that it is no raw byte.
inline void append_half(std::string& out, std::string_view text, std::size_t at) {
  const std::string_view half = text.substr(at, unit_escape_bytes);
  if (raw_byte_at(text, at)) {
    out += "\\udc";
    out += half.substr(raw_byte_mark.size());
  } else {
    out += half;
  }
}

}  // namespace weir::json
