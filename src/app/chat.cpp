// `weir chat`: one streamed answer in the terminal, through a gateway of its own.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "app/commands.h"
#include "app/effective_config.h"
#include "app/http_client.h"
#include "app/server.h"
#include "weir/json/reader.h"
#include "weir/json/writer.h"
#include "weir/sse/event_parser.h"

namespace weir::app {

namespace {

struct chat_options {
  config_source source;
  std::string model;
  std::string prompt;
};

/// Prints what a stream says as it comes: the answer on stdout, thoughts and errors on stderr.
class printer {
 public:
  void take(std::string_view bytes) {
    while (parser_.parse(bytes) == sse::event_parser::status::event_ready)
      print(parser_.current().data);
    std::fflush(stdout);
  }

  [[nodiscard]] bool whole() const { return done_ && !failed_; }
  [[nodiscard]] bool spoke() const { return spoke_; }

 private:
  void print(std::string_view data) {
    if (data == "[DONE]") {
      done_ = true;
      return;
    }
    if (reader_.parse(data) != json::reader::status::ok) return;
    const json::value root = reader_.root();
    if (root["error"].given()) {
      failed_ = true;
      std::fflush(stdout);  // what was said comes before why it stops
      std::fprintf(stderr, "%sweir: %s\n", spoke_ ? "\n" : "",
                   root["error"]["message"].decoded().c_str());
      return;
    }
    const json::value delta = root["choices"].at(0)["delta"];
    for (const char* key : {"reasoning_content", "reasoning"}) think(delta[key].decoded());
    say(delta["content"].decoded());
    say(delta["refusal"].decoded());
    for (const json::value call : delta["tool_calls"].elements()) {
      const json::value function = call["function"];
      if (function["name"].given())
        say((spoke_ ? "\n[calls " : "[calls ") + function["name"].decoded() + "] ");
      say(function["arguments"].decoded());
    }
  }

  void say(const std::string& text) {
    if (text.empty()) return;
    if (thought_ && !spoke_) std::fputs("\n\n", stderr);
    spoke_ = true;
    std::fwrite(text.data(), 1, text.size(), stdout);
  }

  void think(const std::string& text) {
    if (text.empty()) return;
    thought_ = true;
    const bool terminal = ::isatty(STDERR_FILENO) == 1;
    std::fprintf(stderr, terminal ? "\033[2m%s\033[0m" : "%s", text.c_str());
  }

  sse::event_parser parser_;
  json::reader reader_;
  bool done_ = false;
  bool failed_ = false;
  bool spoke_ = false;
  bool thought_ = false;
};

/// The first model that is not a canned one, else the canned one that is right.
std::string first_model(std::uint16_t port) {
  http_call ask;
  ask.host = "127.0.0.1";
  ask.port = port;
  ask.target = "/v1/models";
  const result<http_answer> answer = call(ask);
  json::reader reader;
  if (answer && reader.parse(answer->body) == json::reader::status::ok)
    for (const json::value model : reader.root()["data"].elements())
      if (const std::string id = model["id"].decoded(); id.rfind("demo/", 0) != 0) return id;
  return "demo/clean";
}

int run_chat(chat_options& options) {
  auto loaded = effective_config(options.source);
  if (!loaded) {
    for (const config::problem& p : loaded.error())
      std::fprintf(stderr, "weir: %s\n", to_string(p).c_str());
    return 1;
  }
  loaded->listen = {"127.0.0.1", 0, ""};
  loaded->tls = {};
  loaded->workers = 1;
  server_options quiet;
  quiet.access_lines = false;
  auto gateway =
      server::start(std::make_shared<const config::config>(*std::move(loaded)), std::move(quiet));
  if (!gateway) {
    std::fprintf(stderr, "weir: %s\n", gateway.error().message.c_str());
    return 1;
  }
  const std::uint16_t port = (*gateway)->port();
  if (options.model.empty()) options.model = first_model(port);

  http_call ask;
  ask.host = "127.0.0.1";
  ask.port = port;
  ask.method = "POST";
  ask.target = "/v1/chat/completions";
  ask.body = "{\"model\":" + json::quoted(options.model) +
             ",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":" +
             json::quoted(options.prompt) + "}]}";
  printer out;
  const result<http_answer> answer = call(ask, [&](std::string_view bytes) { out.take(bytes); });
  if (out.spoke()) std::fputs("\n", stdout);
  if (!answer) {
    std::fprintf(stderr, "weir: %s\n", answer.error().message.c_str());
    return 1;
  }
  if (answer->status != 200) {
    json::reader reader;
    const bool readable = reader.parse(answer->body) == json::reader::status::ok;
    const std::string message = readable ? reader.root()["error"]["message"].decoded() : "";
    std::fprintf(stderr, "weir: %u %s\n", answer->status, message.c_str());
    return 1;
  }
  return out.whole() ? 0 : 1;
}

}  // namespace

void add_chat(CLI::App& app, int& exit_code) {
  const auto options = std::make_shared<chat_options>();
  CLI::App* command = app.add_subcommand("chat", "Ask one question and print the streamed answer");
  command->add_option("prompt", options->prompt, "What to ask")->required();
  command
      ->add_option("-m,--model", options->model,
                   "Model; default: the first one that an upstream lists, else\n"
                   "demo/clean")
      ->type_name("MODEL");
  add_config_options(*command, options->source);
  command->footer(
      "Exit code 0: the answer is whole; 1: it is not, and stderr says why.\n"
      "Example:\n  weir chat -m demo/no-done \"hello\"");
  command->callback([options, &exit_code] { exit_code = run_chat(*options); });
}

}  // namespace weir::app
