#pragma once
#include <cstdint>
#include <string_view>

namespace weir {

/// FNV-1a, 64 bits, with a final mix: the same for equal text in every process, so that several
/// gateways agree on where a key belongs. `seed` continues an earlier hash. Not for secrets.
[[nodiscard]] constexpr std::uint64_t hash64(std::string_view text,
                                             std::uint64_t seed = 0xcbf29ce484222325U) {
  std::uint64_t h = seed;
  for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  h ^= h >> 32U;
  h *= 0x9e3779b97f4a7c15U;
  return h ^ (h >> 29U);
}

}  // namespace weir
