#pragma once
#include <string>
#include <string_view>

namespace weir::json {

/// Appends `utf8` to `out` as a JSON string with quotes, in the spelling of GEN-8: compact, UTF-8
/// unescaped except U+0085, U+2028, U+2029; control characters escaped; `/` unescaped. Ill-formed
/// UTF-8 becomes U+FFFD.
void append_string(std::string& out, std::string_view utf8);

/// `append_string` into a new string.
[[nodiscard]] std::string quoted(std::string_view utf8);

/// Undoes the escapes of the inside of a JSON string (without quotes). A lone surrogate becomes
/// U+FFFD. The input must come from `reader`.
[[nodiscard]] std::string unescaped(std::string_view inside);

/// The same, appended to `out`.
void append_unescaped(std::string& out, std::string_view inside);

/// The document `text`, which `reader` accepted, without the whitespace between its tokens.
[[nodiscard]] std::string compact(std::string_view text);

/// Length of the longest prefix of the inside of a JSON string, at most `max` bytes (at least one
/// scalar), that cuts neither a UTF-8 sequence, nor an escape, nor a surrogate pair (SYN-1, F37).
[[nodiscard]] std::size_t split_point(std::string_view inside, std::size_t max);

}  // namespace weir::json
