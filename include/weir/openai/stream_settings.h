#pragma once
#include <cstdint>

namespace weir::openai {

/// How a stream is written; the settings of the configuration's `stream:` that belong to the chat
/// dialect itself. Plain values: configuration merges defaults, upstream and model before.
struct stream_settings {
  enum class role_content_form : std::uint8_t { empty, omit };
  enum class model_echo : std::uint8_t { upstream, alias };

  role_content_form role_content = role_content_form::empty;  ///< CHAT-8
  model_echo echo_model = model_echo::upstream;               ///< CHAT-4
  bool eof_as_stop = false;                                   ///< CHAT-29c
};

}  // namespace weir::openai
