// `weir keys`: keys of clients in the database of the ledger.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "app/bookkeeper.h"
#include "app/client_keys.h"
#include "app/commands.h"
#include "app/effective_config.h"
#include "app/table.h"
#include "app/terminal.h"
#include "app/time_argument.h"
#include "meter/nano_usd.h"
#include "route/near_names.h"
#include "store/key_secret.h"
#include "store/key_store.h"

namespace weir::app {
namespace {

struct options {
  config_source source;
  meter::client_key key;
  std::vector<std::string> labels;
  std::string expires;
  std::string usd_per_day;
  std::string usd_per_month;
  bool json = false;
};

int fail(const std::string& why) {
  std::fprintf(stderr, "weir: %s\n", why.c_str());
  return 1;
}

micros wall_clock() {
  return std::chrono::duration_cast<micros>(std::chrono::system_clock::now().time_since_epoch());
}

std::int64_t now_in_seconds() { return std::chrono::floor<seconds>(wall_clock()).count(); }

/// Everything a subcommand works with.
struct desk {
  config::config config;
  store::key_hasher hash;
  std::unique_ptr<store::key_store> keys;
};

result<desk> open_desk(const options& asked) {
  auto loaded = effective_config(asked.source);
  if (!loaded) {
    std::string all;
    for (const config::problem& p : loaded.error())
      all += (all.empty() ? "" : "\nweir: ") + config::to_string(p);
    return failure{all};
  }
  const auto where = places_of_records(loaded->store);
  if (!where) return where.error();
  if (!*where) return failure{"store.ledger is none: there is no database to keep keys in"};
  const auto secret = hashing_key(loaded->keys, *where);
  if (!secret) return failure{"keys: " + secret.error().message};
  auto keys = store::make_key_store((*where)->ledger, {.survive_power_loss = true});
  if (!keys) return failure{"store.ledger: " + keys.error().message};
  return desk{*std::move(loaded), store::key_hasher(*secret), std::move(keys).value()};
}

int create(const options& asked) {
  auto at = open_desk(asked);
  if (!at) return fail(at.error().message);
  meter::client_key key = asked.key;
  for (const std::string& label : asked.labels) {
    const std::size_t equals = label.find('=');
    key.labels.emplace_back(label.substr(0, equals), label.substr(equals + 1));
  }
  key.created = now_in_seconds();
  if (!asked.expires.empty()) key.expires = read_time_ahead(asked.expires, wall_clock());
  if (key.expires && *key.expires <= key.created) return fail("--expires is over already");
  if (!asked.usd_per_day.empty()) key.may.usd_per_day = meter::parse_usd(asked.usd_per_day);
  if (!asked.usd_per_month.empty()) key.may.usd_per_month = meter::parse_usd(asked.usd_per_month);
  const auto there = at->keys->read();
  if (!there) return fail("store.ledger: " + there.error().message);
  if (const std::string fault = fault_of_key(key, at->config, there->groups); !fault.empty())
    return fail(fault);
  const std::string secret = store::make_key_secret();
  key.hash = at->hash(secret);
  key.hint = store::hint_of(secret);
  const auto made = at->keys->create(key);
  if (!made) return fail("store.ledger: " + made.error().message);
  if (!*made)
    return fail("there is, or was, a key '" + key.name +
                "' already; records name keys, so that a name is given only once");
  if (asked.json) {
    std::printf("%s\n", new_key_json(key, secret).c_str());
  } else {
    std::printf("%s\n", secret.c_str());
    std::fprintf(stderr, "This is the key '%s'. It is shown only now: what is kept is its hash.\n",
                 key.name.c_str());
  }
  return 0;
}

/// `60 req/min, 5 USD/day`
std::string limits_of(const meter::allowance& may) {
  std::string out;
  const auto add = [&out](const std::string& text) { out += (out.empty() ? "" : ", ") + text; };
  if (may.requests_per_minute) add(std::to_string(*may.requests_per_minute) + " requests/min");
  if (may.tokens_per_minute) add(std::to_string(*may.tokens_per_minute) + " tokens/min");
  if (may.max_concurrent) add(std::to_string(*may.max_concurrent) + " at once");
  if (may.usd_per_day) add(meter::to_text(*may.usd_per_day) + " USD/day");
  if (may.usd_per_month) add(meter::to_text(*may.usd_per_month) + " USD/month");
  return out;
}

int list(const options& asked) {
  auto at = open_desk(asked);
  if (!at) return fail(at.error().message);
  const auto read = at->keys->read();
  if (!read) return fail("store.ledger: " + read.error().message);
  std::vector<std::pair<meter::client_key, key_origin>> all;
  for (const config::client_entry& entry : at->config.keys.clients)
    all.emplace_back(key_of(entry, at->hash), key_origin::config);
  for (const meter::client_key& key : read->keys) all.emplace_back(key, key_origin::database);
  const std::int64_t now = now_in_seconds();
  if (asked.json) {
    std::string out;
    for (const auto& [key, origin] : all)
      out += (out.empty() ? "" : ",") + key_json(key, origin, now);
    std::printf("{\"keys\":[%s]}\n", out.c_str());
    return 0;
  }
  table shown({"name", "state", "hint", "group", "limits", "created", "expires", "origin"});
  const auto or_dash = [](const std::string& text) {
    return text.empty() ? std::string("-") : printable(text);
  };
  for (const auto& [key, origin] : all)
    shown.add({key.name, std::string(state_of(key, now)), or_dash(key.hint), or_dash(key.group),
               or_dash(limits_of(key.may)),
               key.created == 0 ? "-" : time_text(key.created).substr(0, 10),
               key.expires ? time_text(*key.expires).substr(0, 10) : "-",
               origin == key_origin::config ? "config" : "database"});
  if (all.empty())
    std::printf("no keys\n");
  else
    std::printf("%s", shown.text().c_str());
  return 0;
}

int revoke(const options& asked) {
  auto at = open_desk(asked);
  if (!at) return fail(at.error().message);
  const std::string& name = asked.key.name;
  for (const config::client_entry& entry : at->config.keys.clients)
    if (entry.name == name)
      return fail("the key '" + name + "' stands in the configuration: take it out there");
  const auto revoked = at->keys->revoke(name, now_in_seconds());
  if (!revoked) return fail("store.ledger: " + revoked.error().message);
  if (!*revoked) {
    std::vector<std::string> names;
    if (const auto read = at->keys->read())
      for (const meter::client_key& key : read->keys) {
        if (key.name == name) return fail("the key '" + name + "' was revoked before");
        names.push_back(key.name);
      }
    const auto near = route::near_names(name, names, 1);
    return fail("there is no key '" + name + "'" +
                (near.empty() ? "" : " (did you mean '" + near.front() + "'?)"));
  }
  if (asked.json)
    std::printf("{\"name\":\"%s\",\"revoked\":true}\n", name.c_str());
  else
    std::printf("revoked %s; a gateway that runs turns it away within two seconds\n", name.c_str());
  return 0;
}

std::string usable_label(const std::string& text) {
  return text.find('=') == std::string::npos ? "a label is NAME=VALUE" : "";
}
std::string usable_amount(const std::string& text) {
  return meter::parse_usd(text) ? "" : "an amount of USD is written like 12.50";
}
std::string usable_time_ahead(const std::string& text) {
  return read_time_ahead(text, micros{0})
             ? ""
             : "a time is 2027-01-01, 2027-01-01T12:00:00Z, or a while ahead like 12h or 30d";
}

void add_create(CLI::App& keys, int& exit_code) {
  CLI::App* const command = keys.add_subcommand("create", "Makes a key and prints it, once");
  const auto asked = std::make_shared<options>();
  add_config_options(*command, asked->source);
  command->add_option("NAME", asked->key.name, "Stands in records and lists; given only once")
      ->required();
  command->add_option("--group", asked->key.group, "Whose limits it shares");
  command
      ->add_option("--label", asked->labels, "Goes into the tags of its records; may be said again")
      ->type_name("NAME=VALUE")
      ->expected(1)
      ->check(usable_label)
      ->take_all();
  command
      ->add_option("--models", asked->key.models,
                   "A model it is for, or a pattern; may be said again. Otherwise all")
      ->type_name("NAME")
      ->expected(1)
      ->take_all();
  command
      ->add_option("--upstreams", asked->key.upstreams,
                   "Upstreams it is for, with commas between. Otherwise all")
      ->type_name("LIST")
      ->delimiter(',');
  command->add_option("--apis", asked->key.apis, "APIs it is for, such as chat,emb. Otherwise all")
      ->type_name("LIST")
      ->delimiter(',');
  command->add_option("--expires", asked->expires, "When it is not good any more")
      ->type_name("TIME")
      ->check(usable_time_ahead);
  command->add_option("--requests-per-minute", asked->key.may.requests_per_minute)
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{limits::max_requests_per_minute}))
      ->type_name("N");
  command->add_option("--tokens-per-minute", asked->key.may.tokens_per_minute, "In and out")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{limits::max_tokens_per_minute}))
      ->type_name("N");
  command->add_option("--max-concurrent", asked->key.may.max_concurrent, "Requests at once")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{limits::max_concurrent_requests}))
      ->type_name("N");
  command->add_option("--usd-per-day", asked->usd_per_day, "A day of UTC, by `prices`")
      ->check(usable_amount)
      ->type_name("USD");
  command->add_option("--usd-per-month", asked->usd_per_month, "The same of a month")
      ->check(usable_amount)
      ->type_name("USD");
  command->add_flag("--store-content", asked->key.store_content,
                    "Keep what it asks and what is answered, too");
  command->add_flag("--json", asked->json, "Print the key, its hash and its settings as JSON");
  command->footer(
      "The key alone goes to the standard output. A gateway that runs takes it within two\n"
      "seconds.\n"
      "Exit code 0: made; 1: it could not be; 2: wrong use.\n"
      "Examples:\n  weir keys create alice --group red --models 'gpt-*' --usd-per-month 100\n"
      "  KEY=$(weir keys create ci --expires 30d --requests-per-minute 60)");
  command->callback([asked, &exit_code] { exit_code = create(*asked); });
}

}  // namespace

