// `weir upstreams`: asks every upstream once.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "app/commands.h"
#include "app/effective_config.h"
#include "app/table.h"
#include "app/terminal.h"
#include "app/upstream_probe.h"
#include "config/values.h"
#include "weir/json/writer.h"

namespace weir::app {

namespace {

struct options {
  config_source source;
  bool json = false;
};

std::string tenths(micros time) {
  const std::int64_t tenth = (time.count() + 50) / 100;
  return std::to_string(tenth / 10) + '.' + std::to_string(tenth % 10);
}

/// One word for programs.
std::string_view state_of(const proxy::probe_result& r) {
  if (r.status == 0) return "unreachable";
  if (r.listed) return "ok";
  return r.status >= 500 ? "failing" : "no_list";
}

std::string said(const proxy::probe_result& r) {
  if (r.status == 0) return r.fault;
  if (r.listed) return std::to_string(r.models) + (r.models == 1 ? " model" : " models");
  return "status " + std::to_string(r.status) + ", no list of models";
}

std::string where(const config::upstream& upstream) {
  if (upstream.kind == config::upstream_kind::demo) return "built in";
  const config::forward_proxy* const proxy = upstream.proxy.in_use();
  return config::to_text(upstream.url) +
         (proxy == nullptr ? "" : " through " + config::to_text(*proxy));
}

int run(const options& asked) {
  auto loaded = effective_config(asked.source);
  if (!loaded) {
    for (const config::problem& p : loaded.error())
      std::fprintf(stderr, "weir: %s\n", config::to_string(p).c_str());
    return 1;
  }
  const auto config = std::make_shared<const config::config>(std::move(loaded).value());
  const probed_upstreams probed = probe_upstreams(config);
  bool all_reached = true;
  table shown({"upstream", "state", "time", "answer", "address"});
  std::string list;
  for (const proxy::probe_result& r : probed.results) {
    const config::upstream& upstream = config->upstreams[r.upstream];
    const std::string_view state = state_of(r);
    if (upstream.tentative && !r.listed) continue;
    all_reached = all_reached && (state == "ok" || state == "no_list");
    shown.add({upstream.name, std::string(state), r.status == 0 ? "" : tenths(r.took) + " ms",
               printable(said(r)), where(upstream)});
    list += (list.empty() ? "" : ",") + ("{\"upstream\":" + json::quoted(upstream.name)) +
            ",\"state\":\"" + std::string(state) +
            "\",\"status\":" + (r.status == 0 ? "null" : std::to_string(r.status)) +
            ",\"milliseconds\":" + tenths(r.took) +
            ",\"models\":" + (r.listed ? std::to_string(r.models) : "null") +
            ",\"fault\":" + (r.fault.empty() ? "null" : json::quoted(r.fault)) + "}";
  }
  if (asked.json)
    std::printf("{\"upstreams\":[%s]}\n", list.c_str());
  else
    std::printf("%s", shown.text().c_str());
  return all_reached ? 0 : 1;
}

}  // namespace

void add_upstreams(CLI::App& app, int& exit_code) {
  CLI::App* const command = app.add_subcommand(
      "upstreams", "Ask every upstream for its models: reachable, how fast, how many");
  const auto asked = std::make_shared<options>();
  add_config_options(*command, asked->source);
  command->add_flag("--json", asked->json, "Print the result as one JSON object");
  command->footer(
      "An upstream is `ok`, has `no_list` of models (it works all the same), is `failing` (5xx)\n"
      "or `unreachable`.\n"
      "Exit code 0: all were reached; 1: one was not, or the configuration is wrong; 2: wrong "
      "use.\n"
      "Examples:\n  weir upstreams -c weir.yaml\n"
      "  weir upstreams --upstream http://127.0.0.1:8000/v1 --json");
  command->callback([asked, &exit_code] { exit_code = run(*asked); });
}

}  // namespace weir::app
