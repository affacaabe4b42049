#pragma once
#include "meter/usage.h"
#include "weir/openai/usage.h"

namespace weir::proxy {

/// What was used, from what an upstream of the OpenAI family told: its counts as they are, but for
/// the servers that count beside the whole what others count within it.
///
/// Source   Contract USE-1, USE-3 and its table (xAI).
/// Output   Parts within their wholes (`meter::clamp`).
[[nodiscard]] meter::usage metered(const openai::usage& told);

}  // namespace weir::proxy
