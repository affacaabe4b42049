// `weir explain MODEL`: where a request would go.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>

#include "app/commands.h"
#include "app/effective_config.h"
#include "app/table.h"
#include "app/terminal.h"
#include "app/upstream_probe.h"
#include "config/schema.h"
#include "config/show.h"
#include "proxy/route_choice.h"
#include "route/model_table.h"
#include "route/near_names.h"
#include "weir/json/writer.h"

namespace weir::app {

namespace {

struct options {
  config_source source;
  std::string model;
  bool json = false;
};

using reason = proxy::route_choice::reason;

std::string_view word_of(reason why) {
  switch (why) {
    case reason::configured:
      return "configured";
    case reason::listed:
      return "listed";
    case reason::only_upstream:
      return "only_upstream";
    case reason::unlisted:
      return "unlisted";
  }
  return "";
}

std::string sentence_of(const proxy::route_choice& choice, const std::string& model) {
  switch (choice.why) {
    case reason::configured:
      return choice.route->name == model
                 ? "the configuration has an entry of this name"
                 : "the entry " + choice.route->name + " of the configuration fits";
    case reason::listed:
      return choice.targets.size() == 1 ? "this upstream lists the model"
                                        : "these upstreams list the model";
    case reason::only_upstream:
      return "nobody lists the model, and there is only this upstream";
    case reason::unlisted:
      return "nobody lists the model, and these upstreams gave no list";
  }
  return "";
}

/// The share of a target among those of its priority, in whole percent.
std::uint64_t share_of(const proxy::route_target& of, const proxy::route_choice& choice) {
  std::uint64_t sum = 0;
  std::uint64_t count = 0;
  for (const proxy::route_target& other : choice.targets) {
    if (other.priority != of.priority) continue;
    sum += other.weight;
    ++count;
  }
  return sum == 0 ? 100 / count : std::uint64_t{of.weight} * 100 / sum;
}

config::routing_policy policy_of(const config::config& config, const proxy::route_choice& choice) {
  auto policy = config::apply(config::routing_policy{}, config.routing);
  return choice.route == nullptr ? policy : config::apply(policy, choice.route->routing);
}

int refuse(const options& asked, const proxy::model_catalogue& models) {
  const std::vector<std::string> near = route::near_names(asked.model, models.names());
  if (asked.json) {
    std::string list;
    for (const std::string& name : near) list += (list.empty() ? "" : ",") + json::quoted(name);
    std::printf("{\"model\":%s,\"found\":false,\"near\":[%s]}\n", json::quoted(asked.model).c_str(),
                list.c_str());
    return 1;
  }
  std::string hint;
  for (const std::string& name : near) hint += (hint.empty() ? "" : ", ") + printable(name);
  std::printf("%s: no upstream has this model%s\n", printable(asked.model).c_str(),
              hint.empty() ? "" : ("; near: " + hint).c_str());
  return 1;
}

void print(const options& asked, const config::config& config, const proxy::route_choice& choice) {
  std::printf("%s: %s\n\n", printable(asked.model).c_str(),
              printable(sentence_of(choice, asked.model)).c_str());
  table shown({"", "priority", "share", "upstream", "model there", "at once", "per minute"});
  const auto cap = [](std::uint32_t n) { return n == 0 ? std::string("any") : std::to_string(n); };
  std::size_t place = 0;
  for (const proxy::route_target& t : choice.targets) {
    const config::upstream& u = config.upstreams[t.upstream];
    shown.add({std::to_string(++place), std::to_string(t.priority),
               std::to_string(share_of(t, choice)) + " %", u.name,
               printable(t.model.empty() ? asked.model : t.model), cap(u.max_concurrent),
               cap(u.max_per_minute)});
  }
  std::printf("%s\n", shown.text(2).c_str());
  const config::tree policy = config::show_routing(policy_of(config, choice));
  table settings({"routing", ""});
  for (const auto& [name, value] : policy.members) settings.add({name, value.text});
  std::printf("%s", settings.text(2).c_str());
}

void print_json(const options& asked, const config::config& config,
                const proxy::route_choice& choice) {
  std::string targets;
  for (const proxy::route_target& t : choice.targets)
    targets += (targets.empty() ? "" : ",") +
               ("{\"upstream\":" + json::quoted(config.upstreams[t.upstream].name)) +
               ",\"model\":" + json::quoted(t.model.empty() ? asked.model : t.model) +
               ",\"priority\":" + std::to_string(t.priority) +
               ",\"weight\":" + std::to_string(t.weight) +
               ",\"share\":" + std::to_string(share_of(t, choice)) + "}";
  std::string routing;
  const config::tree policy = config::show_routing(policy_of(config, choice));
  for (const auto& [name, value] : policy.members)
    routing += (routing.empty() ? "" : ",") + json::quoted(name) + ":" +
               (value.is == config::tree::form::literal ? value.text : json::quoted(value.text));
  std::printf(
      "{\"model\":%s,\"found\":true,\"reason\":\"%s\",\"entry\":%s,\"targets\":[%s],"
      "\"routing\":{%s}}\n",
      json::quoted(asked.model).c_str(), std::string(word_of(choice.why)).c_str(),
      choice.route == nullptr ? "null" : json::quoted(choice.route->name).c_str(), targets.c_str(),
      routing.c_str());
}

int run(const options& asked) {
  auto loaded = effective_config(asked.source);
  if (!loaded) {
    for (const config::problem& p : loaded.error())
      std::fprintf(stderr, "weir: %s\n", config::to_string(p).c_str());
    return 1;
  }
  const auto config = std::make_shared<const config::config>(std::move(loaded).value());
  std::vector<std::string> names;
  for (const config::model_route& route : config->models) names.push_back(route.name);
  const route::model_table table(names);
  // Only what the configuration does not say needs the upstreams' lists.
  probed_upstreams probed;
  probed.models = std::make_shared<proxy::model_catalogue>(
      *config, std::vector<proxy::upstream_models>{}, std::int64_t{0});
  if (!table.find(asked.model)) probed = probe_upstreams(config);
  const proxy::route_choice choice =
      proxy::choose_route(*config, table, *probed.models, asked.model, true);
  if (choice.what != proxy::route_choice::verdict::found) return refuse(asked, *probed.models);
  asked.json ? print_json(asked, *config, choice) : print(asked, *config, choice);
  return 0;
}

}  // namespace

void add_explain(CLI::App& app, int& exit_code) {
  CLI::App* const command = app.add_subcommand(
      "explain", "Which upstreams a request for a model would try, in order, and why");
  const auto asked = std::make_shared<options>();
  command->add_option("model", asked->model, "The name a client would ask for")
      ->type_name("MODEL")
      ->required();
  add_config_options(*command, asked->source);
  command->add_flag("--json", asked->json, "Print the result as one JSON object");
  command->footer(
      "Upstreams are asked for their models only where the configuration does not name this one.\n"
      "Exit code 0: it goes somewhere; 1: nobody has it, or the configuration is wrong; 2: wrong\n"
      "use.\n"
      "Examples:\n  weir explain qwen3-32b -c weir.yaml\n"
      "  weir explain gpt-5 --upstream http://127.0.0.1:8000/v1 --json");
  command->callback([asked, &exit_code] { exit_code = run(*asked); });
}

}  // namespace weir::app
