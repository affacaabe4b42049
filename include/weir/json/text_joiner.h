#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace weir::json {

/// Joins the pieces of one text where they were cut inside a character, between the halves of a
/// surrogate pair or the bytes of a UTF-8 sequence (F19, F20).
///
/// Input    The insides of successive JSON strings, as value::text() gives them, of documents that
///          needed no mending or that mend(text, ragged_edges) gave. Empty pieces may lie between.
/// Output   Insides of JSON strings without a lone surrogate. What is cut waits for the piece that
///          completes it: halves are then joined as they were spelled, bytes become the character
///          (U+0085, U+2028 and U+2029 their escape). What nothing completes is U+FFFD. So the
///          pieces, joined, are what mend() makes of the whole text, wherever it was cut.
/// Memory   Six bytes wait, besides at most one piece that had to be put together.
/// Cost     A piece without ragged edges is looked at on both ends and returned as it is.
/// Threads  None. One object per text.
class text_joiner {
 public:
  /// What may be written now, with what waited in front: a view into `inside` where that is
  /// possible, else into this object; valid until the next call.
  [[nodiscard]] std::string_view join(std::string_view inside);

  /// The text is over: U+FFFD in place of what still waits, or "".
  [[nodiscard]] std::string_view flush();

  /// Something waits for the next piece.
  [[nodiscard]] bool pending() const { return !waiting_.empty(); }

 private:
  [[nodiscard]] std::size_t join_head(std::string_view inside);

  std::string waiting_;  // the escape of an upper half, or raw bytes; short, so never allocated
  std::string buffer_;
};

}  // namespace weir::json
