#include "config/codecs.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>

#include "config/authority.h"
#include "config/file.h"
#include "weir/base/limits.h"

namespace weir::config::codecs {
namespace {

constexpr std::string_view duration_example = "a duration like 5s";

/// Framing and connection are weir's business (RFC 9110 7.6.1), and so is the form of the body.
constexpr std::array<std::string_view, 15> reserved_headers = {"accept-encoding",
                                                               "connection",
                                                               "content-encoding",
                                                               "content-length",
                                                               "content-type",
                                                               "expect",
                                                               "host",
                                                               "keep-alive",
                                                               "proxy-connection",
                                                               "te",
                                                               "trailer",
                                                               "transfer-encoding",
                                                               "upgrade",
                                                               "x-request-id",
                                                               "http2-settings"};

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// RFC 9110 5.6.2.
bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return is_alphanumeric(c) ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

/// A credential goes into a header after `Bearer `: visible ASCII without spaces.
bool is_sendable_key(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7F; });
}

/// Whether the value of the parameter `name` is likely a credential.
bool is_secret_name(std::string_view name) {
  const std::string folded = lower_case(name);
  for (const std::string_view part : {"key", "token", "secret", "sig", "password", "credential"})
    if (folded.find(part) != std::string::npos) return true;
  return false;
}

}  // namespace

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7F;
}

tree object(std::initializer_list<std::pair<std::string_view, tree>> members) {
  tree out = tree::of_mapping();
  for (const auto& [name, value] : members) out.add(name, value);
  return out;
}

tree number(std::uint64_t value) { return tree::of_literal(std::to_string(value)); }

std::vector<tree> texts(std::initializer_list<std::string_view> words) {
  std::vector<tree> out;
  for (const std::string_view word : words) out.push_back(tree::of_text(word));
  return out;
}

tree or_variable(tree schema) {
  return object({{"anyOf", tree::of_list({std::move(schema), reference("variable")})}});
}

tree string_schema(std::string_view pattern) {
  tree out = object({{"type", tree::of_text("string")}});
  // A variable may stand anywhere in a text, so that the text is not known before it is loaded.
  if (!pattern.empty()) out.add("pattern", tree::of_text(std::string(pattern) + "|\\$\\{"));
  return out;
}

tree reference(std::string_view section_name) {
  return object({{"$ref", tree::of_text("#/$defs/" + std::string(section_name))}});
}

listen_address address::read(reader& from, const node& value) {
  const auto scalar = from.read_scalar(value, "HOST:PORT");
  if (!scalar) return {};
  auto parsed = parse_listen(scalar->text);
  if (parsed && !parsed->path.empty()) parsed->path = from.resolve(parsed->path);
  if (parsed) return *parsed;
  from.fail(value.at, parsed.error().message);
  return {};
}

tree address::schema() {
  return object({{"type", tree::of_list(texts({"string", "integer"}))},
                 {"minimum", number(0)},
                 {"maximum", number(65535)}});
}

std::uint32_t read_number(reader& from, const node& value, number_bounds bounds) {
  const std::string what =
      "a whole number from " + std::to_string(bounds.least) + " to " + std::to_string(bounds.most);
  const auto scalar = from.read_scalar(value, what);
  if (!scalar) return bounds.least;
  std::uint32_t count = 0;
  const char* end = scalar->text.data() + scalar->text.size();
  const auto [stop, error] = std::from_chars(scalar->text.data(), end, count);
  const bool whole =
      scalar->type == node::scalar_type::integer && error == std::errc() && stop == end;
  if (whole && count >= bounds.least && count <= bounds.most) return count;
  from.fail(value.at, "must be " + what);
  return bounds.least;
}

tree number_schema(number_bounds bounds) {
  return or_variable(object({{"type", tree::of_text("integer")},
                             {"minimum", number(bounds.least)},
                             {"maximum", number(bounds.most)}}));
}

std::string file_path::read(reader& from, const node& value) {
  const auto text = from.read_nonempty_text(value, "text, the path of a file");
  if (!text) return {};
  std::string path = from.resolve(*text);
  // Only whether it can be opened: its content is for TLS to judge.
  const auto content = read_file(path, limits::max_config_bytes);
  if (!content) from.fail(value.at, "the file cannot be read: " + content.error().message);
  return path;
}

bool flag::read(reader& from, const node& value) {
  const auto scalar = from.read_scalar(value, "true or false");
  if (!scalar) return false;
  if (scalar->type != node::scalar_type::boolean) {
    std::string hint;
    // YAML 1.1 said so; here they are text.
    const std::string word = lower_case(value.text);
    if (word == "yes" || word == "on") hint = "write true";
    if (word == "no" || word == "off") hint = "write false";
    from.fail(value.at, "must be true or false", std::move(hint));
    return false;
  }
  return scalar->text[0] == 't' || scalar->text[0] == 'T';
}

tree flag::schema() { return or_variable(object({{"type", tree::of_text("boolean")}})); }

