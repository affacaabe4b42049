#pragma once
#include <cstdint>
#include <optional>

#include "weir/json/reader.h"

namespace weir::openai {

/// Token counts of an OpenAI-shaped usage object (USE-1); unknown is not zero.
struct usage {
  std::optional<std::uint64_t> prompt;
  std::optional<std::uint64_t> cached;  ///< of the prompt: read from a cache
  std::optional<std::uint64_t> completion;
  std::optional<std::uint64_t> reasoning;
  std::optional<std::uint64_t> total;
  std::optional<std::uint64_t> cache_write_5m{};  ///< of the prompt: written to one, for 5 minutes
  std::optional<std::uint64_t> cache_write_1h{};  ///< for an hour
  std::optional<std::uint64_t> prompt_audio{};
  std::optional<std::uint64_t> completion_audio{};

  friend bool operator==(const usage&, const usage&) = default;
};

/// How much an answer said, in bytes as its upstream spelled it: for who has to guess its tokens.
struct said_size {
  std::uint64_t text = 0;  ///< and refusals, and calls
  std::uint64_t reasoning = 0;
};

/// Reads the spellings of OpenAI and its relatives: `prompt_tokens`/`input_tokens`,
/// `*_tokens_details`, DeepSeek's `prompt_cache_hit_tokens`, Moonshot's `cached_tokens` (U11), and
/// Anthropic's names for caches, which proxies keep. The counts are as they stand there.
[[nodiscard]] usage read_usage(json::value object);

}  // namespace weir::openai
