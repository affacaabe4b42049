#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "config/config.h"
#include "net/event_loop.h"
#include "proxy/upstream_exchange.h"
#include "weir/openai/chat_context.h"
#include "weir/openai/chat_request.h"

namespace weir::proxy {

/// POST /v1/chat/completions and POST /v1/completions: a stream or a document, as the client asked,
/// from whatever the upstream sends.
class chat_exchange final : public upstream_exchange {
 public:
  using request_reader = decltype(&openai::read_chat_request);

  explicit chat_exchange(const exchange_parts& parts);

 private:
  void on_request_complete() override;
  void on_routed() override;
  size_at_worst at_worst() override;
  std::optional<openai::error> on_target() override;
  std::string upstream_bytes() override;
  bool is_timed() const override { return request_.stream; }
  std::unique_ptr<openai::answer> make_answer() override;
  bool asks_differently_after(std::size_t index, const refusal& why) override;
  void relay() override;
  void complete_record() override;

  void set_answer_context();
  [[nodiscard]] bool translates() const;
  std::optional<openai::error> untranslatable();
  void relay_stream();
  [[nodiscard]] bool holds_output();
  void write_failure(std::string_view output);
  void run_commit_timer();
  void begin_stream();
  void on_pace();

  request_reader read_;
  openai::chat_request request_;
  config::stream_policy policy_;
  openai::chat_context answer_context_;
  micros routed_at_{0};
  micros last_write_{0};
  net::timer pace_;  ///< before the head of a stream: commit_after; then the heartbeat
};

}  // namespace weir::proxy
