#pragma once
#include <vector>

#include "config/config.h"

namespace weir::app {

/// `candidates` (plain HTTP on this machine), of which those that do not answer `GET /models` with
/// a list within a moment are tentative and stand behind the others; all are asked at once.
[[nodiscard]] std::vector<config::upstream> looked_for(std::vector<config::upstream> candidates);

}  // namespace weir::app
