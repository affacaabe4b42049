#pragma once
#include <gtest/gtest.h>

#include <memory>
#include <ostream>
#include <string>
#include <string_view>

#include "coding/content_decoder.h"
#include "support/splits.h"
#include "weir/base/limits.h"

namespace weir::coding {

/// What a caller can learn from a decoder.
struct decoding {
  std::string text;
  std::string ending;  ///< "whole", "truncated", "corrupt"
  content_coding found = content_coding::identity;
  friend bool operator==(const decoding&, const decoding&) = default;
  friend std::ostream& operator<<(std::ostream& out, const decoding& d) {
    return out << coding_name(d.found) << ' ' << d.ending << " `" << d.text << '`';
  }
};

/// Decodes as a hostile caller would: every input lies in an allocation of its own size, which is
/// gone before the next one. A view kept too long is a finding of ASan.
inline decoding decode(const testing::pieces& inputs, content_decoder decoder = content_decoder()) {
  using status = content_decoder::status;
  decoding result;
  status last = status::need_input;
  const auto take = [&] {
    EXPECT_FALSE(decoder.output().empty()) << "ready means output";
    if (decoder.found() != content_coding::identity) {
      EXPECT_LE(decoder.output().size(), limits::max_inflated_piece_bytes);
    }
    result.text += decoder.output();
  };
  for (const std::string_view input : inputs) {
    const auto bytes = std::make_unique<char[]>(input.size());
    input.copy(bytes.get(), input.size());
    std::string_view rest(bytes.get(), input.size());
    while ((last = decoder.decode(rest)) == status::ready) take();
    if (last != status::need_input) break;
    EXPECT_TRUE(rest.empty()) << "need_input consumes all input";
  }
  if (last == status::need_input)
    while ((last = decoder.finish()) == status::ready) take();
  result.found = decoder.found();
  result.ending = last == status::need_input  ? "whole"
                  : last == status::truncated ? "truncated"
                                              : "corrupt";
  return result;
}

}  // namespace weir::coding
