#pragma once
#include <cstdint>
#include <string_view>

namespace weir::sse {

/// One line of an upstream, read tolerantly (SSE-13): a field in any case and after blanks, a
/// comment, or a raw line. All views are tails of the line except `event`'s value.
struct upstream_line {
  enum class kind : std::uint8_t {
    data,
    error,        ///< an `error:` field (X5)
    event,        ///< value without blanks at both ends
    other_field,  ///< `id` and `retry`
    comment,
    json,   ///< raw, and begins as a JSON document does
    done,   ///< raw, a terminator
    blank,  ///< nothing but blanks
    text,   ///< raw, anything else
  };
  kind what = kind::text;
  /// Of a field: its value without blanks and repeated `data:` before it. Of any other line: the
  /// line without the blanks before it.
  std::string_view value;
  /// Of a field: its value as SSE-3 has it.
  std::string_view strict_value;
  std::string_view whole;
  bool lenient = false;  ///< the standard would have read it otherwise
};

/// `line` is not empty and does not begin with a BOM.
[[nodiscard]] upstream_line read_line(std::string_view line);

}  // namespace weir::sse
