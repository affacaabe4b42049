#include "openai/arguments_text.h"

#include <algorithm>

#include "weir/base/limits.h"

namespace weir::openai {

namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

}  // namespace

void arguments_text::follow(std::string_view piece) {
  for (const char c : piece) {
    switch (at_) {
      case step::before:
        if (is_space(c)) break;
        at_ = c == '{' || c == '[' ? step::inside : step::over;
        if (at_ == step::inside) open_ += c == '{' ? '}' : ']';
        break;
      case step::inside:
        if (c == '"')
          at_ = step::in_string;
        else if ((c == '{' || c == '[') && open_.size() < limits::max_json_depth)
          open_ += c == '{' ? '}' : ']';
        else if (c == '{' || c == '[')
          open_.clear();  // deeper than anybody reads: its end is not looked for
        else if (c == '}' || c == ']')
          open_.pop_back();
        if (open_.empty()) at_ = step::over;
        break;
      case step::in_string:
        if (c == '"') at_ = step::inside;
        if (c == '\\') at_ = step::in_escape;
        break;
      case step::in_escape:
        at_ = step::in_string;
        break;
      case step::over:
        return;
    }
  }
}

void arguments_text::append(std::string_view piece) {
  follow(piece);
  const std::size_t room = limits::max_tracked_arguments - text_.size();
  cut_ = cut_ || piece.size() > room;
  text_ += piece.substr(0, std::min(piece.size(), room));
}

std::string_view arguments_text::news_in(std::string_view piece) const {
  const bool may_be_the_whole = !empty() && !cut_ && piece.size() >= text_.size() &&
                                piece.starts_with('{') && piece.starts_with(text_);
  if (!may_be_the_whole || !is_whole_object(piece)) return piece;
  if (complete() && piece.size() > text_.size()) return piece;
  return piece.substr(text_.size());
}

std::string arguments_text::missing_end() const {
  std::string end;
  if (at_ == step::in_escape) end += '\\';
  if (at_ == step::in_string || at_ == step::in_escape) end += '"';
  return end.append(open_.rbegin(), open_.rend());
}

bool is_whole_object(std::string_view text) {
  arguments_text all;
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  if (!text.starts_with('{') || !text.ends_with('}')) return false;
  // The last bracket, and no earlier one, closes the first.
  all.append(text.substr(0, text.size() - 1));
  if (all.complete()) return false;
  all.append("}");
  return all.complete();
}

}  // namespace weir::openai
