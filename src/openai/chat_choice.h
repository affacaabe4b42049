#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "openai/call_list.h"
#include "openai/repeated_text.h"
#include "openai/text_rules.h"
#include "openai/vendor_text.h"
#include "weir/json/text_joiner.h"
#include "weir/openai/chat_machine.h"

namespace weir::openai {

/// One choice of a stream: what it may say next; the picture is in chat_machine.h. Knows nothing of
/// other choices, of usage and of the end of the stream.
///
/// A frame's part for the choice passes as it came when the state calls for just that chunk (P3).
/// Otherwise it is rewritten: role, payloads one kind a chunk in the order of CHAT-11, finish.
class chat_machine::choice final : private call_sink {
 public:
  choice(chat_machine& stream, std::uint32_t number);
  choice(choice&&) noexcept;
  ~choice();

  /// `may_pass`: what the frame as a whole has to obey, it does.
  void take(const chat_frame& frame, const frame_choice& said, bool may_pass);
  /// Whether the frame tells anything that was not told yet.
  [[nodiscard]] bool brings_payload(const chat_frame& frame, const frame_choice& said) const;

  /// Keeps the unknown members of the frame's part for the next chunk of the choice.
  void note_vendor(const chat_frame& frame, const frame_choice& said);

  /// CHAT-29e: a finish is held until the next frame shows that it was meant.
  void cancel_finish();
  void release_finish();
  /// CHAT-29d: a finish that the upstream owes. `proven`: what came was all of it.
  [[nodiscard]] bool may_stop(bool proven) const;
  void stop();

  [[nodiscard]] bool opened() const { return at_ != step::unopened; }
  [[nodiscard]] bool finishing() const { return at_ == step::finishing; }
  [[nodiscard]] bool finished() const { return at_ == step::finished; }
  [[nodiscard]] bool has_payload() const { return payload_; }
  [[nodiscard]] std::string_view finish_reason() const { return finish_; }
  /// As the upstream spelled it; "" where it said none.
  [[nodiscard]] std::string_view native_finish() const {
    return native_finish_.empty() ? said_finish_ : native_finish_;
  }

 private:
  enum class step : std::uint8_t { unopened, open, finishing, finished };
  /// A delta, or a whole message; one that comes behind deltas repeats what they told (CHAT-35).
  enum class telling : std::uint8_t { fragment, whole, again };
  /// A chunk that waits for what follows.
  struct held_chunk {
    std::string source;      ///< as it came, if it may be copied
    std::string text;        ///< of a finish: what is said in the same chunk (CMPL-1), quoted
    std::string logprobs;    ///< likewise
    vendor_text vendor;      ///< unknown members of the choice
    vendor_text top_vendor;  ///< of the top level
  };
  /// One text of the choice: content, reasoning or refusal.
  struct channel {
    std::string key;  ///< the member's name
    json::text_joiner joiner;
    repeated_text said;
  };

  // Passing
  [[nodiscard]] bool pass(const chat_frame& frame, const frame_choice& said);
  [[nodiscard]] bool pass_finish(const chat_frame& frame, const frame_choice& said,
                                 std::string_view reason);
  [[nodiscard]] bool pass_payload(const chat_frame& frame, const frame_choice& said);
  [[nodiscard]] bool passes_reasoning() const;
  [[nodiscard]] bool pass_text(const delta_member& delta);
  [[nodiscard]] bool pass_call(const delta_member& delta, std::string_view source);

  // Rewriting
  void rewrite(const chat_frame& frame, const frame_choice& said);
  void open(const chat_frame& frame, const frame_choice& said);
  void say_deltas(const chat_frame& frame, const frame_choice& said);
  [[nodiscard]] telling how_told(const chat_frame& frame, const frame_choice& said) const;
  [[nodiscard]] bool is_empty_fragment(const chat_frame& frame, const frame_choice& said) const;
  void say_text(const delta_member& delta, std::string_view logprobs, telling how);
  void say_by_rules(std::string_view decoded, std::string_view logprobs);
  void say_pieces(std::string_view logprobs);
  void write_text(delta_kind kind, std::string_view key, std::string_view inside,
                  std::string_view logprobs);
  void write_reasoning(std::string_view key, std::string_view inside);
  void say_calls(const delta_member& delta, telling how);
  void take_call(const call_fragment& fragment, call_list::source from);
  void say_audio(const delta_member& delta, bool in_pieces);
  void say_annotations(const delta_member& delta);
  void say_extra(const delta_member& delta);
  void say_member(delta_kind kind, std::string_view key, std::string_view value);
  void say_delta(chat_event event);
  void on_call_piece(const call_piece& piece) override;
  void say_waited(chat_event event);
  void flush_texts();
  [[nodiscard]] channel& channel_of(delta_kind kind);
  [[nodiscard]] const channel& channel_of(delta_kind kind) const;
  [[nodiscard]] std::string_view decoded(std::string_view inside);
  [[nodiscard]] bool speaks_as_function() const;

  // Finish
  void hold_finish(std::string_view reason, std::string_view source);
  void note_finish(json::value said, std::string_view reason);
  void say_held_text();
  [[nodiscard]] std::string_view fitting_reason();

  chat_machine& stream_;
  std::uint32_t number_;
  step at_;
  bool payload_ = false;
  bool reasoned_ = false;    ///< the upstream says its reasoning as text, not in blocks alone (G4)
  bool audio_over_ = false;  ///< CHAT-32: `expires_at` proves the end
  std::uint32_t kinds_ = 0;  ///< a bit for each delta_kind that came
  std::optional<bool> legacy_;    ///< calls came as function_call (CHAT-20)
  std::string_view finish_;       ///< canonical reason, from `finishing` on
  std::string_view said_finish_;  ///< canonical for what the upstream said itself
  std::string native_finish_;     ///< that, where it is spelled otherwise
  held_chunk held_finish_;
  std::optional<held_chunk> held_empty_object_;  ///< see call_list::passing::waits
  vendor_text vendor_;                           ///< unknown choice members waiting for a chunk
  std::array<channel, 3> channels_;              ///< reasoning, text, refusal
  call_list calls_;
  text_rules rules_;                ///< of the content, where a setting asks for any
  std::vector<text_piece> pieces_;  ///< what the rules made of it, not said yet
  std::size_t token_offset_ = 0;    ///< where the next token begins, if logprobs owe it
  std::string decoded_;             ///< scratch of decoded()
  std::string own_;                 ///< a text in place of the upstream's
  std::string value_;               ///< of the event that is being said
};

}  // namespace weir::openai
