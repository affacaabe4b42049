#pragma once
#include <cstddef>
#include <cstdint>
#include <cstdlib>
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

/// `input` in pieces as long as `length()` says.
template <class Length>
pieces partition(std::string_view input, Length&& length) {
  pieces parts;
  for (std::size_t at = 0; at < input.size(); at += parts.back().size())
    parts.push_back(input.substr(at, length()));
  return parts;
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
  check(partition(input, [] { return std::size_t{1}; }));
  id_source random(20261120);
  for (int round = 0; round < 200; ++round)
    check(partition(input, [&] { return 1 + static_cast<std::size_t>(random.next() % 97); }));
}

/// The long run tries everything (WEIR_EVERY_SPLIT).
inline bool every_split_is_wanted() { return std::getenv("WEIR_EVERY_SPLIT") != nullptr; }

/// For what costs much per split: single cuts at about 64 places, byte by byte, and 32 seeded
/// partitions; in the long run as for_each_split.
template <class Check>
void for_some_splits(std::string_view input, Check&& check) {
  if (every_split_is_wanted()) return for_each_split(input, check);
  constexpr std::size_t places = 64;
  for (std::size_t i = 0; i <= input.size(); i += 1 + input.size() / places)
    check(pieces{input.substr(0, i), input.substr(i)});
  check(partition(input, [] { return std::size_t{1}; }));
  id_source random(20261127);
  for (int round = 0; round < 32; ++round)
    check(partition(input, [&] { return 1 + static_cast<std::size_t>(random.next() % 97); }));
}

}  // namespace weir::testing
