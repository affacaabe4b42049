#pragma once
#include <cstddef>
#include <string>
#include <string_view>

#include "weir/base/units.h"

namespace weir::observe {

/// The longest prefix of at most `max` bytes that does not end inside a UTF-8 sequence.
[[nodiscard]] std::string_view cut_at(std::string_view utf8, std::size_t max);

/// `text` as a JSON string; beyond what JSON demands, DEL and the C1 controls are escaped: no
/// terminal takes a part of it for a command.
[[nodiscard]] std::string terminal_safe_json(std::string_view text);

/// `2026-08-21T12:00:00.123456Z`.
[[nodiscard]] std::string rfc3339(micros since_epoch);

/// Milliseconds with three decimals: `12.345`.
[[nodiscard]] std::string milliseconds(micros time);

}  // namespace weir::observe
