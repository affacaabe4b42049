#include <algorithm>

#include "config/authority.h"
#include "config/codecs.h"
#include "config/values.h"

/// The codecs of `upstreams:` and its own keys.
namespace weir::config::codecs {
upstream_url url::read(reader& from, const node& value) {
  const auto text = from.read_nonempty_text(value, "text like http://127.0.0.1:8000/v1");
  if (!text) return {};
  auto parsed = parse_url(*text);
  if (parsed) return *parsed;
  from.fail(value.at, parsed.error().message);
  return {};
}

tree url::schema() {
  return string_schema("^([Hh][Tt][Tt][Pp][Ss]?://[^?#@]+|unix:/[^:]+(:/[^?#]*)?)$");
}

void upstream_proxy::read(reader& from, const node& value, upstream& into) {
  const auto text = from.read_nonempty_text(value, "'none', or text like http://127.0.0.1:3128");
  if (!text) return;
  if (*text == "none") {
    into.proxy.way = proxy_setting::kind::direct;
    return;
  }
  auto parsed = parse_proxy(*text);
  if (!parsed) return from.fail(value.at, parsed.error().message);
  into.proxy.way = proxy_setting::kind::proxy;
  into.proxy.server = *std::move(parsed);
}

tree upstream_proxy::show(const upstream& of) {
  switch (of.proxy.way) {
    case proxy_setting::kind::unset:
      return {};
    case proxy_setting::kind::direct:
      return tree::of_text("none");
    case proxy_setting::kind::proxy:
      return tree::of_text(to_text(of.proxy.server));
  }
  return {};
}

tree upstream_proxy::schema() { return string_schema("^(none|([Hh][Tt][Tt][Pp]://)?[^/?#]+/?)$"); }

void upstream_key::read(reader& from, const node& value, upstream& into) {
  const auto text = read_credential(from, value, "text, a credential or 'passthrough'");
  if (!text) return;
  // Only as a word of the file: a variable that holds it is a strange credential, not an option.
  if (value.text == "passthrough")
    into.key_passthrough = true;
  else
    into.key = secret(*text);
}

tree upstream_key::show(const upstream& of) {
  if (of.key_passthrough) return tree::of_text("passthrough");
  if (of.key.empty() || !of.key_file.empty()) return {};
  return tree::of_text(of.key.shown());
}

void upstream_key_file::read(reader& from, const node& value, upstream& into) {
  if (auto file = read_credential_file(from, value)) {
    into.key_file = std::move(file->path);
    into.key = secret(std::move(file->content));
  }
}

tree upstream_key_file::show(const upstream& of) { return file_path::show(of.key_file); }

upstreams::type upstreams::read(reader& from, const node& value) {
  type out;
  from.for_each_member(
      value, "a mapping of names to upstreams", [&](const node& key, const node& member) {
        if (key.text == built_in_upstream) {
          from.fail(key.at, "the name 'demo' is taken by the built-in upstream");
          return;
        }
        if (!is_plain_name(key.text)) {
          from.fail(key.at,
                    quoted_name(key.text) +
                        " is no name: up to 64 letters, digits, '.', '_' and '-', first a letter "
                        "or digit");
          return;
        }
        const reader::scope entered(from, key.text);
        upstream one = read_section<upstream>(from, member, "a mapping with a url");
        one.name = key.text;
        const bool has_key = !one.key.empty() || one.key_passthrough;
        for (const auto& [name, hidden] : one.headers)
          if (has_key && lower_case(name) == "authorization")
            from.fail(member.find("headers")->at,
                      "only one of 'key' and the header 'authorization' may be set");
        if (!one.url.socket_path.empty() && one.proxy.way == proxy_setting::kind::proxy)
          from.fail(member.find("proxy")->at, "no proxy leads to a Unix socket");
        out.push_back(std::move(one));
      });
  return out;
}

tree upstreams::show(const type& value) {
  tree out = tree::of_mapping();
  for (const upstream& one : value)
    if (one.kind != upstream_kind::demo && !one.tentative) out.add(one.name, show_section(one));
  return out;
}

tree upstreams::schema() {
  return object(
      {{"type", tree::of_text("object")},
       {"propertyNames", object({{"pattern", tree::of_text(upstream_name_pattern)},
                                 {"not", object({{"const", tree::of_text(built_in_upstream)}})}})},
       {"additionalProperties", reference(section_of<upstream>().name)}});
}

}  // namespace weir::config::codecs
