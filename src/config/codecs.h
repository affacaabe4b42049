#pragma once
#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/config.h"
#include "config/reader.h"
#include "config/section.h"
#include "config/tree.h"
#include "config/values.h"
#include "weir/base/limits.h"

/// How each type of value is read, shown and described. A codec is `read`, `show` and `schema`;
/// `read` returns anything after it reported a problem, for then the configuration is dropped.
namespace weir::config::codecs {

/// What no name and no header may hold.
[[nodiscard]] bool is_control(char c);

/// Parts of a schema.
[[nodiscard]] tree object(std::initializer_list<std::pair<std::string_view, tree>> members);
[[nodiscard]] tree number(std::uint64_t value);
[[nodiscard]] std::vector<tree> texts(std::initializer_list<std::string_view> words);
/// `{"anyOf":[schema,{"$ref":"#/$defs/variable"}]}`: what is no text may also be a `"${NAME}"`.
[[nodiscard]] tree or_variable(tree schema);
/// A string schema with a pattern, or one without.
[[nodiscard]] tree string_schema(std::string_view pattern = {});
/// A reference to a section of `$defs`.
[[nodiscard]] tree reference(std::string_view section_name);

struct address {
  static listen_address read(reader& from, const node& value);
  static tree show(const listen_address& value) { return tree::of_text(to_text(value)); }
  static tree schema();
};

/// A whole number within bounds.
struct number_bounds {
  std::uint32_t least = 0;
  std::uint32_t most = 0;
};
[[nodiscard]] std::uint32_t read_number(reader& from, const node& value, number_bounds bounds);
[[nodiscard]] tree number_schema(number_bounds bounds);

template <std::uint32_t Least, std::uint32_t Most>
struct whole_number {
  using type = std::uint32_t;
  static std::uint32_t read(reader& from, const node& value) {
    return read_number(from, value, {Least, Most});
  }
  static tree show(std::uint32_t value) { return tree::of_literal(std::to_string(value)); }
  static tree schema() { return number_schema({Least, Most}); }
};

/// `20%`.
struct percentage {
  using type = percent;
  static percent read(reader& from, const node& value);
  static tree show(percent value) { return tree::of_text(std::to_string(value.value) + '%'); }
  static tree schema();
};

/// `none`, or a percentile like `p95`.
struct hedging {
  using type = hedge_point;
  static hedge_point read(reader& from, const node& value);
  static tree show(hedge_point value) {
    return tree::of_text(value.percentile == 0 ? "none" : 'p' + std::to_string(value.percentile));
  }
  static tree schema();
};

struct url {
  static upstream_url read(reader& from, const node& value);
  static tree show(const upstream_url& value) { return tree::of_text(to_text(value)); }
  static tree schema();
};

/// A file that must be readable; the path starts from the configuration's directory.
struct file_path {
  static std::string read(reader& from, const node& value);
  static tree show(const std::string& value) {
    return value.empty() ? tree() : tree::of_text(value);
  }
  static tree schema() { return string_schema(); }
};

struct flag {
  using type = bool;
  static bool read(reader& from, const node& value);
  static tree show(bool value) { return tree::of_literal(value ? "true" : "false"); }
  static tree schema();
};

struct duration {
  using type = millis;
  static millis read(reader& from, const node& value);
  static tree show(millis value) { return tree::of_text(to_text(value)); }
  static tree schema();
};

struct size_bounds {
  std::uint64_t least = 0;
  std::uint64_t most = 0;
};
[[nodiscard]] std::uint64_t read_size(reader& from, const node& value, size_bounds bounds);
[[nodiscard]] tree size_schema();

/// Bytes, with a unit: `64KiB`.
template <std::uint64_t Least, std::uint64_t Most>
struct byte_size {
  using type = std::uint64_t;
  static type read(reader& from, const node& value) {
    return read_size(from, value, {Least, Most});
  }
  static tree show(type value) { return tree::of_text(size_text(value)); }
  static tree schema() { return size_schema(); }
};

/// A duration, or `none`.
struct duration_or_none {
  static std::optional<millis> read(reader& from, const node& value);
  static tree show(std::optional<millis> value) {
    return tree::of_text(value ? to_text(*value) : "none");
  }
  static tree schema();
};

/// One of a few words. `Words::all` are pairs of word and value.
template <class Words>
struct choice {
  using type = decltype(Words::all.front().second);

  static type read(reader& from, const node& value) {
    const std::string what = list();
    const auto text = from.read_text(value, what);
    if (!text) return Words::all.front().second;
    std::vector<std::string> known;
    for (const auto& [word, meaning] : Words::all) {
      if (word == *text) return meaning;
      known.emplace_back(word);
    }
    // The word itself is not repeated: a variable may have put anything there.
    from.fail(value.at, "must be " + what, meant(value.text, known));
    return Words::all.front().second;
  }
  static tree show(type value) {
    for (const auto& [word, meaning] : Words::all)
      if (meaning == value) return tree::of_text(word);
    return {};
  }
  static tree schema() {
    std::vector<tree> words;
    words.reserve(Words::all.size());
    for (const auto& [word, meaning] : Words::all) words.push_back(tree::of_text(word));
    tree out = tree::of_mapping();
    out.add("enum", tree::of_list(std::move(words)));
    return or_variable(std::move(out));
  }

