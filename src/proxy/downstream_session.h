#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/h1_decoder.h"
#include "net/connection.h"
#include "net/event_loop.h"
#include "proxy/client_board.h"
#include "proxy/exchange.h"
#include "proxy/response_writer.h"
#include "proxy/worker_context.h"

namespace weir::proxy {

class downstream_session;

class session_owner {
 public:
  /// Of the configuration in force, for the next request.
  [[nodiscard]] virtual const std::shared_ptr<worker_context>& context() const = 0;
  /// A client and weir could not agree on TLS.
  virtual void on_tls_failure(const std::string& peer, const std::string& why) = 0;
  /// The session is over; it is to be destroyed at the end of the turn.
  virtual void on_session_over(downstream_session& session) = 0;

 protected:
  ~session_owner() = default;
};

/// One client connection: its requests one after the other, answered in their order.
///
///   idle --> head --> body --> answering --> (end of turn) --> idle
///     \________\________\__________\________________________--> over
///
/// Pipelining  What comes while a request is answered waits here, at most
///             limits::max_pipelined_bytes; beyond that the client is not read.
/// Leaving     A client that ends its side while a request is answered has left: the exchange is
///             cancelled (HTTP-10). Half-closed clients that still want the answer do not exist
///             among HTTP libraries, but clients that are killed do.
class downstream_session final : private net::connection_handler, private exchange_owner {
 public:
  downstream_session(std::unique_ptr<net::connection> connection, std::string peer,
                     session_owner& owner, client_board::guest guest = {});
  ~downstream_session();

  /// There is no room for this client: says so, and closes.
  void turn_away(const openai::error& why, std::string_view limit) { refuse(why, limit); }
  /// Closes once the exchange under way is done. Without one it closes at once, unless a request is
  /// coming, or the client has just come and may still ask, for limits::newcomer_wait.
  void shut_down();
  /// The exchange under way, if an upstream is to answer it.
  [[nodiscard]] std::optional<running_exchange> running();
  [[nodiscard]] bool runs(std::string_view id) const;
  /// Ends the exchange under way with an error. After `shut_down`, nothing is waited for any more.
  void end_now(const openai::error& why);

 private:
  enum class state : std::uint8_t { idle, head, body, answering, over };

  void on_data(std::string_view bytes) override;
  void on_end() override;
  void on_failure(const net::io_error& error) override;
  void on_peer_left() override;
  void on_drained() override;
  void on_exchange_done() override;
  void pause_request() override;
  void resume_request() override;

  void read(std::string_view bytes);
  void keep_for_later(std::string_view bytes);
  void begin_exchange();
  void end_request();
  void refuse(const openai::error& why, std::string_view limit = {});
  void finish_turn();
  void go_on();
  void await_body();
  void on_timer();
  void close();
  void sever();
  void vanish();
  void over();

  [[nodiscard]] worker_context& context() const { return *owner_.context(); }

  std::unique_ptr<net::connection> connection_;
  const std::string peer_;
  session_owner& owner_;
  const client_board::guest guest_;

  http::h1_request_decoder decoder_;
  std::optional<response_writer> response_;
  std::unique_ptr<exchange> exchange_;
  std::string pending_;      ///< pipelined
  net::timer timer_;         ///< idle: keep-alive; head, body: the client's patience (408)
  std::string_view awaits_;  ///< which of `limits:` the patience is
  /// Dies with the session; deferred calls look at it first.
  std::shared_ptr<downstream_session*> self_;

  state state_ = state::idle;
  std::uint64_t requests_ = 0;
  std::optional<micros> body_deadline_;  ///< moves with the time in which we hold it back
  micros paused_at_{0};
  bool request_complete_ = false;
  bool exchange_done_ = false;
  bool client_ended_ = false;
  bool reading_paused_ = false;  ///< for what was pipelined
  bool request_paused_ = false;  ///< for the exchange
  bool held_ = false;            ///< the next request waits until the client has read
  bool closing_ = false;         ///< shut_down was called
};

}  // namespace weir::proxy
