#pragma once
#include <cstdint>
#include <optional>

namespace weir::meter {

/// What one answer took, whichever API told it (contract USE-1). Unknown is not zero. Of the parts
/// each lies within its whole: input holds what was read from and written to a cache and the audio,
/// output the reasoning and the audio (USE-2).
struct usage {
  std::optional<std::uint64_t> input;
  std::optional<std::uint64_t> cache_read;
  std::optional<std::uint64_t> cache_write_5m;
  std::optional<std::uint64_t> cache_write_1h;
  std::optional<std::uint64_t> audio_in;
  std::optional<std::uint64_t> output;
  std::optional<std::uint64_t> reasoning;
  std::optional<std::uint64_t> audio_out;
  /// Counted by weir and not by the upstream, in whole or in part (USE-8).
  bool estimated = false;

  friend bool operator==(const usage&, const usage&) = default;
};

/// No answer takes more of anything; a count above this is no count.
inline constexpr std::uint64_t max_tokens = 1'000'000'000'000;

/// Parts that say more than their whole, and counts above max_tokens, are cut down (USE-2).
/// Returns whether something was.
bool clamp(usage& told);

}  // namespace weir::meter
