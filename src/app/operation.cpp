#include "app/operation.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <string>
#include <utility>

#include "app/hand_over.h"
#include "app/service_manager.h"

namespace weir::app {
namespace {

/// Whether somebody sits in front of it who can leave.
bool has_terminal() {
  const int terminal = ::open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC);
  if (terminal >= 0) ::close(terminal);
  return terminal >= 0;
}

/// A connection is a file descriptor, or two: as many as the system lets this process have.
void raise_descriptor_limit() {
  rlimit bound{};
  if (::getrlimit(RLIMIT_NOFILE, &bound) != 0 || bound.rlim_cur == bound.rlim_max) return;
  bound.rlim_cur = bound.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &bound);
}

}  // namespace

operation::operation(config_source source)
    : source_(std::move(source)), had_terminal_(has_terminal()) {}

result<std::unique_ptr<server>> operation::start(std::shared_ptr<const config::config> config) {
  raise_descriptor_limit();
  auto sockets = inherited_sockets();
  if (!sockets) return sockets.error();
  server_options options;
  options.sockets = std::move(sockets).value();
  options.handle_signals = true;
  options.keep_records = true;
  options.on_signal = {{SIGHUP, [this] { on_hangup(); }},
                       {SIGUSR2, [this] { on_hand_over(); }},
                       {SIGCHLD, [this] { on_child(); }}};
  options.alive_period = watchdog_period();
  options.on_alive = [] { tell_manager("WATCHDOG=1"); };
  options.on_end = [] { tell_manager("STOPPING=1"); };
  return server::start(std::move(config), std::move(options));
}

void operation::serve(server& running, const config::config& config,
                      const std::function<void()>& announce) {
  reloader reloads([this] { return effective_config(source_); }, config, running);
  reloader_ = &reloads;
  server_ = &running;
  announce();
  tell_manager("READY=1\nMAINPID=" + std::to_string(::getpid()));
  release_predecessor();
  running.wait();
}

void operation::on_hangup() {
  // SIGHUP says one of two things: look at the configuration, or the terminal is gone.
  if (had_terminal_ && !has_terminal())
    std::raise(SIGTERM);
  else if (reloader* const there = reloader_.load())
    there->ask();
}

void operation::on_hand_over() {
  server* const running = server_.load();
  if (running == nullptr || successor_ != 0) return;
  const std::vector<int> sockets = running->sockets();
  if (sockets.empty()) return;  // it ends already
  const auto started = start_successor(sockets);
  if (!started) {
    running->log().say(
        observe::level::error,
        "no successor could be started, this one serves on: " + started.error().message);
    return;
  }
  successor_ = *started;
  running->log().say(observe::level::info, "process " + std::to_string(successor_) +
                                               " is to take over; this one serves until it does");
}

void operation::on_child() {
  const std::string how = end_of(successor_);
  if (how.empty()) return;
  successor_ = 0;
  if (server* const running = server_.load())
    running->log().say(observe::level::error,
                       "the successor ended " + how + "; this one serves on");
}

}  // namespace weir::app
