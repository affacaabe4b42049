#include "route/name_pattern.h"

#include <re2/re2.h>

#include <utility>

namespace weir::route {

name_pattern::form form_of(std::string_view text) {
  if (text.size() > 2 && text.front() == '/' && text.back() == '/')
    return name_pattern::form::expression;
  return text.find('*') == std::string_view::npos ? name_pattern::form::exact
                                                  : name_pattern::form::wildcard;
}

result<name_pattern> name_pattern::parse(std::string text) {
  name_pattern out(std::move(text), form::exact);
  out.kind_ = form_of(out.text_);
  if (out.kind_ != form::expression) return out;
  re2::RE2::Options quiet;
  quiet.set_log_errors(false);
  const std::string_view inside = std::string_view(out.text_).substr(1, out.text_.size() - 2);
  out.expression_ =
      std::make_shared<const re2::RE2>(re2::StringPiece(inside.data(), inside.size()), quiet);
  if (!out.expression_->ok()) return failure{out.expression_->error()};
  return out;
}

bool name_pattern::matches(std::string_view name) const {
  switch (kind_) {
    case form::exact:
      return name == text_;
    case form::wildcard:
      return matches_stars(text_, name);
    case form::expression:
      return re2::RE2::FullMatch(re2::StringPiece(name.data(), name.size()), *expression_);
  }
  return false;
}

bool matches_stars(std::string_view pattern, std::string_view name) {
  std::size_t p = 0;
  std::size_t n = 0;
  // Where the last star stood and how far it reaches: only that one needs to be tried again.
  std::size_t star = std::string_view::npos;
  std::size_t reach = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      reach = n;
    } else if (p < pattern.size() && pattern[p] == name[n]) {
      ++p;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++reach;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace weir::route
