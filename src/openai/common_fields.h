#pragma once
#include "openai/request_shape.h"

/// Fields that requests of chat and of Completions have alike (contract 2.1, 5.1).
namespace weir::openai::common {

[[nodiscard]] field n();  ///< REQ-7
[[nodiscard]] field stop();
[[nodiscard]] field stream();          ///< REQ-5
[[nodiscard]] field stream_options();  ///< REQ-6
[[nodiscard]] field seed();
[[nodiscard]] field logit_bias();
[[nodiscard]] shape penalty();

}  // namespace weir::openai::common
