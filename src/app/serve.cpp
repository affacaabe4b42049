// `weir serve`: the gateway.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "app/commands.h"
#include "app/effective_config.h"
#include "app/operation.h"
#include "app/server.h"

namespace weir::app {

namespace {

bool is_loopback(const std::string& host) {
  return host == "localhost" || host == "::1" || host.rfind("127.", 0) == 0;
}

std::string authority(const std::string& host, std::uint16_t port) {
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? '[' + host + ']' : host) + ':' + std::to_string(port);
}

/// One line for people: where it listens, what it found, what to try.
void greet(const server& running, const config::config& config) {
  const std::string& host = running.host();
  const bool any = host == "0.0.0.0" || host == "::";
  const std::string base = "http://" + authority(any ? "127.0.0.1" : host, running.port());
  std::string upstreams;
  std::string model = "YOUR-MODEL";
  for (const config::upstream& upstream : config.upstreams) {
    if (upstream.tentative) continue;
    if (!upstreams.empty()) upstreams += ", ";
    upstreams += upstream.name;
    if (upstream.kind == config::upstream_kind::demo) model = "demo/no-done";
  }
  if (!config.models.empty() && config.models.front().name.find('*') == std::string::npos)
    model = config.models.front().name;
  std::fprintf(stderr,
               "weir: listening on http://%s, %zu worker%s\n"
               "weir: configuration: %s\n"
               "weir: upstreams: %s\n"
               "weir: try  curl -N %s/v1/chat/completions -d '{\"model\":\"%s\",\"stream\":true,"
               "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}'\n",
               authority(host, running.port()).c_str(), running.workers(),
               running.workers() == 1 ? "" : "s", config.origin.c_str(), upstreams.c_str(),
               base.c_str(), model.c_str());
  if (!is_loopback(host)) {
    std::fprintf(stderr,
                 "weir: warning: %s is reachable from other machines and no client keys are "
                 "required: whoever reaches it uses your upstreams and their keys\n",
                 authority(host, running.port()).c_str());
  }
}

int serve(const config_source& source) {
  auto loaded = effective_config(source);
  if (!loaded) {
    for (const config::problem& p : loaded.error())
      std::fprintf(stderr, "weir: %s\n", config::to_string(p).c_str());
    return 1;
  }
  const auto config = std::make_shared<const config::config>(std::move(loaded).value());
  operation calls(source);
  auto running = calls.start(config);
  if (!running) {
    std::fprintf(stderr, "weir: %s\n", running.error().message.c_str());
    return 1;
  }
  calls.serve(**running, *config, [&] { greet(**running, *config); });
  return 0;
}

}  // namespace

void add_serve(CLI::App& app, int& exit_code) {
  CLI::App* const command = app.add_subcommand(
      "serve", "The gateway: an OpenAI-compatible server in front of your upstreams");
  const auto source = std::make_shared<config_source>();
  add_config_options(*command, *source);
  command
      ->add_option("--listen", source->listen,
                   "Where to listen; default 127.0.0.1:4000. Port 0 takes any free port")
      ->type_name("HOST:PORT")
      ->check(usable_listen_address);
  command->footer(
      "Signals: SIGTERM drains and ends, SIGHUP reads the configuration again, SIGUSR2 hands over "
      "to\n"
      "a successor without closing the socket (docs/operation.md).\n"
      "Exit code 0: it was told to stop; 1: it could not start; 2: wrong use.\n"
      "Examples:\n  weir serve --upstream http://127.0.0.1:8000/v1\n"
      "  weir serve -c weir.yaml --listen 127.0.0.1:4000");
  command->callback([source, &exit_code] { exit_code = serve(*source); });
}

}  // namespace weir::app
