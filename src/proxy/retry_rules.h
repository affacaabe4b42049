#pragma once
#include <cstdint>

#include "proxy/upstream_board.h"
#include "weir/openai/error.h"

namespace weir::proxy {

/// Where a request may be tried again after an attempt failed, before anything of an answer went
/// to the client.
enum class retry_scope : std::uint8_t {
  nowhere,    ///< the request itself is at fault
  elsewhere,  ///< at another upstream: this one would answer the same, or as late
  anywhere,   ///< also there again, after a while
};

/// By the class of the failure (EMAP-6).
[[nodiscard]] retry_scope retry_scope_of(const openai::error& why);

/// What a failure says of the upstream: only its own faults count against it.
[[nodiscard]] upstream_board::verdict verdict_of(const openai::error& why);

}  // namespace weir::proxy
