#pragma once
#include <algorithm>
#include <cstdint>

#include "weir/base/units.h"

namespace weir::route {

/// How long to wait before retry number `retry` (0 is the first): `first`, doubled for each retry
/// before, at most `most`, of which a random part of up to one half is left out, so that clients
/// that failed together do not come back together.
[[nodiscard]] constexpr millis backoff(millis first, std::uint32_t retry, std::uint64_t random,
                                       millis most) {
  const std::uint32_t doublings = std::min(retry, 20U);
  const millis::rep whole = std::min(first.count() << doublings, most.count());
  const millis::rep half = whole / 2;
  const auto part = static_cast<millis::rep>(random % (static_cast<std::uint64_t>(half) + 1));
  return millis{whole - half + part};
}

}  // namespace weir::route
