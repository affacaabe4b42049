#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace weir::openai {

/// The arguments of one call as far as they came: whether they are whole, and what a further piece
/// really adds (CHAT-17, CHAT-19). Decoded text.
///
/// Memory   The text, up to limits::max_tracked_arguments; of longer arguments only brackets are
///          followed, and repetitions are not recognised any more.
class arguments_text {
 public:
  /// Nothing but whitespace so far.
  [[nodiscard]] bool empty() const { return at_ == step::before; }
  /// The brackets are balanced; or it is no object or list, whose end cannot be seen.
  [[nodiscard]] bool complete() const { return at_ == step::over; }
  [[nodiscard]] const std::string& text() const { return text_; }

  void append(std::string_view piece);

  /// What `piece` adds to the text: all of it; nothing, when it repeats the whole; the rest, when
  /// it is a whole that begins with the incomplete text (K18).
  [[nodiscard]] std::string_view news_in(std::string_view piece) const;

  /// The brackets that are missing at the end (K19).
  [[nodiscard]] std::string missing_end() const;

 private:
  enum class step : unsigned char { before, inside, in_string, in_escape, over };

  void follow(std::string_view piece);

  std::string text_;
  std::string open_;  ///< the brackets that will close what is open, innermost last
  step at_ = step::before;
  bool cut_ = false;  ///< text_ is not all of it
};

/// The text is one whole JSON object by its brackets.
[[nodiscard]] bool is_whole_object(std::string_view text);

}  // namespace weir::openai
