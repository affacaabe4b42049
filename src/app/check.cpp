// `weir check`: judges a live endpoint or a captured answer.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>

#include "app/check_body.h"
#include "app/check_live.h"
#include "app/check_print.h"
#include "app/check_report.h"
#include "app/check_request.h"
#include "app/commands.h"
#include "app/effective_config.h"
#include "app/endpoint_option.h"
#include "config/proxy_environment.h"
#include "config/values.h"
#include "weir/base/limits.h"

namespace weir::app {

namespace {

struct check_options {
  std::string target;
  std::string model;
  std::string request_file;
  key_options key;
  std::string probe_time;
  bool json = false;
};

/// All of a stream, up to the bound.
result<std::string> whole(std::istream& in, const std::string& name) {
  std::string out;
  std::string block(64 * limits::kib, '\0');
  while (in) {
    in.read(block.data(), static_cast<std::streamsize>(block.size()));
    out.append(block, 0, static_cast<std::size_t>(in.gcount()));
    if (out.size() > limits::max_body_bytes) return failure{name + ": too large"};
  }
  if (in.bad()) return failure{name + ": cannot be read"};
  return out;
}

result<std::string> file(const std::string& name) {
  if (name == "-") return whole(std::cin, "stdin");
  std::ifstream in(name, std::ios::binary);
  if (!in) {
    const bool address = name.find(':') != std::string::npos;
    return failure{name + ": cannot be read" +
                   (address ? "; an endpoint begins with http://, https:// or unix:/" : "")};
  }
  return whole(in, name);
}

result<check_report> check_capture(const check_options& options, const std::string& request) {
  asked by;
  if (!request.empty()) {
    result<asked> read = read_asked(request);
    if (!read) return failure{options.request_file + ": " + read.error().message};
    by = *std::move(read);
  }
  by.answer.usage_may_be_missing = true;
  const result<std::string> body = file(options.target);
  if (!body) return body.error();
  check_report report;
  report.target = options.target == "-" ? "stdin" : options.target;
  probe_report probe;
  probe.name = "capture";
  probe.about =
      std::to_string(body->size()) + " bytes, judged as " + (by.stream ? "a stream" : "a document");
  probe.notes = folded(judge_body(*body, by), *body);
  report.probes.push_back(std::move(probe));
  return report;
}

result<check_report> check_endpoint(const check_options& options, const std::string& request) {
  live_target target;
  target.url = *config::parse_url(options.target);
  target.model = options.model;
  target.request = request;
  target.probe_time = limits::check_probe_time;
  if (!options.probe_time.empty()) target.probe_time = *config::parse_duration(options.probe_time);
  if (!request.empty()) {
    const result<asked> read = read_asked(request);
    if (!read) return failure{options.request_file + ": " + read.error().message};
  }
  result<std::string> key = endpoint_key(options.key, "WEIR_CHECK_KEY", target.url);
  if (!key) return key.error();
  target.key = *std::move(key);
  auto proxy = config::proxy_from_environment(target.url, environment_variable);
  if (!proxy) return failure{config::to_string(proxy.error())};
  target.through = *std::move(proxy);
  const bool progress = ::isatty(STDERR_FILENO) == 1;
  if (progress)
    target.on_probe = [](std::string_view name) {
      std::fprintf(stderr, "\r\033[Kweir: %.*s ...", static_cast<int>(name.size()), name.data());
    };
  check_report report = check_live(target);
  if (progress) std::fputs("\r\033[K", stderr);
  return report;
}

int run_check(const check_options& options) {
  std::string request;
  if (!options.request_file.empty()) {
    result<std::string> read = file(options.request_file);
    if (!read) {
      std::fprintf(stderr, "weir: %s\n", read.error().message.c_str());
      return 1;
    }
    request = *std::move(read);
  }
  const result<check_report> report =
      is_url(options.target) ? check_endpoint(options, request) : check_capture(options, request);
  if (!report) {
    std::fprintf(stderr, "weir: %s\n", report.error().message.c_str());
    return 1;
  }
  const std::string text =
      options.json ? check_as_json(*report) : check_as_text(*report, style_of(STDOUT_FILENO));
  std::fwrite(text.data(), 1, text.size(), stdout);
  return report->clean() ? 0 : 1;
}

std::string usable_target(const std::string& text) {
  return is_url(text) ? usable_url(text) : std::string();
}

/// What says how to ask is of no use when nobody is asked.
void require_endpoint(const CLI::App& command, const check_options& options) {
  if (is_url(options.target)) return;
  for (const char* const name : {"--model", "--key", "--key-env", "--timeout"}) {
    if (command.get_option(name)->count() != 0)
      throw CLI::ValidationError(name, "is for an endpoint; the target is a file");
  }
}

}  // namespace

void add_check(CLI::App& app, int& exit_code) {
  const auto options = std::make_shared<check_options>();
  CLI::App* const command = app.add_subcommand(
      "check",
      "Say what is wrong with a server's answers, which clients break on it, and what weir\n"
      "does about it. TARGET is an endpoint, which is sent a few requests (text, two choices,\n"
      "a tool, a limit, a broken request, a client that leaves, ...), or a captured answer: a\n"
      "file, or - for stdin. A fault breaks the contract of the API. A hint is legal, but breaks\n"
      "clients known by name or looks like a defect.");
  command
      ->add_option("target", options->target,
                   "http://HOST[:PORT][/v1], https://...,\nunix:/SOCKET[:/v1], FILE or -")
      ->type_name("TARGET")
      ->required()
      ->check(usable_target);
  auto* const model = command
                          ->add_option("-m,--model", options->model,
                                       "Model to ask; default: the first one that is listed")
                          ->type_name("MODEL");
  command
      ->add_option("--request", options->request_file,
                   "The request that a captured answer belongs to (stream, n,\n"
                   "stream_options, tools); without it: a stream with one choice.\n"
                   "For an endpoint: send this request and nothing else")
      ->type_name("FILE")
      ->excludes(model);
  auto* const key = command
                        ->add_option("--key", options->key.key,
                                     "The endpoint's key. Other users of this machine can see it\n"
                                     "here; they cannot in the environment")
                        ->type_name("KEY");
  command
      ->add_option("--key-env", options->key.variable,
                   "Where in the environment the key is. Without both:\n"
                   "WEIR_CHECK_KEY, else OPENAI_API_KEY if the endpoint is https\n"
                   "or on this machine")
      ->type_name("NAME")
      ->excludes(key);
  command
      ->add_option("--timeout", options->probe_time,
                   "The longest time for one request; default 60s")
      ->type_name("TIME")
      ->check(usable_duration);
  command->add_flag("--json", options->json, "Print the report as one JSON object");
  command->footer(
      "Exit code 0: no fault, hints or not; 1: faults, or nothing that could be checked;\n"
      "2: wrong use.\n"
      "Examples:\n"
      "  weir check http://127.0.0.1:8000/v1\n"
      "  weir check https://api.openai.com/v1 -m gpt-4.1-nano --json\n"
      "  curl -sN $URL/v1/chat/completions -d @request.json \\\n"
      "    | weir check - --request request.json");
  command->callback([command, options, &exit_code] {
    require_endpoint(*command, *options);
    exit_code = run_check(*options);
  });
}

}  // namespace weir::app
