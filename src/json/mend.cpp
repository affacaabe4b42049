#include "weir/json/mend.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "json/string_mender.h"
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

/// Words of Python and JavaScript that mean what JSON spells otherwise (F24).
struct foreign_word {
  std::string_view spelling;
  std::string_view meaning;
  bool mended::*flag;
};
constexpr foreign_word foreign_words[] = {
    {"None", "null", &mended::python},
    {"True", "true", &mended::python},
    {"False", "false", &mended::python},
    {"undefined", "null", &mended::undefined},
};

/// Rewrites token by token and knows brackets only to find the end of the document. Whether the
/// tokens make a document is for `reader` to say, so leniency cannot grow a second grammar.
class mender {
 public:
  mender(std::string_view input, ragged_edges keep)
      : input_(input), keep_(keep), strings_(input, out_) {
    out_.text.reserve(input.size() + 16);
  }

  [[nodiscard]] mended run();

 private:
  [[nodiscard]] bool tokens();
  [[nodiscard]] bool string();
  void word();
  [[nodiscard]] std::string_view meaning(std::string_view word);
  void sign(char c);
  void space();
  void value_ended() {
    comma_ = std::string::npos;
    behind_value_ = true;
  }
  [[nodiscard]] bool is_piece() const;
  [[nodiscard]] std::optional<std::string_view> open_key() const;

  const std::string_view input_;
  const ragged_edges keep_;
  std::size_t at_ = 0;
  mended out_;
  string_mender strings_;
  std::size_t string_begin_ = 0;  // of the last string in the output; 0 and 0: none yet
  std::size_t string_end_ = 0;
  std::size_t comma_ =
      std::string::npos;       // in the output, while it is the last token behind a value
  bool behind_value_ = false;  // a key counts as one: `reader` will see it
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
    if (c == '"' || c == '\'') {
      if (!string()) return false;
    } else if (is_word_byte(c)) {
      word();
    } else {
      if (c == '{' || c == '[') ++depth;
      if (c == '}' || c == ']') {
        if (depth == 0) return false;
        --depth;
      }
      sign(c);
    }
    if (depth == 0) return true;
  }
  return false;
}

/// A bracket, a comma, a colon, or what is none of JSON's tokens.
void mender::sign(char c) {
  const bool closes = c == '}' || c == ']';
  if (closes && comma_ != std::string::npos) {
    out_.trailing_comma = true;  // F24
    out_.text.erase(comma_, 1);
  }
  comma_ = c == ',' && behind_value_ ? out_.text.size() : std::string::npos;
  behind_value_ = closes;
  out_.text.push_back(c);
  ++at_;
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
    const auto key = open_key();
    out_.text += key && unescaped(*key) == "logprob" ? "-9999.0" : "null";
  } else {
    out_.text += meaning(word);
  }
  value_ended();
}

/// A word that is not JSON's as the one it means, any other as it stands.
std::string_view mender::meaning(std::string_view word) {
  for (const foreign_word& known : foreign_words) {
    if (word != known.spelling) continue;
    out_.*known.flag = true;
    return known.meaning;
  }
  return word;
}

/// The key, as spelled between its quotes, whose value comes next.
std::optional<std::string_view> mender::open_key() const {
  const std::string_view text = out_.text;
  std::size_t colon = text.size();
  while (colon > string_end_ && is_space(text[colon - 1])) --colon;
  if (colon == string_end_ || text[colon - 1] != ':') return std::nullopt;
  for (std::size_t i = string_end_; i < colon - 1; ++i) {
    if (!is_space(text[i])) return std::nullopt;
  }
  if (string_end_ == 0) return std::nullopt;
  return text.substr(string_begin_ + 1, string_end_ - string_begin_ - 2);
}

/// True where the string that comes next is a piece of a longer text.
bool mender::is_piece() const {
  if (keep_.keys.empty()) return false;
  const auto key = open_key();
  return key &&
         std::find(keep_.keys.begin(), keep_.keys.end(), unescaped(*key)) != keep_.keys.end();
}

bool mender::string() {
  const auto edges = is_piece() ? string_mender::edges::kept : string_mender::edges::replaced;
  string_begin_ = out_.text.size();
  at_ = strings_.rewrite(at_, edges);
  string_end_ = out_.text.size();
  value_ended();
  return at_ != std::string_view::npos;
}

}  // namespace

mended mend(std::string_view input) { return mender(input, {}).run(); }

mended mend(std::string_view input, ragged_edges keep) { return mender(input, keep).run(); }

}  // namespace weir::json
