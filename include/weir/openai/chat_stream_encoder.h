#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "weir/openai/chat_context.h"
#include "weir/openai/chat_event.h"

namespace weir::openai {

/// Writes the machine's events as a chat completion stream (SSE-15, SSE-16): the source document
/// where the machine changed nothing (P3), otherwise a chunk in the reference form of contract 3.2
/// around the source's spans (P4).
///
/// Output   Appended to out(); the owner takes it from there. Whole events only.
/// Cost     One copy of the event; the envelope is written once a stream.
class chat_stream_encoder final : public chat_sink {
 public:
  explicit chat_stream_encoder(const chat_context& context) : context_(context) {}

  void on_event(const chat_event& event, const chat_envelope& envelope) override;

  [[nodiscard]] std::string& out() { return out_; }
  [[nodiscard]] const std::string& out() const { return out_; }
  [[nodiscard]] std::uint64_t events() const { return events_; }

 private:
  void write_head(const chat_envelope& envelope);
  void write_choice(const chat_event& event);
  void write_tail(const chat_event& event);

  const chat_context& context_;
  std::string out_;
  std::string head_;            ///< `{"id":...,"choices":[` of every chunk
  std::size_t head_tiers_ = 0;  ///< how much of tier and fingerprint head_ already knows
  std::uint64_t events_ = 0;
};

}  // namespace weir::openai
