#include "store/usage_statement.h"

#include <gtest/gtest.h>

namespace weir::store {
namespace {

TEST(UsageAnswer, IsRefusedAboveItsBound) {
  EXPECT_TRUE(finish_usage(std::vector<usage_row>(limits::max_usage_rows)));
  const auto refused = finish_usage(std::vector<usage_row>(limits::max_usage_rows + 1));
  ASSERT_FALSE(refused);
  EXPECT_EQ("the answer has more than 100000 rows: ask for less", refused.error().message);
}

TEST(UsageAnswer, NamesDaysAsTheCalendarDoes) {
  const std::pair<std::int64_t, const char*> table[] = {
      {-1, "1970-01-01"},      {0, "1970-01-01"},         {58, "1970-02-28"},
      {59, "1970-03-01"},      {10957, "2000-01-01"},     {11016, "2000-02-29"},
      {2932896, "9999-12-31"}, {INT64_MAX, "9999-12-31"},
  };
  for (const auto& [days, want] : table) EXPECT_EQ(want, day_name(days));
}

}  // namespace
}  // namespace weir::store
