#pragma once

namespace CLI {
class App;
}

/// The subcommands of `weir`, each in a file of its own. `add_*` describes one to the parser and
/// arranges that parsing it runs it; what it comes to is put into `exit_code` (0 ok, 1 findings,
/// failure or bad configuration; 2, a usage error, is the parser's).
namespace weir::app {

void add_serve(CLI::App& app, int& exit_code);
void add_config(CLI::App& app, int& exit_code);
void add_explain(CLI::App& app, int& exit_code);
void add_upstreams(CLI::App& app, int& exit_code);
void add_usage(CLI::App& app, int& exit_code);
void add_keys(CLI::App& app, int& exit_code);
void add_prices(CLI::App& app, int& exit_code);
void add_check(CLI::App& app, int& exit_code);
void add_repair(CLI::App& app, int& exit_code);
void add_chat(CLI::App& app, int& exit_code);
void add_bench(CLI::App& app, int& exit_code);
void add_top(CLI::App& app, int& exit_code);

}  // namespace weir::app
