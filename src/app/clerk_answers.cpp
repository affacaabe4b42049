// What the clerk answers, request by request (docs/accounting.md).
#include <algorithm>
#include <chrono>
#include <utility>

#include "app/clerk.h"
#include "app/query_string.h"
#include "app/time_argument.h"
#include "app/usage_report.h"
#include "config/values.h"
#include "route/near_names.h"
#include "weir/json/reader.h"
#include "weir/json/writer.h"

namespace weir::app {
namespace {

proxy::office_answer wrong(unsigned status, std::string why) {
  proxy::office_answer out;
  if (why[0] >= 'a' && why[0] <= 'z') why[0] = static_cast<char>(why[0] - 'a' + 'A');
  out.error = openai::errors::refused(status, why);
  return out;
}

proxy::office_answer away(const failure& why) {
  proxy::office_answer out;
  out.error = openai::errors::overloaded("The database cannot be reached: " + why.message + '.');
  return out;
}

proxy::office_answer document(std::string body, unsigned status = 200) {
  proxy::office_answer out;
  out.status = status;
  out.body = std::move(body);
  return out;
}

std::int64_t seconds_of(micros time) { return std::chrono::floor<seconds>(time).count(); }

struct usage_wish {
  std::string by = "model";
  bool csv = false;
  store::usage_query query;
};

/// Reads `by=model,day&since=7d&until=...&key=...&model=...&upstream=...&tag=team:red&format=csv`.
/// Returns a sentence of what is wrong.
std::string read_wish(const proxy::office_request& request, usage_wish& into) {
  const auto members = read_query_string(request.query);
  if (!members) return "The query cannot be read.";
  std::vector<std::string> seen;
  for (const auto& [name, value] : *members) {
    if (std::find(seen.begin(), seen.end(), name) != seen.end())
      return "'" + name + "' stands in the query twice.";
    seen.push_back(name);
    if (name == "by") {
      into.by = value;
    } else if (name == "since" || name == "until") {
      const auto time = read_time(value, request.wall_clock);
      if (!time)
        return "'" + name + "' must be 2026-11-27, 2026-11-27T12:00:00Z, or a while ago like 7d.";
      (name == "since" ? into.query.since : into.query.until) = *time;
    } else if (name == "format" && (value == "json" || value == "csv")) {
      into.csv = value == "csv";
    } else if (name == "model") {
      into.query.model = value;
    } else if (name == "upstream") {
      into.query.upstream = value;
    } else if (name == "key" && !request.key) {
      into.query.key = value;
    } else if (name == "tag" && value.find(':') != std::string::npos) {
      const std::size_t colon = value.find(':');
      into.query.tag_is = {value.substr(0, colon), value.substr(colon + 1)};
    } else {
      return "The query '" + name + "=" + value +
             "' means nothing here; there are by, since, until, model, upstream, tag=NAME:VALUE, "
             "format=csv" +
             (request.key ? "." : " and key.");
    }
  }
  const std::string fault = read_groups(into.by, into.query);
  return fault.empty() ? "" : "by: " + fault + '.';
}

/// What is left of a key's limits, and of its group's.
std::string limits_json(const quota::account_list& accounts, micros now) {
  std::string out;
  for (const auto& account : accounts) {
    std::string one;
    const auto add = [&one](std::string_view name, std::string_view limit, std::string_view left,
                            const std::string& value) {
      one += std::string(",\"") + std::string(name) + "\":{\"limit\":" + std::string(limit) +
             ",\"" + std::string(left) + "\":" + value + '}';
    };
    account->with([&](meter::account& a) {
      const meter::allowance& may = a.may();
      if (const auto r = a.requests(now))
        add("requests_per_minute", std::to_string(r->limit), "remaining",
            std::to_string(r->remaining));
      if (const auto t = a.tokens(now))
        add("tokens_per_minute", std::to_string(t->limit), "remaining",
            std::to_string(t->remaining));
      if (may.max_concurrent)
        add("max_concurrent", std::to_string(*may.max_concurrent), "used",
            std::to_string(a.running()));
      if (may.usd_per_day)
        add("usd_per_day", meter::to_text(*may.usd_per_day), "used",
            meter::to_text(a.spent(meter::quota::day, now)));
      if (may.usd_per_month)
        add("usd_per_month", meter::to_text(*may.usd_per_month), "used",
            meter::to_text(a.spent(meter::quota::month, now)));
    });
    const std::size_t colon = account->id().find(':');
    out += (out.empty() ? "" : ",") + std::string("{\"of\":\"") + account->id().substr(0, colon) +
           "\",\"name\":" + json::quoted(account->id().substr(colon + 1)) + one + '}';
  }
  return '[' + out + ']';
}

}  // namespace

proxy::office_answer clerk::answer(const proxy::office_request& request) {
  using proxy::service;
  switch (request.what) {
    case service::own_usage:
    case service::admin_usage:
      return usage(request);
    case service::admin_keys:
      return request.method == "POST" ? create_key(request) : keys(request);
    case service::admin_key:
      return revoke_key(request);
    case service::admin_groups:
      return groups();
    case service::admin_group:
      return change_group(request);
    default:
      return wrong(404, "There is nothing of this name here.");
  }
}

proxy::office_answer clerk::usage(const proxy::office_request& request) {
  usage_wish wish;
  if (const std::string fault = read_wish(request, wish); !fault.empty()) return wrong(400, fault);
  if (request.key) wish.query.key = request.key->key.name;
  const auto rows = ledger_->usage(wish.query);
  if (!rows) return away(rows.error());
  const usage_report report(wish.by, *rows);
  if (wish.csv) {
    proxy::office_answer out = document(report.csv());
    out.content_type = "text/csv; charset=utf-8";
    return out;
  }
  if (!request.key) return document("{\"usage\":" + report.json() + '}');
  return document("{\"key\":" + json::quoted(request.key->key.name) +
                  ",\"usage\":" + report.json() +
                  ",\"limits\":" + limits_json(request.key->accounts, request.wall_clock) + '}');
}

proxy::office_answer clerk::keys(const proxy::office_request& request) {
  const auto read = keys_->read();
  if (!read) return away(read.error());
  const std::int64_t now = seconds_of(request.wall_clock);
  std::string list;
  const auto add = [&](const meter::client_key& key, key_origin origin) {
    list += (list.empty() ? "" : ",") + key_json(key, origin, now);
  };
  {
    const std::lock_guard lock(building_);
    for (const config::client_entry& entry : from_.config->keys.clients)
      add(key_of(entry, hash_), key_origin::config);
  }
  for (const meter::client_key& key : read->keys) add(key, key_origin::database);
  return document("{\"keys\":[" + list + "]}");
}

proxy::office_answer clerk::create_key(const proxy::office_request& request) {
  json::reader reader;
  if (reader.parse(request.body) != json::reader::status::ok || !reader.rest().empty() ||
      !reader.root().is(json::type::object))
    return wrong(400, "The body must be a JSON object.");
  meter::client_key key;
  if (const auto fault = meter::read_settings(reader.root(), "name,expires", key))
    return wrong(400, fault->message + '.');
  const std::int64_t now = seconds_of(request.wall_clock);
  if (!reader.root()["name"].is(json::type::string)) return wrong(400, "'name' must be text.");
  key.name = reader.root()["name"].decoded();
  if (const json::value expires = reader.root()["expires"]; expires.given()) {
    const auto time = read_time_ahead(expires.decoded(), request.wall_clock);
    if (!time || *time <= now)
      return wrong(
          400, "'expires' must be 2027-01-01, 2027-01-01T12:00:00Z, or a while ahead like 30d.");
    key.expires = *time;
  }
  const auto there = keys_->read();
  if (!there) return away(there.error());
  {
    const std::lock_guard lock(building_);
    if (const std::string fault = fault_of_key(key, *from_.config, there->groups); !fault.empty())
      return wrong(400, fault + '.');
  }
  const std::string secret = store::make_key_secret();
  key.hash = hash_(secret);
  key.hint = store::hint_of(secret);
  key.created = now;
  const auto made = keys_->create(key);
  if (!made) return away(made.error());
  if (!*made) return wrong(409, "There is, or was, a key '" + key.name + "' already.");
  read_keys();
  return document(new_key_json(key, secret), 201);
}

proxy::office_answer clerk::revoke_key(const proxy::office_request& request) {
  {
    const std::lock_guard lock(building_);
    for (const config::client_entry& entry : from_.config->keys.clients)
      if (entry.name == request.item)
        return wrong(409, "The key '" + request.item + "' stands in the configuration.");
  }
  const std::int64_t now = seconds_of(request.wall_clock);
  const auto revoked = keys_->revoke(request.item, now);
  if (!revoked) return away(revoked.error());
  if (!*revoked) return wrong(404, "There is no key '" + request.item + "' that is not revoked.");
  read_keys();
  return document("{\"name\":" + json::quoted(request.item) + ",\"revoked\":\"" + time_text(now) +
                  "\"}");
}

proxy::office_answer clerk::groups() {
  const auto read = keys_->read();
  if (!read) return away(read.error());
  std::string list;
  const auto add = [&](const std::string& name, const char* origin, const meter::allowance& may) {
    const std::string settings = meter::settings_json(may);
    list += (list.empty() ? "" : ",") + std::string("{\"name\":") + json::quoted(name) +
            ",\"origin\":\"" + origin + '"' + (settings.empty() ? "" : ",") + settings + '}';
  };
  {
    const std::lock_guard lock(building_);
    for (const config::group_entry& group : from_.config->keys.groups)
      add(group.name, "config", group);
  }
  for (const meter::key_group& group : read->groups) add(group.name, "database", group.may);
  return document("{\"groups\":[" + list + "]}");
}

proxy::office_answer clerk::change_group(const proxy::office_request& request) {
  {
    const std::lock_guard lock(building_);
    for (const config::group_entry& group : from_.config->keys.groups)
      if (group.name == request.item)
        return wrong(409, "The group '" + request.item + "' stands in the configuration.");
  }
  if (request.method == "DELETE") {
    const auto removed = keys_->remove_group(request.item);
    if (!removed) return away(removed.error());
    if (!*removed) return wrong(404, "There is no group '" + request.item + "'.");
    read_keys();
    return document("{\"name\":" + json::quoted(request.item) + ",\"removed\":true}");
  }
  meter::key_group group{request.item, {}};
  json::reader reader;
  if (!config::is_plain_name(group.name))
    return wrong(400, "A group's name is up to 64 letters, digits, '.', '_' and '-'.");
  if (reader.parse(request.body) != json::reader::status::ok || !reader.rest().empty() ||
      !reader.root().is(json::type::object))
    return wrong(400, "The body must be a JSON object.");
  if (const auto fault = meter::read_settings(reader.root(), group.may))
    return wrong(400, fault->message + '.');
  if (const auto put = keys_->put_group(group); !put) return away(put.error());
  read_keys();
  const std::string settings = meter::settings_json(group.may);
  return document("{\"name\":" + json::quoted(group.name) + (settings.empty() ? "" : ",") +
                  settings + '}');
}

}  // namespace weir::app
