#include "json/string_mender.h"

#include <string>

#include "json/escape.h"
#include "json/python_escape.h"
#include "json/ragged.h"
#include "json/utf8.h"

namespace weir::json {

std::size_t string_mender::rewrite(std::size_t at, edges cut) {
  cut_ = cut;
  quote_ = input_[at];
  if (quote_ == '\'') out_.python = true;  // F24
  head_ = at_ = at + 1;
  out_.text.push_back('"');
  for (;;) {
    const string_scan found = scan();
    const char* const begin = input_.data() + at_;
    const std::string_view run(begin, static_cast<std::size_t>(found.stop - begin));
    if (found.non_ascii) {
      plain(run);
    } else {
      out_.text += run;
    }
    at_ += run.size();
    if (at_ == input_.size()) return std::string_view::npos;
    const char c = input_[at_];
    if (c == quote_) break;
    if (c == '\\') {
      if (!escape()) return std::string_view::npos;
    } else {
      if (c != '"') out_.control_character = true;  // F22
      scalar(static_cast<unsigned char>(c));
      ++at_;
    }
  }
  out_.text.push_back('"');
  return at_ + 1;
}

/// As scan_string, but in single quotes a single quote stops it too.
string_scan string_mender::scan() const {
  const char* at = input_.data() + at_;
  const char* const end = input_.data() + input_.size();
  if (quote_ == '"') return scan_string(at, end);
  bool non_ascii = false;
  for (; at != end; ++at) {
    const auto c = static_cast<unsigned char>(*at);
    if (c == '\'' || c == '"' || c == '\\' || c < 0x20) break;
    non_ascii |= c >= 0x80;
  }
  return {at, non_ascii};
}

/// Bytes without quotes, escapes and control characters, the first of them at `at_`.
void string_mender::plain(std::string_view run) {
  for (std::size_t i = keep_head(run); i < run.size();) {
    const utf8_unit unit = utf8_at(run, i);
    if (unit.cut_off && cut_ == edges::kept && closes(at_ + run.size())) {
      keep_bytes(run.substr(i));
      return;
    }
    if (!unit.well_formed) {
      out_.invalid_utf8 = true;  // F19
    } else if (!separator_escape(run.substr(i)).empty()) {
      out_.line_separator = true;  // F21
    }
    out_.text += clean_spelling(run, i, unit);
    i += unit.length;
  }
}

/// Keeps what may be the end of a character that the string before this one began; returns how
/// many bytes that is.
std::size_t string_mender::keep_head(std::string_view run) {
  if (cut_ != edges::kept || !at_head()) return 0;
  std::size_t i = 0;
  while (i < run.size() && i < max_continuation_bytes && is_continuation(run[i])) ++i;
  if (i > 0) keep_bytes(run.substr(0, i));
  return i;
}

void string_mender::keep_bytes(std::string_view bytes) {
  out_.ragged_edge = true;
  for (const char c : bytes) append_raw_byte(out_.text, static_cast<unsigned char>(c));
}

bool string_mender::escape() {
  const escape_unit unit = escape_at(input_, at_);
  if (unit.length == 0) return python_escape();
  if (unit.lone_surrogate)
    half();
  else
    out_.text += input_.substr(at_, unit.length);
  at_ += unit.length;
  return true;
}

bool string_mender::python_escape() {
  const escape_unit unit = python_escape_at(input_, at_);
  if (unit.length == 0) return false;
  out_.python = true;  // F24
  out_.lone_surrogate |= unit.lone_surrogate;
  if (unit.lone_surrogate)
    out_.text += replacement_escape;
  else
    scalar(unit.scalar);
  at_ += unit.length;
  return true;
}

/// The escape at `at_` is half a surrogate pair without its partner.
void string_mender::half() {
  const bool cut =
      is_low_half(code_unit_at(input_, at_)) ? at_head() : closes(at_ + unit_escape_bytes);
  if (cut && cut_ == edges::kept) {
    out_.ragged_edge = true;
    append_half(out_.text, input_, at_);
  } else {
    out_.lone_surrogate = true;  // F20
    out_.text += replacement_escape;
  }
}

/// Appends a character that was not spelled as JSON wants it.
void string_mender::scalar(std::uint32_t c) {
  if (c < 0x20) {
    append_control_escape(out_.text, static_cast<unsigned char>(c));
  } else if (c == '"' || c == '\\') {
    out_.text.push_back('\\');
    out_.text.push_back(static_cast<char>(c));
  } else {
    std::string utf8;
    append_utf8(utf8, c);
    out_.text += clean_spelling(utf8, 0, utf8_at(utf8, 0));
  }
}

}  // namespace weir::json
