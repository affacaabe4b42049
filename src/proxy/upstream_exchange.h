#pragma once
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/config.h"
#include "meter/account.h"
#include "net/event_loop.h"
#include "proxy/attempt.h"
#include "proxy/attempt_series.h"
#include "proxy/exchange.h"
#include "proxy/model_book.h"
#include "proxy/quota_gate.h"
#include "proxy/request_body.h"
#include "proxy/route_choice.h"
#include "weir/openai/answer.h"

namespace weir::proxy {

/// A request that an upstream answers: what all of them have in common.
///
///   reading --> choosing --> trying --> relaying --> over
///
/// reading    The request comes; the kind finds out which model it is for, and calls `choose`.
/// choosing   Waits, shortly, for the upstreams' model lists.
/// trying     attempt_series runs attempts, or waits; the client has seen nothing of an answer,
///            perhaps a head (GEN-6).
/// relaying   Output of the answer has gone to the client, or is about to: the kind said `commit`.
///
/// A kind says how its request is read and written, what kind of answer it gets, and how that
/// reaches the client. Kinds: chat_exchange, embeddings_exchange, forward_exchange.
class upstream_exchange : public exchange, private attempt_series_owner, private model_listener {
 public:
  bool wants_body() const final { return true; }
  void on_request_end() final;
  void on_client_drained() override;
  void on_client_gone() override;
  void end_now(const openai::error& why) override;

 protected:
  explicit upstream_exchange(const exchange_parts& parts);
  ~upstream_exchange() override;

  // What a kind says:

  /// Gathers the body, without its content coding (HTTP-12).
  void on_body(std::string_view bytes) override;
  /// The last of the body has come: now it is whole. False when it was no body.
  [[nodiscard]] virtual bool end_body();
  /// Answers when the body cannot be read; whether it did.
  bool refuse_unreadable();
  /// The request is complete.
  virtual void on_request_complete() = 0;
  /// The route is known; nothing was sent yet. The last moment to reject the request.
  virtual void on_routed() {}
  /// `target()` is where the next attempt goes. An error says that the request does not suit it.
  [[nodiscard]] virtual std::optional<openai::error> on_target() { return std::nullopt; }
  /// Head and body for the target; "" when they cannot be written. Once for each attempt.
  [[nodiscard]] virtual std::string upstream_bytes() = 0;
  /// Whether what upstream_bytes() gave was only the beginning.
  [[nodiscard]] virtual bool request_is_open() const { return false; }
  /// Whether the answer is a stream, whose first token says how fast the upstream is.
  [[nodiscard]] virtual bool is_timed() const { return false; }
  [[nodiscard]] virtual std::unique_ptr<openai::answer> make_answer() = 0;
  /// The answer has output, is whole, or has failed when something of it was with the client.
  virtual void relay() = 0;

  /// What the request may come to at most.
  struct size_at_worst {
    std::uint64_t prompt_bytes = 0;
    std::uint64_t output_tokens = 0;
  };
  [[nodiscard]] virtual size_at_worst at_worst() { return {body_.size(), 0}; }
  void on_answer_head(const http::response_head&) override {}
  [[nodiscard]] bool asks_differently_after(std::size_t, const refusal&) override { return false; }
  [[nodiscard]] bool can_repeat() const override { return true; }
  void on_request_drained() override {}
  void complete_record() override;
  [[nodiscard]] std::string_view state_name() final;
  void describe(running_exchange& out) final;

  // What a kind does:

