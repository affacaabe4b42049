#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/event_loop.h"
#include "observe/exchange_record.h"
#include "proxy/attempt.h"
#include "proxy/route_book.h"
#include "proxy/route_choice.h"
#include "proxy/route_plan.h"
#include "proxy/worker_context.h"
#include "weir/openai/answer.h"

namespace weir::proxy {

/// What the attempts of an exchange need of it, and tell it.
class attempt_series_owner {
 public:
  /// The next call of `outgoing_request` or `new_answer` is for this target. An error says that the
  /// request does not suit it.
  [[nodiscard]] virtual std::optional<openai::error> use(const route_target& target) = 0;

  struct outgoing {
    std::string bytes;   ///< head and body; "" when they cannot be written
    bool open = false;   ///< only their beginning
    bool timed = false;  ///< a stream: its first token says how fast the upstream is
  };
  [[nodiscard]] virtual outgoing outgoing_request() = 0;
  /// Whether `outgoing_request` can be called once more.
  [[nodiscard]] virtual bool can_repeat() const = 0;
  [[nodiscard]] virtual std::unique_ptr<openai::answer> new_answer() = 0;
  [[nodiscard]] virtual bool asks_differently_after(std::size_t upstream, const refusal& why) = 0;

  /// Of the attempt that counts.
  virtual void on_answer_head(const http::response_head& head) = 0;
  virtual void on_answer_moved() = 0;
  virtual void on_request_drained() = 0;
  /// It is over, and nothing of an answer is with the client.
  virtual void on_no_answer(const openai::error& why) = 0;

 protected:
  ~attempt_series_owner() = default;
};

/// The attempts of one exchange to have its request answered, one after the other or, hedged, two
/// at once, until something of an answer has gone to the client (GEN-3, GEN-5).
///
///   waiting for room --> trying --> committed
///         ^   \          |  ^ |         |
///         |    \  failed v  | v hedged  |
///         +-- backing off --+ racing    |
///               \__________\______\_____\--> over
///
/// waiting for room  Every upstream that could be asked is at one of its caps (admission control).
/// trying            One attempt runs. When it fails, retry_rules.h says where the request may go
///                   next: to another target at once, to the same one after a pause.
/// backing off       The time before the same upstream is asked again, as it wished (Retry-After),
///                   else growing, with jitter.
/// racing            Nothing of an answer came in the time in which most answers begin: another
///                   target is asked as well. Payload decides; the loser is cancelled.
/// committed         The exchange said so: the attempt that runs is the last.
///
/// Bounds   `attempts` of the policy, and for all requests of a route its retry budget.
class attempt_series final : private attempt_owner, private room_waiter {
 public:
  struct parts {
    worker_context& context;
    const route_choice& choice;
    route_state& route;
    observe::exchange_record& record;
    std::uint64_t client = 0;  ///< who asks, for fairness
    std::uint64_t key = 0;     ///< what belongs together, for the strategy `sticky`
  };
  attempt_series(const parts& made_of, attempt_series_owner& owner);
  ~attempt_series();  ///< cancels what still runs (HTTP-10)
  attempt_series(const attempt_series&) = delete;
  attempt_series& operator=(const attempt_series&) = delete;

  void start();
  /// Something of an answer goes to the client: from now on nothing is tried again.
  void commit() { committed_ = true; }
  /// Whether a failure now could still be made good, or another answer be sooner.
  [[nodiscard]] bool may_replace() const;
  /// Ends it from outside: a timer of the owner fired, the program ends.
  void end(const openai::error& why, attempt::blame whose);

  /// The attempt that counts; null before the first.
  [[nodiscard]] attempt* current() { return attempt_.get(); }
  [[nodiscard]] bool running() const {
    return attempt_ && attempt_->standing() == attempt::outcome::running;
  }
  /// It waits in the queue of the route.
  [[nodiscard]] bool waits_for_room() const { return waiting_; }
  /// The error that `on_no_answer` told is one of retries that are used up (HTTP-9).
  [[nodiscard]] bool used_up() const { return used_up_; }

 private:
  using decision = route_plan::decision;

  void on_attempt_moved(attempt& which) override;
  void on_answer_head(const http::response_head& head) override { owner_.on_answer_head(head); }
  bool asks_differently_after(std::size_t upstream, const refusal& why) override;
  void on_request_drained() override { owner_.on_request_drained(); }
  bool on_room() override;

  [[nodiscard]] decision next();
  void act_on(decision d);
  [[nodiscard]] std::unique_ptr<attempt> make_attempt(std::size_t target,
                                                      upstream_board::place place);
  void begin_attempt(decision d);
  void ask_again();
  void settle(attempt& which);
  void on_failure(attempt& which);
  void note_failure(attempt& which, const openai::error& why);
  void try_elsewhere_or_later();
  void wait_for_room(std::optional<micros> next);
  void stop_waiting();
  void on_wait_over();
  void give_up();
  void tell(openai::error why);

  void start_hedge_timer();
  void hedge();
  void settle_race(attempt& which);
  void drop(std::unique_ptr<attempt>& which);
  void note_first_token(attempt& of);
  [[nodiscard]] std::string names_of_targets() const;
  [[nodiscard]] const std::string& upstream_name(std::size_t target) const;

  worker_context& context_;
  const route_choice& choice_;
  route_state& route_;
  observe::exchange_record& record_;
  attempt_series_owner& owner_;
  const std::uint64_t client_;
  const std::uint64_t key_;

  route_plan plan_;
  std::unique_ptr<attempt> attempt_;
  std::unique_ptr<attempt> rival_;  ///< racing
  std::optional<openai::error> last_failure_;
  std::optional<openai::error> misfit_;  ///< why the request does not suit a target
  std::uint32_t tries_ = 0;              ///< attempts but for those that were asked again
  std::uint32_t asked_again_ = 0;        ///< a stale connection, another form of the request
  std::uint32_t rounds_ = 0;
  bool fresh_connection_ = false;
  bool waiting_ = false;  ///< for room
  bool committed_ = false;
  bool held_ = false;  ///< frames without payload of the attempt that failed had to wait
  bool ending_ = false;
  bool over_ = false;
  bool used_up_ = false;
  bool timed_ = false;        ///< its latency belongs into the route's window
  bool first_noted_ = false;  ///< it is there
  net::timer wait_;           ///< for room, or backing off
  net::timer hedge_;
};

}  // namespace weir::proxy
