#include "sse/upstream_line.h"

#include <optional>

#include "sse/payload_text.h"

namespace weir::sse {
namespace {

using kind = upstream_line::kind;

struct field_name {
  std::string_view name;
  kind what;
};
constexpr field_name field_names[] = {
    {"data", kind::data},         {"event", kind::event}, {"id", kind::other_field},
    {"retry", kind::other_field}, {"error", kind::error},
};

std::string_view without_blanks(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  return text.substr(first == std::string_view::npos ? text.size() : first);
}

/// `line` as a field, if it is one. A name needs its colon, but for the standard's lone `data`.
std::optional<upstream_line> read_field(std::string_view line, std::string_view text) {
  for (const field_name& field : field_names) {
    if (!starts_in_any_case(text, field.name)) continue;
    const std::string_view behind = text.substr(field.name.size());
    const std::string_view colon = without_blanks(behind);
    upstream_line found;
    found.what = field.what;
    found.whole = line;
    if (colon.empty() && line == "data") {
      found.value = found.strict_value = colon;
      return found;
    }
    if (!colon.starts_with(':')) return std::nullopt;
    found.strict_value = colon.substr(1);
    if (found.strict_value.starts_with(' ')) found.strict_value.remove_prefix(1);
    found.value = without_blanks(found.strict_value);
    if (field.what == kind::event) found.value = trim(found.value);
    const bool plain =
        text.size() == line.size() && colon.size() == behind.size() && text.starts_with(field.name);
    found.lenient = !plain || field.what == kind::error;
    if (field.what == kind::data) {
      const std::string_view value = without_prefixes(found.value);
      found.lenient = found.lenient || value.size() != found.value.size();
      found.value = value;
    }
    return found;
  }
  return std::nullopt;
}

/// A raw line begins a document only if it cannot be a log line such as `[INFO] up`: for all the
/// lines behind it would be taken for the rest of the document.
bool looks_like_json(std::string_view text) {
  const std::string_view inside = without_blanks(text.substr(1));
  if (inside.empty()) return true;
  const std::string_view first = text.front() == '{' ? "\"}'" : "{[\"]";
  return first.find(inside.front()) != std::string_view::npos;
}

}  // namespace

upstream_line read_line(std::string_view line) {
  const std::string_view text = without_blanks(line);
  if (const auto field = read_field(line, text)) return *field;
  upstream_line found;
  found.value = text;
  found.whole = line;
  if (text.empty())
    found.what = kind::blank;
  else if (text.front() == ':')
    found.what = kind::comment;
  else if (is_done(text))
    found.what = kind::done;
  else if (begins_json(text) && looks_like_json(text))
    found.what = kind::json;
  return found;
}

}  // namespace weir::sse
