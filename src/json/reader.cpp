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

bool is_hex_digit(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/// Bytes that continue a number or a word; behind a whole one they make it something else.
bool is_word_byte(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '.' ||
         c == '+' || c == '-';
}

/// Offset of the first ill-formed byte, or npos. A sequence that the end of a truncated text cuts
/// off is not ill-formed yet.
std::size_t first_ill_formed(std::string_view text, bool truncated) {
  for (std::size_t i = 0; i < text.size();) {
    const utf8_unit unit = utf8_at(text, i);
    if (!unit.well_formed && !(unit.cut_off && truncated)) return i;
    i += unit.length;
  }
  return std::string_view::npos;
}

}  // namespace

/// One run over one text. Own and not simdjson's DOM, which refuses integers of 20 digits and loses
/// the spelling of numbers, nor its on-demand reader, which does not validate what it skips.
///
/// Every step takes the place where it starts and returns the place behind what it read, or nullptr
/// after `fail`: so the place stays in a register (bench/micro/json_reader_bench).
class reader::pass {
 public:
  pass(reader& owner, std::string_view text)
      : owner_(owner),
        first_(text.data()),
        end_(first_ + text.size()),
        free_(owner.nodes_.data()),
        limit_(free_ + owner.nodes_.size()) {}

  /// Reads the document that starts at `at`, which is not the end.
  [[nodiscard]] status document(const char* at);

  /// Skips whitespace, perhaps to the end of the text.
  [[nodiscard]] const char* skip_space(const char* at);

  /// The place behind the document, or of the fault.
  [[nodiscard]] const char* stop() const { return stop_; }
  [[nodiscard]] bool non_ascii() const { return non_ascii_; }

 private:
  [[nodiscard]] const char* scalar(const char* at);
  [[nodiscard]] const char* string(const char* at);
  [[nodiscard]] const char* escape(const char* at);
  [[nodiscard]] const char* number(const char* at);
  [[nodiscard]] const char* digits(const char* at);
  [[nodiscard]] const char* word(const char* at, std::string_view spelling, type kind);
  [[nodiscard]] const char* key(const char* at);

  /// skip_space for the usual case that there is none; nullptr at the end of the text.
  [[nodiscard]] const char* next_token(const char* at) {
    if (at != end_ && static_cast<unsigned char>(*at) > ' ') return at;
    at = skip_space(at);
    return at != end_ ? at : fail(at, "");
  }

  /// Notes a fault. The end of the text is the one fault every stopped text has.
  const char* fail(const char* at, std::string_view reason) {
    stop_ = at;
    owner_.truncated_ = at == end_;
    owner_.reason_ = at == end_ ? "the text stops inside the document" : reason;
    return nullptr;
  }

  node& add() {
    if (free_ == limit_) grow();
    return *free_++;
  }
  void grow() {
    const std::uint32_t used = count();
    owner_.nodes_.resize(std::max<std::size_t>(64, owner_.nodes_.size() * 2));
    free_ = owner_.nodes_.data() + used;
    limit_ = owner_.nodes_.data() + owner_.nodes_.size();
  }
  [[nodiscard]] std::uint32_t count() const {
    return static_cast<std::uint32_t>(free_ - owner_.nodes_.data());
  }
  const char* add_leaf(const char* begin, const char* end, type kind, bool escaped) {
    node& leaf = add();
    leaf = {offset(begin), offset(end), count(), kind, escaped};
    return end;
  }
  [[nodiscard]] std::uint32_t offset(const char* p) const {
    return static_cast<std::uint32_t>(p - first_);
  }

  reader& owner_;
  const char* const first_;
  const char* const end_;
  node* free_;   // the next node to use
  node* limit_;  // behind the last one there is
  const char* stop_ = nullptr;
  bool non_ascii_ = false;
};

const char* reader::pass::skip_space(const char* at) {
  for (; at != end_; ++at) {
    if (*at == '\n' || *at == '\r') {
      owner_.line_break_ = true;
    } else if (*at != ' ' && *at != '\t') {
      break;
    }
  }
  return at;
}

const char* reader::pass::escape(const char* at) {
  const escape_unit unit = escape_at({at, static_cast<std::size_t>(end_ - at)}, 0);
  owner_.lone_surrogate_ |= unit.lone_surrogate;
  if (unit.length != 0) return at + unit.length;
  // Find the byte that is wrong, for the message and to tell a stopped text from a broken one.
  ++at;
  if (at == end_ || *at != 'u') return fail(at, "not an escape");
  ++at;
  while (at != end_ && is_hex_digit(*at)) ++at;
  return fail(at, "not a hexadecimal digit");
}

const char* reader::pass::string(const char* at) {
  const char* const begin = at++;
  bool escaped = false;
  for (;;) {
    const string_scan plain = scan_string(at, end_);
    non_ascii_ |= plain.non_ascii;
    at = plain.stop;
    if (at == end_) return fail(at, "");
    if (*at == '"') return add_leaf(begin, at + 1, type::string, escaped);
    if (*at != '\\') return fail(at, "raw control character in a string");
    escaped = true;
    at = escape(at);
    if (at == nullptr) return nullptr;
  }
}

const char* reader::pass::digits(const char* at) {
  if (at == end_ || !is_digit(*at)) return fail(at, "expected a digit");
  while (at != end_ && is_digit(*at)) ++at;
  return at;
}

