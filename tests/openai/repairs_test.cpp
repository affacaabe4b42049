#include "weir/openai/repairs.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/test_data.h"

namespace weir::openai {
namespace {

TEST(Repairs, EveryClauseHasItsOwnName) {
  std::set<std::string_view> names;
  for (int i = 0; i < static_cast<int>(clause::count_); ++i) {
    const std::string_view name = clause_name(static_cast<clause>(i));
    const bool known_family = name.starts_with("SSE-") || name.starts_with("CHAT-") ||
                              name.starts_with("CMPL-") || name.starts_with("GEN-") ||
                              name.starts_with("EMB-");
    EXPECT_TRUE(known_family) << i << ' ' << name;
    EXPECT_TRUE(names.insert(name).second) << name;
  }
  EXPECT_EQ(clause_name(clause::sse_7), "SSE-7");
  EXPECT_EQ(clause_name(clause::chat_8), "CHAT-8");
  EXPECT_EQ(clause_name(clause::gen_8), "GEN-8");
}

TEST(Repairs, EveryClauseHasItsRowInTheDocumentation) {
  std::ifstream file(testing::data_folder() + "/../../docs/clauses.md", std::ios::binary);
  ASSERT_TRUE(file);
  const std::string page(std::istreambuf_iterator<char>(file), {});
  for (int i = 0; i < static_cast<int>(clause::count_); ++i) {
    const std::string row = "\n| `" + std::string(clause_name(static_cast<clause>(i))) + "` ";
    EXPECT_NE(page.find(row), std::string::npos) << row;
  }
}

TEST(Repairs, CountsAddUpInTheOrderOfTheClauses) {
  repair_counts counts;
  EXPECT_EQ(counts.total(), 0U);
  counts.add(clause::chat_13, 4);
  counts.add(clause::chat_8);
  counts.add(clause::chat_8);
  EXPECT_EQ(counts.of(clause::chat_8), 2U);
  EXPECT_EQ(counts.of(clause::chat_1), 0U);
  EXPECT_EQ(counts.total(), 6U);
  std::vector<std::pair<clause, std::uint32_t>> seen;
  counts.for_each([&](clause c, std::uint32_t n) { seen.emplace_back(c, n); });
  EXPECT_EQ(seen, (std::vector<std::pair<clause, std::uint32_t>>{{clause::chat_8, 2},
                                                                 {clause::chat_13, 4}}));
}

}  // namespace
}  // namespace weir::openai
