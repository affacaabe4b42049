#include "route/model_table.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <regex>

namespace weir::route {
namespace {

TEST(Matches, AStarStandsForAnyRun) {
  struct test_case {
    const char* pattern;
    const char* name;
    bool want;
  };
  const test_case cases[] = {
      {"*", "", true},
      {"*", "anything/at:all", true},
      {"gpt-*", "gpt-", true},
      {"gpt-*", "gpt-5-mini", true},
      {"gpt-*", "gpt", false},
      {"gpt-*", "xgpt-5", false},
      {"*-mini", "gpt-5-mini", true},
      {"*-mini", "gpt-5-mini-2", false},
      {"a*b*c", "abc", true},
      {"a*b*c", "a-b-b-c", true},
      {"a*b*c", "acb", false},
      {"a**b", "ab", true},
      {"a*", "A", false},
      {"", "", true},
      {"", "a", false},
      {"a.c", "abc", false},
      {"*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false},
  };
  for (const test_case& c : cases)
    EXPECT_EQ(c.want, matches_stars(c.pattern, c.name)) << c.pattern << " / " << c.name;
}

RC_GTEST_PROP(Matches, AgreesWithARegularExpression, ()) {
  const auto letters = rc::gen::element('a', 'b', '*');
  const auto pattern = *rc::gen::resize(8, rc::gen::container<std::string>(letters));
  const auto name =
      *rc::gen::resize(10, rc::gen::container<std::string>(rc::gen::element('a', 'b')));
  std::string expression;
  for (const char c : pattern) expression += c == '*' ? std::string(".*") : std::string(1, c);
  RC_ASSERT(matches_stars(pattern, name) == std::regex_match(name, std::regex(expression)));
}

TEST(ModelTable, ExactThenLongestPrefixThenMostTextThenFirst) {
  struct test_case {
    const char* what;
    std::vector<std::string> names;
    const char* asked;
    std::optional<std::size_t> want;
  };
  const test_case cases[] = {
      {"nothing matches", {"a", "b*"}, "c", std::nullopt},
      {"an exact name", {"a", "b"}, "b", 1},
      {"exact before pattern", {"gpt-*", "*", "gpt-5"}, "gpt-5", 2},
      {"longer prefix", {"*", "gpt-*", "gpt-5-*"}, "gpt-5-mini", 2},
      {"longer prefix, not longer pattern", {"g*-5-mini-very", "gp*"}, "gpt-5-mini-very", 1},
      {"same prefix, more text", {"gpt-*", "gpt-*-mini"}, "gpt-5-mini", 1},
      {"same prefix, same text, first", {"a*b", "a*c*", "a*b*"}, "ab", 0},
      {"only the pattern that matches", {"gpt-5-*", "gpt-*"}, "gpt-4", 1},
      {"catch-all", {"gpt-*", "*"}, "llama", 1},
      {"of equal names the first", {"a", "a"}, "a", 0},
      {"case counts", {"Qwen"}, "qwen", std::nullopt},
      {"the empty table", {}, "a", std::nullopt},
  };
  for (const test_case& c : cases) EXPECT_EQ(c.want, model_table(c.names).find(c.asked)) << c.what;
}

TEST(ModelTable, APatternIsNotANameToAskFor) {
  const model_table table({"gpt-*"});
  EXPECT_EQ(std::optional<std::size_t>(0), table.find("gpt-*"));  // it matches itself, as any text
  EXPECT_TRUE(is_pattern("gpt-*"));
  EXPECT_FALSE(is_pattern("gpt-5"));
}

TEST(NamePattern, BetweenSlashesIsARegularExpressionThatFitsTheWholeName) {
  struct {
    const char* pattern;
    const char* name;
    bool want;
  } const cases[] = {
      {"/gpt-[45].*/", "gpt-5-mini", true},
      {"/gpt-[45].*/", "gpt-3", false},
      {"/gpt-[45]/", "xgpt-5", false},
      {"/gpt-[45]/", "gpt-5x", false},
      {"/(?i)qwen.*/", "QWEN3", true},
      {"/a/", "/a/", false},
      {"/.+/", "Org/Model", true},
      {"//", "//", true},
      {"/a", "/a", true},
      {"a/", "a/", true},
      {"/(a*)*b/", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac", false},
  };
  for (const auto& c : cases) {
    const auto pattern = name_pattern::parse(c.pattern);
    ASSERT_TRUE(pattern) << c.pattern;
    EXPECT_EQ(c.want, pattern->matches(c.name)) << c.pattern << ' ' << c.name;
    EXPECT_EQ(c.pattern, pattern->text());
  }
  for (const char* const broken : {"/(/", "/[a/", "/*/", "/a{2000}{2000}/"})
    EXPECT_FALSE(name_pattern::parse(broken)) << broken;
}

TEST(ModelTable, RegularExpressionsComeLastInTheirOrder) {
  const model_table table({"/gpt-.*/", "/gpt-5/", "*", "gpt-5"});
  EXPECT_EQ(3U, table.find("gpt-5"));
  EXPECT_EQ(2U, table.find("gpt-4"));
  const model_table expressions({"/gpt-.*/", "/gpt-5/", "/.*/"});
  EXPECT_EQ(0U, expressions.find("gpt-5"));
  EXPECT_EQ(2U, expressions.find("qwen"));
}

}  // namespace
}  // namespace weir::route
