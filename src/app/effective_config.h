#pragma once
#include <optional>
#include <string>
#include <vector>

#include "config/config.h"
#include "config/problem.h"
#include "weir/base/result.h"

namespace CLI {
class App;
}

namespace weir::app {

/// What the command line says about where the configuration comes from.
struct config_source {
  std::string file;                    ///< -c
  std::string listen;                  ///< --listen
  std::vector<std::string> upstreams;  ///< --upstream
  bool no_discover = false;            ///< --no-discover
};

/// Adds -c, --upstream and --no-discover, shared by the subcommands that need a gateway.
void add_config_options(CLI::App& command, config_source& source);

/// The value of a variable of the environment, or nothing.
[[nodiscard]] std::optional<std::string> environment_variable(const std::string& name);

/// For CLI11: "" where `text` is an address to listen on, else what is wrong with it.
[[nodiscard]] std::string usable_listen_address(const std::string& text);

/// The configuration in force: `-c`, else `--upstream`, else ./weir.yaml, else
/// $XDG_CONFIG_HOME/weir/weir.yaml, else what the environment's keys and this machine's local
/// servers offer, with the built-in demo upstream; proxies
/// of the environment are filled in. Looks at files, the environment and, unless
/// told otherwise, at a few ports of this machine.
[[nodiscard]] result<config::config, std::vector<config::problem>> effective_config(
    const config_source& source);

}  // namespace weir::app
