#pragma once
#include "openai/dialect_rules.h"
#include "weir/base/ids.h"
#include "weir/openai/chat_context.h"
#include "weir/openai/chat_event.h"
#include "weir/openai/chat_frame.h"
#include "weir/openai/repairs.h"

namespace weir::openai {

/// What every chunk of a stream repeats: learned from the upstream's frames, completed where they
/// owe something, fixed from the first event on (CHAT-1..CHAT-4).
class envelope_keeper {
 public:
  explicit envelope_keeper(const chat_context& context)
      : context_(context), dialect_(rules_of(context.dialect)), ids_(context.id_seed) {}

  /// Takes from a frame what is not known yet.
  void learn(const chat_frame& frame);
  /// Fixes id, created and model; what the upstream never said is made up here.
  void settle(repair_counts& repairs);
  /// True when the frame's own envelope is the stream's; counts what is not. Settles.
  [[nodiscard]] bool matches(const chat_frame& frame, repair_counts& repairs);

  [[nodiscard]] const chat_envelope& envelope() const { return envelope_; }

 private:
  const chat_context& context_;
  const dialect_rules& dialect_;
  id_source ids_;
  chat_envelope envelope_;
  bool settled_ = false;
};

}  // namespace weir::openai
