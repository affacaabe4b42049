#include "app/exposition_reader.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "weir/base/limits.h"

namespace weir::app {

namespace {

bool is_name_char(char c, bool first) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':' ||
         (!first && c >= '0' && c <= '9');
}

void skip_blanks(std::string_view& rest) {
  while (!rest.empty() && (rest.front() == ' ' || rest.front() == '\t')) rest.remove_prefix(1);
}

bool take(std::string_view& rest, char c) {
  if (rest.empty() || rest.front() != c) return false;
  rest.remove_prefix(1);
  return true;
}

std::string_view take_name(std::string_view& rest) {
  std::size_t length = 0;
  while (length < rest.size() && is_name_char(rest[length], length == 0)) ++length;
  const std::string_view name = rest.substr(0, length);
  rest.remove_prefix(length);
  return name;
}

/// What stands between quotes; nothing when the second one is missing.
std::optional<std::string> take_quoted(std::string_view& rest) {
  if (!take(rest, '"')) return std::nullopt;
  std::string out;
  while (!rest.empty()) {
    char c = rest.front();
    rest.remove_prefix(1);
    if (c == '"') return out;
    if (c == '\\') {
      if (rest.empty()) return std::nullopt;
      c = rest.front() == 'n' ? '\n' : rest.front();
      rest.remove_prefix(1);
    }
    out += c;
  }
  return std::nullopt;
}

/// `{a="b",c="d",}`, or nothing at all.
bool take_labels(std::string_view& rest, exposition_sample& into) {
  if (!take(rest, '{')) return true;
  for (;;) {
    skip_blanks(rest);
    if (take(rest, '}')) return true;
    const std::string_view name = take_name(rest);
    skip_blanks(rest);
    if (name.empty() || !take(rest, '=')) return false;
    skip_blanks(rest);
    std::optional<std::string> value = take_quoted(rest);
    if (!value) return false;
    into.labels.emplace_back(name, *std::move(value));
    skip_blanks(rest);
    if (!take(rest, ',') && (rest.empty() || rest.front() != '}')) return false;
  }
}

std::optional<double> number(std::string_view text) {
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  double value = 0;  // from_chars reads inf and nan, too
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<exposition_sample> sample_of(std::string_view line) {
  exposition_sample out;
  out.name = take_name(line);
  skip_blanks(line);
  if (out.name.empty() || !take_labels(line, out)) return std::nullopt;
  skip_blanks(line);
  const std::size_t end = std::min(line.find_first_of(" \t"), line.size());
  const std::optional<double> value = number(line.substr(0, end));
  if (!value) return std::nullopt;
  out.value = *value;
  return out;
}

}  // namespace

std::string_view exposition_sample::label(std::string_view name_of_label) const {
  for (const auto& [own, text] : labels)
    if (own == name_of_label) return text;
  return {};
}

exposition_read read_exposition(std::string_view text) {
  exposition_read out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    skip_blanks(line);
    if (line.empty() || line.front() == '#') continue;
    std::optional<exposition_sample> sample;
    if (out.samples.size() < limits::max_exposition_samples) sample = sample_of(line);
    if (sample)
      out.samples.push_back(*std::move(sample));
    else
      ++out.skipped;
  }
  return out;
}

}  // namespace weir::app
