#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "weir/base/units.h"

namespace weir::app {

/// A point of time as people write it: `2026-11-27`, `2026-11-27T12:00:00Z` (UTC), or so long
/// before `now`: `30m`, `24h`, `7d`. Microseconds since the Unix epoch; nothing for anything else,
/// and for a time before 1970.
[[nodiscard]] std::optional<std::uint64_t> read_time(std::string_view text, micros now);

/// The same for what is to come: a while, `30d`, is from now on. Seconds since the Unix epoch.
[[nodiscard]] std::optional<std::int64_t> read_time_ahead(std::string_view text, micros now);

}  // namespace weir::app
