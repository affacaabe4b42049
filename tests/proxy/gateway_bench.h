#pragma once
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "net/memory_connection.h"
#include "observe/log.h"
#include "observe/metrics.h"
#include "proxy/worker.h"
#include "support/chat_texts.h"
#include "support/loop_driver.h"
#include "support/raw_client.h"
#include "support/scripted_upstream.h"

namespace weir::test {

/// An upstream's answer that begins with the role; what follows is the test's to send to `at`.
inline auto begins_stream(upstream_peer*& at) {
  return [&at](upstream_peer& peer, const received_request&) {
    peer.begin_stream();
    peer.chunk(chat_role());
    at = &peer;
  };
}

/// A group of the one worker a bench has.
class group_of_one final : public proxy::worker_group {
 public:
  group_of_one(net::event_loop& loop, const std::unique_ptr<proxy::worker>& only)
      : loop_(loop), only_(only) {}
  [[nodiscard]] std::size_t size() const override { return 1; }
  void on_each(std::function<void(proxy::worker&)> call) override {
    loop_.post([this, call = std::move(call)] {
      if (only_ && !silent) call(*only_);
    });
  }
  bool silent = false;  ///< as one that has ended

 private:
  net::event_loop& loop_;
  const std::unique_ptr<proxy::worker>& only_;
};

/// One worker in front of one or more scripted upstreams, all in memory.
class gateway_bench {
 public:
  gateway_bench() : network(loop), driver(loop) {
    times.first_models = millis{5000};  // memory answers at once, but machines are busy
    settings.upstreams.push_back(upstream("u"));
    settings.routing.attempts = 1;  // what a failure leads to is there to be seen
    network.answer = [](upstream_peer& peer, const received_request& request) {
      if (request.method == "GET")
        return peer.respond(200, "application/json", R"({"data":[{"id":"m"}]})");
      peer.begin_stream();
      peer.chunk(chat_stream());
      peer.end_chunks();
    };
  }
  ~gateway_bench() {
    // The loop has to see the end of what is still open.
    clients.clear();
    worker.reset();
    network.peers.clear();
    driver.settle();
  }

  static config::upstream upstream(const std::string& name) {
    config::upstream made;
    made.name = name;
    made.url = {false, name + ".test", 80, "/v1"};
    return made;
  }

  /// Settings are final from here on.
  void start() {
    const auto config = std::make_shared<const config::config>(settings);
    board = std::make_shared<proxy::upstream_board>(config);
    worker = std::make_unique<proxy::worker>(proxy::worker_parts{loop,
                                                                 network,
                                                                 {},
                                                                 config,
                                                                 board,
                                                                 metrics,
                                                                 {all_metrics, history},
                                                                 log,
                                                                 group,
                                                                 guests,
                                                                 1,
                                                                 times,
                                                                 1,
                                                                 records,
                                                                 keys,
                                                                 office});
  }

  /// A client connected to the worker, which starts on the first call.
  raw_client& client(const net::memory_options& options = {}) {
    if (!worker) start();
    net::memory_pair pair = net::make_memory_pair(loop, options);
    worker->accept(std::move(pair.far), "127.0.0.1");
    clients.push_back(std::make_unique<raw_client>(std::move(pair.near)));
    return *clients.back();
  }

  /// Sends and waits for that many complete responses, or the end of the connection.
  bool ask(raw_client& c, std::string_view bytes, std::size_t responses = 1) {
    const std::size_t before = c.complete();
    c.send(bytes);
    return driver.run_until([&] { return c.complete() >= before + responses || c.gone(); });
  }

  net::event_loop loop;
  config::config settings;
  proxy::session_times times;
  observe::metrics_shard metrics;
  std::vector<const observe::metrics_shard*> all_metrics{&metrics};
  observe::config_history history;
  proxy::client_board guests;
  observe::record_sink* records = nullptr;
  proxy::office* office = nullptr;
  std::shared_ptr<const proxy::key_ring> keys = std::make_shared<const proxy::key_ring>();
  observe::log log{{false}};
  scripted_network network;
  loop_driver driver;
  std::shared_ptr<proxy::upstream_board> board;
  std::unique_ptr<proxy::worker> worker;
  group_of_one group{loop, worker};
  std::vector<std::unique_ptr<raw_client>> clients;
};

}  // namespace weir::test
