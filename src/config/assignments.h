#pragma once
#include <string>
#include <vector>

#include "config/config.h"
#include "weir/base/result.h"

namespace weir::config {

/// Settings of `stream:` as a command line gives them, `NAME=VALUE` each, in the names and words of
/// the file. Of two values for one name the later counts; `${` is nothing special. The failure
/// names the first mistake, with the nearest right word.
[[nodiscard]] result<stream_overrides> parse_assignments(const std::vector<std::string>& texts);

}  // namespace weir::config
