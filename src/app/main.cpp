#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "app/commands.h"
#include "weir/base/version.h"

int main(int argc, char** argv) {
  CLI::App app(
      "weir: an OpenAI-compatible streaming gateway.\n"
      "Stands between programs that speak to language models and the servers that run them, and\n"
      "returns streams that obey the client's API exactly, whatever the upstream sent.",
      "weir");
  app.set_version_flag("--version", std::string("weir ") + std::string(weir::version));
  app.require_subcommand(1);
  app.get_formatter()->column_width(34);
  app.failure_message(CLI::FailureMessage::help);
  app.footer(
      "Try it with nothing else installed:\n"
      "  weir serve\n"
      "  curl -N localhost:4000/v1/chat/completions \\\n"
      "    -d '{\"model\":\"demo/no-done\",\"stream\":true,"
      "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}'");
  int exit_code = 0;
  weir::app::add_serve(app, exit_code);
  weir::app::add_chat(app, exit_code);
  weir::app::add_repair(app, exit_code);
  weir::app::add_config(app, exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp& help) {
    return app.exit(help);
  } catch (const CLI::CallForVersion& asked) {
    return app.exit(asked);
  } catch (const CLI::ParseError& error) {
    app.exit(error);
    return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "weir: %s\n", error.what());
    return 1;
  }
  return exit_code;
}
