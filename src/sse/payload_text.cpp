#include "sse/payload_text.h"

#include <algorithm>

#include "weir/sse/json_extent.h"

namespace weir::sse {
namespace {

constexpr std::string_view done_token = "[done]";
constexpr std::string_view data_token = "data:";

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool is_quote(char c) { return c == '"' || c == '\''; }
char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

template <class Predicate>
std::string_view strip(std::string_view text, Predicate unwanted) {
  while (!text.empty() && unwanted(text.front())) text.remove_prefix(1);
  while (!text.empty() && unwanted(text.back())) text.remove_suffix(1);
  return text;
}

std::string_view without_quotes(std::string_view text) {
  return strip(text, [](char c) { return is_space(c) || is_quote(c); });
}

}  // namespace

bool equal_in_any_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return to_lower(x) == to_lower(y); });
}

bool starts_in_any_case(std::string_view text, std::string_view prefix) {
  return equal_in_any_case(text.substr(0, prefix.size()), prefix);
}

std::string_view trim(std::string_view text) { return strip(text, is_space); }

std::string_view trim_left(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  return text;
}

bool is_nothing(std::string_view text) {
  if (text.empty() || text.front() == ':' || text == "null") return true;
  return text.front() == '{' && text.size() >= 2 && text.back() == '}' &&
         std::all_of(text.begin() + 1, text.end() - 1, is_space);
}

bool is_done(std::string_view text) { return equal_in_any_case(without_quotes(text), done_token); }

bool is_done_word(std::string_view text) { return equal_in_any_case(without_quotes(text), "done"); }

std::string_view without_prefixes(std::string_view text) {
  for (;;) {
    if (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
      text.remove_prefix(1);
    else if (text.starts_with(bom))
      text.remove_prefix(bom.size());
    else if (starts_in_any_case(text, data_token))
      text.remove_prefix(data_token.size());
    else
      return text;
  }
}

bool may_be_glued(std::string_view text) {
  if (text.empty() || text.front() != '{' || text.back() != '}') return true;
  for (std::size_t at = text.find('}') + 1; at < text.size(); at = text.find('}', at) + 1) {
    const char next = text[at];
    if (next != '}' && next != ']' && next != ',') return true;
  }
  return false;
}

std::size_t first_payload_end(std::string_view text) {
  if (starts_in_any_case(text, done_token)) return done_token.size();
  if (!begins_json(text)) return text.size();
  json_extent extent;
  std::size_t at = 0;
  for (;;) {
    at += extent.scan_document(text.substr(at));
    if (!extent.closed()) return text.size();
    const std::string_view rest = text.substr(at);
    const auto next = std::find_if_not(rest.begin(), rest.end(), is_space);
    const std::string_view token = rest.substr(static_cast<std::size_t>(next - rest.begin()));
    if (starts_in_any_case(token, data_token) || starts_in_any_case(token, done_token)) return at;
    if (!begins_json(token)) return text.size();
    at = text.size() - token.size();
  }
}

}  // namespace weir::sse
