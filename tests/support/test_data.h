#pragma once
#include <string>

namespace weir::testing {

/// The folder tests/data of the checkout that is tested. One object file knows it
/// (tests/data.cpp.in), so that all others are the same in every checkout and come out of the
/// compiler's cache.
[[nodiscard]] std::string data_folder();

}  // namespace weir::testing
