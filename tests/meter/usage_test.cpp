#include "meter/usage.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstdint>
#include <limits>
#include <optional>

namespace weir::meter {
namespace {

using count = std::optional<std::uint64_t>;

TEST(Usage, WhatIsRightIsLeftAlone) {
  usage told;
  told.input = 10;
  told.cache_read = 6;
  told.cache_write_5m = 4;
  told.output = 3;
  told.reasoning = 3;
  const usage before = told;
  EXPECT_FALSE(clamp(told));
  EXPECT_TRUE(told == before);
}

TEST(Usage, PartsAreCutToTheRoomThatIsLeft) {
  usage told;
  told.input = 10;
  told.cache_read = 8;
  told.cache_write_1h = 5;
  told.output = 0;
  told.reasoning = 1;
  EXPECT_TRUE(clamp(told));
  EXPECT_EQ(told.cache_read, count(8));
  EXPECT_EQ(told.cache_write_1h, count(2));
  EXPECT_EQ(told.reasoning, count(0));
  EXPECT_EQ(told.audio_out, std::nullopt);
}

TEST(Usage, NoCountIsAbsurd) {
  usage told;
  told.input = max_tokens + 1;
  EXPECT_TRUE(clamp(told));
  EXPECT_EQ(told.input, count(max_tokens));
}

/// Whatever is told, parts fit into their whole, nothing grows, nothing unknown becomes known, and
/// once is enough.
RC_GTEST_PROP(Usage, OnceClampedPartsFitIntoTheirWhole, ()) {
  const auto some =
      rc::gen::element<std::uint64_t>(0, 1, 7, 100, max_tokens - 1, max_tokens, max_tokens + 1,
                                      std::numeric_limits<std::uint64_t>::max());
  const auto any = [&]() -> count { return *rc::gen::arbitrary<bool>() ? count(*some) : count(); };
  const usage told{any(), any(), any(), any(), any(), any(), any(), any(), false};
  usage cut = told;
  const bool changed = clamp(cut);
  RC_ASSERT(changed == !(cut == told));
  const auto of = [](const count& c) { return c.value_or(0); };
  RC_ASSERT(of(cut.cache_read) + of(cut.cache_write_5m) + of(cut.cache_write_1h) +
                of(cut.audio_in) <=
            cut.input.value_or(max_tokens));
  RC_ASSERT(of(cut.reasoning) + of(cut.audio_out) <= cut.output.value_or(max_tokens));
  for (const auto member :
       {&usage::input, &usage::cache_read, &usage::cache_write_5m, &usage::cache_write_1h,
        &usage::audio_in, &usage::output, &usage::reasoning, &usage::audio_out}) {
    RC_ASSERT((cut.*member).has_value() == (told.*member).has_value());
    RC_ASSERT(of(cut.*member) <= of(told.*member));
  }
  RC_ASSERT(!clamp(cut));
}

}  // namespace
}  // namespace weir::meter
