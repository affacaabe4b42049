// `weir usage`: tokens and cost from the ledger.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "app/bookkeeper.h"
#include "app/commands.h"
#include "app/effective_config.h"
#include "app/table.h"
#include "app/terminal.h"
#include "app/time_argument.h"
#include "meter/nano_usd.h"
#include "store/intake.h"
#include "store/ledger.h"
#include "weir/json/writer.h"

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

constexpr std::array<std::pair<std::string_view, store::usage_group>, 4> dimensions{
    {{"model", store::usage_group::model},
     {"key", store::usage_group::key},
     {"upstream", store::usage_group::upstream},
     {"day", store::usage_group::day}}};

/// The sums of a row, with their titles.
struct sum {
  const char* title;
  std::int64_t store::usage_row::*of;
};
constexpr std::array<sum, 9> sums{{{"requests", &store::usage_row::requests},
                                   {"errors", &store::usage_row::errors},
                                   {"estimated", &store::usage_row::estimated},
                                   {"input", &store::usage_row::input},
                                   {"cache_read", &store::usage_row::cache_read},
                                   {"cache_write", &store::usage_row::cache_write},
                                   {"output", &store::usage_row::output},
                                   {"reasoning", &store::usage_row::reasoning},
                                   {"unpriced", &store::usage_row::unpriced}}};

std::vector<std::string> parts_of(const std::string& list) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at <= list.size() && !list.empty();) {
    const std::size_t comma = std::min(list.find(',', at), list.size());
    out.push_back(list.substr(at, comma - at));
    at = comma + 1;
  }
  return out;
}

/// `model,day`, `tag:team`: the groups of a query; a sentence when one is not known.
std::string read_groups(const std::string& list, store::usage_query& into) {
  constexpr std::string_view tag = "tag:";
  into.by.clear();
  for (const std::string& name : parts_of(list)) {
    if (name.starts_with(tag) && name.size() > tag.size()) {
      if (!into.tag.empty()) return "only one tag";
      into.tag = name.substr(tag.size());
      into.by.push_back(store::usage_group::tag);
      continue;
    }
    const auto* const known = std::find_if(dimensions.begin(), dimensions.end(),
                                           [&](const auto& one) { return one.first == name; });
    if (known == dimensions.end())
      return "'" + name + "' is none of model, key, upstream, day and tag:NAME";
    if (std::find(into.by.begin(), into.by.end(), known->second) != into.by.end())
      return "'" + name + "' stands there twice";
    into.by.push_back(known->second);
  }
  return "";
}

std::string cost_of(const store::usage_row& row) { return meter::to_text(row.cost); }

std::vector<std::string> titles_of(const options& asked) {
  std::vector<std::string> out = parts_of(asked.by);
  for (const sum& s : sums) out.emplace_back(s.title);
  out.emplace_back("cost_usd");
  return out;
}

std::vector<std::string> cells_of(const store::usage_row& row) {
  std::vector<std::string> out = row.group;
  for (const sum& s : sums) out.push_back(std::to_string(row.*s.of));
  out.push_back(cost_of(row));
  return out;
}

std::string csv_line(const std::vector<std::string>& cells) {
  std::string out;
  for (const std::string& cell : cells) {
    if (!out.empty() || &cell != &cells.front()) out += ',';
    if (cell.find_first_of(",\"\r\n") == std::string::npos) {
      out += cell;
      continue;
    }
    out += '"';
    for (const char c : cell) out += c == '"' ? "\"\"" : std::string(1, c);
    out += '"';
  }
  return out + '\n';  // RFC 4180, but for the line end of this system
}

void print(const options& asked, const std::vector<store::usage_row>& rows) {
  const std::vector<std::string> titles = titles_of(asked);
  const std::size_t groups = titles.size() - sums.size() - 1;
  if (asked.csv) {
    std::printf("%s", csv_line(titles).c_str());
    for (const store::usage_row& row : rows) std::printf("%s", csv_line(cells_of(row)).c_str());
    return;
  }
  if (asked.json) {
    std::string list;
    for (const store::usage_row& row : rows) {
      const std::vector<std::string> cells = cells_of(row);
      std::string one;
      for (std::size_t i = 0; i < cells.size(); ++i)
        one += (i == 0 ? "{" : ",") + json::quoted(titles[i]) + ':' +
               (i < groups ? json::quoted(cells[i]) : cells[i]);
      list += (list.empty() ? "" : ",") + one + '}';
    }
    std::printf("{\"usage\":[%s]}\n", list.c_str());
    return;
  }
  table shown(titles);
  for (const store::usage_row& row : rows) {
    std::vector<std::string> cells = cells_of(row);
    for (std::size_t i = 0; i < groups; ++i)
      cells[i] = cells[i].empty() ? "-" : printable(cells[i]);
    shown.add(std::move(cells));
  }
  std::printf("%s", shown.text().c_str());
  if (rows.empty()) std::printf("no requests\n");
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
