#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::app {

/// Names and values of a query, `by=model&since=7d`, decoded (`+` is a space, as forms write it).
/// Nothing when an escape is malformed, or stands for a control character.
[[nodiscard]] std::optional<std::vector<std::pair<std::string, std::string>>> read_query_string(
    std::string_view query);

}  // namespace weir::app
