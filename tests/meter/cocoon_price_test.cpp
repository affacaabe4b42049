#include "meter/cocoon_price.h"

#include <gtest/gtest.h>

#include <limits>
#include <optional>
#include <string_view>

namespace weir::meter {
namespace {

usage counts(std::uint64_t prompt, std::uint64_t cached, std::uint64_t completion,
             std::uint64_t reasoning) {
  usage out;
  out.input = prompt;
  out.cache_read = cached;
  out.output = completion;
  out.reasoning = reasoning;
  return out;
}

TEST(CocoonCost, MultipliesAndCutsEachClassThenPrices) {
  struct row {
    std::string_view name;
    usage told;
    cocoon_price price;
    std::optional<cocoon_cost> want;
  };
  constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  const row rows[] = {
      {"no multiplier", counts(34, 11, 100, 10), {.price_per_token = 2}, cocoon_cost{68, 200, 268}},
      {"every multiplier",
       counts(34, 11, 100, 10),
       {2, 1500, 10000, 2500, 12000, 15000},
       cocoon_cost{76, 368, 444}},
      {"cached is not counted twice",
       counts(11, 3, 7, 0),
       {.price_per_token = 1},
       cocoon_cost{11, 7, 18}},
      {"nothing known", {}, {.price_per_token = 2}, cocoon_cost{}},
      {"more cached than there is",
       counts(3, 30, 0, 0),
       {.price_per_token = 1},
       cocoon_cost{3, 0, 3}},
      {"past 64 bits", counts(2, 0, 0, 0), {.price_per_token = most}, std::nullopt},
      {"past 64 bits on the way", counts(2, 0, 0, 0), {1, most, 10000, 1, 1, 1}, std::nullopt},
  };
  for (const row& r : rows) EXPECT_TRUE(cocoon_cost_of(r.told, r.price) == r.want) << r.name;
}

}  // namespace
}  // namespace weir::meter
