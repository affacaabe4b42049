#pragma once
#include <cstdint>

namespace weir::openai {

/// How an answer is read and written; the settings of the configuration's `stream:` that belong to
/// the chat dialect itself. Plain values: configuration merges defaults, upstream and model before.
struct stream_settings {
  enum class conformance : std::uint8_t { strict, relaxed };
  enum class role_content_form : std::uint8_t { empty, omit };
  enum class reasoning_name : std::uint8_t { as_is, reasoning_content, reasoning, both, none };
  enum class model_echo : std::uint8_t { upstream, alias };

  /// `relaxed` forwards the upstream's frames as they came and only watches (GEN-4).
  conformance mode = conformance::strict;
  role_content_form role_content = role_content_form::empty;  ///< CHAT-8
  reasoning_name reasoning_field = reasoning_name::as_is;     ///< CHAT-22
  bool include_reasoning = true;                              ///< CHAT-23
  model_echo echo_model = model_echo::upstream;               ///< CHAT-4

  // Repairs that need trust in the upstream.
  bool eof_as_stop = false;      ///< CHAT-29c: a bare end counts as `stop`
  bool cumulative = false;       ///< CHAT-35: each text repeats all text before it
  bool close_arguments = false;  ///< CHAT-19: missing brackets at the end of a call are added
  bool think_tags = false;       ///< CHAT-22: a leading `<think>...</think>` is reasoning
  bool think_opened = false;     ///< G7: with think_tags, content begins inside the thought
  bool tools_in_text = false;    ///< K29: calls written as text become calls
  bool strip_tokens = false;     ///< C5: a control token (`<|im_end|>`) as a delta is left out
};

}  // namespace weir::openai
