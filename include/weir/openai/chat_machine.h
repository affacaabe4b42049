#pragma once
#include <cstdint>
#include <memory>
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
#include "weir/openai/usage.h"

namespace weir::openai {

class call_reader;
struct dialect_rules;
class envelope_keeper;
class vendor_text;

/// The only place that knows the clauses of a chat completion stream: one object a stream, one
/// small state a choice. Takes what an upstream said, says what a client may hear.
///
///   choice:  unopened --role--> open --finish--> finishing --next frame, end or 2 s--> finished
///                                 ^                  |
///                                 +-----payload------+          (CHAT-29e: a premature finish)
///   stream:  open --[DONE]--> done_seen --usage or 100 ms--> closed
///              \---end, error, wait over-------------------> closed
///
/// Source   contract 3.3, CHAT-1..35; 5.1 for Completions, whose few differences are in
///          dialect_rules: there a choice is open from the start, and has no role.
/// Input    Frames of `chat_decoder`; never bytes of a wire format.
/// Errors   Upstream faults become an error event, unless nothing was said yet: then failure() is
///          all there is (GEN-6).
/// Memory   The held finish and usage frames, unknown members waiting for a chunk, the arguments of
///          calls and what waits behind an open one.
/// Cost     No allocation for a frame that is legal as it came.
/// Threads  None.
class chat_machine {
 public:
  /// Both outlive the machine.
  chat_machine(const chat_context& context, chat_sink& sink);
  ~chat_machine();

  void on_chunk(const chat_frame& frame);
  /// An error frame, or the owner gives up.
  void on_error(const error& why);
  /// The terminator [DONE], or the end of a whole JSON answer: proof that the upstream was through.
  void on_done();
  /// Why an answer is none: its body held no frame at all, or it stopped too early.
  struct end_errors {
    error empty;
    error truncated;
  };
  /// The upstream's body ended.
  void on_end(bool lost, const end_errors& errors);
  /// limits::finish_hold or limits::late_usage_wait is over.
  void on_wait_over();
  /// The response head is out although nothing was said: a failure must be an event from now on.
  void commit() { spoken_ = true; }

  [[nodiscard]] bool closed() const { return phase_ == phase::closed; }
  [[nodiscard]] bool holds_finish() const;
  /// Every choice that was asked for has its finish, be it held or said.
  [[nodiscard]] bool all_finish() const;
  [[nodiscard]] bool awaits_usage() const { return phase_ == phase::done_seen; }
  [[nodiscard]] const error* failure() const { return failure_ ? &*failure_ : nullptr; }
  [[nodiscard]] std::uint64_t payload_frames() const { return payload_frames_; }
  [[nodiscard]] said_size said() const { return said_; }
  /// The last usage object, raw; "" while there is none.
  [[nodiscard]] const std::string& usage() const { return usage_; }
  [[nodiscard]] std::string_view finish_reason() const;
  [[nodiscard]] std::string_view native_finish() const;
  [[nodiscard]] const repair_counts& repairs() const { return repairs_; }
  /// Nothing was repaired and no setting changed anything.
  [[nodiscard]] bool untouched() const { return !rephrased_ && repairs_.total() == 0; }

 private:
  enum class phase : std::uint8_t { open, done_seen, closed };

  class choice;
  struct held_chunk;

  void find_choices(const chat_frame& frame);
  [[nodiscard]] choice* find_choice(const chat_frame& frame, const frame_choice& said,
                                    std::size_t position);
  [[nodiscard]] choice* only_choice(const chat_frame& frame, const frame_choice& said,
                                    std::size_t position);
  [[nodiscard]] bool only_repeats_finish(const chat_frame& frame);
  void settle_finishes(const chat_frame& frame);
  void release_finishes();
  [[nodiscard]] bool copyable(const chat_frame& frame);
  void on_empty_chunk(const chat_frame& frame);
  void note_beside(const chat_frame& frame, bool has_payload);
  void note_usage(const chat_frame& frame, bool has_payload);
  void note_moderation(const chat_frame& frame);
  void note_vendor(const chat_frame& frame, bool with_obfuscation);
  void conclude(bool proven, const error& otherwise);
  void complete();
  void extend_usage();
  void say_held(chat_event::kind what, std::string_view value, const held_chunk& chunk);
  void fail(const error& why);
  void say(chat_event& event);
  [[nodiscard]] bool all_finished() const;

  const chat_context& context_;
  const dialect_rules& dialect_;
  chat_sink& sink_;
  std::unique_ptr<envelope_keeper> envelope_;
  phase phase_ = phase::open;
  bool spoken_ = false;  ///< an event went out, or commit()
  bool frames_seen_ = false;
  bool usage_in_payload_ = false;  ///< usage came with payload: it proves no end (CHAT-29d)
  bool usage_behind_payload_ = false;
  id_source ids_;  ///< of calls (CHAT-17)
  std::unique_ptr<call_reader> call_reader_;
  std::string logprobs_;  ///< mended ones, while they are said
  std::vector<choice> choices_;
  std::vector<choice*> spoken_of_;           ///< by the frame's choices, in their order; or nullptr
  std::optional<std::int64_t> main_index_;   ///< of the only choice, where one was asked for
  std::vector<std::int64_t> strays_;         ///< indexes of choices nobody asked for
  bool repeats_role_ = false;                ///< the upstream says the role again and again
  bool index_counts_ = false;                ///< the first index was not 0 (E12)
  bool index_stays_ = false;                 ///< two frames had the main index
  std::vector<std::uint32_t> finishing_;     ///< choices in `finishing`, oldest first
  std::unique_ptr<vendor_text> top_vendor_;  ///< unknown top-level members waiting for a chunk
  std::string usage_;
  bool usage_lifted_ = false;  ///< usage_ stood inside a vendor member or a choice
  bool usage_counts_ = false;  ///< usage_ is more than zeros
  std::string moderation_;
  std::unique_ptr<held_chunk> usage_chunk_;
  std::unique_ptr<held_chunk> moderation_chunk_;
  std::uint64_t payload_frames_ = 0;
  said_size said_;
  bool rephrased_ = false;  ///< a setting asked for something else than the upstream wrote
  std::optional<error> failure_;
  repair_counts repairs_;
};

}  // namespace weir::openai