 private:
  static std::string list() {
    std::string out;
    for (std::size_t i = 0; i < Words::all.size(); ++i) {
      if (i != 0) out += i + 1 == Words::all.size() ? " or " : ", ";
      out += "'" + std::string(Words::all[i].first) + "'";
    }
    return out;
  }
};

/// A value that is inherited where it is not written.
template <class Codec>
struct inherited {
  using type = typename Codec::type;
  static std::optional<type> read(reader& from, const node& value) {
    return Codec::read(from, value);
  }
  static tree show(const std::optional<type>& value) {
    return value ? Codec::show(*value) : tree();
  }
  static tree schema() { return Codec::schema(); }
};

/// A mapping with known keys of its own; empty ones are not shown.
template <class Owner>
struct nested {
  static Owner read(reader& from, const node& value) {
    return read_section<Owner>(from, value, "a mapping");
  }
  static tree show(const Owner& value) {
    tree out = show_section(value);
    return out.members.empty() ? tree() : out;
  }
  static tree schema() { return reference(section_of<Owner>().name); }
};

/// Extra request headers. Their values are secrets.
struct headers {
  using type = std::vector<std::pair<std::string, secret>>;
  static type read(reader& from, const node& value);
  static tree show(const type& value);
  static tree schema();
};

/// Extra parameters of the query; values of names that speak of a credential are not shown.
struct query {
  using type = std::vector<std::pair<std::string, std::string>>;
  static type read(reader& from, const node& value);
  static tree show(const type& value);
  static tree schema();
};

/// The credential of an upstream: text, or the word `passthrough`.
struct upstream_key {
  static void read(reader& from, const node& value, upstream& into);
  static tree show(const upstream& of);
  static tree schema() { return string_schema(); }
};
struct upstream_key_file {
  static void read(reader& from, const node& value, upstream& into);
  static tree show(const upstream& of);
  static tree schema() { return string_schema(); }
};

/// The way to an upstream: the word `none`, or the url of a proxy.
struct upstream_proxy {
  static void read(reader& from, const node& value, upstream& into);
  static tree show(const upstream& of);
  static tree schema();
};

struct admin_key {
  static void read(reader& from, const node& value, admin_settings& into);
  static tree show(const admin_settings& of);
  static tree schema() { return string_schema(); }
};
struct admin_key_file {
  static void read(reader& from, const node& value, admin_settings& into);
  static tree show(const admin_settings& of);
  static tree schema() { return string_schema(); }
};

/// Text that can be sent as a credential; `what` says what was expected.
[[nodiscard]] std::optional<std::string> read_credential(reader& from, const node& value,
                                                         std::string_view what);
/// The file whose path is the value, and the credential in it.
struct credential_file {
  std::string path;
  std::string content;
};
[[nodiscard]] std::optional<credential_file> read_credential_file(reader& from, const node& value);

/// Name to upstream, and name to route, in the order of the file.
struct upstreams {
  using type = std::vector<upstream>;
  static type read(reader& from, const node& value);
  static tree show(const type& value);
  static tree schema();
};
struct models {
  using type = std::vector<model_route>;
  static type read(reader& from, const node& value);
  static tree show(const type& value);
  static tree schema();
};

/// The candidates of a model: names of upstreams, or mappings.
struct candidates {
  using type = std::vector<candidate>;
  static type read(reader& from, const node& value);
  static tree show(const type& value);
  static tree schema();
};
/// Names and patterns of models.
struct model_names {
  using type = std::vector<route::name_pattern>;
  static type read(reader& from, const node& value);
  static tree show(const type& value);
  static tree schema();
};
struct upstream_name {
  static std::string read(reader& from, const node& value);
  static tree show(const std::string& value) { return tree::of_text(value); }
  static tree schema();
};
struct upstream_model {
  static std::string read(reader& from, const node& value);
  static tree show(const std::string& value) {
    return value.empty() ? tree() : tree::of_text(value);
  }
  static tree schema() { return string_schema(); }
};

/// Name to what it costs, in the order of the file.
struct prices {
  static std::vector<priced_model> read(reader& from, const node& value);
  static tree show(const std::vector<priced_model>& value);
  static tree schema();
};

/// The keys of clients and their groups, by name, in the order of the file.
struct clients {
  static std::vector<client_entry> read(reader& from, const node& value);
  static tree show(const std::vector<client_entry>& value);
  static tree schema();
};
struct key_groups {
  static std::vector<group_entry> read(reader& from, const node& value);
  static tree show(const std::vector<group_entry>& value);
  static tree schema();
};

/// `cors:`; not shown while it is off.
struct cors {
  static cors_settings read(reader& from, const node& value);
  static tree show(const cors_settings& value);
  static tree schema();
};

inline constexpr std::string_view upstream_name_pattern = "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$";
static_assert(limits::max_upstream_name_bytes == 64, "the pattern says so, too");

/// The name of the upstream that is built in.
inline constexpr std::string_view built_in_upstream = "demo";

}  // namespace weir::config::codecs

namespace weir::config {

/// Each client's group has to be one of the file.
void check_key_groups(reader& from, const node& root, const key_settings& keys);

/// The tables themselves, in schema.cpp.
template <>
const section<config>& section_of();
template <>
const section<upstream>& section_of();
template <>
const section<candidate>& section_of();
template <>
const section<model_route>& section_of();
template <>
const section<timeouts>& section_of();
template <>
const section<breaker_settings>& section_of();
template <>
const section<routing_overrides>& section_of();
template <>
routing_overrides defaults();
template <>
const section<cors_settings>& section_of();
template <>
const section<stream_overrides>& section_of();
template <>
stream_overrides defaults();

}  // namespace weir::config