void add_keys(CLI::App& app, int& exit_code) {
  CLI::App* const keys = app.add_subcommand("keys", "Keys of clients: create, list, revoke");
  keys->require_subcommand(1);
  keys->footer(
      "Keys stand in the database of the ledger, by a keyed hash; others can stand in the\n"
      "configuration. Only with `keys: {required: true}` clients without one are turned away.");
  add_create(*keys, exit_code);

  CLI::App* const shown = keys->add_subcommand("list", "The keys, without their secrets");
  const auto what = std::make_shared<options>();
  add_config_options(*shown, what->source);
  shown->add_flag("--json", what->json, "Print them as one JSON object");
  shown->footer("Exit code 0: here they are; 1: they cannot be read; 2: wrong use.");
  shown->callback([what, &exit_code] { exit_code = list(*what); });

  CLI::App* const gone = keys->add_subcommand("revoke", "Makes a key worthless, for good");
  const auto which = std::make_shared<options>();
  add_config_options(*gone, which->source);
  gone->add_option("NAME", which->key.name, "Of the key")->required();
  gone->add_flag("--json", which->json, "Print the result as one JSON object");
  gone->footer("Exit code 0: revoked; 1: there is none, or it could not be; 2: wrong use.");
  gone->callback([which, &exit_code] { exit_code = revoke(*which); });
}

}  // namespace weir::app
