#pragma once
#include <string_view>
#include <vector>

#include "weir/openai/lint.h"

namespace weir::openai {

/// Judges a stream of the Completions API as `lint_chat_stream` does one of Chat Completions.
///
/// Source   SSE-6, SSE-15, SSE-16, SSE-18, CMPL-1..CMPL-3; CHAT-30, CHAT-31 and CHAT-36 where they
///          speak of frames of any kind.
/// Input    The body of a `text/event-stream` answer, whole.
/// Result   No fault (`is_legal`): the stream is legal for that request.
[[nodiscard]] std::vector<finding> lint_completion_stream(std::string_view body,
                                                          const lint_request& request);

/// Judges a non-stream document of the Completions API (contract 5.1).
[[nodiscard]] std::vector<finding> lint_completion(std::string_view body,
                                                   const lint_request& request);

}  // namespace weir::openai
