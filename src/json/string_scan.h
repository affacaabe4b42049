#pragma once
#include <bit>
#include <cstddef>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/// The two loops in which reading JSON spends its time, each in a portable form and, where the
/// machine has it, 16 bytes at a time. string_scan_test proves the forms equal.
namespace weir::json {

/// Where the plain part of a string ends.
struct string_scan {
  const char* stop;  ///< first `"`, `\` or byte below 0x20, or the end of the text
  bool non_ascii;    ///< a byte >= 0x80 stands before `stop`
};

[[nodiscard]] inline string_scan scan_string_portable(const char* at, const char* end) {
  bool non_ascii = false;
  for (; at != end; ++at) {
    const auto c = static_cast<unsigned char>(*at);
    if (c == '"' || c == '\\' || c < 0x20) break;
    non_ascii |= c >= 0x80;
  }
  return {at, non_ascii};
}

/// True when `text`, which is well-formed UTF-8, holds U+0085, U+2028 or U+2029.
[[nodiscard]] inline bool holds_separator_portable(std::string_view text) {
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    if (text[i] == '\xC2' && text[i + 1] == '\x85') return true;
    if (text[i] == '\xE2' && text[i + 1] == '\x80' && i + 2 < text.size() &&
        (text[i + 2] == '\xA8' || text[i + 2] == '\xA9')) {
      return true;
    }
  }
  return false;
}

#if defined(__SSE2__)

[[nodiscard]] inline __m128i load_16(const char* at) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
}

[[nodiscard]] inline string_scan scan_string_sse2(const char* at, const char* end) {
  const __m128i quote = _mm_set1_epi8('"');
  const __m128i backslash = _mm_set1_epi8('\\');
  const __m128i last_control = _mm_set1_epi8(0x1F);
  unsigned high = 0;
  while (end - at >= 16) {
    const __m128i bytes = load_16(at);
    const __m128i special =
        _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash)),
                     _mm_cmpeq_epi8(_mm_min_epu8(bytes, last_control), bytes));
    const auto stops = static_cast<unsigned>(_mm_movemask_epi8(special));
    const auto high_bits = static_cast<unsigned>(_mm_movemask_epi8(bytes));
    if (stops != 0) {
      high |= high_bits & ((stops & (~stops + 1)) - 1);  // only what stands before the stop
      return {at + std::countr_zero(stops), high != 0};
    }
    high |= high_bits;
    at += 16;
  }
  const string_scan tail = scan_string_portable(at, end);
  return {tail.stop, high != 0 || tail.non_ascii};
}

[[nodiscard]] inline bool holds_separator_sse2(std::string_view text) {
  const __m128i nel_lead = _mm_set1_epi8('\xC2');
  const __m128i nel_tail = _mm_set1_epi8('\x85');
  const __m128i ls_lead = _mm_set1_epi8('\xE2');
  const __m128i ls_middle = _mm_set1_epi8('\x80');
  const __m128i ls_tail = _mm_set1_epi8('\xA8');
  const __m128i ps_tail = _mm_set1_epi8('\xA9');
  std::size_t i = 0;
  for (; text.size() - i >= 18; i += 16) {
    const __m128i first = load_16(text.data() + i);
    if (_mm_movemask_epi8(first) == 0) continue;
    const __m128i second = load_16(text.data() + i + 1);
    const __m128i third = load_16(text.data() + i + 2);
    const __m128i nel =
        _mm_and_si128(_mm_cmpeq_epi8(first, nel_lead), _mm_cmpeq_epi8(second, nel_tail));
    const __m128i ls = _mm_and_si128(
        _mm_and_si128(_mm_cmpeq_epi8(first, ls_lead), _mm_cmpeq_epi8(second, ls_middle)),
        _mm_or_si128(_mm_cmpeq_epi8(third, ls_tail), _mm_cmpeq_epi8(third, ps_tail)));
    if (_mm_movemask_epi8(_mm_or_si128(nel, ls)) != 0) return true;
  }
  return holds_separator_portable(text.substr(i));
}

[[nodiscard]] inline string_scan scan_string(const char* at, const char* end) {
  return scan_string_sse2(at, end);
}
[[nodiscard]] inline bool holds_separator(std::string_view text) {
  return holds_separator_sse2(text);
}

#else

[[nodiscard]] inline string_scan scan_string(const char* at, const char* end) {
  return scan_string_portable(at, end);
}
[[nodiscard]] inline bool holds_separator(std::string_view text) {
  return holds_separator_portable(text);
}

#endif

}  // namespace weir::json
