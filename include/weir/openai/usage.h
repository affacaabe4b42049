#pragma once
#include <cstdint>
#include <optional>

#include "weir/json/reader.h"

namespace weir::openai {

/// Token counts of an OpenAI-shaped usage object (USE-1); unknown is not zero.
struct usage {
  std::optional<std::uint64_t> prompt;
  std::optional<std::uint64_t> cached;
  std::optional<std::uint64_t> completion;
  std::optional<std::uint64_t> reasoning;
  std::optional<std::uint64_t> total;

  friend bool operator==(const usage&, const usage&) = default;
};

/// Reads the spellings of OpenAI and its relatives: `prompt_tokens`/`input_tokens`,
/// `*_tokens_details`, DeepSeek's `prompt_cache_hit_tokens`, Moonshot's `cached_tokens` (U11).
[[nodiscard]] usage read_usage(json::value object);

}  // namespace weir::openai
