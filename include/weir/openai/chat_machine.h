#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weir/base/ids.h"
#include "weir/openai/chat_context.h"
#include "weir/openai/chat_event.h"
#include "weir/openai/chat_frame.h"
#include "weir/openai/error.h"
#include "weir/openai/repairs.h"

namespace weir::openai {

/// The only place that knows the clauses of a chat completion stream: one object a stream, one
/// small state a choice. Takes what an upstream said, says what a client may hear.
///
///   choice:  unopened --role--> open --finish--> finishing --next frame, end or 2 s--> finished
///                                 ^                  |
///                                 +-----payload------+          (CHAT-29e: a premature finish)
///   stream:  open --[DONE]--> done_seen --usage or 100 ms--> closed
///              \---end, error, wait over-------------------> closed
///
/// Source   contract 3.3, CHAT-1..15, CHAT-24..31, CHAT-35.
/// Input    Frames of `chat_decoder`; never bytes of a wire format.
/// Errors   Upstream faults become error events; before any event they are only in failure().
/// Memory   The held finish and usage frames, and unknown members waiting for a chunk.
/// Cost     No allocation for a frame that is legal as it came.
/// Threads  None.
class chat_machine {
 public:
  chat_machine(const chat_context& context, chat_sink& sink);

  void on_chunk(const chat_frame& frame);
  void on_error(const error& failure);
  void on_done();
  void on_end(bool lost, const error& when_empty);
  void on_wait_over();
  void commit() { committed_ = true; }

  [[nodiscard]] bool closed() const { return phase_ == phase::closed; }
  [[nodiscard]] bool finish_pending() const { return !pending_order_.empty() || all_finished(); }
  [[nodiscard]] bool awaits_usage() const { return phase_ == phase::done_seen; }
  [[nodiscard]] const error* failure() const { return failure_ ? &*failure_ : nullptr; }
  [[nodiscard]] std::uint64_t payload_frames() const { return payload_frames_; }
  [[nodiscard]] const std::string& usage() const { return usage_; }
  [[nodiscard]] std::string_view finish_reason() const;
  [[nodiscard]] const repair_counts& repairs() const { return repairs_; }

 private:
  enum class phase : std::uint8_t { open, done_seen, closed };
  enum class step : std::uint8_t { unopened, open, finishing, finished };

  struct choice_state {
    step at = step::unopened;
    bool payload = false;
    bool called = false;          ///< made a tool or function call
    std::string_view finish;      ///< canonical reason while finishing, then finished
    std::string held_source;      ///< the finish chunk as it came, if it may be copied
    std::string held_vendor;      ///< unknown choice members that wait for a chunk
    std::string held_top_vendor;  ///< unknown top-level members held with the finish
  };

  /// What one frame still has to give away with its first piece (CHAT-5, CHAT-11).
  struct piece_context {
    std::uint32_t choice;
    std::string_view source;  ///< "" when the frame has to be written anew
  };

  void learn_envelope(const chat_frame& frame);
  void settle_envelope();
  [[nodiscard]] bool envelope_matches(const chat_frame& frame);
  void take_usage(const chat_frame& frame, bool has_payload, bool copyable);
  void note_top_vendor(const chat_frame& frame);
  [[nodiscard]] std::optional<std::uint32_t> choice_number(const frame_choice& choice,
                                                           std::size_t position);
  void release_finishes(const chat_frame* unless_payload_in);
  void release(std::uint32_t i);
  void on_choice(const chat_frame& frame, const frame_choice& choice, std::uint32_t i,
                 bool copyable);
  [[nodiscard]] bool is_role_chunk(const frame_choice& choice) const;
  [[nodiscard]] bool is_payload_chunk(const chat_frame& frame, const frame_choice& choice) const;
  [[nodiscard]] bool is_finish_chunk(const frame_choice& choice, std::string_view reason) const;
  void open_choice(const chat_frame& frame, const frame_choice& choice, std::uint32_t i);
  void emit_deltas(const chat_frame& frame, const frame_choice& choice, std::uint32_t i);
  void emit_text(std::uint32_t i, delta_kind kind, std::string_view key, std::string_view raw,
                 std::string_view logprobs);
  void emit_tools(std::uint32_t i, json::value calls);
  void emit_delta(std::uint32_t i, delta_kind kind, std::string_view key, std::string_view value,
                  std::string_view logprobs);
  void hold_finish(const chat_frame& frame, std::uint32_t i, std::string_view reason,
                   bool copyable);
  [[nodiscard]] std::string_view canonical_finish(json::value reason, std::uint32_t i);
  [[nodiscard]] std::string normal_logprobs(json::value logprobs);
  void emit(chat_event& event);
  void conclude(bool proven, const error& otherwise);
  void complete();
  void fail(const error& why);
  [[nodiscard]] bool all_finished() const;

  const chat_context& context_;
  chat_sink& sink_;
  id_source ids_;
  phase phase_ = phase::open;
  chat_envelope envelope_;
  bool envelope_settled_ = false;
  bool committed_ = false;
  bool frames_seen_ = false;
  bool usage_with_payload_ = false;
  bool usage_proves_end_ = false;
  std::vector<choice_state> choices_;
  std::vector<std::uint32_t> pending_order_;  ///< choices in `finishing`, oldest first
  std::string top_vendor_;                    ///< unknown top-level members that wait for a chunk
  std::string usage_;                         ///< last usage object, raw
  std::string usage_source_;                  ///< its chunk as it came, if it may be copied
  std::string moderation_;
  std::string moderation_source_;
  std::string scratch_;
  std::uint64_t payload_frames_ = 0;
  std::optional<error> failure_;
  repair_counts repairs_;
};

}  // namespace weir::openai