millis duration::read(reader& from, const node& value) {
  const auto scalar = from.read_scalar(value, duration_example);
  if (!scalar) return millis(1);
  const auto parsed = parse_duration(scalar->text);
  if (parsed) return *parsed;
  std::string hint;
  if (value.type == node::scalar_type::integer) hint = "did you mean '" + value.text + "s'?";
  from.fail(value.at, parsed.error().message, std::move(hint));
  return millis(1);
}

tree duration::schema() { return string_schema("^[0-9]+(ms|s|m|h)$"); }

std::uint64_t read_size(reader& from, const node& value, size_bounds bounds) {
  const auto scalar = from.read_scalar(value, "a size like 64KiB");
  if (!scalar) return bounds.least;
  const auto parsed = parse_size(scalar->text);
  if (!parsed) {
    from.fail(value.at, parsed.error().message);
  } else if (*parsed < bounds.least || *parsed > bounds.most) {
    from.fail(value.at,
              "must be a size from " + size_text(bounds.least) + " to " + size_text(bounds.most));
  } else {
    return *parsed;
  }
  return bounds.least;
}

tree size_schema() { return string_schema("^[0-9]+(B|KiB|MiB|GiB)$"); }

std::optional<millis> duration_or_none::read(reader& from, const node& value) {
  if (value.is == node::form::scalar && value.text == "none") return std::nullopt;
  return duration::read(from, value);
}

tree duration_or_none::schema() { return string_schema("^([0-9]+(ms|s|m|h)|none)$"); }

headers::type headers::read(reader& from, const node& value) {
  type out;
  std::vector<std::string> seen;
  from.for_each_member(
      value, "a mapping of header names to text", [&](const node& key, const node& member) {
        const std::string name = lower_case(key.text);
        if (!is_token(name)) {
          from.fail(key.at, quoted_name(key.text) + " is no header name");
          return;
        }
        if (std::find(reserved_headers.begin(), reserved_headers.end(), name) !=
            reserved_headers.end()) {
          from.fail(key.at, "the header " + quoted_name(key.text) + " is set by weir itself");
          return;
        }
        if (std::find(seen.begin(), seen.end(), name) != seen.end()) {
          from.fail(key.at, "the header " + quoted_name(key.text) + " stands there twice",
                    "header names do not depend on case");
          return;
        }
        seen.push_back(name);
        const reader::scope entered(from, key.text);
        const auto text = from.read_nonempty_text(member, "text");
        if (!text) return;
        if (std::any_of(text->begin(), text->end(), is_control))
          from.fail(member.at, "the value holds a control character");
        out.emplace_back(key.text, secret(*text));
      });
  return out;
}

tree headers::show(const type& value) {
  tree out = tree::of_mapping();
  for (const auto& [name, hidden] : value) out.add(name, tree::of_text(hidden.shown()));
  return out.members.empty() ? tree() : out;
}

tree headers::schema() {
  return object({{"type", tree::of_text("object")}, {"additionalProperties", string_schema()}});
}

query::type query::read(reader& from, const node& value) {
  type out;
  from.for_each_member(
      value, "a mapping of names to text", [&](const node& key, const node& member) {
        if (key.text.empty() || std::any_of(key.text.begin(), key.text.end(), is_control)) {
          from.fail(key.at, quoted_name(key.text) + " is no name of a parameter");
          return;
        }
        const reader::scope entered(from, key.text);
        if (const auto text = from.read_text(member, "text")) out.emplace_back(key.text, *text);
      });
  return out;
}

tree query::show(const type& value) {
  tree out = tree::of_mapping();
  for (const auto& [name, text] : value)
    out.add(name, tree::of_text(is_secret_name(name) ? "***" : text));
  return out.members.empty() ? tree() : out;
}

tree query::schema() { return headers::schema(); }

std::optional<std::string> read_credential(reader& from, const node& value, std::string_view what) {
  auto text = from.read_nonempty_text(value, what);
  if (!text || is_sendable_key(*text)) return text;
  from.fail(value.at, "the credential holds a character that cannot be sent in a header");
  return std::nullopt;
}

std::optional<credential_file> read_credential_file(reader& from, const node& value) {
  const auto text = from.read_nonempty_text(value, "text, the path of a file");
  if (!text) return std::nullopt;
  credential_file out{from.resolve(*text), {}};
  auto content = read_file(out.path, limits::max_key_file_bytes);
  if (!content) {
    from.fail(value.at, "the file cannot be read: " + content.error().message);
    return std::nullopt;
  }
  while (!content->empty() && (content->back() == '\n' || content->back() == '\r'))
    content->pop_back();
  if (content->empty())
    from.fail(value.at, "the file is empty");
  else if (!is_sendable_key(*content))
    from.fail(value.at, "the file holds a character that cannot be sent in a header");
  out.content = std::move(*content);
  return out;
}

}  // namespace weir::config::codecs
