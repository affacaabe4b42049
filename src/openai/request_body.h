#pragma once
#include <string_view>

#include "openai/request_check.h"
#include "openai/request_shape.h"
#include "weir/json/reader.h"
#include "weir/openai/chat_request.h"

/// What the request bodies of several APIs have in common (contract section 2).
namespace weir::openai {

/// The body without a byte order mark.
[[nodiscard]] std::string_view without_mark(std::string_view body);

/// Reads a body that must be one JSON object (REQ-1); afterwards it is `reader.root()`. The error
/// otherwise (ERR-3).
[[nodiscard]] fault read_object(std::string_view body, json::reader& reader);

/// Holds a request against the table of its API: the model first (ERR-4), then the fields.
[[nodiscard]] fault check_fields(const shape& table, json::value root, validation profile);

/// What requests of chat and of Completions say alike. `root` has been checked: what is there is of
/// its type.
[[nodiscard]] chat_request read_common(json::value root);

}  // namespace weir::openai
