#pragma once
#include <string_view>

#include "openai/chat_lint_report.h"
#include "weir/json/reader.h"

/// What the clauses say of single values, wherever they stand: in chunks and in whole completions.
namespace weir::openai::lint {

/// `"x"` for messages: the beginning of a value as it stands in the text.
[[nodiscard]] std::string shown(json::value v);

/// Two members of one object with one name (CHAT-36: readers disagree which one counts).
void check_unique_members(json::value object, std::string_view where, lint_report& report);

/// null, absent, or both members, each null or an array (CHAT-28).
void check_logprobs(json::value logprobs, lint_report& report);

/// No token in it: null, absent, or empty arrays only.
[[nodiscard]] bool holds_no_logprobs(json::value logprobs);

/// "", null and [] carry nothing (CHAT-11).
[[nodiscard]] bool carries_nothing(json::value v);

[[nodiscard]] bool is_nonempty_string(json::value v);

/// One of the five values of CHAT-13.
[[nodiscard]] bool is_finish_reason(json::value v);

/// The members every chunk and every completion has (CHAT-1, CHAT-2); `object` is its name.
void check_envelope(json::value document, std::string_view object, lint_report& report);

/// The envelope of section 2.3 (CHAT-30): the only member is `error`.
void check_error_envelope(json::value document, lint_report& report);

}  // namespace weir::openai::lint
