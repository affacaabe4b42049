#pragma once
#include <cstdint>

namespace weir::openai {

/// The APIs whose answers take the same path: decoder, machine, encoder (contract GEN-3, GEN-4).
enum class dialect : std::uint8_t {
  chat,         ///< Chat Completions
  completions,  ///< Completions, the older API of bare texts (contract 5.1)
};

}  // namespace weir::openai
