#include "http/h1_section.h"

#include "http/ascii.h"
#include "weir/base/limits.h"

namespace weir::http {

h1_section::status h1_section::take_line(std::string_view& input, std::size_t max_line_bytes) {
  const std::size_t lf = input.find('\n');
  const bool complete = lf != std::string_view::npos;
  const std::string_view part = complete ? input.substr(0, lf + 1) : input;
  if (part.size() > max_line_bytes - (bytes_.size() - line_begin_)) return status::line_too_long;
  if (part.size() > limit_ - bytes_.size()) return status::too_large;
  bytes_.append(part);
  input.remove_prefix(part.size());
  if (!complete) return status::need_input;
  line_ = {line_begin_, bytes_.size() - line_begin_};
  line_begin_ = bytes_.size();
  return status::line;
}

std::optional<std::string_view> h1_section::line() const {
  const std::string_view whole = at(line_);
  if (whole.size() < 2 || whole.find('\r') != whole.size() - 2) return std::nullopt;
  return whole.substr(0, whole.size() - 2);
}

std::optional<protocol_error> h1_section::add_field(std::string_view line) {
  if (fields_.size() == limits::max_header_fields)
    return protocol_error{431, "too many header fields"};
  if (ascii::is_ows(line.front()))
    return protocol_error{400, "folded header field"};  // RFC 9112 5.2
  std::size_t colon = 0;
  while (colon < line.size() && ascii::is_token_char(line[colon])) ++colon;
  if (colon == line.size()) return protocol_error{400, "header field without a colon"};
  if (ascii::is_ows(line[colon]))  // RFC 9112 5.1
    return protocol_error{400, "whitespace in or after a header field name"};
  if (line[colon] != ':') return protocol_error{400, "invalid character in a header field name"};
  if (colon == 0) return protocol_error{400, "empty header field name"};
  const std::string_view value = ascii::trim_ows(line.substr(colon + 1));
  if (!ascii::is_text(value))
    return protocol_error{400, "control character in a header field value"};
  fields_.push_back({place_of(line.substr(0, colon)), place_of(value)});
  return std::nullopt;
}

h1_section::place h1_section::place_of(std::string_view part) const {
  return {static_cast<std::size_t>(part.data() - bytes_.data()), part.size()};
}

std::string_view h1_section::at(place p) const {
  return std::string_view{bytes_}.substr(p.begin, p.size);
}

void h1_section::copy_to(fields& list) const {
  for (const field_place& f : fields_) list.add(at(f.name), at(f.value));
}

void h1_section::clear() {
  // An idle connection does not keep the memory of its largest head.
  constexpr std::size_t kept = 4 * limits::kib;
  bytes_.clear();
  if (bytes_.capacity() > kept) bytes_.shrink_to_fit();
  fields_.clear();
  line_begin_ = 0;
  line_ = {};
}

}  // namespace weir::http
