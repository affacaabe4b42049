#include "weir/json/reader.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <limits>

#include "json/escape.h"
#include "json/string_scan.h"
#include "json/utf8.h"
#include "weir/base/limits.h"

namespace weir::json {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Bytes that continue a number or a word; behind a whole one they make it something else.
bool is_word_byte(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '.' ||
         c == '+' || c == '-';
}

}  // namespace

/// One run over one text. Own and not simdjson's DOM, which refuses integers of 20 digits and loses
/// the spelling of numbers, nor its on-demand reader, which does not validate what it skips.
class reader::pass {
 public:
  pass(reader& owner, std::string_view text)
      : nodes_(owner.nodes_), first_(text.data()), at_(first_), end_(first_ + text.size()) {}

  /// Reads the document whose first byte is at `begin`.
  [[nodiscard]] status document(const char* begin);

  /// Skips whitespace; false at the end of the text.
  [[nodiscard]] bool skip_space();

  [[nodiscard]] const char* at() const { return at_; }
  [[nodiscard]] const char* reason() const { return reason_; }
  [[nodiscard]] bool cut_off() const { return cut_off_; }
  [[nodiscard]] bool non_ascii() const { return non_ascii_; }
  [[nodiscard]] bool lone_surrogate() const { return lone_surrogate_; }
  [[nodiscard]] bool line_break() const { return line_break_; }

 private:
  [[nodiscard]] bool scalar();
  [[nodiscard]] bool string();
  [[nodiscard]] bool escape();
  [[nodiscard]] bool number();
  [[nodiscard]] bool digits();
  [[nodiscard]] bool word(std::string_view spelling, type kind);
  [[nodiscard]] bool key();

  /// Notes a fault here. The end of the text is the one fault every stopped text has.
  bool fail(const char* reason) {
    cut_off_ = at_ == end_;
    reason_ = cut_off_ ? "the text stops inside the document" : reason;
    return false;
  }

  node& add() {
    if (count_ == nodes_.size()) grow();
    return nodes_[count_++];
  }
  void grow() { nodes_.resize(std::max<std::size_t>(64, nodes_.size() * 2)); }
  void add_leaf(const char* begin, type kind, bool escaped) {
    node& leaf = add();
    leaf = {offset(begin), offset(at_), static_cast<std::uint32_t>(count_), kind, escaped};
  }
  [[nodiscard]] std::uint32_t offset(const char* p) const {
    return static_cast<std::uint32_t>(p - first_);
  }

  std::vector<node>& nodes_;
  std::size_t count_ = 0;
  const char* const first_;
  const char* at_;
  const char* const end_;
  const char* reason_ = "";
  bool cut_off_ = false;
  bool non_ascii_ = false;
  bool lone_surrogate_ = false;
  bool line_break_ = false;
};

bool reader::pass::skip_space() {
  for (; at_ != end_; ++at_) {
    const char c = *at_;
    if (c == '\n' || c == '\r') {
      line_break_ = true;
    } else if (c != ' ' && c != '\t') {
      return true;
    }
  }
  return false;
}

bool reader::pass::escape() {
  const std::string_view rest(at_, static_cast<std::size_t>(end_ - at_));
  const escape_unit unit = escape_at(rest, 0);
  if (unit.length != 0) {
    lone_surrogate_ |= unit.lone_surrogate;
    at_ += unit.length;
    return true;
  }
  // Find the byte that is wrong, for the message and to tell a stopped text from a broken one.
  ++at_;
  if (at_ == end_ || *at_ != 'u') return fail("not an escape");
  ++at_;
  while (at_ != end_ &&
         (is_digit(*at_) || (*at_ >= 'a' && *at_ <= 'f') || (*at_ >= 'A' && *at_ <= 'F'))) {
    ++at_;
  }
  return fail("not a hexadecimal digit");
}

bool reader::pass::string() {
  const char* const begin = at_++;
  bool escaped = false;
  for (;;) {
    const string_scan plain = scan_string(at_, end_);
    non_ascii_ |= plain.non_ascii;
    at_ = plain.stop;
    if (at_ == end_) return fail("");
    if (*at_ == '"') break;
    if (*at_ != '\\') return fail("raw control character in a string");
    escaped = true;
    if (!escape()) return false;
  }
  ++at_;
  add_leaf(begin, type::string, escaped);
  return true;
}

bool reader::pass::digits() {
  if (at_ == end_ || !is_digit(*at_)) return fail("expected a digit");
  while (at_ != end_ && is_digit(*at_)) ++at_;
  return true;
}

bool reader::pass::number() {
  const char* const begin = at_;
  if (*at_ == '-') ++at_;
  if (at_ != end_ && *at_ == '0') {
    ++at_;
    if (at_ != end_ && is_digit(*at_)) return fail("a number does not start with 0");
  } else if (!digits()) {
    return false;
  }
  if (at_ != end_ && *at_ == '.') {
    ++at_;
    if (!digits()) return false;
  }
  if (at_ != end_ && (*at_ == 'e' || *at_ == 'E')) {
    ++at_;
    if (at_ != end_ && (*at_ == '+' || *at_ == '-')) ++at_;
    if (!digits()) return false;
  }
  if (at_ != end_ && is_word_byte(*at_)) return fail("not a number");
  add_leaf(begin, type::number, false);
  return true;
}