  /// Finds an upstream for `model` and tries it; "" is the only upstream there is. Once.
  void choose(std::string model);
  /// The collected JSON body as a request for the upstream, with its name for the model.
  [[nodiscard]] std::string json_bytes(std::string_view accept);
  /// So much of the request is held now. False when there is no memory for it: then the client was
  /// told so.
  bool hold(std::size_t size);
  void hold_answer();
  /// When the request came; null without one.
  [[nodiscard]] const config::dated_price* price_of(std::string_view upstream,
                                                    std::string_view model);
  /// What is set for streams: the file's, then, as far as they are known, the target's, and the
  /// client's key's, which is the nearest.
  [[nodiscard]] config::stream_policy policy();
  /// The target's name for the model.
  [[nodiscard]] std::string_view served_model();
  /// The client is told that the request is wrong; the connection may serve on.
  void reject(const openai::error& why);
  /// The whole answer is in the output: sends it as one document (HTTP-2).
  void send_document();
  /// Sends the head of an answer that goes out as it comes; `length` where it is known.
  void begin_answer(unsigned status, std::vector<http::field> headers,
                    std::optional<std::uint64_t> length = std::nullopt);
  /// From here to the end of the exchange this is a stream, for the metrics.
  void count_stream();
  /// Something of the answer goes to the client now: no other upstream can give it any more.
  void commit();
  /// Whether another upstream still could.
  [[nodiscard]] bool may_replace() const { return series_ && series_->may_replace(); }
  /// The client's head has to go out now: from here on a failure is told in the stream (GEN-6).
  void commit_head();
  /// HTTP-13: the upstream waits while the client does not read what is queued for it.
  void pace_upstream();

  /// Whether any upstream was chosen yet.
  [[nodiscard]] bool has_target() const { return target_ != nullptr; }
  /// Where the attempt that counts goes, or the next one.
  [[nodiscard]] const route_target& target() const { return *target_; }
  [[nodiscard]] upstream_state& upstream() { return *context().upstreams[target_->upstream]; }
  [[nodiscard]] upstream_state& upstream(std::size_t index) { return *context().upstreams[index]; }
  /// Of the attempt that counts, once there is one.
  [[nodiscard]] bool has_answer() { return last_words_ || (series_ && series_->current()); }
  [[nodiscard]] openai::answer& answer();
  [[nodiscard]] attempt::outcome standing();
  /// Of an open request: more of it, its end, and how much the upstream has not taken yet.
  void send_more(std::string_view bytes) { series_->current()->send_more(bytes); }
  void end_request() { series_->current()->end_request(); }
  [[nodiscard]] std::size_t request_queued() { return series_->current()->request_queued(); }
  /// The body as far as it is collected; given back once an answer comes.
  [[nodiscard]] std::string& body() { return body_; }

 private:
  std::optional<openai::error> use(const route_target& target) final;
  outgoing outgoing_request() final;
  std::unique_ptr<openai::answer> new_answer() final;
  void on_answer_moved() final;
  void on_no_answer(const openai::error& why) final;
  void on_models_changed() final;
  void find_route();
  void stop_waiting();
  void route_to(route_choice choice);
  [[nodiscard]] bool keep_allowed(route_choice& choice);
  void reject_model();
  void begin_attempts();
  [[nodiscard]] meter::taking taken_at_worst();
  void complete_attempt_record(const attempt& counts);
  [[nodiscard]] std::uint64_t sticky_key(config::sticky_key by);
  void run_total();
  void let_go_of_request();
  void on_total();
  [[nodiscard]] std::vector<http::field> attempt_headers();

  route_choice route_;
  const route_target* target_ = nullptr;  ///< one of route_'s
  request_body incoming_;
  client_board::share memory_;         ///< of all clients', for what is held of this request
  client_board::share answer_memory_;  ///< and of its answer
  client_board::share place_;          ///< among the requests of all clients
  std::string body_;
  std::uint64_t request_bytes_ = 0;
  std::optional<attempt_series> series_;
  std::unique_ptr<openai::answer> last_words_;  ///< tells in a stream why there is no answer
  std::string attempts_;                        ///< the number as text, for a header
  rate_limit_list rate_limits_;                 ///< weir's own
  std::optional<quota_gate> quota_;             ///< where its key has limits
  bool waiting_for_models_ = false;
  bool streaming_ = false;
  bool upstream_paused_ = false;

  std::optional<micros> request_end_;  ///< t0 of OBS-2
  std::optional<millis> total_time_;
  bool client_total_ = false;  ///< the total is the client's own, not the configuration's
  net::timer patience_;        ///< the wait for model lists
  std::optional<net::timer> total_;
};

}  // namespace weir::proxy
