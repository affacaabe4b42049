#pragma once
#include <cstddef>
#include <string_view>

#include "openai/lint_report.h"

/// What SSE-15, SSE-18 and CHAT-36 say of the bytes of an event, before anything is read from it.
namespace weir::openai::lint {

/// The lines of one event with the comments before it, or what follows the last event. Returns the
/// number of its `data:` lines.
std::size_t check_lines(std::string_view bytes, lint_report& report);

/// Invalid UTF-8 and raw line separators (CHAT-36).
void check_text(std::string_view bytes, lint_report& report);

[[nodiscard]] bool is_valid_utf8(std::string_view bytes);

/// Bytes of the heartbeats at the beginning (SSE-18).
[[nodiscard]] std::size_t heartbeat_length(std::string_view bytes);

/// A spelling of the terminator that some client reads as one, though it is not the one (SSE-16).
[[nodiscard]] bool looks_like_terminator(std::string_view data);

}  // namespace weir::openai::lint
