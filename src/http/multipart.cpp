#include "http/multipart.h"

#include <algorithm>
#include <utility>

#include "http/ascii.h"
#include "http/parameters.h"
#include "weir/base/limits.h"

namespace weir::http {
namespace {

constexpr std::string_view line_end = "\r\n";

/// RFC 2046 5.1.1
bool is_boundary(std::string_view text) {
  constexpr std::size_t longest = 70;
  constexpr std::string_view others = "'()+_,-./:=? ";
  return !text.empty() && text.size() <= longest && text.back() != ' ' &&
         std::all_of(text.begin(), text.end(), [&](char c) {
           return ascii::is_alpha(c) || ascii::is_digit(c) ||
                  others.find(c) != std::string_view::npos;
         });
}

}  // namespace

std::optional<std::string> form_boundary(std::string_view content_type) {
  const std::string_view type = ascii::trim_ows(content_type.substr(0, content_type.find(';')));
  if (!ascii::equal_ignoring_case(type, "multipart/form-data")) return std::nullopt;
  const auto read = read_parameters(content_type);
  const parameter* const boundary = read ? read->find("boundary") : nullptr;
  if (boundary == nullptr || !is_boundary(boundary->value())) return std::string();
  return boundary->value();
}

// ---------------------------------------------------------------------------------------------

multipart_scanner::finder::finder(std::string text)
    : text_(std::move(text)), fallback_(text_.size(), 0) {
  for (std::size_t i = 1, k = 0; i < text_.size(); ++i) {
    while (k > 0 && text_[i] != text_[k]) k = fallback_[k - 1];
    if (text_[i] == text_[k]) ++k;
    fallback_[i] = k;
  }
}

bool multipart_scanner::finder::found_in(std::string_view piece) {
  for (std::size_t i = 0; i < piece.size(); ++i) {
    if (matched_ == 0) {
      i = piece.find(text_.front(), i);
      if (i == std::string_view::npos) return false;
    }
    while (matched_ > 0 && piece[i] != text_[matched_]) matched_ = fallback_[matched_ - 1];
    if (piece[i] == text_[matched_]) ++matched_;
    if (matched_ == text_.size()) return true;
  }
  return false;
}

// ---------------------------------------------------------------------------------------------

multipart_scanner::multipart_scanner(std::string_view boundary)
    : boundary_("--" + std::string(boundary)),
      delimiter_(std::string(line_end) + boundary_.text()),
      matched_(line_end.size()) {}

multipart_scanner::status multipart_scanner::parse(std::string_view& input) {
  const std::size_t before = input.size();
  const status s = scan(input);
  consumed_ += before - input.size();
  return s;
}

multipart_scanner::status multipart_scanner::scan(std::string_view& input) {
  content_ = {};
  switch (state_) {
    case state::opening:
      // The line end in front of the first boundary may be there or not; both are nothing.
      if (consumed_ == 0 && input.starts_with(line_end.front())) matched_ = 0;
      [[fallthrough]];
    case state::delimited:
      return match_delimiter(input);
    case state::head:
      return read_head(input);
    case state::content:
      return read_content(input);
    case state::epilogue:
      for (; !input.empty(); input.remove_prefix(1))
        if (matched_ == line_end.size() || input.front() != line_end[matched_++])
          return fail("something follows the last boundary");
      return status::need_input;
    case state::failed:
      break;
  }
  return status::error;
}

/// The first boundary, and what follows any: CRLF or `--`.
multipart_scanner::status multipart_scanner::match_delimiter(std::string_view& input) {
  for (; state_ == state::opening && !input.empty(); input.remove_prefix(1)) {
    if (input.front() != delimiter_[matched_])
      return fail("the body does not begin with its boundary");
    if (++matched_ < delimiter_.size()) continue;
    matched_ = 0;
    state_ = state::delimited;
  }
  for (; state_ == state::delimited && !input.empty(); input.remove_prefix(1)) {
    const char c = input.front();
    if (matched_ == 0 && (c == '\r' || c == '-')) {
      after_ = c;
      matched_ = 1;
      continue;
    }
    if (matched_ == 0 || c != (after_ == '\r' ? '\n' : '-'))
      return fail("a boundary is followed by neither a line end nor --");
    input.remove_prefix(1);
    matched_ = 0;
    state_ = after_ == '\r' ? state::head : state::epilogue;
    if (state_ == state::epilogue) return status::end;
    section_.clear();
    headers_.clear();
    return read_head(input);
  }
  return status::need_input;
}

multipart_scanner::status multipart_scanner::read_head(std::string_view& input) {
  for (;;) {
    switch (section_.take_line(input)) {
      case h1_section::status::need_input:
        return status::need_input;
      case h1_section::status::line_too_long:
      case h1_section::status::too_large:
        return fail("the head of a part is too large");
      case h1_section::status::line:
        break;
    }
    const std::optional<std::string_view> line = section_.line();
    if (!line) return fail("a line in the head of a part does not end in CRLF");
    if (line->find(boundary_.text()) != std::string_view::npos)
      return fail("the boundary stands in the head of a part");
    if (line->empty()) break;
    if (const auto why = section_.add_field(*line)) return fail(why->reason);
  }
  section_.copy_to(headers_);
  boundary_.reset();
  state_ = state::content;
  return status::part;
}

multipart_scanner::status multipart_scanner::read_content(std::string_view& input) {
  if (input.empty()) return status::need_input;
  if (matched_ == 0 && input.front() != '\r') {
    content_ = input.substr(0, input.find('\r'));
    input.remove_prefix(content_.size());
  } else {
    // No CR stands inside the delimiter: what does not match is content as a whole.
    while (!input.empty() && input.front() == delimiter_[matched_]) {
      input.remove_prefix(1);
      if (++matched_ < delimiter_.size()) continue;
      matched_ = 0;
      state_ = state::delimited;
      return status::part_end;
    }
    if (input.empty()) return status::need_input;
    content_ = std::string_view(delimiter_).substr(0, std::exchange(matched_, 0));
  }
  if (boundary_.found_in(content_)) return fail("the boundary stands inside a part");
  return status::content;
}

bool multipart_scanner::complete() const {
  return state_ == state::epilogue && (matched_ == 0 || matched_ == line_end.size());
}

multipart_scanner::status multipart_scanner::fail(std::string_view why) {
  state_ = state::failed;
  error_ = why;
  return status::error;
}

}  // namespace weir::http
