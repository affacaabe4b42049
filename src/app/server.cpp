#include "app/server.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <functional>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <utility>

#include "app/bookkeeper.h"
#include "app/clerk.h"
#include "app/client_tls.h"
#include "app/listening_sockets.h"
#include "demo/demo_service.h"
#include "net/event_loop.h"
#include "net/listener.h"
#include "net/socket_connector.h"
#include "observe/metrics.h"
#include "proxy/worker.h"
#include "quota/redis_limiter.h"
#include "weir/base/ids.h"

namespace weir::app {
namespace {

/// After the last exchange, for what is queued to leave.
constexpr millis last_words{200};
/// While the end of an answer waits for its record.
constexpr millis look_again{10};
/// For the error frames of exchanges that were cut short.
constexpr millis cut_short{500};

std::string in_seconds(millis time) {
  const auto count = time.count();
  return count % 1000 == 0 ? std::to_string(count / 1000) + " s" : std::to_string(count) + " ms";
}

std::string farewell(const config::drain_settings& how) {
  std::string text = "shutting down: ";
  if (how.grace) text += "new requests are served for " + in_seconds(*how.grace) + " more, then ";
  return text + "running answers may finish within " + in_seconds(how.limit) +
         "; once more stops at once";
}

micros wall_clock() {
  return std::chrono::duration_cast<micros>(std::chrono::system_clock::now().time_since_epoch());
}

std::uint64_t random_seed() {
  std::random_device device;
  return (static_cast<std::uint64_t>(device()) << 32) ^ device();
}

}  // namespace

/// One core's share: everything here belongs to its thread once that runs.
struct core {
  core(std::shared_ptr<const config::config> config, std::shared_ptr<proxy::upstream_board> board,
       observe::metrics_shard& metrics, const observe::metrics_sources& all_metrics,
       observe::log& log, proxy::worker_group& group, proxy::client_board& clients,
       std::size_t workers, observe::record_sink* records,
       std::shared_ptr<const proxy::key_ring> keys, proxy::office* office)
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
                group,
                clients,
                random_seed(),
                {},
                workers,
                records,
                std::move(keys),
                office}),
        sink(records),
        announced(loop, [this] { shut_down(); }),
        deadline(loop, [this] { end_now(); }),
        stop(loop, [this] { end(); }) {}

  /// Clients are told for `grace` that it will end; then nothing new begins, and what runs has
  /// `limit` to finish. Asked once more, it ends now.
  void drain(millis grace, millis limit) {
    if (shutting_down || announced.running()) return end_now();
    time_to_finish = limit;
    if (grace.count() == 0) return shut_down();
    worker.announce_end();
    announced.start(grace);
  }
  void shut_down() {
    shutting_down = true;
    listeners.clear();
    const bool quiet = worker.sessions() == 0;
    deadline.start(time_to_finish);
    worker.shut_down([this, quiet] {
      deadline.stop();
      stop.start(quiet ? millis{0} : last_words);
    });
  }

  void end_now() {
    if (!shutting_down) {
      announced.stop();
      shut_down();
    }
    worker.end_now();
    deadline.stop();
    stop.start(cut_short);
  }

  /// What waits for its record to be safe is given time.
  void end() {
    if (sink == nullptr || sink->is_safe()) {
      if (!std::exchange(waits_for_records, false)) return loop.stop();
      return stop.start(last_words);  // it may leave only now
    }
    const micros now = loop.now();
    if (!waits_for_records) patience = now + limits::disk_farewell;
    waits_for_records = true;
    if (now >= patience) return loop.stop();
    stop.start(look_again);
  }

  net::event_loop loop;
  demo::demo_service demo;
  net::socket_connector network;
  proxy::worker worker;
  observe::record_sink* const sink;
  net::timer announced;
  net::timer deadline;
  net::timer stop;
  std::vector<std::unique_ptr<net::listener>> listeners;
  millis time_to_finish{0};
  bool shutting_down = false;
  bool waits_for_records = false;
  micros patience{0};
  std::thread thread;
};

struct server::implementation final : proxy::worker_group {
  explicit implementation(const server_options& options)
      : log(observe::log::options{options.access_lines}) {}
  ~implementation() {
    if (books) books->detach();
  }
  implementation(const implementation&) = delete;
  implementation& operator=(const implementation&) = delete;

