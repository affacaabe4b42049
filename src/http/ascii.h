#pragma once
#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

/// Classes of characters of RFC 9110 and RFC 3986. `<cctype>` asks the locale; these do not.
namespace weir::http::ascii {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool is_ows(char c) { return c == ' ' || c == '\t'; }
constexpr char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

/// The value of a hexadecimal digit, or -1.
constexpr int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  const char lower = to_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

namespace detail {
using table = std::array<bool, 256>;

template <class Predicate>
constexpr table make_table(Predicate belongs) {
  table t{};
  for (unsigned i = 0; i < 256; ++i)
    t[i] = belongs(static_cast<char>(static_cast<unsigned char>(i)));
  return t;
}

constexpr bool contains(std::string_view set, char c) {
  return set.find(c) != std::string_view::npos;
}

inline constexpr table token =
    make_table([](char c) { return is_digit(c) || is_alpha(c) || contains("!#$%&'*+-.^_`|~", c); });

// field-vchar / SP / HTAB: everything but the control characters
inline constexpr table text = make_table([](char c) {
  const auto byte = static_cast<unsigned char>(c);
  return c == '\t' || (byte >= 0x20 && byte != 0x7f);
});

constexpr bool in(const table& t, char c) { return t[static_cast<unsigned char>(c)]; }
}  // namespace detail

/// tchar (RFC 9110 5.6.2)
constexpr bool is_token_char(char c) { return detail::in(detail::token, c); }

/// HTAB / SP / VCHAR / obs-text: what a field value or a reason phrase may hold (RFC 9110 5.5)
constexpr bool is_text_char(char c) { return detail::in(detail::text, c); }

constexpr bool is_token(std::string_view s) {
  return !s.empty() && std::all_of(s.begin(), s.end(), is_token_char);
}

constexpr bool is_text(std::string_view s) { return std::all_of(s.begin(), s.end(), is_text_char); }

constexpr bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return to_lower(x) == to_lower(y); });
}

/// Without surrounding optional whitespace (SP and HTAB, nothing else).
constexpr std::string_view trim_ows(std::string_view s) {
  while (!s.empty() && is_ows(s.front())) s.remove_prefix(1);
  while (!s.empty() && is_ows(s.back())) s.remove_suffix(1);
  return s;
}

}  // namespace weir::http::ascii
