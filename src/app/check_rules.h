#pragma once
#include <span>
#include <string_view>

#include "weir/openai/lint.h"

/// The rules of `weir check` beside those of the judges: what holds for an answer as a whole,
/// before its events are read.
namespace weir::app::check_rules {

using openai::lint_rule;
using openai::severity;

// How the message goes
inline constexpr lint_rule answer_late{"answer-late", "HTTP-11"};
inline constexpr lint_rule answer_cut{"answer-cut", "HTTP-1"};
inline constexpr lint_rule answer_malformed{"answer-malformed", "HTTP-1"};
inline constexpr lint_rule answer_too_large{"answer-too-large", "SSE-9"};
inline constexpr lint_rule open_after_terminator{"open-after-terminator", "SSE-12"};
inline constexpr lint_rule open_after_finish{"open-after-finish", "SSE-12"};
inline constexpr lint_rule next_request_fails{"next-request-fails", "HTTP-10"};
// Status
inline constexpr lint_rule request_fails{"request-fails", "HTTP-2"};
inline constexpr lint_rule request_refused{"request-refused", "HTTP-2", severity::hint};
inline constexpr lint_rule bad_request_accepted{"bad-request-accepted", "REQ-4", severity::hint};
inline constexpr lint_rule bad_request_as_own_fault{"bad-request-as-own-fault", "HTTP-2"};
inline constexpr lint_rule error_as_success{"error-as-success", "GEN-6"};
// Labels
inline constexpr lint_rule content_type_wrong{"content-type-wrong", "HTTP-1"};
inline constexpr lint_rule document_type_wrong{"document-type-wrong", "HTTP-2"};
inline constexpr lint_rule content_encoded{"content-encoded", "HTTP-1"};
inline constexpr lint_rule content_length{"stream-has-length", "HTTP-1", severity::hint};
// What the body is
inline constexpr lint_rule body_empty{"body-empty", "CHAT-29"};
inline constexpr lint_rule body_compressed{"body-compressed", "SSE-10"};
inline constexpr lint_rule body_text{"body-text", "SYN-5"};
inline constexpr lint_rule document_for_stream{"document-for-stream", "SSE-11"};
inline constexpr lint_rule stream_for_document{"stream-for-document", "SSE-11"};
inline constexpr lint_rule lines_for_stream{"lines-for-stream", "SSE-10"};
inline constexpr lint_rule lines_for_document{"lines-for-document", "SSE-10"};
// What a probe wanted to see
inline constexpr lint_rule finish_other{"finish-other-than-asked", "CHAT-13", severity::hint};

/// All of them.
[[nodiscard]] std::span<const lint_rule> all();
[[nodiscard]] bool is_own(std::string_view rule);

}  // namespace weir::app::check_rules
