// `weir repair`: the way of an answer as a filter.
#include <poll.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "app/commands.h"
#include "config/assignments.h"
#include "weir/base/limits.h"
#include "weir/json/reader.h"
#include "weir/json/writer.h"
#include "weir/openai/chat_answer.h"
#include "weir/openai/chat_request.h"
#include "weir/openai/completion_request.h"

namespace weir::app {

namespace {

struct repair_options {
  std::string request_file;
  std::vector<std::string> settings;
  bool json = false;
};

/// What `--set` says. A setting that changes no answer here would be a promise without effect.
result<config::stream_overrides> settings_of(const repair_options& options) {
  auto written = config::parse_assignments(options.settings);
  if (!written) return written;
  if (written->heartbeat || written->commit_after || written->max_tokens_field ||
      written->completions)
    return failure{
        "heartbeat, commit_after, max_tokens_field and completions concern weir serve alone"};
  if (written->validation && options.request_file.empty())
    return failure{"validation concerns a request, and there is no --request"};
  return written;
}

/// The request the answer belongs to; "" when no file is named.
result<std::string> request_body(const repair_options& options) {
  if (options.request_file.empty()) return std::string();
  std::ifstream file(options.request_file, std::ios::binary);
  if (!file) return failure{options.request_file + ": cannot be read"};
  return std::string(std::istreambuf_iterator<char>(file), {});
}

/// A request of Completions has a prompt in the place of messages.
bool has_prompt(std::string_view body, json::reader& reader) {
  return reader.parse(body) == json::reader::status::ok && reader.root()["prompt"].present() &&
         !reader.root()["messages"].present();
}

/// What the answer has to obey; without a request, as a plain stream of chat.
result<openai::chat_context> context_for(const repair_options& options,
                                         const config::stream_policy& policy) {
  const result<std::string> body = request_body(options);
  if (!body) return body.error();
  openai::chat_request request;
  request.model = "unknown";
  request.stream = true;
  if (!options.request_file.empty()) {
    json::reader reader;
    const auto read_request =
        has_prompt(*body, reader) ? openai::read_completion_request : openai::read_chat_request;
    auto read = read_request(*body, reader, policy.validation);
    if (!read) return failure{options.request_file + ": " + read.error().message};
    request = std::move(read).value();
  }
  openai::chat_context context = openai::context_of(request, policy.dialect);
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  context.arrival = unix_seconds{std::chrono::duration_cast<seconds>(now).count()};
  context.id_seed = (std::uint64_t{std::random_device{}()} << 32U) | std::random_device{}();
  return context;
}

bool write_all(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::write(STDOUT_FILENO, bytes.data(), bytes.size());
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

/// The silence that the answer waits out. It begins with what has to be waited for, and anew with
/// payload; heartbeats do not prolong it (SSE-12, CHAT-29e).
class silence {
 public:
  /// Milliseconds that are left of it, for poll: -1 where any silence is waited out.
  int left(const openai::chat_answer& answer) {
    const auto now = clock::now();
    if (answer.waiting() != wait_ || answer.payload_frames() != payload_frames_) {
      wait_ = answer.waiting();
      payload_frames_ = answer.payload_frames();
      end_ = now + (wait_ == wait::late_usage ? limits::late_usage_wait : limits::finish_hold);
    }
    if (wait_ == wait::none) return -1;
    return static_cast<int>(std::max(std::chrono::ceil<millis>(end_ - now), millis{0}).count());
  }

  /// It is over; what still has to be waited for begins anew.
  void reset() { wait_ = wait::none; }

 private:
  using clock = std::chrono::steady_clock;
  using wait = openai::chat_answer::wait;

  wait wait_ = wait::none;
  std::uint64_t payload_frames_ = 0;
  clock::time_point end_;
};

/// Waits for input, no longer than the answer wants to, and gives it what has come.
void read_input(openai::chat_answer& answer, silence& quiet) {
  const int left = quiet.left(answer);
  if (left == 0) {
    quiet.reset();
    return answer.on_wait_over();
  }
  pollfd input{STDIN_FILENO, POLLIN, 0};
  const int ready = ::poll(&input, 1, left);
  if (ready == 0 || (ready < 0 && errno == EINTR)) return;
  std::array<char, 64 * limits::kib> buffer;  // NOLINT: written by read
  const ssize_t got = ::read(STDIN_FILENO, buffer.data(), buffer.size());
  if (got < 0 && errno == EINTR) return;
  if (got > 0) return answer.feed({buffer.data(), static_cast<std::size_t>(got)});
  answer.end(got < 0);
}

void list_repairs(const openai::chat_answer& answer, bool json) {
  std::string text;
  const openai::repair_counts repairs = answer.repairs();
  if (json) {
    repairs.for_each([&](openai::clause clause, std::uint32_t times) {
      text += text.empty() ? "" : ",";
      text += "{\"clause\":" + json::quoted(openai::clause_name(clause)) +
              ",\"count\":" + std::to_string(times) + "}";
    });
    text = "{\"whole\":" + std::string(answer.failure() == nullptr ? "true" : "false") +
           ",\"error\":" +
           (answer.failure() == nullptr ? "null" : json::quoted(answer.failure()->message)) +
           ",\"repairs\":[" + text + "]}\n";
  } else {
    repairs.for_each([&](openai::clause clause, std::uint32_t times) {
      text += "weir: repaired " + std::string(openai::clause_name(clause)) + ", " +
              std::to_string(times) + (times == 1 ? " time\n" : " times\n");
    });
    if (answer.failure() != nullptr) text += "weir: " + answer.failure()->message + "\n";
  }
  std::fputs(text.c_str(), stderr);
}

int run_repair(const repair_options& options, const config::stream_policy& policy) {
  const result<openai::chat_context> context = context_for(options, policy);
  if (!context) {
    std::fprintf(stderr, "weir: %s\n", context.error().message.c_str());
    return 1;
  }
  openai::chat_answer answer(*context);
  // There is no status line to tell a failure with: it must be in the output (CHAT-30).
  answer.commit();
  const auto relay = [&] {
    const bool written = write_all(answer.output());
    answer.consume(answer.output().size());
    return written;
  };

  silence quiet;
  while (answer.current() == openai::chat_answer::state::open) {
    if (answer.has_more())
      answer.go_on();
    else
      read_input(answer, quiet);
    if (!relay()) return 1;
  }
  if (!relay()) return 1;
  if (!context->stream && answer.failure() != nullptr && !write_all(to_json(*answer.failure())))
    return 1;
  list_repairs(answer, options.json);
  return answer.failure() == nullptr ? 0 : 1;
}

}  // namespace

void add_repair(CLI::App& app, int& exit_code) {
  const auto options = std::make_shared<repair_options>();
  CLI::App* command = app.add_subcommand(
      "repair",
      "Filter: an upstream's raw answer on stdin, the legal one on stdout.\n"
      "What was repaired is listed on stderr. Exit code 0: the answer is whole, repaired or not;\n"
      "1: it is truncated or an error, and the legal ending is on stdout all the same.");
  command
      ->add_option(
          "--request", options->request_file,
          "The request body the answer belongs to (stream, n, include_usage, tools), of chat\n"
          "or, with a prompt, of Completions; without it: a stream of chat with one choice\n"
          "and no usage")
      ->type_name("FILE");
  command
      ->add_option("--set", options->settings,
                   "A setting of the configuration's 'stream:', such as eof_as_stop=true;\n"
                   "may be given several times")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
  command->add_flag("--json", options->json, "List the repairs as one JSON object");
  command->footer(
      "Example:\n  curl -sN $UPSTREAM/v1/chat/completions -d @request.json \\\n"
      "    | weir repair --request request.json");
  command->callback([options, &exit_code] {
    const auto settings = settings_of(*options);
    if (!settings) throw CLI::ValidationError("--set", settings.error().message);
    exit_code = run_repair(*options, config::apply({}, *settings));
  });
}

}  // namespace weir::app
