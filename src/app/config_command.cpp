// `weir config check|show|schema`
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>

#include "app/commands.h"
#include "app/effective_config.h"
#include "config/show.h"
#include "weir/json/writer.h"

namespace weir::app {

namespace {

struct config_options {
  config_source source;
  std::string positional;
  bool json = false;
};

using problems = std::vector<config::problem>;

void print_problems(const problems& found, bool json) {
  if (!json) {
    for (const config::problem& p : found) std::fprintf(stderr, "%s\n", to_string(p).c_str());
    return;
  }
  std::string list;
  for (const config::problem& p : found) {
    list += list.empty() ? "" : ",";
    list += "{\"file\":" + json::quoted(p.file) + ",\"line\":" + std::to_string(p.line) +
            ",\"column\":" + std::to_string(p.column) + ",\"message\":" + json::quoted(p.message) +
            ",\"hint\":" + (p.hint.empty() ? "null" : json::quoted(p.hint)) + "}";
  }
  std::printf("{\"valid\":false,\"problems\":[%s]}\n", list.c_str());
}

result<config::config, problems> load(config_options& options) {
  if (!options.positional.empty()) options.source.file = options.positional;
  return effective_config(options.source);
}

int check(config_options& options) {
  const auto loaded = load(options);
  if (!loaded) {
    print_problems(loaded.error(), options.json);
    return 1;
  }
  const std::vector<std::string> notes = config::warnings(*loaded);
  if (options.json) {
    std::string list;
    for (const std::string& note : notes) list += (list.empty() ? "" : ",") + json::quoted(note);
    std::printf("{\"valid\":true,\"origin\":%s,\"warnings\":[%s]}\n",
                json::quoted(loaded->origin).c_str(), list.c_str());
    return 0;
  }
  const std::size_t canned = loaded->find_upstream("demo") == nullptr ? 0 : 1;
  const auto there = static_cast<std::size_t>(
      std::count_if(loaded->upstreams.begin(), loaded->upstreams.end(),
                    [](const config::upstream& u) { return !u.tentative; }));
  std::printf("%s: ok (upstreams: %zu%s, models: %zu)\n", loaded->origin.c_str(), there - canned,
              canned == 0 ? "" : " and demo", loaded->models.size());
  for (const std::string& note : notes) std::printf("warning: %s\n", note.c_str());
  return 0;
}

int show(config_options& options) {
  const auto loaded = load(options);
  if (!loaded) {
    print_problems(loaded.error(), options.json);
    return 1;
  }
  const std::string text = options.json ? config::show_json(*loaded) : config::show_yaml(*loaded);
  std::printf("%s%s", text.c_str(), text.empty() || text.back() != '\n' ? "\n" : "");
  return 0;
}

void add_source(CLI::App& command, config_options& options) {
  add_config_options(command, options.source);
  command.add_option("file", options.positional, "The file, instead of -c")
      ->type_name("FILE")
      ->excludes(command.get_option("--config"))
      ->excludes(command.get_option("--upstream"));
  command.add_flag("--json", options.json, "Print the result as one JSON object");
  command.footer(
      "Exit code 0: the configuration is right; 1: it is not.\n"
      "Example:\n  weir config " +
      command.get_name() + " weir.yaml");
}

}  // namespace

void add_config(CLI::App& app, int& exit_code) {
  const auto options = std::make_shared<config_options>();
  CLI::App* command =
      app.add_subcommand("config", "Check or show the configuration, or print its JSON Schema");
  command->require_subcommand(1);

  CLI::App* checks = command->add_subcommand(
      "check", "Validate a configuration; problems are named with file, line and column");
  add_source(*checks, *options);
  checks->callback([options, &exit_code] { exit_code = check(*options); });

  CLI::App* shows = command->add_subcommand(
      "show", "Print the effective configuration, defaults included; secrets as ***");
  add_source(*shows, *options);
  shows->callback([options, &exit_code] { exit_code = show(*options); });

  CLI::App* schema = command->add_subcommand("schema", "Print the JSON Schema, for editors");
  schema->callback([&exit_code] {
    std::printf("%s\n", config::schema_json().c_str());
    exit_code = 0;
  });
  schema->footer("Example:\n  weir config schema > weir.schema.json");
}

}  // namespace weir::app
