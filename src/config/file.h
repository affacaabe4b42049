#pragma once
#include <cstddef>
#include <string>

#include "weir/base/result.h"

namespace weir::config {

/// The bytes of a file of at most `max_bytes`; the failure is the system's reason (`No such file or
/// directory`).
[[nodiscard]] result<std::string> read_file(const std::string& path, std::size_t max_bytes);

}  // namespace weir::config
