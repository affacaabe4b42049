#include "app/server.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <random>
#include <string>
#include <thread>
#include <utility>

#include "app/port_check.h"
#include "demo/demo_service.h"
#include "net/event_loop.h"
#include "net/listener.h"
#include "net/socket_connector.h"
#include "observe/metrics.h"
#include "proxy/worker.h"

namespace weir::app {
namespace {

/// After the last exchange, for what is queued to leave.
constexpr millis last_words{200};
/// For the error frames of exchanges that were cut short.
constexpr millis cut_short{500};

std::uint64_t random_seed() {
  std::random_device device;
  return (static_cast<std::uint64_t>(device()) << 32) ^ device();
}

}  // namespace

/// One core's share: everything here belongs to its thread once that runs.
struct core {
  core(std::shared_ptr<const config::config> config, std::shared_ptr<proxy::upstream_board> board,
       observe::metrics_shard& metrics, const observe::metrics_sources& all_metrics,
       observe::log& log, std::size_t workers)
      : demo(loop),
        network(loop),
        worker({loop,
                network,
                [this](net::event_loop& l) { return demo.open(l); },
                std::move(config),
                std::move(board),
                metrics,
                all_metrics,
                log,
                random_seed(),
                {},
                workers}),
        deadline(loop, [this] { end_now(); }),
        stop(loop, [this] { loop.stop(); }) {}

  void shut_down(millis grace) {
    if (shutting_down) return end_now();
    shutting_down = true;
    listener.reset();
    const bool quiet = worker.sessions() == 0;
    deadline.start(grace);
    worker.shut_down([this, quiet] {
      deadline.stop();
      stop.start(quiet ? millis{0} : last_words);
    });
  }

  void end_now() {
    worker.end_now();
    deadline.stop();
    stop.start(cut_short);
  }

  net::event_loop loop;
  demo::demo_service demo;
  net::socket_connector network;
  proxy::worker worker;
  net::timer deadline;
  net::timer stop;
  std::unique_ptr<net::listener> listener;
  bool shutting_down = false;
  std::thread thread;
};

struct server::implementation {
  explicit implementation(const server_options& options)
      : log(observe::log::options{options.access_lines}) {}

  void ask_to_end(millis grace) {
    for (const auto& c : cores) c->loop.post([c = c.get(), grace] { c->shut_down(grace); });
  }
  void join() {
    for (const auto& c : cores)
      if (c->thread.joinable()) c->thread.join();
  }

  observe::log log;
  observe::config_history history;
  std::shared_ptr<const config::config> config;        ///< in force, for `reload`
  std::shared_ptr<const proxy::upstream_board> board;  ///< its
  std::vector<std::unique_ptr<observe::metrics_shard>> shards;
  std::vector<const observe::metrics_shard*> all_shards;
  std::vector<std::unique_ptr<core>> cores;
  std::uint16_t port = 0;
  bool ending = false;  ///< the thread of the first core
};

server::server(std::unique_ptr<implementation> made) : implementation_(std::move(made)) {}

result<std::unique_ptr<server>> server::start(std::shared_ptr<const config::config> config,
                                              const server_options& options) {
  if (auto port = free_port(config->listen.host, config->listen.port); !port) return port.error();
  auto made = std::make_unique<implementation>(options);
  const std::size_t count =
      config->workers != 0 ? config->workers : std::max(1U, std::thread::hardware_concurrency());
  for (std::size_t i = 0; i < count; ++i) {
    made->shards.push_back(std::make_unique<observe::metrics_shard>());
    made->all_shards.push_back(made->shards.back().get());
  }
  const auto board = std::make_shared<proxy::upstream_board>(config);
  made->config = config;
  made->board = board;
  net::listener::options where;
  where.host = config->listen.host;
  where.port = config->listen.port;
  for (std::size_t i = 0; i < count; ++i) {
    made->cores.push_back(std::make_unique<core>(
        config, board, *made->shards[i], observe::metrics_sources{made->all_shards, made->history},
        made->log, count));
    core* const c = made->cores.back().get();
    auto listener = net::listener::open(
        c->loop, where, [c](std::unique_ptr<net::connection> connection, const std::string& peer) {
          c->worker.accept(std::move(connection), peer);
        });
    if (!listener) return listener.error();
    c->listener = std::move(listener).value();
    where.port = c->listener->port();  // the first may have chosen any
  }
  made->port = where.port;

  implementation* const all = made.get();
  core* const first = made->cores.front().get();
  // One worker asks the upstreams for their models and tells the others.
  first->loop.post([all, first] {
    first->worker.probe_models([all](const std::shared_ptr<const config::config>& of,
                                     std::shared_ptr<const proxy::model_catalogue> models) {
      for (std::size_t i = 1; i < all->cores.size(); ++i) {
        core* const other = all->cores[i].get();
        other->loop.post([other, of, models] { other->worker.use_models(of, models); });
      }
    });
  });
  made->history.applied(config->origin, first->loop.wall_clock());
  if (options.handle_signals) {
    first->loop.on_signal(SIGHUP, [call = options.on_hangup](int) {
      if (call) call();
    });
    const auto on_signal = [all, grace = options.grace](int) {
      const auto patience = std::chrono::duration_cast<seconds>(grace).count();
      all->log.say(observe::level::info,
                   all->ending ? "stopping now"
                               : "shutting down: running answers may finish within " +
                                     std::to_string(patience) + " s; once more stops at once");
      all->ending = true;
      all->ask_to_end(grace);
    };
    first->loop.on_signal(SIGINT, on_signal);
    first->loop.on_signal(SIGTERM, on_signal);
  }
  for (const auto& c : made->cores) c->thread = std::thread([c = c.get()] { c->loop.run(); });
  return std::unique_ptr<server>(new server(std::move(made)));
}

server::~server() { shut_down(millis{0}); }

std::uint16_t server::port() const { return implementation_->port; }
std::size_t server::workers() const { return implementation_->cores.size(); }
observe::log& server::log() { return implementation_->log; }

observe::config_history& server::history() { return implementation_->history; }

std::optional<std::string> server::reload(std::shared_ptr<const config::config> next) {
  implementation& all = *implementation_;
  for (const auto& [name, same] : {std::pair{"listen", next->listen == all.config->listen},
                                   std::pair{"workers", next->workers == all.config->workers}}) {
    if (!same)
      return next->origin + ": `" + name +
             "` cannot change while weir runs; restart it, or set it back";
  }
  const auto board = std::make_shared<proxy::upstream_board>(next, all.board.get());
  // The first worker tells the others of models: it has to be the last to know.
  for (std::size_t i = all.cores.size(); i-- > 0;) {
    core* const c = all.cores[i].get();
    c->loop.post([c, next, board] { c->worker.use_config(next, board); });
  }
  all.config = std::move(next);
  all.board = board;
  return std::nullopt;
}

void server::shut_down(millis grace) {
  implementation_->ask_to_end(grace);
  implementation_->join();
}

void server::wait() { implementation_->join(); }

}  // namespace weir::app
