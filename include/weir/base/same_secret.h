#pragma once

#include <cstddef>
#include <string_view>

namespace weir {

/// Whether two texts are equal, found out in a time that depends on the length of `given` alone:
/// how far a guess is right must not be measurable (CWE-208). For credentials.
[[nodiscard]] inline bool same_secret(std::string_view expected, std::string_view given) {
  unsigned difference = expected.size() == given.size() ? 0 : 1;
  for (std::size_t i = 0; i < given.size(); ++i) {
    const char other = expected.empty() ? '\0' : expected[i % expected.size()];
    difference |= static_cast<unsigned char>(given[i] ^ other);
  }
  // volatile: a compiler may not end the loop early and make the result of it.
  const volatile unsigned result = difference;
  return result == 0 && !expected.empty();
}

}  // namespace weir
