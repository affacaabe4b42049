#pragma once
#include "openai/request_shape.h"
#include "weir/json/reader.h"

namespace weir::openai {

/// The request of the Completions API as a shape (contract 5.1), without its prompt.
[[nodiscard]] const shape& completion_request_shape();

/// A request with a prompt of that kind: its first element tells which of the lists it is.
[[nodiscard]] const shape& prompt_shape(json::value prompt);

}  // namespace weir::openai
