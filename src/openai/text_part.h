#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace weir::openai {

/// A piece of what the content of one choice turned out to be.
struct text_piece {
  enum class kind : std::uint8_t { text, reasoning, call };

  kind what = kind::text;
  std::string text;       ///< text, reasoning
  std::string name;       ///< call: the function's
  std::string arguments;  ///< call: an object as compact JSON
};

/// The same between two rules, as views that are valid during the call only.
struct text_part {
  text_piece::kind what = text_piece::kind::text;
  std::string_view text;  ///< call: the function's name
  std::string_view arguments;
  bool control_token = false;  ///< `text` was a whole delta and is a control token (C5)
};

/// Takes the parts of one choice's text in order: the next rule, or the end of the chain.
class text_sink {
 public:
  virtual void take(const text_part& part) = 0;
  /// No more text comes for now: nothing is held any longer, here and behind.
  virtual void finish() = 0;

 protected:
  ~text_sink() = default;
};

}  // namespace weir::openai
