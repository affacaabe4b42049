#pragma once
#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/h1_decoder.h"
#include "http/h1_encoder.h"
#include "net/connector.h"
#include "net/memory_connection.h"

namespace weir::test {

/// What an upstream received.
struct received_request {
  std::string method;
  std::string target;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;       ///< what has come of it
  bool complete = false;  ///< all of it has

  [[nodiscard]] std::string header(std::string_view name) const {
    for (const auto& [key, value] : headers) {
      http::fields one;
      one.add(key, value);
      if (one.has(name)) return value;
    }
    return {};
  }
};

/// The upstream's end of one connection.
class upstream_peer final : public net::connection_handler {
 public:
  using script = std::function<void(upstream_peer&, const received_request&)>;

  /// `early` is called once a head has come, `answer` once a request has.
  upstream_peer(std::unique_ptr<net::connection> connection, script& early, script& answer)
      : connection_(std::move(connection)), early_(early), answer_(answer) {
    connection_->set_handler(this);
  }

  void send(std::string_view bytes) {
    if (connection_) connection_->write(bytes);
  }
  /// A whole response with Content-Length.
  void respond(unsigned status, std::string_view type, std::string_view body,
               std::vector<http::field> more = {}) {
    const std::string length = std::to_string(body.size());
    more.push_back({"Content-Type", type});
    more.push_back({"Content-Length", length});
    std::string out;
    if (http::write_response_head(out, status, more)) send(out + std::string(body));
  }
  /// The head of a chunked event stream.
  void begin_stream(std::vector<http::field> more = {}) {
    more.push_back({"Content-Type", "text/event-stream"});
    more.push_back({"Transfer-Encoding", "chunked"});
    std::string out;
    if (http::write_response_head(out, 200, more)) send(out);
  }
  void chunk(std::string_view bytes) {
    std::string out;
    http::append_chunk(out, bytes);
    send(out);
  }
  void end_chunks() {
    std::string out;
    http::append_last_chunk(out);
    send(out);
  }
  void close() { connection_->close_gracefully(); }
  void reset() { connection_.reset(); }
  net::connection& connection() { return *connection_; }

  [[nodiscard]] const std::vector<received_request>& requests() const { return requests_; }
  [[nodiscard]] bool gone() const { return gone_; }  ///< the gateway closed or cut it

 private:
  void on_data(std::string_view bytes) override {
    using status = http::h1_request_decoder::status;
    while (true) {
      switch (decoder_.parse(bytes)) {
        case status::need_input:
          return;
        case status::head: {
          received_request request;
          request.method = decoder_.head().method;
          request.target = decoder_.head().target;
          for (const http::field& f : decoder_.head().headers)
            request.headers.emplace_back(f.name, f.value);
          requests_.push_back(std::move(request));
          if (early_) early_(*this, requests_.back());
          if (!connection_) return;
          break;
        }
        case status::body:
          requests_.back().body += decoder_.body();
          break;
        case status::end: {
          decoder_.next_message();
          requests_.back().complete = true;
          const received_request request = requests_.back();
          if (answer_) answer_(*this, request);
          if (!connection_) return;
          break;
        }
        case status::error:
          gone_ = true;
          return;
      }
    }
  }
  void on_end() override { gone_ = true; }
  void on_failure(const net::io_error&) override { gone_ = true; }
  void on_drained() override {}

  std::unique_ptr<net::connection> connection_;
  script& early_;
  script& answer_;
  http::h1_request_decoder decoder_;
  std::vector<received_request> requests_;
  bool gone_ = false;
};

/// A network in memory behind which one script answers every request.
class scripted_network final : public net::connector {
 public:
  explicit scripted_network(net::event_loop& loop) : loop_(loop) {}

  /// Called for every request that arrives, on any connection.
  upstream_peer::script answer;
  /// Called before that, when the head of one has arrived.
  upstream_peer::script early;
  /// When set, connecting fails this way.
  std::optional<net::fault> refuse;
  /// When set, connecting never comes to an end.
  bool silent = false;
  /// When set, only connections to this host fail or do not come to an end.
  std::string at_host;
  net::memory_options options;
  /// May give each connection options of its own.
  std::function<void(net::memory_options&)> on_connect;
  /// How many connections fail when `refuse` is set.
  std::size_t refusals = static_cast<std::size_t>(-1);

  [[nodiscard]] std::unique_ptr<net::connecting> connect(const net::endpoint& to, millis timeout,
                                                         callback done) override {
    endpoints.push_back(to);
    auto made = std::make_unique<attempt>();
    made->alive = std::make_shared<bool>(true);
    const bool here = at_host.empty() || to.host == at_host;
    if (silent && here) {
      made->timer = std::make_unique<net::timer>(loop_, [done = std::move(done)] {
        done(net::io_error{net::fault::connect_timeout, "nobody answers"});
      });
      made->timer->start(timeout);
      return made;
    }
    loop_.post([this, here, weak = std::weak_ptr<bool>(made->alive), done = std::move(done)] {
      if (weak.expired()) return;
      if (refuse && here && refusals != 0) {
        --refusals;
        return done(net::io_error{*refuse, "10.0.0.1:80 said no"});
      }
      if (on_connect) on_connect(options);
      net::memory_pair pair = net::make_memory_pair(loop_, options);
      peers.push_back(std::make_unique<upstream_peer>(std::move(pair.far), early, answer));
      done(std::move(pair.near));
    });
    return made;
  }

  std::vector<std::unique_ptr<upstream_peer>> peers;  ///< one per connection, in order
  std::vector<net::endpoint> endpoints;

 private:
  struct attempt final : net::connecting {
    std::shared_ptr<bool> alive;
    std::unique_ptr<net::timer> timer;
  };
  net::event_loop& loop_;
};

}  // namespace weir::test
