#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "weir/openai/chat_context.h"
#include "weir/openai/chat_event.h"

namespace weir::openai {

struct dialect_rules;

/// Writes the machine's events as a stream (SSE-15, SSE-16): the source document where the machine
/// changed nothing (P3), otherwise a chunk in the reference form around the source's spans (P4).
/// What a choice of the chunk says of itself is the dialect's.
///
/// Output   Appended to out(); the owner takes it from there. Whole events only.
/// Cost     One copy of the event; the envelope is written once a stream.
/// Threads  None.
class stream_encoder : public chat_sink {
 public:
  virtual ~stream_encoder() = default;

  void on_event(const chat_event& event, const chat_envelope& envelope) final;

  [[nodiscard]] std::string& out() { return out_; }
  [[nodiscard]] const std::string& out() const { return out_; }
  [[nodiscard]] std::uint64_t events() const { return events_; }

 protected:
  /// `context` outlives the encoder.
  explicit stream_encoder(const chat_context& context);

 private:
  /// Appends the members of the choice that stand before `logprobs`.
  virtual void write_said(const chat_event& event, std::string& out) const = 0;

  void write_head(const chat_envelope& envelope);
  void write_choice(const chat_event& event);
  void write_tail(const chat_event& event);

  const chat_context& context_;
  const dialect_rules& dialect_;
  std::string out_;
  std::string head_;            ///< `{"id":...,"choices":[` of every chunk
  std::size_t head_tiers_ = 0;  ///< how much of tier and fingerprint head_ already knows
  std::uint64_t events_ = 0;
};

/// The one for the context's dialect.
[[nodiscard]] std::unique_ptr<stream_encoder> make_stream_encoder(const chat_context& context);

}  // namespace weir::openai
