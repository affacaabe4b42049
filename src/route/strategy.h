#pragma once
#include <cstdint>

namespace weir::route {

/// How one of several candidates is picked (docs/routing.md).
enum class strategy : std::uint8_t {
  weighted,    ///< in turn, by weight
  least_busy,  ///< the one with the fewest requests under way, for its weight
  p2c_ewma,    ///< of two at random the one that answers sooner
  sticky,      ///< equal keys go to the same one, as long as it is not overloaded
};

}  // namespace weir::route
