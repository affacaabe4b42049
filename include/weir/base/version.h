#pragma once
#include <string_view>

namespace weir {

/// The release; src/base/version.cpp holds it against CMake's project().
inline constexpr std::string_view version = "0.1.0";

}  // namespace weir
