#pragma once
#include "openai/request_shape.h"

namespace weir::openai {

/// The chat completion request as a shape: the tables of sections 2.1 and 2.2 of the contract.
[[nodiscard]] const shape& chat_request_shape();

}  // namespace weir::openai
