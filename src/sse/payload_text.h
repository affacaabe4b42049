#pragma once
#include <cstddef>
#include <string_view>

/// What the text of a payload is, by its bytes alone.
namespace weir::sse {

inline constexpr std::string_view bom = "\xEF\xBB\xBF";

/// ASCII letters in either case.
[[nodiscard]] bool equal_in_any_case(std::string_view a, std::string_view b);
[[nodiscard]] bool starts_in_any_case(std::string_view text, std::string_view prefix);

/// Without ASCII whitespace at both ends.
[[nodiscard]] std::string_view trim(std::string_view text);
[[nodiscard]] std::string_view trim_left(std::string_view text);

[[nodiscard]] inline bool begins_json(std::string_view text) {
  return !text.empty() && (text.front() == '{' || text.front() == '[');
}

/// Nothing to deliver: `text` (trimmed) is empty, `{}`, `null` or a comment (SSE-12, F8).
[[nodiscard]] bool is_nothing(std::string_view text);

/// `[DONE]` in any case, within whitespace and quotes (SSE-12).
[[nodiscard]] bool is_done(std::string_view text);
/// The same without its brackets, which only counts behind `data:` (F27).
[[nodiscard]] bool is_done_word(std::string_view text);

/// Without the blanks, BOMs and `data:` prefixes at its begin, repeated as they come (SSE-13).
[[nodiscard]] std::string_view without_prefixes(std::string_view text);

/// False when `text` (trimmed) is surely no more than one payload. In compact JSON a `}` is
/// followed by `}`, `]` or `,`; anything else may be the seam of two payloads.
[[nodiscard]] bool may_be_glued(std::string_view text);

/// Where the first payload of `text` (trimmed) ends because a terminator or `data:` follows it in
/// the same text (F25); the size of the text when none does. Glued documents are one payload.
[[nodiscard]] std::size_t first_payload_end(std::string_view text);

}  // namespace weir::sse
