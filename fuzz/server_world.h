#pragma once
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/h1_decoder.h"
#include "net/connector.h"
#include "net/loop_internals.h"
#include "net/memory_connection.h"
#include "observe/log.h"
#include "observe/metrics.h"
#include "proxy/worker.h"

/// The world of `server_fuzz`: a whole worker between clients and upstreams in memory, with a clock
/// of its own, and the laws that hold whatever they do.
namespace weir::fuzz {

inline void law(bool holds, const char* which, std::string_view detail = {}) {
  if (holds) return;
  std::fprintf(stderr, "server_fuzz: %s: %.*s\n", which, static_cast<int>(detail.size()),
               detail.data());
  std::abort();
}

/// A client: sends anything, and reads what comes as strictly as RFC 9112 allows.
class client final : public net::connection_handler {
 public:
  struct response {
    unsigned status = 0;
    std::string type;
    std::string id;
    bool served = false;  ///< by an upstream
    std::string body;
    bool complete = false;
  };

  explicit client(std::unique_ptr<net::connection> connection)
      : connection_(std::move(connection)) {
    connection_->set_handler(this);
  }

  void send(std::string_view bytes) {
    if (!connection_ || gone_) return;
    note_methods(bytes);
    connection_->write(bytes);
  }
  void pause(bool yes) {
    if (connection_) yes ? connection_->pause_reading() : connection_->resume_reading();
  }
  void end() {
    if (connection_) connection_->close_gracefully();
  }
  void leave() { connection_.reset(); }

  [[nodiscard]] const std::vector<response>& responses() const { return responses_; }
  [[nodiscard]] std::size_t requests() const { return requests_; }

 private:
  /// The methods of what was sent, for the response to HEAD has no body.
  void note_methods(std::string_view bytes) {
    using status = http::h1_request_decoder::status;
    while (true) {
      switch (sent_.parse(bytes)) {
        case status::need_input:
          return;
        case status::head:
          ++requests_;
          methods_.emplace_back(sent_.head().method);
          break;
        case status::body:
          break;
        case status::end:
          sent_.next_message();
          break;
        case status::error:
          return;
      }
    }
  }

  void on_data(std::string_view bytes) override {
    using status = http::h1_response_decoder::status;
    while (true) {
      if (!expecting_ && !methods_.empty()) {
        received_.expect(methods_.front());
        methods_.pop_front();
        expecting_ = true;
      }
      switch (received_.parse(bytes)) {
        case status::need_input:
          return;
        case status::head: {
          response& r = responses_.emplace_back();
          r.status = received_.head().status;
          r.type = received_.head().headers.get("content-type");
          r.id = received_.head().headers.get("x-request-id");
          r.served = received_.head().headers.has("x-weir-upstream");
          break;
        }
        case status::body:
          responses_.back().body += received_.body();
          break;
        case status::end:
          responses_.back().complete = true;
          received_.next_message();
          expecting_ = false;
          break;
        case status::error:
          law(false, "a client gets well-formed responses", received_.error().reason);
      }
    }
  }
  void on_end() override {
    gone_ = true;
    if (!responses_.empty() && !responses_.back().complete)
      responses_.back().complete = received_.finish() == http::h1_response_decoder::status::end;
  }
  void on_failure(const net::io_error&) override { gone_ = true; }
  void on_drained() override {}

  std::unique_ptr<net::connection> connection_;
  http::h1_request_decoder sent_;
  http::h1_response_decoder received_;
  std::deque<std::string> methods_;
  std::vector<response> responses_;
  std::size_t requests_ = 0;
  bool expecting_ = false;
  bool gone_ = false;
};

/// An upstream's end of one connection: answers anything, and reads requests strictly.
class peer final : public net::connection_handler {
 public:
  explicit peer(std::unique_ptr<net::connection> connection) : connection_(std::move(connection)) {
    connection_->set_handler(this);
  }
  void send(std::string_view bytes) {
    if (connection_) connection_->write(bytes);
  }
  void end() {
    if (connection_) connection_->close_gracefully();
  }
  void reset() { connection_.reset(); }

 private:
  void on_data(std::string_view bytes) override {
    using status = http::h1_request_decoder::status;
    while (true) {
      switch (decoder_.parse(bytes)) {
        case status::need_input:
          return;
        case status::end:
          decoder_.next_message();
          break;
        case status::error:
          law(false, "an upstream gets well-formed requests", decoder_.error().reason);
          break;
        default:
          break;
      }
    }
  }
  void on_end() override {}
  void on_failure(const net::io_error&) override {}
  void on_drained() override {}

  std::unique_ptr<net::connection> connection_;
  http::h1_request_decoder decoder_;
};

/// Connects as it is told to: each of the next attempts has its fate.
class network final : public net::connector {
 public:
  enum class fate : std::uint8_t { connects, is_refused, hangs };

  explicit network(net::event_loop& loop) : loop_(loop) {}
  [[nodiscard]] std::unique_ptr<net::connecting> connect(const net::endpoint&, millis timeout,
                                                         callback done) override {
    auto made = std::make_unique<attempt>(loop_);
    const fate next = fates.empty() ? fate::connects : fates.front();
    if (!fates.empty()) fates.pop_front();
    made->answer = [this, next, done = std::move(done)] {
      if (next == fate::is_refused) return done(net::io_error{net::fault::refused, "no"});
      if (next == fate::hangs) return done(net::io_error{net::fault::connect_timeout, "nobody"});
      net::memory_pair pair = net::make_memory_pair(loop_, options);
      peers.push_back(std::make_unique<peer>(std::move(pair.far)));
      done(std::move(pair.near));
    };
    made->timer.start(next == fate::hangs ? timeout : millis{0});
    return made;
  }

