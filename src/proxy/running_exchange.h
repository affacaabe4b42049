#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "weir/base/units.h"

namespace weir::proxy {

/// What can be told of a request while an upstream is to answer it. Nothing of its content.
struct running_exchange {
  std::string id;          ///< as `x-request-id`
  micros age{0};           ///< since its head came
  std::string_view state;  ///< `reading`, `choosing`, `queued`, `waiting` or `answering`
  std::string_view dialect;
  std::string model;     ///< as the client asked; "" until it is read
  std::string upstream;  ///< the one that is or was last asked
  std::uint32_t attempts = 0;
  bool stream = false;
  std::uint64_t events = 0;         ///< frames of the answer so far
  std::uint64_t output_pieces = 0;  ///< of them with text, reasoning or calls: a token, or a few
  std::uint64_t bytes_out = 0;
  std::string peer;
};

}  // namespace weir::proxy
