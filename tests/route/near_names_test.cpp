#include "route/near_names.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "weir/base/limits.h"

namespace weir::route {
namespace {

TEST(EditDistance, CountsInsertionsDeletionsReplacementsAndSwaps) {
  struct test_case {
    const char* a;
    const char* b;
    std::size_t want;
  };
  const test_case cases[] = {
      {"", "", 0},       {"", "abc", 3},           {"abc", "", 3},
      {"abc", "abc", 0}, {"ABC", "abc", 0},        {"abc", "abd", 1},
      {"abc", "ab", 1},  {"abc", "xabc", 1},       {"abcd", "abdc", 1},
      {"ca", "abc", 3},  {"kitten", "sitting", 3}, {"upsteams", "upstreams", 1},
  };
  for (const test_case& c : cases)
    EXPECT_EQ(c.want, edit_distance(c.a, c.b)) << c.a << " / " << c.b;
}

RC_GTEST_PROP(EditDistance, IsSymmetricAndAtMostTheLongerLength,
              (const std::string& a, const std::string& b)) {
  const std::size_t d = edit_distance(a, b);
  RC_ASSERT(d == edit_distance(b, a));
  RC_ASSERT(d <= std::max(a.size(), b.size()));
  RC_ASSERT(edit_distance(a, a) == 0U);
}

TEST(NearNames, NearestFirstAndAtMostThree) {
  using names = std::vector<std::string>;
  struct test_case {
    const char* name;
    names candidates;
    names want;
  };
  const test_case cases[] = {
      {"upsteams", {"listen", "upstreams", "models"}, {"upstreams"}},
      {"gpt-4", {"gpt-5", "gpt-4o", "llama", "gpt-4.1"}, {"gpt-5", "gpt-4o", "gpt-4.1"}},
      {"gpt4o", {"gpt-4o", "gpt-4", "gpt-4.1", "gpt-5"}, {"gpt-4o"}},
      {"qwen", {"llama", "qwen3-32b"}, {"qwen3-32b"}},
      {"openai/gpt-4o-mini", {"gpt-4o-mini", "whisper"}, {"gpt-4o-mini"}},
      {"QWEN3-32B", {"qwen3-32b"}, {"qwen3-32b"}},
      {"zzz", {"abc", "def"}, {}},
      {"ab", {"xxabxx"}, {}},
      {"a", {"b"}, {}},
      {"", {"a"}, {}},
      {"aaaa", {"aaab", "aaac", "aaad", "aaae"}, {"aaab", "aaac", "aaad"}},
  };
  for (const test_case& c : cases) EXPECT_EQ(c.want, near_names(c.name, c.candidates)) << c.name;
}

TEST(NearNames, ALongNameHasNoneAndALongCandidateIsNone) {
  const std::string longest(limits::max_near_name_bytes, 'a');
  const std::vector<std::string> known = {longest};
  EXPECT_EQ(known, near_names(longest, known));
  EXPECT_TRUE(near_names(longest + 'a', known).empty());
  EXPECT_TRUE(near_names(longest, std::vector<std::string>{longest + 'a'}).empty());
}

}  // namespace
}  // namespace weir::route
