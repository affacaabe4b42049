#include <gtest/gtest.h>

#include <set>
#include <sstream>
#include <string>
#include <string_view>

#include "openai/chat_lint_streams.h"
#include "weir/openai/lint.h"

namespace weir::openai {
namespace {

using namespace lint_streams;  // NOLINT: the test's own words

void add_words(std::set<std::string>& to, std::string_view words) {
  std::istringstream in{std::string(words)};
  for (std::string word; in >> word;) to.insert(word);
}

TEST(LintRules, EachHasANameOfItsOwn) {
  std::set<std::string_view> names;
  for (const lint_rule& rule : lint_rules()) {
    EXPECT_TRUE(names.insert(rule.name).second) << rule.name;
    EXPECT_FALSE(rule.clause.empty()) << rule.name;
  }
}

TEST(LintRules, EachIsBrokenInSomeRowOfTheTables) {
  // Told in tests of their own.
  std::set<std::string> met = {"completion-usage-unknown"};
  for (const auto& table :
       {frame_breaches(), stream_breaches(), call_breaches(), hinted_streams(), text_breaches()}) {
    for (const breach& b : table) add_words(met, b.rules);
  }
  for (const auto& table : {completion_breaches(), error_breaches(), text_document_breaches()}) {
    for (const document_breach& b : table) add_words(met, b.rules);
  }
  std::set<std::string> all;
  for (const lint_rule& rule : lint_rules()) all.emplace(rule.name);
  EXPECT_EQ(met, all);
}

}  // namespace
}  // namespace weir::openai
