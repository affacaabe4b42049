#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "config/config.h"
#include "net/event_loop.h"
#include "proxy/attempt.h"
#include "proxy/exchange.h"
#include "proxy/model_book.h"
#include "proxy/request_body.h"
#include "proxy/route_choice.h"
#include "weir/openai/chat_request.h"

namespace weir::proxy {

struct answer_api;

/// POST /v1/chat/completions and POST /v1/completions.
///
///   reading --> choosing --> trying --> relaying --> over
///                               ^ |
///                               +-+ (resent request, before anything went downstream: GEN-5)
///
/// reading    The body is collected.
/// choosing   The request is good; waits, shortly, for the upstreams' model lists.
/// trying     An attempt runs; the client has seen nothing of an answer, perhaps a head (GEN-6).
/// relaying   Output of the answer has gone to the client.
class chat_exchange final : public exchange, private attempt_owner, private model_listener {
 public:
  explicit chat_exchange(const exchange_parts& parts);
  ~chat_exchange() override;

  void on_body(std::string_view bytes) override;
  void on_request_end() override;
  void on_client_drained() override;
  void on_client_gone() override;
  void end_now(const openai::error& why) override;

 private:
  void on_attempt_moved() override;
  void on_models_changed() override;

  void refuse();
  void choose();
  void stop_waiting();
  void route_to(const route_choice& choice);
  void start_attempt(bool fresh_connection);
  [[nodiscard]] std::string upstream_bytes(bool ask_for_usage);
  void try_again(bool fresh_connection);
  void relay();
  void relay_stream();
  void write_failure(std::string_view output);
  void begin_stream();
  void end_document();
  void on_pace();
  void on_total();
  void complete_record() override;
  [[nodiscard]] const config::upstream& upstream_settings() {
    return context().upstreams[upstream_]->settings;
  }

  // The request
  const answer_api& api_;
  request_body incoming_;
  std::string body_;  ///< once it is whole
  openai::chat_request request_;
  std::size_t upstream_ = 0;
  std::string model_;  ///< the upstream's name; "" = the client's
  config::stream_policy policy_;
  openai::chat_context answer_context_;
  micros request_end_{0};  ///< t0 of OBS-2

  // The answer
  std::unique_ptr<attempt> attempt_;
  bool waiting_for_models_ = false;
  bool stream_open_ = false;
  bool client_total_ = false;  ///< the total is the client's own, not the configuration's
  bool upstream_paused_ = false;
  micros last_write_{0};

  /// While choosing: the wait for model lists. Before the head of a stream: commit_after. Then: the
  /// heartbeat.
  net::timer pace_;
  std::optional<net::timer> total_;
};

}  // namespace weir::proxy
