#include "json/member_catcher.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <string>
#include <vector>

#include "json/random_json.h"
#include "support/splits.h"
#include "weir/json/reader.h"

namespace weir::json {
namespace {

constexpr std::size_t most = 24;

std::string caught(std::string_view text) {
  member_catcher catcher("usage", most);
  catcher.feed(text);
  return std::string(catcher.caught());
}

const std::pair<std::string_view, std::string_view> cases[] = {
    {R"({"usage":{"a":1}})", R"({"a":1})"},
    {R"({ "x" : [1,{"usage":2}] , "usage" : { "a" : 1 } , "y" : "}" })", R"({ "a" : 1 })"},
    {R"({"x":"\"usage\":3,\\","usage":"a\"b","y":{}})", R"("a\"b")"},
    {R"({"usage":1,"usage":[2]})", "[2]"},
    {R"({"usage":null})", "null"},
    {R"({"usage":"x,y}"})", R"("x,y}")"},
    {"{\"usage\":\t-1.5e3\r\n}", "-1.5e3"},
    {R"({"Usage":1,"usag":2,"usages":3,"usage ":4})", ""},
    {R"({"x":{"usage":1}})", ""},
    {R"([{"usage":1}])", ""},
    {R"(["usage",1])", ""},
    {R"({"x":"usage","y":1})", ""},
    {R"({"usage":{"a":1})", ""},
    {R"({"usage":{"a":1}}{"x":1}{"usage":2})", "2"},
    {R"({"usage":"123456789012345678901234"})", ""},
    {R"({"usage":"1234567890123456789012"})", R"("1234567890123456789012")"},
    {R"({"usage":1,"usage":"123456789012345678901234"})", "1"},
    {R"(]}},:{"usage":1})", "1"},
    {"", ""},
};

TEST(MemberCatcher, TheLastValueOfTheMemberIsCaughtAndNothingElse) {
  for (const auto& [text, want] : cases) EXPECT_EQ(want, caught(text)) << text;
}

TEST(MemberCatcher, EverySplitCatchesTheSame) {
  for (const auto& [text, want] : cases) {
    weir::testing::for_each_split(text, [&, wanted = want](const weir::testing::pieces& pieces) {
      member_catcher catcher("usage", most);
      for (const std::string_view piece : pieces) catcher.feed(piece);
      EXPECT_EQ(wanted, catcher.caught());
    });
  }
}

TEST(MemberCatcher, WhatTheReaderFindsIsCaughtInAnyDocument) {
  EXPECT_TRUE(rc::check([](const std::vector<std::uint8_t>& one,
                           const std::vector<std::uint8_t>& two) {
    const std::string other = random_json(one).container().spaced;
    const std::string wanted = random_json(two).container().spaced;
    const std::string text = "{\"a\":" + other + ",\"usage\":" + wanted + ",\"b\":" + other + "}";
    reader r;
    RC_ASSERT(r.parse(text) == reader::status::ok);
    member_catcher catcher("usage", text.size());
    catcher.feed(text);
    RC_ASSERT(catcher.caught() == r.root()["usage"].raw());
  }));
}

TEST(MemberCatcher, AnotherTextBeginsWithNothing) {
  member_catcher catcher("usage", most);
  catcher.feed(R"({"usage":1,"x":"half)");
  catcher.reset();
  EXPECT_EQ("", catcher.caught());
  catcher.feed(R"({"usage":2})");
  EXPECT_EQ("2", catcher.caught());
}

}  // namespace
}  // namespace weir::json