const char* reader::pass::number(const char* at) {
  const char* const begin = at;
  if (*at == '-') ++at;
  if (at != end_ && *at == '0') {
    ++at;
    if (at != end_ && is_digit(*at)) return fail(at, "a number does not start with 0");
  } else {
    at = digits(at);
    if (at == nullptr) return nullptr;
  }
  if (at != end_ && *at == '.') {
    at = digits(at + 1);
    if (at == nullptr) return nullptr;
  }
  if (at != end_ && (*at == 'e' || *at == 'E')) {
    ++at;
    if (at != end_ && (*at == '+' || *at == '-')) ++at;
    at = digits(at);
    if (at == nullptr) return nullptr;
  }
  if (at != end_ && is_word_byte(*at)) return fail(at, "not a number");
  return add_leaf(begin, at, type::number, false);
}

const char* reader::pass::word(const char* at, std::string_view spelling, type kind) {
  const char* const begin = at;
  if (!std::string_view(at, static_cast<std::size_t>(end_ - at)).starts_with(spelling)) {
    for (const char c : spelling) {
      if (at == end_ || *at != c) break;
      ++at;
    }
    return fail(at, "not a value");
  }
  at += spelling.size();
  if (at != end_ && is_word_byte(*at)) return fail(at, "not a value");
  return add_leaf(begin, at, kind, false);
}

const char* reader::pass::scalar(const char* at) {
  switch (*at) {
    case '"':
      return string(at);
    case 't':
      return word(at, "true", type::boolean);
    case 'f':
      return word(at, "false", type::boolean);
    case 'n':
      return word(at, "null", type::null);
    default:
      if (*at == '-' || is_digit(*at)) return number(at);
      return fail(at, "expected a value");
  }
}

/// Reads `"key" :` and stops at the value.
const char* reader::pass::key(const char* at) {
  if (*at != '"') return fail(at, "expected a key");
  at = string(at);
  if (at == nullptr) return nullptr;
  at = next_token(at);
  if (at == nullptr) return nullptr;
  if (*at != ':') return fail(at, "expected ':'");
  return next_token(at + 1);
}

reader::status reader::pass::document(const char* at) {
  std::array<std::uint32_t, limits::max_json_depth> open;  // nodes of the containers around here
  std::size_t depth = 0;
  bool in_object = false;  // whether the innermost of them is an object
  for (;;) {
    // Here a value starts.
    const char c = *at;
    if (c == '{' || c == '[') {
      if (depth == limits::max_json_depth) {
        fail(at, "nested too deeply");
        return status::too_deep;
      }
      open[depth++] = count();
      in_object = c == '{';
      add() = {offset(at), 0, 0, in_object ? type::object : type::array, false};
      at = next_token(at + 1);
      if (at == nullptr) return status::invalid;
      if (*at != (in_object ? '}' : ']')) {
        if (in_object) at = key(at);
        if (at == nullptr) return status::invalid;
        continue;
      }
    } else {
      at = scalar(at);
      if (at == nullptr) return status::invalid;
    }
    // Here a value has ended, or a container is empty and ends now.
    for (;;) {
      if (depth == 0) {
        stop_ = at;
        return status::ok;
      }
      at = next_token(at);
      if (at == nullptr) return status::invalid;
      if (*at == ',') {
        at = next_token(at + 1);
        if (at != nullptr && in_object) at = key(at);
        if (at == nullptr) return status::invalid;
        break;
      }
      if (*at != (in_object ? '}' : ']')) {
        fail(at, in_object ? "expected ',' or '}'" : "expected ',' or ']'");
        return status::invalid;
      }
      ++at;
      node& closed = owner_.nodes_[open[--depth]];
      closed.end = offset(at);
      closed.next = count();
      in_object = depth > 0 && owner_.nodes_[open[depth - 1]].kind == type::object;
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
  const char* const end = text.data() + text.size();
  const char* const begin = run.skip_space(text.data());
  line_break_ = false;
  if (begin == end) return status::empty;
  const status outcome = run.document(begin);
  const std::string_view seen(begin, static_cast<std::size_t>(run.stop() - begin));
  if (run.non_ascii() && !simdjson::validate_utf8(seen.data(), seen.size())) {
    if (const auto at = first_ill_formed(seen, truncated_); at != std::string_view::npos) {
      // What is ill-formed comes before the fault the pass found.
      fault_ = static_cast<std::size_t>(begin - text.data()) + at;
      reason_ = "ill-formed UTF-8";
      truncated_ = line_break_ = lone_surrogate_ = false;
      return status::invalid;
    }
  }
  if (outcome != status::ok) {
    fault_ = static_cast<std::size_t>(run.stop() - text.data());
    line_break_ = lone_surrogate_ = false;
    return outcome;
  }
  ok_ = true;
  line_separator_ = run.non_ascii() && holds_separator(seen);
  const bool line_break = line_break_;
  const char* const rest = run.skip_space(run.stop());
  line_break_ = line_break;  // what stands around the document does not count
  rest_ = {rest, static_cast<std::size_t>(end - rest)};
  return status::ok;
}

value reader::root() const {
  if (!ok_) return {};
  return {text_.data(), nodes_.data(), 0};
}

}  // namespace weir::json
