#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "net/event_loop.h"
#include "proxy/attempt_phase.h"
#include "proxy/gathered_body.h"
#include "proxy/request_headers.h"
#include "proxy/upstream_connection.h"
#include "proxy/worker_context.h"
#include "weir/openai/answer.h"

namespace weir::proxy {

/// What one attempt is to do.
struct attempt_order {
  std::size_t target = 0;  ///< its place among the exchange's targets
  std::size_t upstream = 0;
  upstream_board::place place;    ///< its right to be there
  std::string request;            ///< head and body, as sent
  bool request_open = false;      ///< more of it follows by `send_more` until `end_request`
  bool fresh_connection = false;  ///< no reuse: the connection before was stale
  bool timed = false;             ///< its first payload says how fast the upstream is
};

/// An upstream's answer that is no success.
struct refusal {
  unsigned status = 0;
  std::optional<millis> pause;  ///< Retry-After
  std::string body;             ///< at most limits::max_relayed_error_bytes of it
};

class attempt;

class attempt_owner {
 public:
  /// The attempt moved: there may be output, or it is over. The owner may destroy it, at the end of
  /// the turn.
  virtual void on_attempt_moved(attempt& which) = 0;
  /// The head of a success has come; its body follows.
  virtual void on_answer_head(const http::response_head& head) = 0;
  /// Whether the upstream should be asked once more in another way; else the attempt has failed.
  [[nodiscard]] virtual bool asks_differently_after(std::size_t upstream, const refusal& why) = 0;
  /// More of an open request is welcome.
  virtual void on_request_drained() = 0;

 protected:
  ~attempt_owner() = default;
};

/// One try at one upstream: connects or reuses a connection, sends the request, feeds what comes
/// back to an answer and runs the timers of HTTP-11. Every failure ends in the answer, so that its
/// owner sees one kind of end. The order of things is attempt_phase.h.
///
/// A compressed answer is read a step a turn; the upstream is not read meanwhile, and the end of
/// its body waits for the last step.
class attempt final : private response_handler {
 public:
  enum class outcome : std::uint8_t {
    running,
    finished,         ///< the answer is whole
    failed,           ///< answer().failure() says why
    retry_fresh,      ///< the reused connection was stale
    ask_differently,  ///< the owner has another way to ask (REQ-13)
  };

  enum class blame : std::uint8_t { upstream, nobody };  ///< whose failure metrics count

  attempt(worker_context& context, attempt_order order, std::unique_ptr<openai::answer> answer,
          attempt_owner& owner);
  ~attempt();  ///< cancels what still runs (HTTP-10)
  attempt(const attempt&) = delete;
  attempt& operator=(const attempt&) = delete;

  void start();

  [[nodiscard]] std::size_t target() const { return order_.target; }
  /// For the attempt that asks the same upstream again.
  [[nodiscard]] upstream_board::place take_place() { return std::move(order_.place); }
  [[nodiscard]] blame whose_fault() const { return blame_; }
  /// How long it waits for payload, or waited, since the request went out.
  [[nodiscard]] micros wait_for_payload() const;
  /// Until when the upstream asked not to be asked again, from now on (Retry-After).
  [[nodiscard]] std::optional<millis> pause_asked() const { return refusal_.pause; }

  [[nodiscard]] openai::answer& answer() { return *answer_; }
  [[nodiscard]] outcome standing() const { return outcome_; }
  [[nodiscard]] const std::string& upstream_request_id() const { return upstream_request_id_; }
  /// What the upstream says of its rates (HTTP-8).
  [[nodiscard]] const rate_limit_list& rate_limits() const { return rate_limits_; }
  /// When the first payload had come (OBS-2).
  [[nodiscard]] std::optional<micros> first_payload() const { return first_payload_; }

  /// Backpressure (HTTP-13): while paused the upstream is not read and its timers stand still.
  void pause();
  void resume();
  /// More of an open request, as it shall be sent.
  void send_more(std::string_view bytes);
  /// The open request is complete.
  void end_request();
  /// Bytes of the request that the upstream has not taken yet (HTTP-13).
  [[nodiscard]] std::size_t request_queued();

  /// Ends it from outside: a timer of the owner fired, the program ends.
  void give_up(const openai::error& why, blame whose);

 private:
  enum class clock : std::uint8_t { none, first_byte, first_token, idle };

  void on_response_head(const http::response_head& head) override;
  void on_response_body(std::string_view bytes) override;
  void on_response_end() override;
  void on_response_progress() override;
  void on_response_lost(const response_loss& loss) override;
  void on_request_drained() override { owner_.on_request_drained(); }

  void refuse_coding();
  void on_connected(result<upstream_lease, net::io_error> made);
  void send();
  void take(input in);
  void take_end(input in);
  void read_on_later();
  void read_on();
  void look_at_answer();
  void report_refusal();
  [[nodiscard]] std::string whereabouts() const;
  void over(outcome how);
  void run_clock(clock which);
  void run_wait();
  bool watch_progress();  ///< payload has come since the last call
  void on_clock();
  [[nodiscard]] upstream_state& upstream() const { return *context_.upstreams[order_.upstream]; }

  worker_context& context_;
  attempt_order order_;
  attempt_owner& owner_;
  std::unique_ptr<openai::answer> answer_;
  std::unique_ptr<net::connecting> connecting_;
  upstream_lease lease_;

  phase phase_ = phase::connecting;
  outcome outcome_ = outcome::running;
  clock clock_ = clock::none;
  bool paused_ = false;
  blame blame_ = blame::upstream;
  openai::answer::wait wait_ = openai::answer::wait::none;
  std::uint64_t payload_frames_ = 0;
  std::uint64_t answer_bytes_ = 0;  ///< of the body, as they came
  micros sent_at_{0};
  std::optional<micros> first_payload_;
  micros last_payload_{0};
  std::optional<openai::error> failure_;  // for action::fail

  refusal refusal_;  // while reading_error
  gathered_body error_body_;
  std::string unknown_coding_;  ///< the label of a body that nobody here reads, if it is right
  std::string upstream_request_id_;
  rate_limit_list rate_limits_;

  std::optional<input> end_;        ///< of the body, while the answer has more to read
  bool reading_on_later_ = false;   ///< a step is posted
  std::shared_ptr<attempt*> self_;  ///< dies with the attempt; posted calls look at it first

  net::timer timer_;       // clock_
  net::timer wait_timer_;  // wait_
};

}  // namespace weir::proxy
