// `weir serve`: the gateway.
#include <sys/resource.h>

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

/// Where it listens, and how curl reaches it there.
struct place {
  std::string url;
  std::string for_curl;
};

place place_of(const server& running, const config::config& config) {
  const std::string scheme = config.tls.on() ? "https://" : "http://";
  if (!running.path().empty())
    return {"unix:" + running.path(),
            "--unix-socket " + running.path() + ' ' + scheme + "localhost"};
  const std::string& host = running.host();
  const bool any = host == "0.0.0.0" || host == "::";
  return {scheme + authority(host, running.port()),
          scheme + authority(any ? "127.0.0.1" : host, running.port())};
}

/// What the operator should know and did not ask.
void warn(const server& running, const config::config& config) {
  if (running.path().empty() && !is_loopback(running.host()) && !config.keys.required) {
    std::fprintf(stderr,
                 "weir: warning: %s is reachable from other machines and no client keys are "
                 "required: whoever reaches it uses your upstreams and their keys\n",
                 authority(running.host(), running.port()).c_str());
  }
  rlimit descriptors{};
  if (::getrlimit(RLIMIT_NOFILE, &descriptors) == 0 &&
      descriptors.rlim_cur < config.limits.connections) {
    std::fprintf(stderr,
                 "weir: warning: the system gives this process %llu file descriptors (ulimit -Hn), "
                 "fewer than limits.connections (%u): clients will wait before that limit is met\n",
                 static_cast<unsigned long long>(descriptors.rlim_cur), config.limits.connections);
  }
}

/// A few lines for people: where it listens, what it found, what to try.
void greet(const server& running, const config::config& config) {
  const place at = place_of(running, config);
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
               "weir: listening on %s, %zu worker%s\n"
               "weir: configuration: %s\n"
               "weir: upstreams: %s\n"
               "weir: try  curl -N %s/v1/chat/completions -d '{\"model\":\"%s\",\"stream\":true,"
               "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}'\n",
               at.url.c_str(), running.workers(), running.workers() == 1 ? "" : "s",
               config.origin.c_str(), upstreams.c_str(), at.for_curl.c_str(), model.c_str());
  warn(running, config);
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
                   "Where to listen; default 127.0.0.1:4000. Port 0 takes any free port;\n"
                   "unix:PATH is a Unix socket")
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
