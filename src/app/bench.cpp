// `weir bench`: a load of chat completions for an endpoint, each of them checked.
#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>

#include "app/bench_load.h"
#include "app/bench_report.h"
#include "app/commands.h"
#include "app/effective_config.h"
#include "app/endpoint_option.h"
#include "config/proxy_environment.h"
#include "config/values.h"
#include "weir/base/limits.h"
#include "weir/json/reader.h"
#include "weir/json/writer.h"

namespace weir::app {

namespace {

constexpr std::uint64_t most_streams = 100'000;
constexpr std::uint64_t most_threads = 64;
constexpr std::uint64_t most_requests = 1'000'000'000'000;
constexpr std::uint64_t most_prompt_bytes = 16 * limits::mib;
constexpr std::uint64_t most_tokens = 1'000'000;

struct bench_options {
  std::string url;
  std::string model;
  key_options key;
  std::uint64_t streams = 50;
  std::uint64_t threads = 0;
  std::uint64_t requests = 0;
  std::string duration;
  std::string timeout;
  std::uint64_t prompt_bytes = 0;
  std::uint64_t max_tokens = 0;
  std::uint64_t emitter_events = 0;
  bool no_stream = false;
  bool new_connections = false;
  bool json = false;
};

int fail(const std::string& why) {
  std::fprintf(stderr, "weir: %s\n", why.c_str());
  return 1;
}

/// The first model that is listed and not a canned one, else the first one.
result<std::string> listed_model(http_call ask) {
  ask.method = "GET";
  ask.total = limits::check_probe_time;
  const result<http_answer> answer = call(ask);
  if (!answer) return answer.error();
  json::reader reader;
  std::string found;
  if (answer->status == 200 && reader.parse(answer->body) == json::reader::status::ok) {
    for (const json::value model : reader.root()["data"].elements()) {
      const std::string id = model["id"].decoded();
      const bool canned = id.starts_with("demo/");
      if (found.empty() || !canned) found = id;
      if (!canned) break;
    }
  }
  if (found.empty())
    return failure{"it lists no model (GET " + ask.target + ": " + std::to_string(answer->status) +
                   "); name one with --model"};
  return found;
}

/// A prompt of so many bytes; without a number a short one.
std::string prompt_of(std::uint64_t bytes) {
  constexpr std::string_view sentence = "Say something for a while. ";
  if (bytes == 0) return std::string(sentence.substr(0, sentence.size() - 1));
  std::string out;
  out.reserve(bytes + sentence.size());
  while (out.size() < bytes) out += sentence;
  out.resize(bytes);
  return out;
}

std::string body_of(const bench_options& options, const std::string& model) {
  std::string body = "{\"model\":" + json::quoted(model);
  if (!options.no_stream) body += ",\"stream\":true";
  if (options.max_tokens > 0) body += ",\"max_tokens\":" + std::to_string(options.max_tokens);
  return body + ",\"messages\":[{\"role\":\"user\",\"content\":" +
         json::quoted(prompt_of(options.prompt_bytes)) + "}]}";
}

/// A descriptor for each stream and some more.
void take_descriptors() {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return;
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
}

int run(const bench_options& options) {
  const config::upstream_url url = *config::parse_url(options.url);
  bench_plan plan;
  http_call& request = plan.request;
  request.host = url.host;
  request.port = url.port;
  request.tls = url.tls;
  request.socket_path = url.socket_path;
  request.connect_timeout = limits::check_connect_time;
  auto proxy = config::proxy_from_environment(url, environment_variable);
  if (!proxy) return fail(config::to_string(proxy.error()));
  request.through = *std::move(proxy);
  result<std::string> key = endpoint_key(options.key, "WEIR_BENCH_KEY", url);
  if (!key) return fail(key.error().message);
  request.key = *std::move(key);

  bench_heading heading;
  heading.url = config::to_text(url);
  heading.model = options.model;
  if (heading.model.empty()) {
    request.target = url.base_path + "/models";
    result<std::string> listed = listed_model(request);
    if (!listed) return fail(listed.error().message);
    heading.model = *std::move(listed);
  }
  request.method = "POST";
  request.target = url.base_path + "/chat/completions";
  request.body = body_of(options, heading.model);
  if (request_bytes(request).empty()) return fail(request.target + " cannot be asked for");

  plan.want.stream = !options.no_stream;
  if (options.emitter_events > 0) plan.want.emitter_events = options.emitter_events;
  plan.streams = options.streams;
  const std::uint64_t cores = std::max(1U, std::thread::hardware_concurrency());
  plan.threads = options.threads > 0 ? options.threads : std::min<std::uint64_t>(cores, 2);
  plan.new_connections = options.new_connections;
  plan.silence = limits::check_probe_time;
  if (!options.timeout.empty()) plan.silence = *config::parse_duration(options.timeout);
  if (options.requests > 0) plan.requests = options.requests;
  if (!options.duration.empty())
    plan.duration = *config::parse_duration(options.duration);
  else if (!plan.requests)
    plan.duration = seconds{10};
  heading.stream = plan.want.stream;
  heading.streams = plan.requests ? std::min(plan.streams, *plan.requests) : plan.streams;
  heading.threads = std::min(plan.threads, heading.streams);
  take_descriptors();

  const bool progress = ::isatty(STDERR_FILENO) == 1;
  const bench_result done = run_bench(plan, [&](const bench_progress& now) {
    if (progress)
      std::fprintf(stderr, "\r\033[Kweir: %.0f s, %llu ok, %llu failed, %llu open", now.seconds,
                   static_cast<unsigned long long>(now.ok),
                   static_cast<unsigned long long>(now.failed),
                   static_cast<unsigned long long>(now.open));
  });
  if (progress) std::fputs("\r\033[K", stderr);
  if (done.unreachable)
    std::fprintf(stderr, "weir: given up: nothing answers at %s\n", heading.url.c_str());
  const std::string text =
      options.json ? bench_as_json(heading, done) : bench_as_text(heading, done);
  std::fwrite(text.data(), 1, text.size(), stdout);
  return done.counts.ok > 0 && done.counts.failed == 0 ? 0 : 1;
}

}  // namespace

void add_bench(CLI::App& app, int& exit_code) {
  const auto options = std::make_shared<bench_options>();
  CLI::App* const command = app.add_subcommand(
      "bench",
      "Put a load of chat completions on an endpoint, check every answer, and tell how fast they\n"
      "came. A stream is right when it is text/event-stream, has no error event, and ends with\n"
      "[DONE]; a document when it is JSON with choices.");
  command
      ->add_option("url", options->url,
                   "http://HOST[:PORT][/v1], https://... or unix:/SOCKET[:/v1]")
      ->type_name("URL")
      ->required()
      ->check(usable_url);
  command
      ->add_option("-m,--model", options->model,
                   "Model to ask; default: the first one that is listed")
      ->type_name("MODEL");
  command->add_option("--streams", options->streams, "Requests at once; default 50")
      ->type_name("N")
      ->check(CLI::Range(std::uint64_t{1}, most_streams));
  command
      ->add_option("--duration", options->duration,
                   "When to stop asking (10s, 5m); default 10s, or, with\n"
                   "--requests, when those were made. What is under way is read\n"
                   "to its end")
      ->type_name("TIME")
      ->check(usable_duration);
  command->add_option("--requests", options->requests, "How many requests to make in all")
      ->type_name("N")
      ->check(CLI::Range(std::uint64_t{1}, most_requests));
  command->add_option("--prompt-size", options->prompt_bytes, "Bytes of the prompt")
      ->type_name("BYTES")
      ->check(CLI::Range(std::uint64_t{1}, most_prompt_bytes));
  command->add_option("--max-tokens", options->max_tokens, "How long an answer may be")
      ->type_name("N")
      ->check(CLI::Range(std::uint64_t{1}, most_tokens));
  command->add_flag("--no-stream", options->no_stream, "Ask for JSON documents instead of streams");
  command->add_flag("--new-connections", options->new_connections,
                    "Make a new connection for each request");
  command
      ->add_option("--timeout", options->timeout,
                   "The longest wait for the next bytes of an answer;\ndefault 60s")
      ->type_name("TIME")
      ->check(usable_duration);
  command->add_option("--threads", options->threads, "Default: one per core, at most 2")
      ->type_name("N")
      ->check(CLI::Range(std::uint64_t{1}, most_threads));
  auto* const key = command
                        ->add_option("--key", options->key.key,
                                     "The endpoint's key. Other users of this machine can see it\n"
                                     "here; they cannot in the environment")
                        ->type_name("KEY");
  command
      ->add_option("--key-env", options->key.variable,
                   "Where in the environment the key is. Without both:\n"
                   "WEIR_BENCH_KEY, else OPENAI_API_KEY if the endpoint is https\n"
                   "or on this machine")
      ->type_name("NAME")
      ->excludes(key);
  command
      ->add_option("--check-emitter", options->emitter_events,
                   "Answers are those of this project's bench/e2e/emitter with N\n"
                   "events: check their text to the last byte, and tell how long\n"
                   "each event was on its way")
      ->type_name("N")
      ->check(CLI::Range(std::uint64_t{1}, most_requests));
  command->add_flag("--json", options->json, "Print the result as one JSON object");
  command->footer(
      "Requests and events per second count what came until the time was up. Times begin with the\n"
      "request: with a new connection, before it is made. Ctrl-C ends early and still prints.\n"
      "Exit code 0: every answer was right; 1: some were not, or none came; 2: wrong use.\n"
      "Examples:\n"
      "  weir bench http://127.0.0.1:4000 -m demo/clean --streams 200 --duration 30s\n"
      "  weir bench https://api.openai.com/v1 -m gpt-4.1-nano --requests 20 --streams 4 --json\n"
      "  weir bench http://127.0.0.1:8000/v1 --no-stream --new-connections --requests 1000");
  command->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace weir::app
