#pragma once
#include <rapidcheck.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "support/splits.h"

namespace weir::testing {

/// Streams of the words that mean something to the readers, in any order, so that every state
/// meets every kind of line.
inline rc::Gen<std::string> arbitrary_stream() {
  using namespace std::string_view_literals;
  static constexpr std::string_view words[] = {"data: ",
                                               "data:",
                                               "data",
                                               "Data : ",
                                               "event: ",
                                               "event: error",
                                               "event: ping",
                                               "id: 1",
                                               "id: \0"sv,
                                               "retry: 7",
                                               "error: ",
                                               ": c",
                                               ":",
                                               " ",
                                               "\t",
                                               "\n",
                                               "\n",
                                               "\n\n",
                                               "\n\n",
                                               "\r",
                                               "\r\n",
                                               "\xEF\xBB\xBF",
                                               "{\"a\":1}",
                                               "{\"a\":1}",
                                               "{",
                                               "}",
                                               "[",
                                               "]",
                                               "\"",
                                               "\\",
                                               "{\"a\":\"",
                                               "{}",
                                               "null",
                                               "[DONE]",
                                               "[done]",
                                               "\"[DONE]\"",
                                               "DONE",
                                               "hi",
                                               "\"data\": 1,",
                                               "0"};
  return rc::gen::map(rc::gen::container<std::vector<std::string_view>>(rc::gen::elementOf(
                          std::vector<std::string_view>(std::begin(words), std::end(words)))),
                      [](const std::vector<std::string_view>& chosen) {
                        std::string out;
                        for (const std::string_view word : chosen) out += word;
                        return out;
                      });
}

inline rc::Gen<std::vector<std::size_t>> arbitrary_sizes() {
  return rc::gen::nonEmpty(
      rc::gen::container<std::vector<std::size_t>>(rc::gen::inRange<std::size_t>(1, 24)));
}

/// `input` in pieces of these sizes, used in turn.
inline pieces cut(std::string_view input, const std::vector<std::size_t>& sizes) {
  pieces out;
  for (std::size_t at = 0, n = 0; at < input.size(); at += sizes[n % sizes.size()], ++n)
    out.push_back(input.substr(at, sizes[n % sizes.size()]));
  return out;
}

}  // namespace weir::testing