  [[nodiscard]] std::size_t size() const override { return cores.size(); }
  void on_each(std::function<void(proxy::worker&)> call) override {
    for (const auto& c : cores) c->loop.post([c = c.get(), call] { call(c->worker); });
  }
  void ask_to_end(millis grace, millis limit) {
    for (const auto& c : cores)
      c->loop.post([c = c.get(), grace, limit] { c->drain(grace, limit); });
  }
  /// Every `period` a call goes through all loops, one after the other; when it is back, they turn.
  void watch_loops(millis period, std::function<void()> on_alive) {
    net::event_loop& first = cores.front()->loop;
    pulse.emplace(first, [this, period, alive = std::move(on_alive)] {
      pulse->start(period);
      pass_on(1, alive);
    });
    pulse->start(period);
  }
  void pass_on(std::size_t next, const std::function<void()>& back) {
    if (next == cores.size()) return cores.front()->loop.post(back);
    cores[next]->loop.post([this, next, back] { pass_on(next + 1, back); });
  }
  /// What cannot be done is an error where it was asked for, and a warning where it was not.
  std::optional<failure> open_books(const config::store_settings& how) {
    const bool asked = how.ledger.what != config::ledger_address::kind::usual;
    std::string why;
    if (const auto where = places_of_records(how); !where) {
      why = where.error().message;
    } else if (*where) {
      auto opened = bookkeeper::open(how, **where, log, shards);
      if (opened) books = std::move(*opened);
      if (!opened) why = opened.error().message;
    }
    if (why.empty()) return std::nullopt;
    if (asked) return failure{why};
    log.say(observe::level::warning, "no records are kept: " + why);
    return std::nullopt;
  }
  [[nodiscard]] std::unique_ptr<quota::limiter> make_limiter() {
    const config::quota_backend& at = config->limits.backend;
    if (at.what == config::quota_backend::kind::memory) return std::make_unique<quota::limiter>();
    using redis = quota::redis_limiter;
    const bool serves = config->limits.backend_away == config::when_away::serve;
    redis::options how;
    how.at = {at.host, at.port, at.user, at.password.reveal(), at.database};
    how.away = serves ? redis::when_away::serve : redis::when_away::refuse;
    how.process = id_source(random_seed()).hex("", 16);
    how.wall_clock = &wall_clock;
    how.told_away = [this, serves](const std::string& why) {
      log.say(observe::level::error,
              "limits of keys are not shared: " + why +
                  (serves ? "; this process keeps them by itself"
                          : "; requests beyond what it has in hand are refused"));
    };
    how.told_back = [this] { log.say(observe::level::info, "limits of keys are shared again"); };
    return std::make_unique<redis>(std::move(how));
  }
  /// After the books: both know where the database is.
  std::optional<failure> open_keys() {
    limits = make_limiter();
    std::optional<record_places> where;
    if (books)
      if (auto places = places_of_records(config->store); places) where = std::move(places).value();
    auto opened = clerk::open({config, std::move(where), *limits, log, &wall_clock,
                               [this](const std::shared_ptr<const proxy::key_ring>& ring) {
                                 for (const auto& c : cores)
                                   c->loop.post([c = c.get(), ring] { c->worker.use_keys(ring); });
                               }});
    if (!opened) return opened.error();
    office = std::move(opened).value();
    return std::nullopt;
  }
  void join() {
    for (const auto& c : cores)
      if (c->thread.joinable()) c->thread.join();
    if (limits) limits->stop();  // the loops are still there to be told
  }

  observe::log log;
  observe::config_history history;
  proxy::client_board clients;
  /// In force; from any thread.
  [[nodiscard]] std::shared_ptr<const config::config> config_now() const {
    const std::lock_guard lock(config_guard);
    return config;
  }

  mutable std::mutex config_guard;
  std::shared_ptr<const config::config> config;
  std::shared_ptr<const proxy::upstream_board> board;  ///< its
  std::vector<std::unique_ptr<observe::metrics_shard>> shards;
  std::vector<const observe::metrics_shard*> all_shards;
  std::unique_ptr<bookkeeper> books;  ///< outlives the cores, whose workers write in them
  std::unique_ptr<quota::limiter> limits;
  std::vector<std::unique_ptr<core>> cores;
  std::unique_ptr<clerk> office;  ///< posts to the cores, whose workers ask it
  std::optional<net::timer> pulse;
  std::function<void()> on_end;
  std::string host;
  std::uint16_t port = 0;
  std::string path;
  bool ending = false;  ///< the thread of the first core
};

server::server(std::unique_ptr<implementation> made) : implementation_(std::move(made)) {}

