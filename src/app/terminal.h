#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace weir::app {

/// How text for people is laid out on one output.
struct text_style {
  std::size_t width = 100;  ///< characters in a line
  bool colour = false;
};

/// For a file descriptor: the width of a terminal, which also gets colours unless NO_COLOR is set;
/// anything else gets the defaults.
[[nodiscard]] text_style style_of(int descriptor);

/// `text` on one line with everything escaped that is no character or that a terminal would obey
/// (`\n`, `\x1b`): for what others have written.
[[nodiscard]] std::string printable(std::string_view text);

/// `text` in lines of at most `width` characters, each behind `indent` spaces but for the first; a
/// word that is longer stands alone.
[[nodiscard]] std::string wrapped(std::string_view text, std::size_t indent, std::size_t width);

}  // namespace weir::app
