#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir::openai {

/// The request an answer is judged against (CHAT-36).
struct lint_request {
  std::uint32_t n = 1;
  bool include_usage = false;
  bool include_obfuscation = true;
  /// tool_choice named one function: `stop` is then right after its call (CHAT-14).
  bool names_tool = false;
  /// The answer may end without usage though it was asked for (the upstream gave none, CHAT-26).
  bool usage_may_be_missing = false;
};

/// One breach of one clause.
struct finding {
  std::string_view clause;  ///< `CHAT-8`
  std::size_t event = 0;    ///< number of the event in the stream, from 0
  std::size_t offset = 0;   ///< first byte of that event
  std::string detail;       ///< one sentence for people
};

/// Judges a chat completion stream as it reached a client. Strict, and a separate reading of the
/// clauses: shares only the event parser and the JSON reader with the code that writes streams, so
/// that it can be the oracle of every test and fuzz target, and is what `weir check` prints.
///
/// Source   SSE-6, SSE-15, SSE-16, SSE-18, CHAT-1..CHAT-36.
/// Input    The body of a `text/event-stream` answer, whole.
/// Result   Empty: the stream is legal for that request. Comments are findings unless
///          `: keepalive` (the heartbeat weir itself writes).
[[nodiscard]] std::vector<finding> lint_chat_stream(std::string_view body,
                                                    const lint_request& request);

/// Judges a non-stream chat completion document (contract 3.1).
[[nodiscard]] std::vector<finding> lint_chat_completion(std::string_view body,
                                                        const lint_request& request);

}  // namespace weir::openai
