#pragma once
#include <algorithm>
#include <cstddef>
#include <string_view>

namespace weir::openai {

/// True when `text` is the beginning of `word`, but not all of it.
[[nodiscard]] inline bool begins(std::string_view text, std::string_view word) {
  return text.size() < word.size() && word.starts_with(text);
}

/// Where in `text` the word stands, or where at its end the word begins, or text.size().
[[nodiscard]] inline std::size_t find_or_begin(std::string_view text, std::string_view word) {
  const std::size_t whole = text.find(word);
  if (whole != std::string_view::npos) return whole;
  std::size_t at = text.size() - std::min(text.size(), word.size() - 1);
  while (!begins(text.substr(at), word)) ++at;
  return at;
}

[[nodiscard]] inline bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/// How many bytes of space `text` begins with.
[[nodiscard]] inline std::size_t space_at_start(std::string_view text) {
  return static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_space) -
                                  text.begin());
}

}  // namespace weir::openai
