#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "weir/base/result.h"
#include "weir/json/reader.h"
#include "weir/openai/error.h"

/// What the request bodies of all APIs have in common (contract section 2, HTTP-12).
namespace weir::openai {

/// The body without a byte order mark.
[[nodiscard]] std::string_view without_mark(std::string_view body);

/// Reads a body that must be one JSON object (REQ-1); afterwards it is `reader.root()`. The error
/// otherwise (ERR-3).
[[nodiscard]] std::optional<error> read_object(std::string_view body, json::reader& reader);

/// `model` as the client wrote it (REQ-3); "" when it is absent, null or "".
[[nodiscard]] result<std::string, error> read_model(json::value root);

/// The body with another model, every other byte as it was but for a mark. `root` must come from
/// the reader that read `body`; `model` "" keeps the client's.
[[nodiscard]] std::string with_model(std::string_view body, json::value root,
                                     std::string_view model);

}  // namespace weir::openai
