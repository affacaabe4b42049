#include "http/parameters.h"

#include <gtest/gtest.h>

namespace weir::http {
namespace {

/// `value|name=raw|...`, or `-`.
std::string shown(std::string_view field) {
  const auto read = read_parameters(field);
  if (!read) return "-";
  std::string out(read->value);
  for (const parameter& p : read->parameters)
    out += '|' + std::string(p.name) + '=' + std::string(p.raw);
  return out;
}

TEST(Parameters, AFieldIsReadAsTheGrammarSaysOrNotAtAll) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"", ""},
      {"form-data", "form-data"},
      {" text/plain ", "text/plain"},
      {"a;b=c", "a|b=c"},
      {"a ; b=c\t;  d=\"e;f\" ", "a|b=c|d=e;f"},
      {"a; b=\"\"", "a|b="},
      {R"(a; b="c \"d\" \\")", R"(a|b=c \"d\" \\)"},
      {"a; filename*=UTF-8''%e2%82%ac.txt", "a|filename*=UTF-8''%e2%82%ac.txt"},
      {"a; b=\"\xc3\xa4\"", "a|b=\xc3\xa4"},
      {"a;", "a"},
      {"a;; ;b=c;", "a|b=c"},
      {"a; b", "-"},
      {"a; b=", "-"},
      {"a; =c", "-"},
      {"a; b =c", "-"},
      {"a; b= c", "-"},
      {"a; b=c d", "-"},
      {"a; b=\"c", "-"},
      {"a; b=\"c\\", "-"},
      {"a; b=\"c\\\"", "-"},
      {"a; b=\"c\"d", "-"},
      {"a; b=\"c\x01\"", "-"},
      {"a; b=\"c\\\x01\"", "-"},
      {"a; b=c,d=e", "-"},
  };
  for (const auto& [field, want] : cases) EXPECT_EQ(want, shown(field)) << field;
}

TEST(Parameters, ANameIsFoundInAnyCaseAndOnlyWhenItIsThereOnce) {
  const auto read = read_parameters("a; Name=x; size=1; SIZE=2");
  ASSERT_TRUE(read);
  ASSERT_NE(nullptr, read->find("name"));
  EXPECT_EQ("x", read->find("name")->value());
  EXPECT_EQ(nullptr, read->find("size"));
  EXPECT_TRUE(read->has("Size"));
  EXPECT_EQ(nullptr, read->find("boundary"));
  EXPECT_FALSE(read->has("boundary"));
}

TEST(Parameters, EscapesAreUndoneInTheValue) {
  const auto read = read_parameters(R"(a; b="c \"d\" \\ \e")");
  ASSERT_TRUE(read);
  EXPECT_EQ(R"(c "d" \ e)", read->find("b")->value());
}

}  // namespace
}  // namespace weir::http