bool reader::pass::word(std::string_view spelling, type kind) {
  const char* const begin = at_;
  for (const char c : spelling) {
    if (at_ == end_ || *at_ != c) return fail("not a value");
    ++at_;
  }
  if (at_ != end_ && is_word_byte(*at_)) return fail("not a value");
  add_leaf(begin, kind, false);
  return true;
}

bool reader::pass::scalar() {
  switch (*at_) {
    case '"':
      return string();
    case 't':
      return word("true", type::boolean);
    case 'f':
      return word("false", type::boolean);
    case 'n':
      return word("null", type::null);
    case '-':
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9':
      return number();
    default:
      return fail("expected a value");
  }
}

/// Reads `"key" :` and stops at the value.
bool reader::pass::key() {
  if (*at_ != '"') return fail("expected a key");
  if (!string()) return false;
  if (!skip_space() || *at_ != ':') return fail("expected ':'");
  ++at_;
  return skip_space() || fail("");
}

reader::status reader::pass::document(const char* begin) {
  at_ = begin;
  line_break_ = false;
  std::array<std::uint32_t, limits::max_json_depth> open;  // nodes of the containers around here
  std::size_t depth = 0;
  for (;;) {
    // Here a value starts.
    const char c = *at_;
    if (c == '{' || c == '[') {
      if (depth == limits::max_json_depth) {
        fail("nested too deeply");
        return status::too_deep;
      }
      open[depth++] = static_cast<std::uint32_t>(count_);
      add() = {offset(at_), 0, 0, c == '{' ? type::object : type::array, false};
      ++at_;
      if (!skip_space()) return fail(""), status::invalid;
      if (*at_ != (c == '{' ? '}' : ']')) {
        if (c == '{' && !key()) return status::invalid;
        continue;
      }
    } else if (!scalar()) {
      return status::invalid;
    }
    // Here a value has ended, or a container is empty and ends now.
    for (;;) {
      if (depth == 0) return status::ok;
      if (!skip_space()) return fail(""), status::invalid;
      node& around = nodes_[open[depth - 1]];
      const bool object = around.kind == type::object;
      if (*at_ == ',') {
        ++at_;
        if (!skip_space()) return fail(""), status::invalid;
        if (object && !key()) return status::invalid;
        break;
      }
      if (*at_ != (object ? '}' : ']')) {
        fail(object ? "expected ',' or '}'" : "expected ',' or ']'");
        return status::invalid;
      }
      ++at_;
      around.end = offset(at_);
      around.next = static_cast<std::uint32_t>(count_);
      --depth;
    }
  }
}

reader::status reader::parse(std::string_view text) {
  if (nodes_.size() > limits::max_kept_json_nodes && text.size() < nodes_.size()) {
    std::vector<node>().swap(nodes_);
  }
  text_ = text;
  rest_ = {};
  reason_ = {};
  fault_ = 0;
  ok_ = truncated_ = line_separator_ = lone_surrogate_ = line_break_ = false;
  if (text.size() > std::numeric_limits<std::uint32_t>::max()) {
    reason_ = "longer than 4 GiB";
    return status::invalid;
  }

  pass run(*this, text);
  if (!run.skip_space()) return status::empty;
  const char* const begin = run.at();
  const status outcome = run.document(begin);
  const std::string_view seen(begin, static_cast<std::size_t>(run.at() - begin));
  const bool sound = !run.non_ascii() || simdjson::validate_utf8(seen.data(), seen.size());
  if (outcome != status::ok || !sound) {
    fault_ = static_cast<std::size_t>(run.at() - text.data());
    reason_ = run.reason();
    truncated_ = run.cut_off();
    for (std::size_t i = 0; !sound && i < seen.size();) {  // ill-formed bytes are the first fault
      const utf8_unit unit = utf8_at(seen, i);
      if (!unit.well_formed && !(unit.cut_off && truncated_)) {
        fault_ = static_cast<std::size_t>(begin - text.data()) + i;
        reason_ = "ill-formed UTF-8";
        truncated_ = false;
        return status::invalid;
      }
      i += unit.length;
    }
    return outcome;
  }

  ok_ = true;
  line_break_ = run.line_break();
  lone_surrogate_ = run.lone_surrogate();
  line_separator_ = run.non_ascii() && holds_separator(seen);
  if (run.skip_space()) rest_ = {run.at(), static_cast<std::size_t>(text.end() - run.at())};
  return status::ok;
}

value reader::root() const {
  if (!ok_) return {};
  return {text_.data(), nodes_.data(), 0};
}

}  // namespace weir::json
