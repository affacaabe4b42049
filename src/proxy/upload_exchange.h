#pragma once
#include <memory>
#include <string>

#include "proxy/form_model.h"
#include "proxy/forward_exchange.h"

namespace weir::proxy {

/// A forwarded request whose body is a form (multipart/form-data), which may be large: it goes on
/// while it comes, as soon as its field `model` is known.
///
///   holding --model known, or the end--> choosing --> sending --end--> (sent)
///                                            \--the end came before--> (sent whole)
///
/// holding    What comes is kept, at most limits::max_held_form_bytes: clients put the model first
///            or last.
/// choosing   The client waits (HTTP-13); what was read of it already is kept, too.
/// sending    The rest is checked and goes on. The upstream's slowness is the client's.
///
/// A form that is whole before it goes on is sent like any document: on a connection that served
/// before, and again if that was stale.
class upload_exchange final : public forward_exchange {
 public:
  /// `boundary` "": the client has not said it.
  upload_exchange(const exchange_parts& parts, std::string_view boundary);

  [[nodiscard]] std::uint64_t body_limit() const override { return limits::max_form_bytes; }
  void on_body_progress() override;

 private:
  enum class state : std::uint8_t { holding, choosing, sending };

  void on_body(std::string_view bytes) override;
  bool end_body() override { return true; }
  /// What is uploaded is no text.
  size_at_worst at_worst() override { return {}; }
  void on_request_complete() override;
  std::string upstream_bytes() override;
  bool request_is_open() const override { return state_ == state::sending; }
  /// What has gone on is not kept.
  [[nodiscard]] bool can_repeat() const override { return state_ != state::sending; }
  void on_request_drained() override { resume_request(); }

  void choose_model();
  void send(std::string_view bytes);

  form_model form_;
  state state_ = state::holding;
  bool complete_ = false;
  bool in_h1_chunks_ = false;
  std::string scratch_;
};

}  // namespace weir::proxy
