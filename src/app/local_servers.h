#pragma once
#include <vector>

#include "config/config.h"

namespace weir::app {

/// Those of `candidates` (plain HTTP on this machine) that answer `GET /models` with a list within
/// a moment; all are asked at once.
[[nodiscard]] std::vector<config::upstream> answering(std::vector<config::upstream> candidates);

}  // namespace weir::app
