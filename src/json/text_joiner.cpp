#include "weir/json/text_joiner.h"

#include <utility>

#include "json/ragged.h"
#include "json/utf8.h"
#include "weir/base/limits.h"

namespace weir::json {

namespace {

/// True when the backslash at `at` begins an escape and is not itself escaped.
bool begins_escape(std::string_view inside, std::size_t at) {
  std::size_t first = at;
  while (first > 0 && inside[first - 1] == '\\') --first;
  return (at - first) % 2 == 0;
}

/// Walks back from the end of a string over escapes `\uXXXX`.
class escapes_at_end {
 public:
  escapes_at_end(std::string_view inside, std::size_t first) : inside_(inside), first_(first) {}

  /// The escape that ends at `end`, if one does that lies behind `first`.
  [[nodiscard]] std::uint32_t unit_before(std::size_t end) const {
    if (end < first_ + unit_escape_bytes) return no_code_unit;
    const std::size_t at = end - unit_escape_bytes;
    if (inside_[at] != '\\' || !begins_escape(inside_, at)) return no_code_unit;
    return code_unit_at(inside_, at);
  }
  [[nodiscard]] bool raw_byte_before(std::size_t end) const {
    return unit_before(end) != no_code_unit && raw_byte_at(inside_, end - unit_escape_bytes);
  }

 private:
  std::string_view inside_;
  std::size_t first_;
};

/// Where the character begins that the end of `inside` cuts: inside.size() when it cuts none.
/// Nothing before `first` is looked at.
std::size_t ragged_tail(std::string_view inside, std::size_t first) {
  const escapes_at_end escapes(inside, first);
  std::size_t at = inside.size();
  if (is_high_half(escapes.unit_before(at))) return at - unit_escape_bytes;
  for (std::size_t n = 0; n < max_continuation_bytes && escapes.raw_byte_before(at); ++n)
    at -= unit_escape_bytes;
  // The first of them may be spelled like a raw byte and be the lower half of a whole pair.
  const bool pair = at != inside.size() && is_high_half(escapes.unit_before(at));
  return pair ? at + unit_escape_bytes : at;
}

bool starts_with_low_half(std::string_view inside) { return is_low_half(code_unit_at(inside, 0)); }

}  // namespace

std::string_view text_joiner::join(std::string_view inside) {
  if (buffer_.capacity() > limits::max_idle_buffer_bytes)
    std::string().swap(buffer_);
  else
    buffer_.clear();
  if (inside.empty()) return {};
  const bool head = !waiting_.empty() || starts_with_low_half(inside);
  const std::size_t begin = head ? join_head(inside) : 0;
  const std::size_t end = ragged_tail(inside, begin);
  const std::string_view middle = inside.substr(begin, end - begin);
  for (std::size_t at = end; at < inside.size(); at += unit_escape_bytes) {
    if (const auto byte = raw_byte_at(inside, at))
      waiting_.push_back(static_cast<char>(*byte));
    else
      waiting_ += inside.substr(at, unit_escape_bytes);
  }
  if (buffer_.empty()) return middle;
  return buffer_ += middle;
}

/// Puts what waits and the beginning of `inside` together; returns how much of it that took.
std::size_t text_joiner::join_head(std::string_view inside) {
  if (waiting_.starts_with('\\')) {
    if (starts_with_low_half(inside) && !raw_byte_at(inside, 0)) {
      buffer_ += std::exchange(waiting_, {});
      buffer_ += inside.substr(0, unit_escape_bytes);
      return unit_escape_bytes;
    }
    buffer_ += replacement_escape;
    waiting_.clear();
  }
  std::size_t at = 0;
  std::string bytes = std::exchange(waiting_, {});
  for (auto byte = raw_byte_at(inside, at); byte; byte = raw_byte_at(inside, at)) {
    bytes.push_back(static_cast<char>(*byte));
    at += unit_escape_bytes;
  }
  for (std::size_t i = 0; i < bytes.size();) {
    const utf8_unit unit = utf8_at(bytes, i);
    if (unit.cut_off && at == inside.size()) {
      waiting_ = bytes.substr(i);
      break;
    }
    buffer_ += clean_spelling(bytes, i, unit);
    i += unit.length;
  }
  if (at == 0 && starts_with_low_half(inside)) {
    buffer_ += replacement_escape;
    at = unit_escape_bytes;
  }
  return at;
}

std::string_view text_joiner::flush() {
  if (waiting_.empty()) return {};
  const bool half = waiting_.starts_with('\\');
  waiting_.clear();
  return half ? replacement_escape : replacement_character;
}

}  // namespace weir::json
