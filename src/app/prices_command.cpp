// `weir prices import|list`
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "app/commands.h"
#include "app/effective_config.h"
#include "app/price_import.h"
#include "app/table.h"
#include "app/terminal.h"
#include "config/codecs.h"
#include "config/file.h"
#include "config/tree.h"
#include "config/values.h"
#include "route/name_pattern.h"
#include "weir/base/limits.h"

namespace weir::app {
namespace {

struct import_options {
  std::string file;
  std::vector<std::string> only;
  std::string from;
};

struct list_options {
  config_source source;
  bool json = false;
};

int fail(const std::string& why) {
  std::fprintf(stderr, "weir: %s\n", why.c_str());
  return 1;
}

bool chosen(const std::string& name, const std::vector<std::string>& only) {
  return only.empty() || std::any_of(only.begin(), only.end(), [&](const std::string& pattern) {
           return route::matches_stars(pattern, name);
         });
}

int import(const import_options& asked) {
  const auto content = config::read_file(asked.file, limits::max_price_list_bytes);
  if (!content) return fail(asked.file + ": " + content.error().message);
  auto list = read_price_list(*content);
  if (!list) return fail(asked.file + ": " + list.error().message);
  const std::size_t all = list->models.size();
  std::erase_if(list->models, [&](const auto& one) { return !chosen(one.first, asked.only); });
  for (auto& [name, entry] : list->models) entry.from = asked.from;
  std::string summary = std::to_string(list->models.size()) + " prices";
  if (list->models.size() != all)
    summary += ", " + std::to_string(all - list->models.size()) + " not asked for";
  for (const auto& [reason, count] : list->skipped)
    summary += ", " + std::to_string(count) + " left out: " + reason;
  std::fprintf(stderr, "weir: %s\n", summary.c_str());
  if (list->models.empty()) return fail("no price is left");
  std::printf("%s", to_yaml(*list).c_str());
  return 0;
}

std::vector<std::string> row_of(const std::string& name, const config::price_entry& of) {
  std::string tiers;
  for (const config::price_tier& tier : of.tiers)
    tiers += (tiers.empty() ? "" : ", ") + std::string("above ") + std::to_string(tier.above);
  const auto shown = [](const std::string& text) { return text.empty() ? std::string("-") : text; };
  return {printable(name),
          shown(of.from),
          of.unit == meter::price_unit::usd ? "usd" : "usd_per_million",
          shown(of.rates.input),
          shown(of.rates.cached),
          shown(of.rates.output),
          shown(of.rates.reasoning),
          shown(of.request),
          shown(tiers)};
}

int list(const list_options& asked) {
  const auto loaded = effective_config(asked.source);
  if (!loaded) {
    for (const config::problem& p : loaded.error())
      std::fprintf(stderr, "weir: %s\n", config::to_string(p).c_str());
    return 1;
  }
  const auto now =
      std::chrono::duration_cast<micros>(std::chrono::system_clock::now().time_since_epoch());
  std::vector<config::priced_model> in_force;
  for (const config::priced_model& model : loaded->prices)
    if (const config::dated_price* const price = model.at(static_cast<std::uint64_t>(now.count())))
      in_force.push_back({model.name, {*price}});
  if (asked.json) {
    config::tree out = config::tree::of_mapping();
    out.add("prices",
            in_force.empty() ? config::tree::of_mapping() : config::codecs::prices::show(in_force));
    std::printf("%s\n", config::to_json(out).c_str());
    return 0;
  }
  table shown(
      {"model", "from", "unit", "input", "cached", "output", "reasoning", "request", "tiers"});
  for (const config::priced_model& model : in_force)
    shown.add(row_of(model.name, model.prices.front().written));
  std::printf("%s", shown.text().c_str());
  if (in_force.empty()) std::printf("no prices\n");
  return 0;
}

std::string usable_day(const std::string& text) {
  const auto day = config::parse_day(text);
  return day ? "" : day.error().message;
}

}  // namespace

void add_prices(CLI::App& app, int& exit_code) {
  CLI::App* const command =
      app.add_subcommand("prices", "Prices of models: make a section of them, or list them");
  command->require_subcommand(1);

  const auto imports = std::make_shared<import_options>();
  CLI::App* const import_command = command->add_subcommand(
      "import", "Print a public price list as the section `prices:` of a configuration");
  import_command
      ->add_option("file", imports->file,
                   "LiteLLM's model_prices_and_context_window.json, or models.dev's api.json")
      ->type_name("FILE")
      ->required();
  import_command
      ->add_option("--only", imports->only,
                   "Only models whose name fits; `*` stands for anything (may be repeated)")
      ->type_name("PATTERN");
  import_command
      ->add_option("--from", imports->from, "The day, in UTC, from which these prices hold")
      ->type_name("DAY")
      ->check(usable_day);
  import_command->footer(
      "What is left out, and why, is said on stderr.\n"
      "Exit code 0: prices were printed; 1: there are none, or the file cannot be read; 2: wrong "
      "use.\n"
      "Examples:\n  weir prices import model_prices_and_context_window.json --only 'gpt-*' >> "
      "weir.yaml\n"
      "  weir prices import api.json --only 'openai/*' --from 2026-12-01");
  import_command->callback([imports, &exit_code] { exit_code = import(*imports); });

  const auto lists = std::make_shared<list_options>();
  CLI::App* const list_command =
      command->add_subcommand("list", "The prices of the configuration that are in force today");
  add_config_options(*list_command, lists->source);
  list_command->add_flag("--json", lists->json, "Print the result as one JSON object");
  list_command->footer(
      "Exit code 0: here they are; 1: the configuration is wrong; 2: wrong use.\n"
      "Example:\n  weir prices list -c weir.yaml");
  list_command->callback([lists, &exit_code] { exit_code = list(*lists); });
}

}  // namespace weir::app
