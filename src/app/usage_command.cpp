// `weir usage`: tokens and cost from the ledger.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <memory>
#include <string>
#include <vector>

#include "app/bookkeeper.h"
#include "app/commands.h"
#include "app/effective_config.h"
#include "app/time_argument.h"
#include "app/usage_report.h"
#include "store/intake.h"
#include "store/ledger.h"

namespace weir::app {
namespace {

struct options {
  config_source source;
  std::string by;
  std::string since;
  std::string until;
  std::string tag;
  bool json = false;
  bool csv = false;
};

void print(const options& asked, const std::vector<store::usage_row>& rows) {
  const usage_report report(asked.by, rows);
  const std::string text = asked.csv    ? report.csv()
                           : asked.json ? "{\"usage\":" + report.json() + "}\n"
                                        : report.table();
  std::fputs(text.c_str(), stdout);
}

int fail(const std::string& why) {
  std::fprintf(stderr, "weir: %s\n", why.c_str());
  return 1;
}

int run(const options& asked) {
  auto loaded = effective_config(asked.source);
  if (!loaded) {
    for (const config::problem& p : loaded.error())
      std::fprintf(stderr, "weir: %s\n", config::to_string(p).c_str());
    return 1;
  }
  const auto where = places_of_records(loaded->store);
  if (!where) return fail(where.error().message);
  if (!*where) return fail("store.ledger is none: there are no records");
  auto ledger = store::make_ledger((*where)->ledger, {.survive_power_loss = true});
  if (!ledger) return fail("store.ledger: " + ledger.error().message);
  // What a process that died has left is part of the truth.
  const auto room = std::make_shared<store::journal_room>(UINT64_MAX);
  store::intake left((*where)->journal, room);
  if (const auto taken = left.take_ended(**ledger); !taken)
    return fail("store.ledger: " + taken.error().message);
  store::usage_query query;
  (void)read_groups(asked.by, query);  // looked at when it was read
  const micros now =
      std::chrono::duration_cast<micros>(std::chrono::system_clock::now().time_since_epoch());
  query.since = read_time(asked.since, now);
  query.until = read_time(asked.until, now);
  const auto rows = (*ledger)->usage(query);
  if (!rows) return fail(rows.error().message);
  print(asked, *rows);
  return 0;
}

std::string usable_groups(const std::string& list) {
  store::usage_query ignored;
  return read_groups(list, ignored);
}

std::string usable_time(const std::string& text) {
  return read_time(text, micros{0}) ? ""
                                    : "a time is 2026-11-27, 2026-11-27T12:00:00Z, or a while ago "
                                      "like 30m, 24h or 7d";
}

}  // namespace

void add_usage(CLI::App& app, int& exit_code) {
  CLI::App* const command = app.add_subcommand(
      "usage", "Tokens and cost from the ledger, by model, key, upstream or day");
  const auto asked = std::make_shared<options>();
  asked->by = "model";
  add_config_options(*command, asked->source);
  command
      ->add_option("--by", asked->by,
                   "What the sums are grouped by: one or several of model, key, upstream, day and\n"
                   "tag:NAME, with commas between; default model")
      ->type_name("LIST")
      ->check(usable_groups);
  command->add_option("--since", asked->since, "Only requests that came at this time or later")
      ->type_name("TIME")
      ->check(usable_time);
  command->add_option("--until", asked->until, "Only requests that came before this time")
      ->type_name("TIME")
      ->check(usable_time);
  CLI::Option* const json =
      command->add_flag("--json", asked->json, "Print the result as one JSON object");
  command->add_flag("--csv", asked->csv, "Print the result as CSV (RFC 4180)")->excludes(json);
  command->footer(
      "TIME is a day or a second in UTC (2026-11-27, 2026-11-27T12:00:00Z), or a while ago (30m, "
      "24h, 7d).\n"
      "`estimated` requests told no usage: their tokens are weir's guess. `unpriced` ones have no "
      "price.\n"
      "Exit code 0: here they are; 1: the ledger cannot be read; 2: wrong use.\n"
      "Examples:\n  weir usage --by model,day --since 7d\n"
      "  weir usage -c weir.yaml --by tag:team --since 2026-11-01 --until 2026-12-01 --csv");
  command->callback([asked, &exit_code] { exit_code = run(*asked); });
}

}  // namespace weir::app
