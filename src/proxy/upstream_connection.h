#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "http/h1_decoder.h"
#include "net/connection.h"
#include "net/event_loop.h"

namespace weir::proxy {

class upstream_pool;

/// Why a response will not be completed.
struct response_loss {
  enum class cause : std::uint8_t {
    stale,      ///< a reused connection ended before any byte of this response
    lost,       ///< the connection ended inside the response
    malformed,  ///< what came is not HTTP/1.1
  };
  cause why = cause::lost;
  std::string detail;  ///< for the log only (ERR-36)
};

/// What one response looks like to whoever asked for it. From inside any of these the receiver may
/// let go of the connection; then no further call comes.
class response_handler {
 public:
  virtual void on_response_head(const http::response_head& head) = 0;
  /// A part of the body; the view dies with the call.
  virtual void on_response_body(std::string_view bytes) = 0;
  /// The message is complete.
  virtual void on_response_end() = 0;
  /// All that one read brought was told: the moment to hand output on (SSE-17).
  virtual void on_response_progress() = 0;
  virtual void on_response_lost(const response_loss& loss) = 0;
  /// Of what was sent of an open request so much has left that more is welcome (HTTP-13).
  virtual void on_request_drained() {}

 protected:
  ~response_handler() = default;
};

/// One HTTP/1.1 connection to an upstream, used by one request after the other.
///
///   idle --send--> busy --released before the end--> draining --end--> idle
///     |              +----end, then released--> idle     |
///     +--------------+-----------------------------------+--> dead, buried by the pool
class upstream_connection final : private net::connection_handler {
 public:
  upstream_connection(upstream_pool& pool, net::event_loop& loop,
                      std::unique_ptr<net::connection> connection);

  /// Marks it as in use: somebody holds an upstream_lease on it.
  void lend() { lent_ = true; }
  /// Sends a whole request; `method` tells how to read the response.
  void send(std::string_view method, std::string_view request, response_handler& handler);
  /// Sends the beginning of a request; more follows by `send_more` until `end_request`. The
  /// response may come before that.
  void begin(std::string_view method, std::string_view request, response_handler& handler);
  void send_more(std::string_view bytes) { connection_->write(bytes); }
  void end_request() { request_open_ = false; }
  /// Bytes that wait to be sent.
  [[nodiscard]] std::size_t queued() const { return connection_ ? connection_->queued() : 0; }
  void pause_reading();
  void resume_reading();

  /// The user is done with the connection: it serves again after a clean end of message, at most
  /// limits::max_drained_bytes and limits::drain_time away (SSE-12), and if it was sent the whole
  /// request; else it is closed.
  void release();
  /// The user wants no more of the response: the upstream sees the connection close now (HTTP-10).
  void abandon();

  [[nodiscard]] bool reused() const { return requests_ > 1; }
  [[nodiscard]] bool idle() const { return state_ == state::idle; }

 private:
  enum class state : std::uint8_t { idle, busy, draining, dead };

  void on_data(std::string_view bytes) override;
  void on_end() override;
  void on_failure(const net::io_error& error) override;
  void on_drained() override;

  void read(std::string_view bytes);
  void finish_message(bool clean);
  void report_progress(std::uint64_t request);
  void lose(response_loss::cause why, std::string_view detail);
  void settle();
  void close();

  upstream_pool& pool_;
  std::unique_ptr<net::connection> connection_;
  http::h1_response_decoder decoder_;
  net::timer timer_;  // idle: upstream_idle; draining: drain_time
  response_handler* handler_ = nullptr;
  std::size_t drained_ = 0;
  std::uint64_t requests_ = 0;
  state state_ = state::idle;
  bool message_over_ = true;
  bool request_open_ = false;  // not all of it was sent
  bool reusable_ = true;
  bool peer_ended_ = false;
  bool lent_ = false;
};

/// The right to use one connection. Letting go without `release` closes it.
class upstream_lease {
 public:
  upstream_lease() = default;
  explicit upstream_lease(upstream_connection* connection) : connection_(connection) {}
  upstream_lease(upstream_lease&& other) noexcept
      : connection_(std::exchange(other.connection_, nullptr)) {}
  upstream_lease& operator=(upstream_lease&& other) noexcept {
    if (this == &other) return *this;
    abandon();
    connection_ = std::exchange(other.connection_, nullptr);
    return *this;
  }
  ~upstream_lease() { abandon(); }

  [[nodiscard]] explicit operator bool() const { return connection_ != nullptr; }
  upstream_connection* operator->() { return connection_; }

  void release() {
    if (connection_ != nullptr) std::exchange(connection_, nullptr)->release();
  }
  void abandon() {
    if (connection_ != nullptr) std::exchange(connection_, nullptr)->abandon();
  }

 private:
  upstream_connection* connection_ = nullptr;
};

}  // namespace weir::proxy
