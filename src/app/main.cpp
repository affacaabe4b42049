#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "app/commands.h"
#include "route/near_names.h"
#include "weir/base/version.h"

namespace {

constexpr int usage_error = 2;

/// The innermost command that was named.
const CLI::App* named_command(const CLI::App* app) {
  while (!app->get_subcommands().empty()) app = app->get_subcommands().front();
  return app;
}

std::string full_name(const CLI::App* command) {
  return command->get_parent() == nullptr
             ? command->get_name()
             : full_name(command->get_parent()) + " " + command->get_name();
}

/// The words that could have stood where `word` does: options after a dash, else subcommands.
std::vector<std::string> possible_words(const CLI::App* command, const std::string& word) {
  std::vector<std::string> words;
  if (word.rfind('-', 0) == 0) {
    for (const CLI::Option* option : command->get_options())
      for (const std::string& name : option->get_lnames()) words.push_back("--" + name);
  } else {
    for (const CLI::App* sub : command->get_subcommands({})) words.push_back(sub->get_name());
  }
  return words;
}

/// One line that says what is wrong and where help is.
void explain(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App* command = named_command(&app);
  const std::string name = full_name(command);
  std::string what = error.what();
  const std::vector<std::string> unknown = app.remaining(true);
  if (!unknown.empty() && unknown.front() != name) {
    const std::string& word = unknown.front();
    what = "unknown " + std::string(word.rfind('-', 0) == 0 ? "option " : "word ") + word;
    const auto near = weir::route::near_names(word, possible_words(command, word), 1);
    if (!near.empty()) what += " (did you mean " + std::string(near.front()) + "?)";
  } else if (!command->get_subcommands({}).empty()) {
    what = "a command is missing";
  }
  std::fprintf(stderr, "%s: %s; see %s --help\n", name.c_str(), what.c_str(), name.c_str());
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "weir: an OpenAI-compatible streaming gateway.\n"
      "Stands between programs that speak to language models and the servers that run them, and\n"
      "returns streams that obey the client's API exactly, whatever the upstream sent.",
      "weir");
  app.set_version_flag("--version", "weir " + std::string(weir::version));
  app.require_subcommand(1);
  app.get_formatter()->column_width(34);
  app.footer(
      "Try it with nothing else installed:\n"
      "  weir serve\n"
      "  curl -N localhost:4000/v1/chat/completions \\\n"
      "    -d '{\"model\":\"demo/no-done\",\"stream\":true,"
      "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}'");
  int exit_code = 0;
  weir::app::add_serve(app, exit_code);
  weir::app::add_chat(app, exit_code);
  weir::app::add_check(app, exit_code);
  weir::app::add_repair(app, exit_code);
  weir::app::add_config(app, exit_code);
  weir::app::add_explain(app, exit_code);
  weir::app::add_upstreams(app, exit_code);
  weir::app::add_usage(app, exit_code);
  weir::app::add_keys(app, exit_code);
  weir::app::add_prices(app, exit_code);
  weir::app::add_bench(app, exit_code);
  weir::app::add_top(app, exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& asked) {  // --help, --version
    return app.exit(asked);
  } catch (const CLI::ParseError& error) {
    explain(app, error);
    return usage_error;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "weir: %s\n", error.what());
    return 1;
  }
  return exit_code;
}
