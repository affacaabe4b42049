#include "app/effective_config.h"

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include "app/client_tls.h"
#include "app/local_servers.h"
#include "config/discover.h"
#include "config/load.h"
#include "config/proxy_environment.h"
#include "config/show.h"
#include "config/values.h"

namespace weir::app {

namespace {

using problems = std::vector<config::problem>;

problems one_problem(std::string where, std::string what) {
  return {config::problem{std::move(where), 0, 0, std::move(what), ""}};
}

/// The file that is read when none is named.
std::optional<std::string> usual_file() {
  std::vector<std::filesystem::path> places = {"weir.yaml"};
  if (const auto xdg = environment_variable("XDG_CONFIG_HOME"); xdg && !xdg->empty())
    places.push_back(std::filesystem::path(*xdg) / "weir" / "weir.yaml");
  else if (const auto home = environment_variable("HOME"); home && !home->empty())
    places.push_back(std::filesystem::path(*home) / ".config" / "weir" / "weir.yaml");
  for (const std::filesystem::path& place : places) {
    std::error_code ignored;
    if (std::filesystem::exists(place, ignored)) return place.string();
  }
  return std::nullopt;
}

config::upstream demo() {
  config::upstream built_in;
  built_in.name = "demo";
  built_in.kind = config::upstream_kind::demo;
  return built_in;
}

result<config::config, problems> from_urls(const std::vector<std::string>& urls) {
  config::config made;
  made.origin = "command line";
  for (const std::string& url : urls) {
    const auto parsed = config::parse_url(url);
    if (!parsed) return one_problem("--upstream", parsed.error().message);
    config::upstream upstream;
    upstream.name =
        urls.size() == 1 ? "upstream" : "upstream-" + std::to_string(made.upstreams.size() + 1);
    upstream.url = *parsed;
    upstream.key_passthrough = true;  // nobody named a key: the client's own is meant
    made.upstreams.push_back(std::move(upstream));
  }
  return made;
}

result<config::config, problems> from_surroundings(const config_source& source) {
  config::config made;
  made.origin = "environment and local ports";
  if (!source.no_discover) {
    auto keyed = config::upstreams_from_environment(environment_variable);
    if (!keyed) return keyed.error();
    made.upstreams = std::move(keyed).value();
    for (config::upstream& local : looked_for(config::local_candidates()))
      made.upstreams.push_back(std::move(local));
  } else {
    made.origin = "defaults";
  }
  made.upstreams.push_back(demo());
  return made;
}

}  // namespace

namespace {

/// A usage error, not a failure: exit code 2. The text itself may hold a credential.
std::string usable_url(const std::string& text) {
  const auto parsed = config::parse_url(text);
  return parsed ? std::string() : parsed.error().message;
}

}  // namespace

std::optional<std::string> environment_variable(const std::string& name) {
  const char* text = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): nobody sets any
  return text == nullptr ? std::nullopt : std::optional<std::string>(text);
}

std::string usable_listen_address(const std::string& text) {
  const auto parsed = config::parse_listen(text);
  return parsed ? std::string() : parsed.error().message;
}

void add_config_options(CLI::App& command, config_source& source) {
  auto* file = command
                   .add_option("-c,--config", source.file,
                               "Configuration file; default ./weir.yaml, then\n"
                               "$XDG_CONFIG_HOME/weir/weir.yaml")
                   ->type_name("FILE");
  auto* urls = command
                   .add_option("--upstream", source.upstreams,
                               "Send every model to this server, e.g. http://127.0.0.1:8000/v1\n"
                               "(may be repeated). The client's own credential goes on to it.")
                   ->type_name("URL")
                   ->check(usable_url);
  auto* quiet = command.add_flag("--no-discover", source.no_discover,
                                 "Without a file: do not look for keys in the environment and\n"
                                 "for model servers on local ports");
  file->excludes(urls);
  urls->excludes(quiet);
}

result<config::config, std::vector<config::problem>> effective_config(const config_source& source) {
  std::string file = source.file;
  if (file.empty() && source.upstreams.empty()) file = usual_file().value_or("");
  auto made = !file.empty()               ? config::load_file(file, environment_variable)
              : !source.upstreams.empty() ? from_urls(source.upstreams)
                                          : from_surroundings(source);
  if (!made) return made;
  if (const auto tls = client_tls(made->tls); !tls)
    return one_problem(made->file, tls.error().message);
  if (problems found = config::use_environment_proxies(*made, environment_variable); !found.empty())
    return found;
  if (source.listen.empty()) return made;
  const auto listen = config::parse_listen(source.listen);
  if (!listen) return one_problem("--listen " + source.listen, listen.error().message);
  made->listen = *listen;
  return made;
}

}  // namespace weir::app
