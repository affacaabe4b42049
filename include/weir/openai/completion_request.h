#pragma once
#include <optional>
#include <string_view>

#include "weir/base/result.h"
#include "weir/json/reader.h"
#include "weir/openai/chat_request.h"
#include "weir/openai/error.h"

namespace weir::openai {

/// Checks a body of the Completions API and reads it. Members that nobody knows are never a fault
/// (REQ-9).
///
/// Source   contract 5.1; REQ-1..REQ-3, REQ-5..REQ-7; the words of section 2.3.
/// Input    The body, and a reader whose root() afterwards is the body's root (for upstream_body).
/// Result   `n` is the number of choices for all prompts together (CMPL-2), at most
///          limits::max_prompt_choices.
/// Errors   The catalogue's error, first fault only.
/// Cost     One look-up for each row of the table that the profile looks at; of `full` also every
///          element of the prompt.
/// Threads  None; calls with readers of their own may run at once.
[[nodiscard]] result<chat_request, error> read_completion_request(
    std::string_view body, json::reader& reader, validation profile = validation::minimal);

/// Whether a chat upstream can answer a Completions request: one prompt that is a text, and nothing
/// chat has no word for. ERR-33 names the first member that is in the way.
///
/// Source   CMPL-5.
/// Input    The root of a body that `read_completion_request` accepted.
/// Threads  None.
[[nodiscard]] std::optional<error> check_for_chat(json::value root);

}  // namespace weir::openai
