#include "weir/json/mend.h"

#include "json/escape.h"
#include "json/string_scan.h"
#include "json/utf8.h"
#include "weir/json/reader.h"
#include "weir/json/writer.h"

namespace weir::json {
namespace {

bool is_word_byte(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         c == '.' || c == '+' || c == '-';
}

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/// NaN and infinity as Python, JavaScript and C print them, with or without a sign.
bool is_not_a_number(std::string_view word) {
  if (word.starts_with('+') || word.starts_with('-')) word.remove_prefix(1);
  return word == "NaN" || word == "nan" || word == "Infinity" || word == "inf";
}

/// Rewrites token by token and knows brackets only to find the end of the document. Whether the
/// tokens make a document is for `reader` to say, so leniency cannot grow a second grammar.
class mender {
 public:
  explicit mender(std::string_view input) : input_(input) { out_.text.reserve(input.size() + 16); }

  [[nodiscard]] mended run();

 private:
  [[nodiscard]] bool tokens();
  [[nodiscard]] bool string();
  void plain(std::string_view run);
  void word();
  void space();
  [[nodiscard]] bool behind_key(std::string_view key) const;

  std::string_view input_;
  std::size_t at_ = 0;
  mended out_;
  std::size_t string_begin_ = 0;  // of the last string in the output; 0 and 0: none yet
  std::size_t string_end_ = 0;
};

mended mender::run() {
  while (at_ < input_.size() && is_space(input_[at_])) ++at_;
  if (!tokens()) return {};
  reader check;
  if (check.parse(out_.text) != reader::status::ok || !check.rest().empty()) return {};
  out_.consumed = at_;
  return std::move(out_);
}

/// False when the input ends before the document does.
bool mender::tokens() {
  std::size_t depth = 0;
  while (at_ < input_.size()) {
    const char c = input_[at_];
    if (is_space(c)) {
      space();
      continue;
    }
    if (c == '"') {
      if (!string()) return false;
    } else if (is_word_byte(c)) {
      word();
    } else {
      out_.text.push_back(c);
      ++at_;
      if (c == '{' || c == '[') ++depth;
      if (c == '}' || c == ']') {
        if (depth == 0) return false;
        --depth;
      }
    }
    if (depth == 0) return true;
  }
  return false;
}

void mender::space() {
  const std::size_t begin = out_.text.size();
  bool removed = false;
  for (; at_ < input_.size() && is_space(input_[at_]); ++at_) {
    if (input_[at_] == '\r' || input_[at_] == '\n') {
      removed = out_.line_break = true;  // F5
    } else {
      out_.text.push_back(input_[at_]);
    }
  }
  // A line break that kept two words apart goes on doing so: [1<LF>2] must not become [12].
  if (removed && begin == out_.text.size() && begin > 0 && is_word_byte(out_.text.back()) &&
      at_ < input_.size() && is_word_byte(input_[at_])) {
    out_.text.push_back(' ');
  }
}

void mender::word() {
  const std::size_t begin = at_;
  while (at_ < input_.size() && is_word_byte(input_[at_])) ++at_;
  const std::string_view word = input_.substr(begin, at_ - begin);
  if (is_not_a_number(word)) {
    out_.not_a_number = true;  // F23
    out_.text += behind_key("logprob") ? "-9999.0" : "null";
  } else {
    out_.text += word;
  }
}

/// True when the output ends with this key and its colon.
bool mender::behind_key(std::string_view key) const {
  const std::string_view text = out_.text;
  std::size_t colon = text.size();
  while (colon > string_end_ && is_space(text[colon - 1])) --colon;
  if (colon == string_end_ || text[colon - 1] != ':') return false;
  for (std::size_t i = string_end_; i < colon - 1; ++i) {
    if (!is_space(text[i])) return false;
  }
  if (string_end_ == 0) return false;
  return unescaped(text.substr(string_begin_ + 1, string_end_ - string_begin_ - 2)) == key;
}

bool mender::string() {
  string_begin_ = out_.text.size();
  out_.text.push_back('"');
  ++at_;
  for (;;) {
    const char* const begin = input_.data() + at_;
    const string_scan scan = scan_string(begin, input_.data() + input_.size());
    const std::string_view run(begin, static_cast<std::size_t>(scan.stop - begin));
    if (scan.non_ascii) {
      plain(run);
    } else {
      out_.text += run;
    }
    at_ += run.size();
    if (at_ == input_.size()) return false;
    const char c = input_[at_];
    if (c == '"') break;
    if (c == '\\') {
      const escape_unit escape = escape_at(input_, at_);
      if (escape.length == 0) return false;
      if (escape.lone_surrogate) {
        out_.lone_surrogate = true;  // F20
        out_.text += "\\ufffd";
      } else {
        out_.text += input_.substr(at_, escape.length);
      }
      at_ += escape.length;
    } else {
      out_.control_character = true;  // F22
      append_control_escape(out_.text, static_cast<unsigned char>(c));
      ++at_;
    }
  }
  out_.text.push_back('"');
  ++at_;
  string_end_ = out_.text.size();
  return true;
}

/// Bytes of a string without quotes, escapes and control characters.
void mender::plain(std::string_view run) {
  for (std::size_t i = 0; i < run.size();) {
    const utf8_unit unit = utf8_at(run, i);
    if (!unit.well_formed) {
      out_.invalid_utf8 = true;  // F19
      out_.text += replacement_character;
    } else if (const auto escape = separator_escape(run.substr(i)); !escape.empty()) {
      out_.line_separator = true;  // F21
      out_.text += escape;
    } else {
      out_.text += run.substr(i, unit.length);
    }
    i += unit.length;
  }
}

}  // namespace

mended mend(std::string_view input) { return mender(input).run(); }

}  // namespace weir::json
