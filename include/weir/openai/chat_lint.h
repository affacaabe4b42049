#pragma once
#include <string_view>
#include <vector>

#include "weir/openai/lint.h"

namespace weir::openai {

/// Judges a chat completion stream as it reached a client. Strict, and a separate reading of the
/// clauses: shares only the event parser and the JSON reader with the code that writes streams, so
/// that it can be the oracle of every test and fuzz target, and is what `weir check` prints.
///
/// Source   SSE-6, SSE-15, SSE-16, SSE-18, CHAT-1..CHAT-36; docs/adr/0011 where they are silent.
/// Input    The body of a `text/event-stream` answer, whole.
/// Result   No fault (`is_legal`): the stream is legal for that request. Comments are faults unless
///          `: keepalive` (the heartbeat weir itself writes).
/// Memory   The text and the arguments of the answer once more, for the hints.
[[nodiscard]] std::vector<finding> lint_chat_stream(std::string_view body,
                                                    const lint_request& request);

/// Judges a non-stream chat completion document (contract 3.1).
[[nodiscard]] std::vector<finding> lint_chat_completion(std::string_view body,
                                                        const lint_request& request);

/// Judges the body of an answer whose status says that it is an error (contract 2.3).
[[nodiscard]] std::vector<finding> lint_error(std::string_view body);

}  // namespace weir::openai
