#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weir::route {

/// How many insertions, deletions, replacements and swaps of two neighbours turn `a` into `b`
/// (optimal string alignment), without regard to ASCII case.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

/// The candidates that `name` may have been meant to be, nearest first, at most `max`: those within
/// an edit distance of a third of the longer name, and those that contain the name or stand inside
/// it. A name longer than limits::max_near_name_bytes has no near names: clients choose it, and the
/// comparison is quadratic.
[[nodiscard]] std::vector<std::string> near_names(std::string_view name,
                                                  std::span<const std::string> candidates,
                                                  std::size_t max = 3);

}  // namespace weir::route
