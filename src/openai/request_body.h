#pragma once
#include "openai/request_check.h"
#include "openai/request_shape.h"
#include "weir/json/reader.h"
#include "weir/openai/chat_request.h"

/// What the requests that are answered with text have in common (contract section 2).
namespace weir::openai {

/// Holds a request against the table of its API: the model first (ERR-4), then the fields.
[[nodiscard]] fault check_fields(const shape& table, json::value root, validation profile);

/// What requests of chat and of Completions say alike. `root` has been checked: what is there is of
/// its type.
[[nodiscard]] chat_request read_common(json::value root);

}  // namespace weir::openai