result<std::unique_ptr<server>> server::start(std::shared_ptr<const config::config> config,
                                              server_options options) {
  auto made = std::make_unique<implementation>(options);
  const std::size_t count =
      config->workers != 0 ? config->workers : std::max(1U, std::thread::hardware_concurrency());
  for (std::size_t i = 0; i < count; ++i) {
    made->shards.push_back(std::make_unique<observe::metrics_shard>());
    made->all_shards.push_back(made->shards.back().get());
  }
  if (options.keep_records) {
    if (auto fault = made->open_books(config->store)) return *fault;
  }
  const auto board = std::make_shared<proxy::upstream_board>(config);
  made->config = config;
  made->board = board;
  if (auto fault = made->open_keys()) return *fault;
  const auto tls = client_tls(config->tls);
  if (!tls) return tls.error();
  auto sockets = listening_sockets(config->listen, count, std::move(options.sockets));
  if (!sockets) return sockets.error();
  for (std::size_t i = 0; i < count; ++i) {
    made->cores.push_back(std::make_unique<core>(
        config, board, *made->shards[i], observe::metrics_sources{made->all_shards, made->history},
        made->log, *made, made->clients, count, made->books ? made->books->sink(i) : nullptr,
        made->office->ring(), made->office->has_database() ? made->office.get() : nullptr));
    core* const c = made->cores.back().get();
    if (made->books) made->books->attach(i, c->loop);
    for (net::file_descriptor& socket : (*sockets)[i]) {
      auto listener = net::listener::open(
          c->loop, std::move(socket), limits::stalled_reader,
          [c](std::unique_ptr<net::connection> connection, const std::string& peer) {
            c->worker.accept(std::move(connection), peer);
          });
      if (!listener) return listener.error();
      (*listener)->use_tls(*tls);
      c->listeners.push_back(std::move(listener).value());
    }
  }
  made->host = made->cores.front()->listeners.front()->host();
  made->port = made->cores.front()->listeners.front()->port();
  made->path = made->cores.front()->listeners.front()->path();

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
    const auto on_signal = [all](int) {
      const config::drain_settings how = all->config_now()->drain;
      all->log.say(observe::level::info, all->ending ? "stopping now" : farewell(how));
      if (!std::exchange(all->ending, true) && all->on_end) all->on_end();
      all->ask_to_end(how.grace.value_or(millis{0}), how.limit);
    };
    for (auto& [number, call] : options.on_signal)
      first->loop.on_signal(number, [call = std::move(call)](int) { call(); });
    first->loop.on_signal(SIGINT, on_signal);
    first->loop.on_signal(SIGTERM, on_signal);
  }
  made->on_end = std::move(options.on_end);
  if (options.alive_period) made->watch_loops(*options.alive_period, std::move(options.on_alive));
  made->office->start();
  for (const auto& c : made->cores) c->thread = std::thread([c = c.get()] { c->loop.run(); });
  return std::unique_ptr<server>(new server(std::move(made)));
}

server::~server() { shut_down(millis{0}); }

const std::string& server::host() const { return implementation_->host; }
std::vector<int> server::sockets() const {
  std::vector<int> out;
  if (implementation_->ending) return out;
  for (const auto& c : implementation_->cores)
    for (const auto& listener : c->listeners) out.push_back(listener->socket());
  return out;
}
const std::string& server::path() const { return implementation_->path; }
std::uint16_t server::port() const { return implementation_->port; }
std::size_t server::workers() const { return implementation_->cores.size(); }
observe::log& server::log() { return implementation_->log; }

observe::config_history& server::history() { return implementation_->history; }

std::optional<std::string> server::reload(std::shared_ptr<const config::config> next) {
  implementation& all = *implementation_;
  for (const auto& [name, same] :
       {std::pair{"listen", next->listen == all.config->listen},
        std::pair{"workers", next->workers == all.config->workers},
        std::pair{"store", next->store == all.config->store},
        std::pair{"keys.hash_key", next->keys.hash_key == all.config->keys.hash_key},
        std::pair{"limits.backend", next->limits.backend == all.config->limits.backend},
        std::pair{"limits.backend_away",
                  next->limits.backend_away == all.config->limits.backend_away}}) {
    if (!same)
      return next->origin + ": `" + name +
             "` cannot change while weir runs; restart it, or set it back";
  }
  const auto tls = client_tls(next->tls);
  if (!tls) return tls.error().message;
  const auto board = std::make_shared<proxy::upstream_board>(next, all.board.get());
  // The first worker tells the others of models: it has to be the last to know.
  for (std::size_t i = all.cores.size(); i-- > 0;) {
    core* const c = all.cores[i].get();
    c->loop.post([c, next, board, tls = *tls] {
      for (const auto& listener : c->listeners) listener->use_tls(tls);
      c->worker.use_config(next, board);
    });
  }
  all.board = board;
  all.office->use_config(next);
  const std::lock_guard lock(all.config_guard);
  all.config = std::move(next);
  return std::nullopt;
}

void server::shut_down(millis limit) {
  implementation_->ask_to_end(millis{0}, limit);
  implementation_->join();
}

void server::wait() { implementation_->join(); }

}  // namespace weir::app
