#include "app/client_keys.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <string_view>
#include <utility>

#include "app/effective_config.h"
#include "app/state_directory.h"
#include "config/values.h"
#include "route/name_pattern.h"
#include "route/near_names.h"
#include "weir/json/writer.h"

namespace weir::app {
namespace {

bool limits_nothing(const meter::allowance& may) { return may == meter::allowance{}; }

std::string meant(const std::string& name, const std::vector<std::string>& known) {
  const auto near = route::near_names(name, known, 1);
  return near.empty() ? "" : " (did you mean '" + near.front() + "'?)";
}

std::vector<std::string> texts_of(const std::vector<route::name_pattern>& patterns) {
  std::vector<std::string> out;
  for (const route::name_pattern& one : patterns) out.push_back(one.text());
  return out;
}

}  // namespace

result<std::string> hashing_key(const config::key_settings& keys,
                                const std::optional<record_places>& where) {
  constexpr std::string_view file = "sqlite:";
  if (!keys.hash_key.empty()) return keys.hash_key.reveal();
  if (where && where->ledger.starts_with(file))
    return store::kept_hashing_key(where->ledger.substr(file.size()) + ".hash-key");
  if (const auto state = state_directory(environment_variable))
    return store::kept_hashing_key(*state + "/hash-key");
  return store::make_key_secret();
}

meter::client_key key_of(const config::client_entry& entry, const store::key_hasher& hash) {
  meter::client_key out;
  out.name = entry.name;
  out.hash = entry.hash ? *entry.hash : hash(entry.key.reveal());
  out.hint = entry.hash ? "" : store::hint_of(entry.key.reveal());
  out.group = entry.group;
  out.labels = entry.labels;
  out.models = texts_of(entry.models);
  out.upstreams = entry.upstreams;
  out.apis = entry.apis;
  out.may = entry;
  out.store_content = entry.store_content;
  out.expires = entry.expires;
  return out;
}

std::shared_ptr<const proxy::key_ring> make_key_ring(const ring_parts& from,
                                                     std::vector<std::string>& warnings) {
  std::map<std::string, meter::allowance> groups;
  for (const meter::key_group& group : from.database.groups) groups[group.name] = group.may;
  for (const config::group_entry& group : from.config.keys.groups) groups[group.name] = group;

  std::vector<proxy::ring_key> keys;
  const auto add = [&](meter::client_key key, const config::stream_overrides& stream) {
    proxy::ring_key made;
    for (const std::string& text : key.models) {
      auto pattern = route::name_pattern::parse(text);
      if (!pattern) {
        warnings.push_back("the key '" + key.name + "' cannot be used: " + pattern.error().message);
        return;
      }
      made.models.push_back(std::move(pattern).value());
    }
    if (!limits_nothing(key.may))
      made.accounts.push_back(from.limits.open("key:" + key.name, key.may, from.wall_clock));
    if (const auto group = groups.find(key.group);
        group != groups.end() && !limits_nothing(group->second))
      made.accounts.push_back(
          from.limits.open("group:" + key.group, group->second, from.wall_clock));
    made.stream = stream;
    made.key = std::move(key);
    keys.push_back(std::move(made));
  };
  const auto configured = [&](const std::string& name) {
    const auto& clients = from.config.keys.clients;
    return std::any_of(clients.begin(), clients.end(),
                       [&](const config::client_entry& c) { return c.name == name; });
  };
  for (const config::client_entry& entry : from.config.keys.clients)
    add(key_of(entry, from.hash), entry.stream);
  for (const meter::client_key& key : from.database.keys) {
    if (configured(key.name)) {
      warnings.push_back("the key '" + key.name +
                         "' of the database is not used: the configuration has one of that name");
      continue;
    }
    add(key, {});
  }
  proxy::key_ring::options how;
  how.required = from.config.keys.required;
  how.complete = from.complete;
  how.output_reserve = from.config.keys.output_reserve;
  how.hash = from.hash;
  how.limits = &from.limits;
  return std::make_shared<const proxy::key_ring>(std::move(how), std::move(keys));
}

std::string fault_of_key(const meter::client_key& key, const config::config& config,
                         const std::vector<meter::key_group>& groups) {
  if (!config::is_plain_name(key.name))
    return "a key's name is up to 64 letters, digits, '.', '_' and '-', first a letter or digit";
  for (const config::client_entry& entry : config.keys.clients)
    if (entry.name == key.name) return "the configuration has a key '" + key.name + "' already";
  if (!key.group.empty()) {
    std::vector<std::string> known;
    for (const config::group_entry& group : config.keys.groups) known.push_back(group.name);
    for (const meter::key_group& group : groups) known.push_back(group.name);
    if (std::find(known.begin(), known.end(), key.group) == known.end())
      return "there is no group '" + key.group + "'" + meant(key.group, known);
  }
  for (const auto& [name, value] : key.labels)
    if (!config::is_tag_name(name) || !config::is_tag_value(value))
      return "a label is up to 64 letters, digits, '.', '_' and '-', its value up to 64 visible "
             "characters without commas";
  for (const std::string& text : key.models)
    if (const auto pattern = route::name_pattern::parse(text); !pattern)
      return "'" + text + "' is no regular expression: " + pattern.error().message;
  std::vector<std::string> upstreams;
  for (const config::upstream& to : config.upstreams) upstreams.push_back(to.name);
  for (const std::string& name : key.upstreams)
    if (config.find_upstream(name) == nullptr)
      return "there is no upstream '" + name + "'" + meant(name, upstreams);
  const std::vector<std::string> apis(config::api_names.begin(), config::api_names.end());
  for (const std::string& name : key.apis) {
    if (std::find(apis.begin(), apis.end(), name) != apis.end()) continue;
    std::string all;
    for (const std::string& one : apis) all += (all.empty() ? "" : ", ") + one;
    return "'" + name + "' is none of " + all + meant(name, apis);
  }
  return "";
}

std::string_view state_of(const meter::client_key& key, std::int64_t now) {
  if (key.revoked) return "revoked";
  return key.expires && *key.expires <= now ? "expired" : "active";
}

std::string time_text(std::int64_t time) {
  const auto of_day = time % 86'400;
  const auto two = [](std::int64_t n) { return (n < 10 ? "0" : "") + std::to_string(n); };
  return config::day_text(time) + 'T' + two(of_day / 3600) + ':' + two(of_day / 60 % 60) + ':' +
         two(of_day % 60) + 'Z';
}

std::string key_json(const meter::client_key& key, key_origin origin, std::int64_t now) {
  std::string out = R"({"name":)" + json::quoted(key.name) + R"(,"origin":")" +
                    (origin == key_origin::config ? "config" : "database") + R"(","state":")" +
                    std::string(state_of(key, now)) + R"(","hint":)" + json::quoted(key.hint);
  if (key.created != 0) out += R"(,"created":)" + json::quoted(time_text(key.created));
  if (key.expires) out += R"(,"expires":)" + json::quoted(time_text(*key.expires));
  if (key.revoked) out += R"(,"revoked":)" + json::quoted(time_text(*key.revoked));
  const std::string settings = meter::settings_json(key);
  return out + (settings.empty() ? "" : ",") + settings + '}';
}

std::string new_key_json(const meter::client_key& key, const std::string& secret) {
  std::string out = R"({"name":)" + json::quoted(key.name) + R"(,"secret":)" +
                    json::quoted(secret) + R"(,"hash":")" + meter::to_text(key.hash) +
                    R"(","created":)" + json::quoted(time_text(key.created));
  if (key.expires) out += R"(,"expires":)" + json::quoted(time_text(*key.expires));
  const std::string settings = meter::settings_json(key);
  return out + (settings.empty() ? "" : ",") + settings + '}';
}

}  // namespace weir::app
