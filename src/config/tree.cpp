#include "config/tree.h"

#include <algorithm>

#include "config/yaml.h"
#include "weir/json/writer.h"

namespace weir::config {
namespace {

void append_json(std::string& out, const tree& value, std::size_t depth) {
  const auto new_line = [&](std::size_t indent) {
    out += '\n';
    out.append(2 * indent, ' ');
  };
  switch (value.is) {
    case tree::form::absent:
      out += "null";
      return;
    case tree::form::text:
      json::append_string(out, value.text);
      return;
    case tree::form::literal:
      out += value.text;
      return;
    case tree::form::list:
      out += '[';
      for (std::size_t i = 0; i < value.items.size(); ++i) {
        if (i != 0) out += ", ";
        append_json(out, value.items[i], depth);
      }
      out += ']';
      return;
    case tree::form::mapping:
      out += '{';
      for (std::size_t i = 0; i < value.members.size(); ++i) {
        if (i != 0) out += ',';
        new_line(depth + 1);
        json::append_string(out, value.members[i].name);
        out += ": ";
        append_json(out, value.members[i].value, depth + 1);
      }
      if (!value.members.empty()) new_line(depth);
      out += '}';
      return;
  }
}

bool is_word_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("._/+-").find(c) != std::string_view::npos;
}

/// Whether `text` means itself without quotes: words, paths, `host:port` and urls.
bool is_plain(std::string_view text) {
  if (text.empty() || core_type(text) != node::scalar_type::text) return false;
  if (!is_word_character(text.front()) || text.front() == '-' || text.back() == ':') return false;
  // "...", "---" would end or start a document.
  if (text.find_first_not_of('.') == std::string_view::npos) return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return is_word_character(c) || c == ':'; });
}

std::string yaml_text(std::string_view text) {
  if (is_plain(text)) return std::string(text);
  std::string escaped;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i, 2) == "${") escaped += '$';
    escaped += text[i];
  }
  return json::quoted(escaped);  // a JSON string is a double-quoted YAML scalar
}

void append_yaml(std::string& out, const tree& value, std::size_t depth);

/// What follows `name:` or `-`.
void append_yaml_value(std::string& out, const tree& value, std::size_t depth) {
  if (value.is == tree::form::text) {
    out += ' ' + yaml_text(value.text) + '\n';
  } else if (value.is == tree::form::literal) {
    out += ' ' + value.text + '\n';
  } else if (value.is == tree::form::mapping && value.members.empty()) {
    out += " {}\n";
  } else if (value.is == tree::form::list && value.items.empty()) {
    out += " []\n";
  } else {
    out += '\n';
    append_yaml(out, value, depth);
  }
}

void append_yaml(std::string& out, const tree& value, std::size_t depth) {
  const std::string indent(2 * depth, ' ');
  for (const auto& [name, member] : value.members) {
    // A key is not expanded, so its `$` stays; otherwise it is written like a text.
    out += indent + (is_plain(name) ? name : json::quoted(name)) + ':';
    append_yaml_value(out, member, depth + 1);
  }
  for (const tree& item : value.items) {
    out += indent + '-';
    const std::size_t start = out.size();
    append_yaml_value(out, item, depth + 1);
    // A mapping goes on behind the dash: its indent is as wide as "- ".
    if (out[start] == '\n') out.replace(start, 2 * depth + 3, " ");
  }
}

}  // namespace

tree tree::of_text(std::string_view text) { return {form::text, std::string(text), {}, {}}; }
tree tree::of_literal(std::string_view literal) {
  return {form::literal, std::string(literal), {}, {}};
}
tree tree::of_list(std::vector<tree> items) { return {form::list, {}, std::move(items), {}}; }
tree tree::of_mapping() { return {form::mapping, {}, {}, {}}; }

tree& tree::add(std::string_view name, tree value) {
  if (value.is != form::absent) members.push_back({std::string(name), std::move(value)});
  return *this;
}

std::string to_json(const tree& value) {
  std::string out;
  append_json(out, value, 0);
  return out + '\n';
}

std::string to_yaml(const tree& value) {
  std::string out;
  append_yaml(out, value, 0);
  return out;
}

}  // namespace weir::config
