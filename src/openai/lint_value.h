#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "openai/lint_report.h"
#include "weir/json/reader.h"

/// What the clauses say of single values, wherever they stand: in chunks and in whole documents.
namespace weir::openai::lint {

/// `"x"` for messages: the beginning of a value as it stands in the text.
[[nodiscard]] std::string shown(json::value v);

/// `1 choice was asked for`.
[[nodiscard]] std::string asked_for(std::uint32_t choices);

/// Two members of one object with one name (CHAT-36: readers disagree which one counts).
void check_unique_members(json::value object, std::string_view where, lint_report& report);

/// "", null and [] carry nothing (CHAT-11).
[[nodiscard]] bool carries_nothing(json::value v);

[[nodiscard]] bool is_nonempty_string(json::value v);

/// An error that says nothing: `"error":null` beside a choice (CHAT-6), not an error (SSE-14).
[[nodiscard]] bool is_no_error(json::value error);

/// null, or one of the five words of CHAT-13; `holder` is the choice.
void check_finish_word(json::value holder, lint_report& report);

/// The members every chunk and every chat completion has (CHAT-1, CHAT-2); `object` is its name.
void check_envelope(json::value document, std::string_view object, lint_report& report);

/// The envelope of section 2.3 (CHAT-30): the only member is `error`.
void check_error_envelope(json::value document, lint_report& report);
/// The same in a stream, where an error may stand, but never is what was asked for.
void check_error_frame(json::value frame, lint_report& report);

/// An error in none of the shapes that clients know: `{"detail":...}`, `{"object":"error",...}`.
[[nodiscard]] bool is_foreign_error(json::value document);

/// A usage that is there: an object with the counts of section 10, which are numbers or null.
void check_usage(json::value usage, lint_report& report);

}  // namespace weir::openai::lint
