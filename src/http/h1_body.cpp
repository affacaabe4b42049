#include "http/h1_body.h"

#include <algorithm>
#include <iterator>
#include <limits>

#include "http/ascii.h"
#include "weir/base/limits.h"

namespace weir::http {
namespace {

// What a recipient that reads trailers after acting on the head must not learn from them: framing,
// routing, authentication, request modifiers, content (RFC 9110 6.5.1).
bool forbidden_in_trailers(std::string_view name) {
  constexpr std::string_view names[] = {
      "age",          "authorization",    "cache-control",     "content-encoding",
      "content-type", "content-length",   "content-range",     "cookie",
      "date",         "expect",           "expires",           "forwarded",
      "host",         "if-match",         "if-modified-since", "if-none-match",
      "if-range",     "location",         "max-forwards",      "pragma",
      "range",        "retry-after",      "set-cookie",        "vary",
      "warning",      "www-authenticate", "x-api-key",         "if-unmodified-since"};
  return hop_by_hop(name) || std::any_of(std::begin(names), std::end(names), [&](auto n) {
           return ascii::equal_ignoring_case(n, name);
         });
}

}  // namespace

void h1_body::start(h1_framing framing, std::uint64_t length) {
  reset();
  framing_ = framing;
  remaining_ = length;
  switch (framing) {
    case h1_framing::none:
      state_ = state::done;
      break;
    case h1_framing::chunked:
      state_ = state::size_first;
      break;
    case h1_framing::length:
    case h1_framing::until_close:
      state_ = state::data;
      break;
  }
}

h1_body::status h1_body::parse(std::string_view& input) {
  span_ = {};
  for (;;) {
    switch (state_) {
      case state::done:
        return status::end;
      case state::failed:
        return status::error;
      case state::data:
        if (framing_ == h1_framing::until_close || remaining_ != 0) return data(input);
        state_ = framing_ == h1_framing::chunked ? state::data_cr : state::done;
        break;
      case state::trailer:
        return trailer(input);
      default: {
        if (skip_plain_chunk_line(input)) break;
        if (input.empty()) return status::need_input;
        const char c = input.front();
        input.remove_prefix(1);
        if (const std::string_view why = chunk_line_byte(c); !why.empty()) return fail(400, why);
      }
    }
  }
}

h1_body::status h1_body::data(std::string_view& input) {
  if (input.empty()) return status::need_input;
  std::size_t size = input.size();
  if (framing_ != h1_framing::until_close) {
    size = static_cast<std::size_t>(std::min<std::uint64_t>(size, remaining_));
    remaining_ -= size;
  }
  span_ = input.substr(0, size);
  input.remove_prefix(size);
  return status::body;
}

h1_body::status h1_body::trailer(std::string_view& input) {
  for (;;) {
    switch (section_.take_line(input)) {
      case h1_section::status::need_input:
        return status::need_input;
      case h1_section::status::line_too_long:
      case h1_section::status::too_large:
        return fail(431, "the trailers are too large");
      case h1_section::status::line:
        break;
    }
    const std::optional<std::string_view> line = section_.line();
    if (!line) return fail(400, "a trailer line does not end in CRLF");
    if (line->empty()) break;
    if (const auto why = section_.add_field(*line)) return fail(why->status, why->reason);
  }
  fields all;
  section_.copy_to(all);
  for (const field& f : all)
    if (!forbidden_in_trailers(f.name)) trailers_.add(f.name, f.value);
  state_ = state::done;
  return status::end;
}

// The common case at once: what surrounds the data of a chunk lies whole in the input and has no
// extension. Says and does what `chunk_line_byte` would (every split test compares the two).
bool h1_body::skip_plain_chunk_line(std::string_view& input) {
  constexpr std::size_t max_digits = 15;  // fits, whatever they are
  if (state_ == state::data_cr && input.substr(0, 2) == "\r\n") {
    input.remove_prefix(2);
    state_ = state::size_first;
  }
  if (state_ != state::size_first) return false;
  std::uint64_t size = 0;
  std::size_t digits = 0;
  for (; digits < input.size() && digits < max_digits; ++digits) {
    const int digit = ascii::hex_value(input[digits]);
    if (digit < 0) break;
    size = size << 4 | static_cast<std::uint64_t>(digit);
  }
  if (digits == 0 || input.substr(digits, 2) != "\r\n") return false;
  input.remove_prefix(digits + 2);
  remaining_ = size;
  state_ = size == 0 ? state::trailer : state::data;
  return true;
}

// The bytes around the data of an h1 chunk; returns what is wrong with this one.
std::string_view h1_body::chunk_line_byte(char c) {
  switch (state_) {
    case state::size_lf:
      if (c != '\n') return "CR without LF after a chunk size";
      state_ = remaining_ == 0 ? state::trailer : state::data;
      return {};
    case state::data_cr:
      if (c != '\r') return "a chunk is longer than its size";
      state_ = state::data_lf;
      return {};
    case state::data_lf:
      if (c != '\n') return "CR without LF after a chunk";
      state_ = state::size_first;
      return {};
    case state::size_first:
      line_bytes_ = 0;
      digits_ = 0;
      remaining_ = 0;
      break;
    default:
      break;
  }
  if (c != '\r' && ++line_bytes_ > limits::max_h1_chunk_line_bytes)
    return "the line of a chunk size is too long";
  return state_ == state::size_first || state_ == state::size ? size_byte(c) : extension_byte(c);
}

std::string_view h1_body::size_byte(char c) {
  constexpr std::uint64_t max = std::numeric_limits<std::int64_t>::max();
  constexpr unsigned max_digits = 16;
  if (const int digit = ascii::hex_value(c); digit >= 0) {
    if (++digits_ > max_digits) return "a chunk size has too many digits";
    remaining_ = remaining_ << 4 | static_cast<std::uint64_t>(digit);
    if (remaining_ > max) return "a chunk size overflows";
    state_ = state::size;
    return {};
  }
  if (state_ == state::size_first) return "a chunk size does not start with a hexadecimal digit";
  if (c == '\r')
    state_ = state::size_lf;
  else if (c == ';')
    state_ = state::ext_name_first;
  else if (ascii::is_ows(c))
    state_ = state::ext_space;
  else
    return "invalid character in a chunk size";
  return {};
}

// chunk-ext = *( BWS ";" BWS chunk-ext-name [ BWS "=" BWS chunk-ext-val ] )  (RFC 9112 7.1.1)
std::string_view h1_body::extension_byte(char c) {
  constexpr std::string_view invalid = "malformed chunk extension";
  if (++extension_bytes_ > limits::max_h1_extension_bytes) return "too many chunk extensions";
  const bool space = ascii::is_ows(c);
  switch (state_) {
    case state::ext_space:
      if (space) return {};
      if (c != ';') return invalid;
      state_ = state::ext_name_first;
      return {};
    case state::ext_name_first:
      if (space) return {};
      if (!ascii::is_token_char(c)) return invalid;
      state_ = state::ext_name;
      return {};
    case state::ext_name:
      if (ascii::is_token_char(c)) return {};
      if (c == '\r')
        state_ = state::size_lf;
      else if (c == '=')
        state_ = state::ext_value_first;
      else if (c == ';')
        state_ = state::ext_name_first;
      else if (space)
        state_ = state::ext_name_space;
      else
        return invalid;
      return {};
    case state::ext_name_space:
      if (space) return {};
      if (c != '=' && c != ';') return invalid;
      state_ = c == '=' ? state::ext_value_first : state::ext_name_first;
      return {};
    case state::ext_value_first:
      if (space) return {};
      if (c != '"' && !ascii::is_token_char(c)) return invalid;
      state_ = c == '"' ? state::ext_quoted : state::ext_token;
      return {};
    case state::ext_quoted:
      if (!ascii::is_text_char(c)) return invalid;
      if (c == '"')
        state_ = state::ext_value_end;
      else if (c == '\\')
        state_ = state::ext_quoted_pair;
      return {};
    case state::ext_quoted_pair:
      if (!ascii::is_text_char(c)) return invalid;
      state_ = state::ext_quoted;
      return {};
    case state::ext_token:
      if (ascii::is_token_char(c)) return {};
      [[fallthrough]];
    default:  // ext_value_end
      if (c == '\r')
        state_ = state::size_lf;
      else if (c == ';')
        state_ = state::ext_name_first;
      else if (space)
        state_ = state::ext_space;
      else
        return invalid;
      return {};
  }
}

h1_body::status h1_body::finish() {
  span_ = {};
  if (framing_ == h1_framing::until_close && state_ == state::data) state_ = state::done;
  if (state_ == state::done) return status::end;
  if (state_ == state::failed) return status::error;
  return fail(400, "the connection closed within the body");
}

h1_body::status h1_body::fail(unsigned error_status, std::string_view reason) {
  state_ = state::failed;
  error_status_ = error_status;
  error_ = reason;
  return status::error;
}

void h1_body::reset() {
  remaining_ = 0;
  line_bytes_ = 0;
  extension_bytes_ = 0;
  error_status_ = 0;
  digits_ = 0;
  framing_ = h1_framing::none;
  state_ = state::done;
  span_ = {};
  error_ = {};
  section_.clear();
  trailers_.clear();
}

}  // namespace weir::http
