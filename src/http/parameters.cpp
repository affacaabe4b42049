#include "http/parameters.h"

#include <algorithm>
#include <cstddef>

#include "http/ascii.h"

namespace weir::http {
namespace {

/// Takes the token at the front of `text`; it may be empty.
std::string_view take_token(std::string_view& text) {
  const auto end = std::find_if_not(text.begin(), text.end(), ascii::is_token_char);
  const auto size = static_cast<std::size_t>(end - text.begin());
  const std::string_view token = text.substr(0, size);
  text.remove_prefix(size);
  return token;
}

/// Takes the quoted string at the front of `text`, which begins with its quote.
std::optional<std::string_view> take_quoted(std::string_view& text) {
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (!ascii::is_text_char(text[i])) return std::nullopt;
    if (text[i] == '\\') {
      if (++i == text.size() || !ascii::is_text_char(text[i])) return std::nullopt;
    } else if (text[i] == '"') {
      const std::string_view inside = text.substr(1, i - 1);
      text.remove_prefix(i + 1);
      return inside;
    }
  }
  return std::nullopt;
}

void skip_ows(std::string_view& text) {
  while (!text.empty() && ascii::is_ows(text.front())) text.remove_prefix(1);
}

}  // namespace

std::string parameter::value() const {
  std::string out;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] == '\\') ++i;
    out += raw[i];
  }
  return out;
}

bool parameterized::has(std::string_view name) const {
  return std::any_of(parameters.begin(), parameters.end(),
                     [&](const parameter& p) { return ascii::equal_ignoring_case(p.name, name); });
}

const parameter* parameterized::find(std::string_view name) const {
  const parameter* found = nullptr;
  for (const parameter& p : parameters) {
    if (!ascii::equal_ignoring_case(p.name, name)) continue;
    if (found != nullptr) return nullptr;
    found = &p;
  }
  return found;
}

std::optional<parameterized> read_parameters(std::string_view field) {
  parameterized read;
  const std::size_t end = std::min(field.find(';'), field.size());
  read.value = ascii::trim_ows(field.substr(0, end));
  std::string_view rest = field.substr(end);
  while (!rest.empty()) {
    if (rest.front() != ';') return std::nullopt;
    rest.remove_prefix(1);
    skip_ows(rest);
    if (rest.empty() || rest.front() == ';') continue;  // an empty one is allowed
    parameter p;
    p.name = take_token(rest);
    if (p.name.empty() || rest.empty() || rest.front() != '=') return std::nullopt;
    rest.remove_prefix(1);
    if (!rest.empty() && rest.front() == '"') {
      const auto inside = take_quoted(rest);
      if (!inside) return std::nullopt;
      p.raw = *inside;
    } else {
      p.raw = take_token(rest);
      if (p.raw.empty()) return std::nullopt;
    }
    read.parameters.push_back(p);
    skip_ows(rest);
  }
  return read;
}

}  // namespace weir::http
