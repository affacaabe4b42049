#pragma once
#include <cstdint>
#include <optional>

#include "weir/json/reader.h"

namespace weir::openai {

/// A hash of what makes requests share an upstream's prefix cache: `prompt_cache_key` where the
/// client gives one, else the beginning of the prompt: of messages all up to the first of the user,
/// so that it stays the same while a conversation grows; of other prompts and inputs their text.
///
/// Input    A request body of any API, as parsed.
/// Output   Nothing when there is no prompt in it.
/// Cost     At most limits::max_affinity_bytes are hashed.
/// Threads  None.
[[nodiscard]] std::optional<std::uint64_t> prompt_affinity(json::value body);

/// A hash of whom the request is for: `safety_identifier`, else `user`.
[[nodiscard]] std::optional<std::uint64_t> user_affinity(json::value body);

}  // namespace weir::openai
