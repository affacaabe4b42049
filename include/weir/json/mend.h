#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace weir::json {

/// What `mend` had to change; more than one may be set.
struct mended {
  std::string text;                ///< strict JSON; empty when the input is not JSON even leniently
  bool control_character = false;  ///< raw control characters in a string, now escaped (F22)
  bool not_a_number = false;    ///< NaN or Infinity: null, or -9999.0 under a `logprob` key (F23)
  bool invalid_utf8 = false;    ///< ill-formed bytes, now U+FFFD (F19)
  bool lone_surrogate = false;  ///< \uD800-\uDFFF without its partner, now \uFFFD (F20)
  bool line_separator = false;  ///< raw U+0085, U+2028, U+2029, now escaped (GEN-8, F21)
  bool line_break = false;      ///< CR or LF between tokens, now removed (F5)
  bool python = false;          ///< single quotes, Python's escapes, None, True or False (F24)
  bool undefined = false;       ///< `undefined`, now null (F24)
  bool trailing_comma = false;  ///< a comma before a closing bracket, now removed (F24)
  bool ragged_edge = false;  ///< a character cut by the edge of a string is kept for `text_joiner`
  std::size_t consumed = 0;  ///< bytes of the input that the document took
};

/// Rewrites one document that `reader` refused, or whose flags say that it cannot stand in one SSE
/// line, into strict JSON that can. Everything else keeps its bytes (P4). Whitespace around the
/// document is not part of the result. NaN and infinity are known as NaN, nan, Infinity and inf,
/// with or without a sign. What repr() of Python and JavaScript's sources have besides JSON is
/// taken for the JSON it means; bare keys, tuples and comments are not.
///
/// Source   SSE-13, GEN-8, CHAT-36; deviations F5, F19-F24 (docs/clauses.md).
/// Input    A text that starts with one document; what follows it is not looked at (`consumed`).
/// Errors   `text` is empty: what is there is not JSON, or it stops too early.
/// Cost     One pass and one copy; only deviating input comes here.
[[nodiscard]] mended mend(std::string_view input);

/// The keys (decoded) of the strings that may be pieces of a longer text.
struct ragged_edges {
  std::span<const std::string_view> keys;
};

/// The same, except that a string under one of these keys keeps a character that its edge cuts
/// (F19, F20): at its very end the upper half of a surrogate pair or the first bytes of a UTF-8
/// sequence, at its very beginning the lower half or continuation bytes. They are spelled as
/// escapes, lone surrogates all, which only `text_joiner` can make a text of; `reader` says
/// has_lone_surrogate(). What is ill-formed elsewhere becomes U+FFFD.
[[nodiscard]] mended mend(std::string_view input, ragged_edges keep);

}  // namespace weir::json
