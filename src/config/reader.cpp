#include "config/reader.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <system_error>
#include <tuple>

#include "route/near_names.h"

namespace weir::config {
namespace {

constexpr std::size_t max_shown_name_bytes = 64;

bool is_name_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

bool is_variable_name(std::string_view name) {
  return !name.empty() && is_name_start(name[0]) &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return is_name_start(c) || (c >= '0' && c <= '9'); });
}

std::string_view type_name(const node& value) {
  if (value.is == node::form::list) return "a list";
  if (value.is == node::form::mapping) return "a mapping";
  switch (value.type) {
    case node::scalar_type::null:
      return "empty";
    case node::scalar_type::boolean:
      return "true or false";
    case node::scalar_type::integer:
    case node::scalar_type::number:
      return "a number";
    case node::scalar_type::text:
      break;
  }
  return "text";
}

}  // namespace

std::string quoted_name(std::string_view name) {
  std::string out = "'";
  for (const char c : name.substr(0, max_shown_name_bytes)) {
    const auto byte = static_cast<unsigned char>(c);
    out += byte < 0x20 || byte == 0x7F ? '?' : c;
  }
  // The cut must not leave half a character behind.
  if (name.size() > max_shown_name_bytes) {
    while (!out.empty() && (static_cast<unsigned char>(out.back()) & 0xC0U) == 0x80U)
      out.pop_back();
    if (!out.empty() && (static_cast<unsigned char>(out.back()) & 0x80U) != 0) out.pop_back();
    out += "...";
  }
  return out + "'";
}

std::string meant(std::string_view name, const std::vector<std::string>& known) {
  const std::vector<std::string> near = route::near_names(name, known);
  if (near.empty()) return {};
  std::string out = "did you mean ";
  for (std::size_t i = 0; i < near.size(); ++i) {
    if (i != 0) out += i + 1 == near.size() ? " or " : ", ";
    out += quoted_name(near[i]);
  }
  return out + '?';
}

std::string reader::path() const {
  std::string out;
  for (const std::string& key : path_) {
    if (!out.empty()) out += '.';
    out += key;
  }
  return out;
}

void reader::fail(place at, std::string_view message, std::string hint) {
  const std::string where = path();
  fail_as_written(at, where.empty() ? std::string(message) : where + ": " + std::string(message),
                  std::move(hint));
}

void reader::fail_as_written(place at, std::string message, std::string hint) {
  problems_.push_back({file_, at.line, at.column, std::move(message), std::move(hint)});
}

void reader::fail_type(const node& value, std::string_view what) {
  std::string hint;
  const bool wants_text = what.substr(0, 4) == "text";
  if (wants_text && value.is == node::form::scalar && value.type != node::scalar_type::null)
    hint = "write it in quotes";
  const std::string_view got = type_name(value);
  fail(value.at,
       "must be " + std::string(what) +
           (got == "empty" ? ", but is empty" : ", not " + std::string(got)),
       std::move(hint));
}

std::optional<std::string> reader::expand(const node& value) {
  const std::string_view text = value.text;
  std::string out;
  bool ok = true;
  for (std::size_t i = 0; i < text.size();) {
    if (text.substr(i, 3) == "$${") {
      out += "${";
      i += 3;
      continue;
    }
    if (text.substr(i, 2) != "${") {
      out += text[i++];
      continue;
    }
    const std::size_t end = text.find('}', i);
    const std::string name(end == std::string_view::npos ? std::string_view()
                                                         : text.substr(i + 2, end - i - 2));
    if (!is_variable_name(name)) {
      fail(value.at, "'${' starts no variable", "a variable is ${NAME}; a literal ${ is $${");
      return std::nullopt;
    }
    if (const auto found = variables_(name)) {
      out += *found;
    } else {
      fail(value.at, "the environment variable " + name + " is not set");
      ok = false;
    }
    i = end + 1;
  }
  if (!ok) return std::nullopt;
  return out;
}

std::optional<reader::scalar> reader::read_scalar(const node& value, std::string_view what) {
  if (value.is != node::form::scalar || value.type == node::scalar_type::null) {
    fail_type(value, what);
    return std::nullopt;
  }
  const auto text = expand(value);
  if (!text) return std::nullopt;
  scalar out{*text, value.type, *text != value.text};
  // `workers: "${N}"` must be quoted in a flow mapping: what a variable holds decides.
  if (out.expanded && value.type == node::scalar_type::text) out.type = core_type(*text);
  return out;
}

std::optional<std::string> reader::read_text(const node& value, std::string_view what) {
  if (value.is == node::form::scalar && value.type != node::scalar_type::text) {
    fail_type(value, what);
    return std::nullopt;
  }
  auto found = read_scalar(value, what);
  if (!found) return std::nullopt;
  return std::move(found->text);
}

std::optional<std::string> reader::read_nonempty_text(const node& value, std::string_view what) {
  auto text = read_text(value, what);
  if (text && text->empty()) {
    fail(value.at, "must not be empty",
         value.text.empty() ? "" : "does the environment variable have a value?");
    return std::nullopt;
  }
  return text;
}

std::vector<std::size_t> reader::distinct_members(const node& value, std::string_view what) {
  std::vector<std::size_t> out;
  if (value.is != node::form::mapping) {
    fail_type(value, what);
    return out;
  }
  std::map<std::string_view, unsigned> lines;
  for (std::size_t i = 0; i < value.members.size(); ++i) {
    const node& key = value.members[i].key;
    const auto [first, is_new] = lines.try_emplace(key.text, key.at.line);
    if (is_new)
      out.push_back(i);
    else
      fail_as_written(key.at, "duplicate key " + quoted_name(key.text),
                      "it is in line " + std::to_string(first->second) + " already");
  }
  return out;
}

void reader::refer_to_upstream(std::string_view name, place at) {
  references_.push_back({std::string(name), path(), at});
}

void reader::check_references(const std::vector<std::string>& upstreams) {
  for (const reference& r : references_) {
    if (std::find(upstreams.begin(), upstreams.end(), r.name) != upstreams.end()) continue;
    fail_as_written(r.at, r.path + ": unknown upstream " + quoted_name(r.name),
                    meant(r.name, upstreams));
  }
}

std::string reader::resolve(const std::string& path) const {
  const std::filesystem::path relative = std::filesystem::path(file_).parent_path() / path;
  std::error_code failed;
  const std::filesystem::path whole = std::filesystem::absolute(relative, failed);
  return (failed ? relative : whole).lexically_normal().string();
}

std::vector<problem> reader::problems() const {
  std::vector<problem> out = problems_;
  std::stable_sort(out.begin(), out.end(), [](const problem& a, const problem& b) {
    return std::tie(a.line, a.column) < std::tie(b.line, b.column);
  });
  return out;
}

}  // namespace weir::config
