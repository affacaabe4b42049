#pragma once
#include <cstdint>
#include <optional>

#include "weir/json/reader.h"

namespace weir::openai {

/// How many tokens an answer of chat or of Completions may have at most, by its request: the bound
/// it names (`max_completion_tokens`, else `max_tokens`), for each of its choices. Nothing when it
/// names none.
[[nodiscard]] std::optional<std::uint64_t> output_bound(json::value request);

}  // namespace weir::openai
