#pragma once
#include <string_view>

#include "openai/dialect_rules.h"
#include "weir/openai/chat_frame.h"
#include "weir/openai/stream_settings.h"

/// Whether one choice of a frame may stand in the client's stream as it came, given that the state
/// of its choice calls for that kind of chunk (contract 3.3, CHAT-36). What the whole frame must
/// obey (envelope, usage, one choice) is the machine's business.
namespace weir::openai::legal {

[[nodiscard]] bool role_chunk(const frame_choice& choice, const stream_settings& settings);
[[nodiscard]] bool payload_chunk(const chat_frame& frame, const frame_choice& choice,
                                 const dialect_rules& rules);
/// `reason` is what the machine would write.
[[nodiscard]] bool finish_chunk(const chat_frame& frame, const frame_choice& choice,
                                std::string_view reason, const dialect_rules& rules);

}  // namespace weir::openai::legal
