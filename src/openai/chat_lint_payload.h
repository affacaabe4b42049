#pragma once
#include <string_view>

#include "openai/lint_report.h"
#include "weir/json/reader.h"

/// What a choice carries beside text and calls, in deltas and in whole messages alike.
namespace weir::openai::lint {

/// null, absent, or both members, each null or an array of tokens (CHAT-28, section 3.1).
void check_logprobs(json::value logprobs, lint_report& report);
/// No token in it: null, absent, or empty arrays only.
[[nodiscard]] bool holds_no_logprobs(json::value logprobs);

/// An object with pieces of audio (CHAT-32).
void check_audio(json::value audio, lint_report& report);
/// An array of annotations (CHAT-33).
void check_annotations(json::value annotations, lint_report& report);

}  // namespace weir::openai::lint
