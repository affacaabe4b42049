// `weir top`: a live view of a running gateway, by its /metrics.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>

#include "app/commands.h"
#include "app/effective_config.h"
#include "app/endpoint_option.h"
#include "app/full_screen.h"
#include "app/http_client.h"
#include "app/top_frame.h"
#include "config/proxy_environment.h"
#include "config/values.h"
#include "net/event_loop.h"

namespace weir::app {

namespace {

constexpr millis longest_scrape{1000};
constexpr millis between_keys{50};

struct top_options {
  std::string url = "http://127.0.0.1:4000";
  std::string interval;
  bool once = false;
  bool json = false;
};

using clock = std::chrono::steady_clock;

struct scrape {
  top_snapshot seen;
  clock::time_point at;
};

/// Asks one gateway, again and again.
class scraper {
 public:
  scraper(const config::upstream_url& url, std::optional<config::forward_proxy> through) {
    shown_ = config::to_text(url);
    std::string base = url.base_path;
    if (base.ends_with("/v1")) base.resize(base.size() - 3);  // metrics are beside the API
    if (shown_.ends_with("/v1")) shown_.resize(shown_.size() - 3);
    if (!url.socket_path.empty() && shown_.ends_with(':')) shown_.pop_back();
    ask_.host = url.host;
    ask_.port = url.port;
    ask_.tls = url.tls;
    ask_.socket_path = url.socket_path;
    ask_.through = std::move(through);
    ask_.target = base + "/metrics";
    ask_.connect_timeout = longest_scrape;
    ask_.total = longest_scrape;
  }

  [[nodiscard]] result<scrape> look() const {
    const result<http_answer> answer = call(ask_);
    if (!answer) return answer.error();
    if (answer->status != 200)
      return failure{"GET " + ask_.target + " is answered with " + std::to_string(answer->status)};
    scrape out{top_snapshot_of(read_exposition(answer->body)), clock::now()};
    if (out.seen.version.empty()) return failure{"what it tells are not the metrics of weir"};
    return out;
  }
  [[nodiscard]] const std::string& url() const { return shown_; }

 private:
  std::string shown_;
  http_call ask_;
};

top_frame frame_of(const scraper& from, const scrape& before, const scrape& after) {
  const std::chrono::duration<double> between = after.at - before.at;
  top_frame frame = top_frame_of(before.seen, after.seen, between.count());
  frame.url = from.url();
  return frame;
}

int fail(const scraper& from, const std::string& why) {
  std::fprintf(stderr, "weir: %s: %s\n", from.url().c_str(), why.c_str());
  return 1;
}

int run_once(const scraper& from, millis interval, bool as_json) {
  const result<scrape> before = from.look();
  if (!before) return fail(from, before.error().message);
  std::this_thread::sleep_for(interval);
  const result<scrape> after = from.look();
  if (!after) return fail(from, after.error().message);
  const top_frame frame = frame_of(from, *before, *after);
  const std::string text =
      as_json ? top_as_json(frame) : top_as_text(frame, style_of(STDOUT_FILENO), 0);
  std::fwrite(text.data(), 1, text.size(), stdout);
  return 0;
}

/// The view on a terminal, until somebody leaves it.
class live_view {
 public:
  live_view(const scraper& from, millis interval)
      : from_(from),
        interval_(interval),
        look_(loop_, [this] { look(); }),
        keys_(loop_, [this] { read_keys(); }) {}

  void run() {
    for (const int number : {SIGINT, SIGTERM, SIGHUP})
      loop_.on_signal(number, [this](int) { loop_.stop(); });
    loop_.on_signal(SIGWINCH, [this](int) { draw(); });
    loop_.on_signal(SIGTSTP, [this](int) {
      screen_.leave();
      (void)std::raise(SIGSTOP);
      screen_.enter();  // continued
      draw();
    });
    look();
    read_keys();
    loop_.run();
  }

 private:
  void look() {
    result<scrape> now = from_.look();
    if (now) {
      trouble_.clear();
      // Without another look before there is nothing to tell rates from.
      frame_ = frame_of(from_, last_ ? *last_ : *now, *now);
      last_ = *std::move(now);
    } else {
      trouble_ = now.error().message;
    }
    draw();
    look_.start(interval_);
  }

  void draw() {
    const std::size_t height = full_screen::height();
    const text_style style = style_of(STDOUT_FILENO);
    std::string text;
    if (!trouble_.empty()) {
      std::string line = from_.url() + " is away; trying again (" + printable(trouble_) + ")";
      line = line.substr(0, style.width);
      text = style.colour ? "\033[31m" + line + "\033[0m\n" : line + "\n";
    }
    const std::size_t left = height - (text.empty() ? 0 : 1);
    if (frame_ && left > 0) text += top_as_text(*frame_, style, left);
    screen_.draw(text);
  }

  void read_keys() {
    while (const std::optional<char> key = full_screen::key())
      if (*key == 'q' || *key == 'Q' || *key == '\x03') return loop_.stop();
    keys_.start(between_keys);
  }

  const scraper& from_;
  millis interval_;
  net::event_loop loop_;
  net::timer look_;
  net::timer keys_;
  full_screen screen_;
  std::optional<scrape> last_;
  std::optional<top_frame> frame_;
  std::string trouble_;
};

int run(const top_options& options) {
  const config::upstream_url url = *config::parse_url(options.url);
  auto proxy = config::proxy_from_environment(url, environment_variable);
  if (!proxy) {
    std::fprintf(stderr, "weir: %s\n", config::to_string(proxy.error()).c_str());
    return 1;
  }
  const scraper from(url, *std::move(proxy));
  const millis interval =
      options.interval.empty() ? millis{1000} : *config::parse_duration(options.interval);
  if (options.once || options.json || ::isatty(STDOUT_FILENO) != 1)
    return run_once(from, interval, options.json);
  live_view(from, interval).run();
  return 0;
}

}  // namespace

void add_top(CLI::App& app, int& exit_code) {
  const auto options = std::make_shared<top_options>();
  CLI::App* const command = app.add_subcommand(
      "top",
      "Watch a running gateway: streams, requests, tokens, first tokens, errors, repairs, and\n"
      "each upstream, by its /metrics. What is no terminal gets one frame, as with --once.");
  command
      ->add_option(
          "url", options->url,
          "http://HOST[:PORT], https://... or unix:/SOCKET;\ndefault http://127.0.0.1:4000")
      ->type_name("URL")
      ->check(usable_url);
  command
      ->add_option("--interval", options->interval,
                   "Between two looks (500ms, 5s), and what rates are over;\ndefault 1s")
      ->type_name("TIME")
      ->check(usable_duration);
  CLI::Option* const once =
      command->add_flag("--once", options->once, "Print one frame, of one interval, and end");
  command->add_flag("--json", options->json, "The frame as one JSON object")->needs(once);
  command->footer(
      "q or Ctrl-C leaves. Events and tokens count when their answer is over. `errors` of all are\n"
      "answers that were 4xx or 5xx for the client, of an upstream attempts that failed there.\n"
      "NO_COLOR is respected.\n"
      "Exit code 0: it was left; 1: with --once, the gateway is away; 2: wrong use.\n"
      "Examples:\n"
      "  weir top\n"
      "  weir top https://gateway.example.com --interval 5s\n"
      "  weir top --once --json");
  command->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace weir::app
