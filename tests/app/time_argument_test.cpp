#include "app/time_argument.h"

#include <gtest/gtest.h>

namespace weir::app {
namespace {

TEST(TimeArgument, IsADayASecondOrAWhileAgo) {
  constexpr std::uint64_t second = 1'000'000;
  constexpr micros now{1'000'000 * second};
  const std::pair<const char*, std::optional<std::uint64_t>> cases[] = {
      {"1970-01-01", 0},
      {"1970-01-02", 86400 * second},
      {"2026-11-27", 1795737600 * second},
      {"2026-11-27T12:34:56Z", 1795782896 * second},
      {"30m", (1'000'000 - 1800) * second},
      {"24h", (1'000'000 - 86400) * second},
      {"7d", (1'000'000 - 604800) * second},
      {"100000d", 0},
      {"", std::nullopt},
      {"d", std::nullopt},
      {"-7d", std::nullopt},
      {"7 d", std::nullopt},
      {"7w", std::nullopt},
      {"1234567d", std::nullopt},
      {"2026-02-30", std::nullopt},
      {"2026-13-01", std::nullopt},
      {"2026-11-27T24:00:00Z", std::nullopt},
      {"2026-11-27T12:00:00", std::nullopt},
      {"2026-11-27 12:00:00Z", std::nullopt},
      {"1969-12-31", std::nullopt},
      {"today", std::nullopt},
  };
  for (const auto& [text, want] : cases) EXPECT_EQ(want, read_time(text, now)) << text;
}

}  // namespace
}  // namespace weir::app