  std::deque<fate> fates;
  net::memory_options options;
  std::vector<std::unique_ptr<peer>> peers;

 private:
  struct attempt final : net::connecting {
    explicit attempt(net::event_loop& loop)
        : timer(loop, [this] { std::exchange(answer, {})(); }) {}
    std::function<void()> answer;
    net::timer timer;
  };
  net::event_loop& loop_;
};

/// Counts the records of exchanges by their ids.
class records final : public observe::record_sink {
 public:
  void keep(const observe::exchange_record& record) override { ids.insert(record.request_id); }
  [[nodiscard]] bool accepts() const override { return true; }
  std::multiset<std::string> ids;
};

class world final : private proxy::worker_group {
 public:
  world() : net_(loop_) {
    loop_.internals().hold_clock();
    use(settings(0));
  }
  ~world() { finish(); }

  void settle() { law(loop_.internals().settle(), "every turn comes to its end"); }
  void let_pass(millis time) {
    loop_.internals().let_pass(time);
    settle();
  }

  client& enter(std::size_t slice) {
    net::memory_pair pair = net::make_memory_pair(loop_, {slice, 0});
    clients_.push_back(std::make_unique<client>(std::move(pair.near)));
    worker_->accept(std::move(pair.far), "127.0.0.1");
    return *clients_.back();
  }
  [[nodiscard]] client* some_client(unsigned which) {
    return clients_.empty() ? nullptr : clients_[which % clients_.size()].get();
  }
  [[nodiscard]] peer* some_peer(unsigned which) {
    return net_.peers.empty() ? nullptr
                              : net_.peers[net_.peers.size() - 1 - which % net_.peers.size()].get();
  }
  [[nodiscard]] network& upstreams() { return net_; }
  [[nodiscard]] const std::vector<std::unique_ptr<client>>& clients() const { return clients_; }
  [[nodiscard]] const records& kept() const { return records_; }

  void reload(unsigned variant) {
    auto next = std::make_shared<const config::config>(settings(variant));
    board_ = std::make_shared<proxy::upstream_board>(next, board_.get());
    worker_->use_config(std::move(next), board_);
  }
  void announce_end() { worker_->announce_end(); }
  void shut_down() {
    if (std::exchange(shut_down_, true)) return;
    worker_->shut_down([] {});
  }
  void end_now() { worker_->end_now(); }

  /// Everybody leaves, time goes by: nothing may be left.
  void finish() {
    if (!worker_) return;
    settle();
    for (const auto& one : clients_) one->leave();
    settle();
    law(worker_->sessions() == 0, "no session outlives its client");
    law(guests_.connections_open() == 0 && guests_.streams_open() == 0 &&
            guests_.bytes_buffered() == 0,
        "what clients took is given back");
    for (const auto& one : net_.peers) one->reset();
    for (int i = 0; i < 4; ++i) let_pass(std::chrono::hours{1});
    worker_.reset();
    net_.peers.clear();
    settle();
  }

 private:
  static config::config settings(unsigned variant) {
    config::config made;
    made.origin = "fuzz";
    for (const char* const name : {"a", "b"}) {
      config::upstream one;
      one.name = name;
      one.url.host = std::string(name) + ".test";
      one.url.port = 80;
      one.url.base_path = "/v1";
      if (variant % 2 == 1) one.max_concurrent = 1;
      made.upstreams.push_back(std::move(one));
    }
    config::model_route route;
    route.name = "m";
    for (const auto& one : made.upstreams) {
      route.candidates.emplace_back();
      route.candidates.back().upstream = one.name;
    }
    if (variant % 4 >= 2) route.routing.hedge = hedge_after_half();
    made.models.push_back(std::move(route));
    made.limits.header_size = 2048;
    made.limits.body_size = 4096;
    made.limits.requests_per_connection = variant % 8 >= 4 ? 2 : 0;
    made.limits.connections = 8;
    made.limits.streams = 4;
    made.limits.buffered = limits::mib;
    made.admin.key = config::secret("admin");
    made.cors.origins = {"https://page.test"};
    return made;
  }
  static config::hedge_point hedge_after_half() {
    config::hedge_point point;
    point.percentile = 50;
    return point;
  }

  void use(config::config first) {
    auto config = std::make_shared<const config::config>(std::move(first));
    board_ = std::make_shared<proxy::upstream_board>(config);
    proxy::worker_parts made{
        loop_, net_,  {},     std::move(config), board_, metrics_, {all_metrics_, history_},
        log(), *this, guests_};
    made.records = &records_;
    made.seed = 1;
    worker_ = std::make_unique<proxy::worker>(made);
    worker_->probe_models([](const auto&, const auto&) {});
  }
  /// One for all worlds: it has threads.
  static observe::log& log() {
    static observe::log only({false, 1, 1});
    return only;
  }
  [[nodiscard]] std::size_t size() const override { return 1; }
  void on_each(std::function<void(proxy::worker&)> call) override {
    loop_.post([this, call = std::move(call)] {
      if (worker_) call(*worker_);
    });
  }

  net::event_loop loop_;
  network net_;
  observe::metrics_shard metrics_;
  std::vector<const observe::metrics_shard*> all_metrics_{&metrics_};
  observe::config_history history_;
  proxy::client_board guests_;
  records records_;
  std::shared_ptr<proxy::upstream_board> board_;
  std::unique_ptr<proxy::worker> worker_;
  std::vector<std::unique_ptr<client>> clients_;
  bool shut_down_ = false;
};

}  // namespace weir::fuzz
