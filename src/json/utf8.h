#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace weir::json {

/// What stands at one place of a byte string that ought to be UTF-8.
struct utf8_unit {
  std::size_t length = 0;   ///< of the scalar, or of the ill-formed bytes one U+FFFD stands for
  bool well_formed = true;  ///< false: `length` bytes are a maximal subpart (Unicode 3.9, WHATWG)
  bool cut_off = false;     ///< ill-formed only because the text ends here
};

/// Classifies the bytes at `at`, which must be inside `text`.
[[nodiscard]] inline utf8_unit utf8_at(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(at);
  if (lead < 0x80) return {1, true, false};

  std::size_t length = 0;
  unsigned low = 0x80;  // bounds of the second byte: no overlong form, no surrogate, <= U+10FFFF
  unsigned high = 0xBF;
  if (lead >= 0xC2 && lead <= 0xDF) {
    length = 2;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    length = 3;
    if (lead == 0xE0) low = 0xA0;
    if (lead == 0xED) high = 0x9F;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    length = 4;
    if (lead == 0xF0) low = 0x90;
    if (lead == 0xF4) high = 0x8F;
  } else {
    return {1, false, false};
  }
  for (std::size_t i = 1; i < length; ++i) {
    if (at + i == text.size()) return {i, false, true};
    if (byte(at + i) < low || byte(at + i) > high) return {i, false, false};
    low = 0x80;
    high = 0xBF;
  }
  return {length, true, false};
}

/// No character has more bytes than this behind its first.
inline constexpr std::size_t max_continuation_bytes = 3;

[[nodiscard]] inline bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

/// Appends one scalar value as UTF-8; a surrogate becomes U+FFFD.
inline void append_utf8(std::string& out, std::uint32_t scalar) {
  if (scalar >= 0xD800 && scalar <= 0xDFFF) scalar = 0xFFFD;
  const auto put = [&](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (scalar < 0x80) {
    put(scalar);
  } else if (scalar < 0x800) {
    put(0xC0 | (scalar >> 6));
    put(0x80 | (scalar & 0x3F));
  } else if (scalar < 0x10000) {
    put(0xE0 | (scalar >> 12));
    put(0x80 | ((scalar >> 6) & 0x3F));
    put(0x80 | (scalar & 0x3F));
  } else {
    put(0xF0 | (scalar >> 18));
    put(0x80 | ((scalar >> 12) & 0x3F));
    put(0x80 | ((scalar >> 6) & 0x3F));
    put(0x80 | (scalar & 0x3F));
  }
}

inline constexpr std::string_view replacement_character = "\xEF\xBF\xBD";
inline constexpr std::string_view replacement_escape = "\\ufffd";

/// The escape of the raw line separator at the start of `text` (GEN-8), or "" if there is none.
[[nodiscard]] inline std::string_view separator_escape(std::string_view text) {
  if (text.starts_with("\xC2\x85")) return "\\u0085";
  if (text.starts_with("\xE2\x80\xA8")) return "\\u2028";
  if (text.starts_with("\xE2\x80\xA9")) return "\\u2029";
  return {};
}

/// What stands for the unit at `at` in a string that leaves us: U+FFFD for ill-formed bytes, the
/// escape of a line separator, else the bytes themselves.
[[nodiscard]] inline std::string_view clean_spelling(std::string_view text, std::size_t at,
                                                     utf8_unit unit) {
  if (!unit.well_formed) return replacement_character;
  const std::string_view escape = separator_escape(text.substr(at));
  return escape.empty() ? text.substr(at, unit.length) : escape;
}

}  // namespace weir::json
