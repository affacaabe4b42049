#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "weir/base/ids.h"

namespace weir::testing {

using pieces = std::vector<std::string_view>;

/// Of a text over 16 KiB single cuts are tried at about 256 places, of a smaller one everywhere:
/// the work grows with the square of the size.
inline std::size_t cut_stride(std::string_view input) {
  constexpr std::size_t large = 16384;
  constexpr std::size_t places = 256;
  return input.size() <= large ? 1 : input.size() / places;
}

/// The split rule of all tests: every two-cut for inputs up to 256 bytes; above that every single
/// cut, byte by byte, and 200 seeded partitions. Calls `check(pieces)` for each.
template <class Check>
void for_each_split(std::string_view input, Check&& check) {
  constexpr std::size_t small = 256;
  if (input.size() <= small) {
    for (std::size_t i = 0; i <= input.size(); ++i)
      for (std::size_t j = i; j <= input.size(); ++j)
        check(pieces{input.substr(0, i), input.substr(i, j - i), input.substr(j)});
    return;
  }
  for (std::size_t i = 0; i <= input.size(); i += cut_stride(input))
    check(pieces{input.substr(0, i), input.substr(i)});
  pieces bytes;
  for (std::size_t i = 0; i < input.size(); ++i) bytes.push_back(input.substr(i, 1));
  check(bytes);
  id_source random(20261120);
  for (int round = 0; round < 200; ++round) {
    pieces parts;
    for (std::size_t at = 0; at < input.size();) {
      const std::size_t length = 1 + static_cast<std::size_t>(random.next() % 97);
      parts.push_back(input.substr(at, length));
      at += length;
    }
    check(parts);
  }
}

}  // namespace weir::testing
