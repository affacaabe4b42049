// The keys of `keys:`. Their meanings stand in docs/config.md word for word.
#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>

#include "config/codecs.h"
#include "config/keys.h"
#include "config/schema.h"
#include "weir/base/limits.h"

namespace weir::config {

template <>
const section<client_entry>& section_of();
template <>
const section<group_entry>& section_of();

namespace codecs {
namespace {

constexpr std::string_view name_rule =
    " is no name: up to 64 letters, digits, '.', '_' and '-', first a letter or digit";

/// Credentials as they are written, or a file that holds one.
struct client_key_text {
  static void read(reader& from, const node& value, client_entry& into) {
    if (const auto text = read_credential(from, value, "text, a credential"))
      into.key = secret(*text);
  }
  static tree show(const client_entry& of) {
    return of.key.empty() || !of.key_file.empty() ? tree() : tree::of_text(of.key.shown());
  }
  static tree schema() { return string_schema(); }
};
struct client_key_file {
  static void read(reader& from, const node& value, client_entry& into) {
    if (auto file = read_credential_file(from, value)) {
      into.key_file = std::move(file->path);
      into.key = secret(std::move(file->content));
    }
  }
  static tree show(const client_entry& of) { return file_path::show(of.key_file); }
  static tree schema() { return string_schema(); }
};
struct hash_key_text {
  static void read(reader& from, const node& value, key_settings& into) {
    if (const auto text = from.read_nonempty_text(value, "text, a secret"))
      into.hash_key = secret(*text);
  }
  static tree show(const key_settings& of) {
    return of.hash_key.empty() || !of.hash_key_file.empty() ? tree()
                                                            : tree::of_text(of.hash_key.shown());
  }
  static tree schema() { return string_schema(); }
};
struct hash_key_file {
  static void read(reader& from, const node& value, key_settings& into) {
    if (auto file = read_credential_file(from, value)) {
      into.hash_key_file = std::move(file->path);
      into.hash_key = secret(std::move(file->content));
    }
  }
  static tree show(const key_settings& of) { return file_path::show(of.hash_key_file); }
  static tree schema() { return string_schema(); }
};

/// As `weir keys create --json` tells it.
struct hash {
  static std::optional<meter::key_hash> read(reader& from, const node& value) {
    constexpr std::string_view what = "a hash of 64 hexadecimal digits";
    const auto scalar = from.read_scalar(value, what);
    if (!scalar) return std::nullopt;
    auto parsed = meter::parse_hash(scalar->text);
    if (!parsed) from.fail(value.at, "must be " + std::string(what));
    return parsed;
  }
  static tree show(const std::optional<meter::key_hash>& value) {
    return value ? tree::of_text("***") : tree();
  }
  static tree schema() { return string_schema("^[0-9a-fA-F]{64}$"); }
};

/// A name that is left out where it is "".
struct group_name {
  static std::string read(reader& from, const node& value) {
    return from.read_nonempty_text(value, "text, the name of a group").value_or("");
  }
  static tree show(const std::string& value) {
    return value.empty() ? tree() : tree::of_text(value);
  }
  static tree schema() { return string_schema(upstream_name_pattern); }
};

struct labels {
  using type = std::vector<std::pair<std::string, std::string>>;
  static type read(reader& from, const node& value) {
    type out;
    from.for_each_member(
        value, "a mapping of names to text", [&](const node& key, const node& member) {
          if (!is_tag_name(key.text)) {
            from.fail(key.at, quoted_name(key.text) +
                                  " is no label: up to 64 letters, digits, '.', '_' and '-'");
            return;
          }
          const reader::scope entered(from, key.text);
          const auto text = from.read_nonempty_text(member, "text");
          if (!text) return;
          if (!is_tag_value(*text))
            from.fail(member.at, "a label's value is up to 64 visible characters without commas");
          out.emplace_back(key.text, *text);
        });
    if (out.size() > limits::max_tags)
      from.fail(value.at, "at most " + std::to_string(limits::max_tags) + " labels");
    return out;
  }
  static tree show(const type& value) {
    tree out = tree::of_mapping();
    for (const auto& [name, text] : value) out.add(name, tree::of_text(text));
    return out.members.empty() ? tree() : out;
  }
  static tree schema() {
    return object({{"type", tree::of_text("object")}, {"additionalProperties", string_schema()}});
  }
};

/// A list whose items are read by `Item`.
template <class Item>
struct list_of {
  static std::vector<std::string> read(reader& from, const node& value) {
    std::vector<std::string> out;
    if (value.is != node::form::list) {
      from.fail_type(value, Item::what);
      return out;
    }
    for (const node& item : value.items) out.push_back(Item::read(from, item));
    return out;
  }
  static tree show(const std::vector<std::string>& value) {
    if (value.empty()) return {};
    std::vector<tree> items;
    for (const std::string& one : value) items.push_back(tree::of_text(one));
    return tree::of_list(std::move(items));
  }
  static tree schema() {
    return object({{"type", tree::of_text("array")}, {"items", Item::schema()}});
  }
};

struct named_upstream : upstream_name {
  static constexpr std::string_view what = "a list of names of upstreams";
};

struct api_name {
  static constexpr std::string_view what = "a list of APIs, such as [chat, emb]";
  static std::string read(reader& from, const node& value) {
    std::vector<std::string> known(api_names.begin(), api_names.end());
    const auto text = from.read_nonempty_text(value, "the name of an API");
    if (!text || std::find(known.begin(), known.end(), *text) != known.end())
      return text.value_or("");
    std::string all;
    for (const std::string& one : known) all += (all.empty() ? "" : ", ") + one;
    from.fail(value.at, "must be one of " + all, meant(value.text, known));
    return "";
  }
  static tree schema() {
    std::vector<tree> words;
    for (const std::string_view word : api_names) words.push_back(tree::of_text(word));
    return or_variable(object({{"enum", tree::of_list(std::move(words))}}));
  }
};

/// A day, whose beginning it is.
struct moment {
  static std::optional<std::int64_t> read(reader& from, const node& value) {
    constexpr std::string_view what = "a day in UTC like 2026-11-27";
    const auto scalar = from.read_scalar(value, what);
    if (!scalar) return std::nullopt;
    const auto day = parse_day(scalar->text);
    if (!day) {
      from.fail(value.at, "must be " + std::string(what));
      return std::nullopt;
    }
    return std::chrono::duration_cast<std::chrono::seconds>(day->time_since_epoch()).count();
  }
  static tree show(const std::optional<std::int64_t>& value) {
    return value ? tree::of_text(day_text(*value)) : tree();
  }
  static tree schema() { return string_schema("^[0-9]{4}-[0-9]{2}-[0-9]{2}$"); }
};

template <std::uint32_t Most>
struct quota {
  using number = whole_number<1, Most>;
  static std::optional<std::uint64_t> read(reader& from, const node& value) {
    return number::read(from, value);
  }
  static tree show(const std::optional<std::uint64_t>& value) {
    return value ? codecs::number(*value) : tree();
  }
  static tree schema() { return number::schema(); }
};

struct usd {
  static std::optional<meter::nano_usd> read(reader& from, const node& value) {
    const auto scalar = from.read_scalar(value, "an amount of USD like 12.50");
    if (!scalar) return std::nullopt;
    auto parsed = parse_usd(scalar->text);
    if (parsed) return *parsed;
    from.fail(value.at, parsed.error().message);
    return std::nullopt;
  }
  static tree show(const std::optional<meter::nano_usd>& value) {
    return value ? tree::of_literal(meter::to_text(*value)) : tree();
  }
  static tree schema() {
    return or_variable(object({{"type", tree::of_text("number")},
                               {"minimum", number(0)},
                               {"maximum", number(limits::max_configured_usd)}}));
  }
};

struct output_tokens {
  using number = whole_number<1, limits::max_output_reserve>;
  static std::uint64_t read(reader& from, const node& value) { return number::read(from, value); }
  static tree show(std::uint64_t value) { return codecs::number(value); }
  static tree schema() { return number::schema(); }
};

/// A mapping of names to sections.
template <class Entry, class F>
std::vector<Entry> read_named(reader& from, const node& value, std::string_view what, F&& check) {
  std::vector<Entry> out;
  from.for_each_member(value, what, [&](const node& key, const node& member) {
    if (!is_plain_name(key.text)) {
      from.fail(key.at, quoted_name(key.text) + std::string(name_rule));
      return;
    }
    const reader::scope entered(from, key.text);
    Entry one = read_section<Entry>(from, member, "a mapping");
    one.name = key.text;
    check(key, member, one);
    out.push_back(std::move(one));
  });
  return out;
}

template <class Entry>
tree show_named(const std::vector<Entry>& value) {
  tree out = tree::of_mapping();
  for (const Entry& one : value) out.add(one.name, show_section(one));
  return out.members.empty() ? tree() : out;
}

template <class Entry>
tree named_schema() {
  return object({{"type", tree::of_text("object")},
                 {"propertyNames", object({{"pattern", tree::of_text(upstream_name_pattern)}})},
                 {"additionalProperties", reference(section_of<Entry>().name)}});
}

}  // namespace

std::vector<client_entry> clients::read(reader& from, const node& value) {
  std::vector<std::string> secrets;
  return read_named<client_entry>(
      from, value, "a mapping of names to keys",
      [&](const node& key, const node& member, const client_entry& one) {
        const bool any = member.find("key") != nullptr || member.find("key_file") != nullptr ||
                         member.find("hash") != nullptr;
        if (member.is == node::form::mapping && !any)
          from.fail(key.at, "one of 'key', 'key_file' and 'hash' is missing");
        if (one.key.empty()) return;
        if (std::find(secrets.begin(), secrets.end(), one.key.reveal()) != secrets.end())
          from.fail(key.at, "another client has the same key");
        secrets.push_back(one.key.reveal());
      });
}
tree clients::show(const std::vector<client_entry>& value) { return show_named(value); }
tree clients::schema() { return named_schema<client_entry>(); }

std::vector<group_entry> key_groups::read(reader& from, const node& value) {
  return read_named<group_entry>(from, value, "a mapping of names to limits",
                                 [](const node&, const node&, const group_entry&) {});
}
tree key_groups::show(const std::vector<group_entry>& value) { return show_named(value); }
tree key_groups::schema() { return named_schema<group_entry>(); }

}  // namespace codecs

namespace {

/// What is limited of a key, or of a group.
template <class Owner>
void add_allowance(std::vector<field<Owner>>& to) {
  using codecs::quota;
  using codecs::usd;
  to.push_back(key<Owner, quota<limits::max_requests_per_minute>, &Owner::requests_per_minute>(
      "requests_per_minute", "Requests begun in a minute. Otherwise any number.", "60"));
  to.push_back(key<Owner, quota<limits::max_tokens_per_minute>, &Owner::tokens_per_minute>(
      "tokens_per_minute", "Tokens of a minute, in and out. Otherwise any number.", "100000"));
  to.push_back(key<Owner, quota<limits::max_concurrent_requests>, &Owner::max_concurrent>(
      "max_concurrent", "Requests at once. Otherwise any number.", "8"));
  to.push_back(key<Owner, usd, &Owner::usd_per_day>(
      "usd_per_day", "What may be spent on a day of UTC, by `prices`. Otherwise anything.", "5"));
  to.push_back(
      key<Owner, usd, &Owner::usd_per_month>("usd_per_month", "The same of a month.", "100"));
}

}  // namespace

template <>
const section<client_entry>& section_of() {
  using c = client_entry;
  static const section<c> table = [] {
    section<c> made{
        "client",
        {
            key_of_owner<c, codecs::client_key_text>("key", "The key itself, which a client sends.",
                                                     "\"${ALICE_KEY}\""),
            key_of_owner<c, codecs::client_key_file>(
                "key_file",
                "A file that holds it, from the configuration's directory; newlines at its end are "
                "ignored.",
                "/run/secrets/alice"),
            key<c, codecs::hash, &c::hash>(
                "hash", "In place of the key its hash, as `weir keys create --json` tells it.",
                "\"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\""),
            key<c, codecs::group_name, &c::group>("group", "Whose limits it shares, of `groups`.",
                                                  "red"),
            key<c, codecs::labels, &c::labels>("labels", "Go into the tags of each of its records.",
                                               "{team: red}"),
            key<c, codecs::model_names, &c::models>(
                "models", "Which models it may ask for: names and patterns. Otherwise all.",
                "[\"gpt-*\"]"),
            key<c, codecs::list_of<codecs::named_upstream>, &c::upstreams>(
                "upstreams", "Which upstreams its requests may go to. Otherwise all.", "[demo]"),
            key<c, codecs::list_of<codecs::api_name>, &c::apis>(
                "apis",
                "Which APIs it may use, of `chat`, `cmpl`, `emb`, `moderations`, `rerank`, `audio` "
                "and `images`. Otherwise all.",
                "[chat, emb]"),
            key<c, codecs::moment, &c::expires>(
                "expires", "The day (UTC) from which it is not good any more.", "2027-01-01"),
        },
        {{"key", "key_file"}, {"key", "hash"}, {"key_file", "hash"}}};
    add_allowance(made.fields);
    made.fields.push_back(key<c, codecs::flag, &c::store_content>(
        "store_content", "Whether what it asks and what is answered is kept, too.", "true"));
    made.fields.push_back(key<c, codecs::nested<stream_overrides>, &c::stream>(
        "stream", "Settings for its streams; they win over all others.", "{cost: true}"));
    return made;
  }();
  return table;
}

template <>
const section<group_entry>& section_of() {
  static const section<group_entry> table = [] {
    section<group_entry> made{"group", {}, {}};
    add_allowance(made.fields);
    return made;
  }();
  return table;
}

template <>
const section<key_settings>& section_of() {
  using k = key_settings;
  static const section<k> table{
      "keys",
      {
          key<k, codecs::flag, &k::required>(
              "required", "Whether clients without a key are turned away.", "true"),
          key_of_owner<k, codecs::hash_key_text>(
              "hash_key",
              "The secret by which keys are hashed; whoever shares a database of keys has to have "
              "the same. Otherwise one that is made and kept beside the ledger.",
              "\"${WEIR_HASH_KEY}\""),
          key_of_owner<k, codecs::hash_key_file>(
              "hash_key_file", "A file that holds it, from the configuration's directory.",
              "/run/secrets/weir-hash-key"),
          key<k, codecs::output_tokens, &k::output_reserve>(
              "output_reserve",
              "Tokens that are set aside for an answer whose request names no bound.", "16384"),
          key<k, codecs::clients, &k::clients>("clients",
                                               "Keys by name, beside those of the database.",
                                               "{alice: {key: \"${ALICE_KEY}\"}}"),
          key<k, codecs::key_groups, &k::groups>(
              "groups", "Limits that several keys share, by name.", "{red: {usd_per_month: 100}}"),
      },
      {{"hash_key", "hash_key_file"}}};
  return table;
}

void check_key_groups(reader& from, const node& root, const key_settings& keys) {
  std::vector<std::string> known;
  for (const group_entry& group : keys.groups) known.push_back(group.name);
  const node* const section = root.find("keys");
  const node* const clients = section == nullptr ? nullptr : section->find("clients");
  if (clients == nullptr) return;
  for (const auto& [name, member] : clients->members) {
    const node* const group = member.find("group");
    const auto entry = std::find_if(keys.clients.begin(), keys.clients.end(),
                                    [&](const client_entry& c) { return c.name == name.text; });
    if (group == nullptr || entry == keys.clients.end() || entry->group.empty()) continue;
    if (std::find(known.begin(), known.end(), entry->group) == known.end())
      from.fail_as_written(
          group->at,
          "keys.clients." + name.text + ".group: there is no group " + quoted_name(entry->group),
          meant(entry->group, known));
  }
}

}  // namespace weir::config
