#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "weir/json/reader.h"

namespace weir::json {
namespace {

using namespace std::string_view_literals;

class JsonValue : public ::testing::Test {
 protected:
  value read(std::string_view text) {
    EXPECT_EQ(reader_.parse(text), reader::status::ok) << text << ": " << reader_.reason();
    return reader_.root();
  }
  reader reader_;
};

TEST_F(JsonValue, MembersAreFoundByDecodedKey) {
  const value v = read(R"({"id":"x","ob\u006aect":{"n":[10,20,{"k":true}]},"é":1,"":2,"a\nb":3})");
  EXPECT_EQ(v["id"].text(), "x");
  EXPECT_EQ(v["object"]["n"].at(1).integer(), 20);
  EXPECT_EQ(v["object"]["n"].at(2)["k"].boolean(), true);
  EXPECT_EQ(v["é"].integer(), 1);
  EXPECT_EQ(v[""].integer(), 2);
  EXPECT_EQ(v["a\nb"].integer(), 3);
  EXPECT_FALSE(v["ob"].present());
  EXPECT_FALSE(v["objectx"].present());
  EXPECT_FALSE(v["x"].present()) << "a value is not a key";
  EXPECT_FALSE(v["k"].present()) << "keys of inner objects are not ours";
}

TEST_F(JsonValue, TheLastOfRepeatedKeysCounts) {
  const value v = read(R"({"a":1,"b":0,"\u0061":2,"b":null})");
  EXPECT_EQ(v["a"].integer(), 2);
  EXPECT_TRUE(v["b"].is(type::null));
  EXPECT_EQ(v.size(), 4U);
}

TEST_F(JsonValue, AbsentAnswersEverythingWithNothing) {
  const value v = read("{}")["a"];
  EXPECT_EQ(v.kind(), type::absent);
  EXPECT_FALSE(v.present());
  EXPECT_FALSE(v.given());
  EXPECT_EQ(v.raw(), "");
  EXPECT_EQ(v.text(), "");
  EXPECT_EQ(v.decoded(), "");
  EXPECT_FALSE(v.equals(""));
  EXPECT_EQ(v.integer(), std::nullopt);
  EXPECT_EQ(v.real(), std::nullopt);
  EXPECT_EQ(v.boolean(), std::nullopt);
  EXPECT_EQ(v.size(), 0U);
  EXPECT_FALSE(v["a"]["b"].at(3).present());
  for ([[maybe_unused]] const value::member m : v.members()) ADD_FAILURE();
  for ([[maybe_unused]] const value e : v.elements()) ADD_FAILURE();
}

TEST_F(JsonValue, QuestionsForAnotherTypeAreAnsweredWithNothing) {
  struct test_case {
    std::string_view text;
    bool integer, real, boolean, string;
    std::size_t size;
  };
  const test_case cases[] = {
      {"null", false, false, false, false, 0},      {"true", false, false, true, false, 0},
      {"1", true, true, false, false, 0},           {"\"1\"", false, false, false, true, 0},
      {"\"true\"", false, false, false, true, 0},   {"[1,2]", false, false, false, false, 2},
      {"{\"a\":1}", false, false, false, false, 1},
  };
  for (const test_case& c : cases) {
    const value v = read(c.text);
    EXPECT_TRUE(v.present());
    EXPECT_EQ(v.given(), c.text != "null") << c.text;
    EXPECT_EQ(v.integer().has_value(), c.integer) << c.text;
    EXPECT_EQ(v.real().has_value(), c.real) << c.text;
    EXPECT_EQ(v.boolean().has_value(), c.boolean) << c.text;
    EXPECT_EQ(!v.text().empty(), c.string) << c.text;
    EXPECT_EQ(!v.decoded().empty(), c.string) << c.text;
    EXPECT_EQ(v.size(), c.size) << c.text;
    EXPECT_EQ(v["a"].present(), c.text.starts_with('{')) << c.text;
    EXPECT_EQ(v.at(0).present(), c.text.starts_with('[')) << c.text;
    EXPECT_FALSE(v.at(2).present()) << c.text;
  }
}

TEST_F(JsonValue, IntegersAreExactOrNothing) {
  struct test_case {
    std::string_view text;
    std::optional<std::int64_t> want;
  };
  const test_case cases[] = {
      {"0", 0},
      {"-0", 0},
      {"-7", -7},
      {"9007199254740993", 9007199254740993},
      {"9223372036854775807", std::numeric_limits<std::int64_t>::max()},
      {"9223372036854775808", std::nullopt},
      {"-9223372036854775808", std::numeric_limits<std::int64_t>::min()},
      {"-9223372036854775809", std::nullopt},
      {"12345678901234567890", std::nullopt},
      {"1.0", std::nullopt},
      {"1e3", std::nullopt},
  };
  for (const test_case& c : cases) EXPECT_EQ(read(c.text).integer(), c.want) << c.text;
}

TEST_F(JsonValue, RealsAreTheNearestDoubleOrNothing) {
  EXPECT_DOUBLE_EQ(*read("0.1").real(), 0.1);
  EXPECT_DOUBLE_EQ(*read("-1.5e-3").real(), -0.0015);
  EXPECT_DOUBLE_EQ(*read("7").real(), 7);
  EXPECT_DOUBLE_EQ(*read("12345678901234567890").real(), 12345678901234567890.0);
  EXPECT_DOUBLE_EQ(*read("1.7976931348623157e308").real(), std::numeric_limits<double>::max());
  EXPECT_EQ(read("1e999").real(), std::nullopt);
  EXPECT_EQ(read("-1e999").real(), std::nullopt);
  EXPECT_EQ(read("1e-999").real(), std::nullopt);
}

TEST_F(JsonValue, StringsCompareByTheirDecodedText) {
  struct test_case {
    std::string_view text;
    std::string_view inside;
    std::string_view decoded;
  };
  const test_case cases[] = {
      {R"("")", "", ""},
      {R"("plain")", "plain", "plain"},
      {R"("\"\\\/\b\f\n\r\t")", R"(\"\\\/\b\f\n\r\t)", "\"\\/\b\f\n\r\t"},
      {R"("\u0041\u00e9\u20AC")", R"(\u0041\u00e9\u20AC)", "Aé€"},
      {R"("\ud83d\ude00")", R"(\ud83d\ude00)", "😀"},
      {R"("\udbff\udfff")", R"(\udbff\udfff)", "\xF4\x8F\xBF\xBF"},
      {R"("\u0000")", R"(\u0000)", "\0"sv},
      {R"("\ud83dx")", R"(\ud83dx)", "\xEF\xBF\xBDx"},
      {R"("\ude00")", R"(\ude00)", "\xEF\xBF\xBD"},
      {R"("\ud83d\ud83d\ude00")", R"(\ud83d\ud83d\ude00)", "\xEF\xBF\xBD😀"},
      {R"("\\u0041")", R"(\\u0041)", "\\u0041"},
      {"\"\xE2\x80\xA8é\"", "\xE2\x80\xA8é", "\xE2\x80\xA8é"},
  };
  for (const test_case& c : cases) {
    const value v = read(c.text);
    EXPECT_EQ(v.text(), c.inside) << c.text;
    EXPECT_EQ(v.decoded(), c.decoded) << c.text;
    EXPECT_TRUE(v.equals(c.decoded)) << c.text;
    EXPECT_FALSE(v.equals(std::string(c.decoded) + "x")) << c.text;
    if (c.inside != c.decoded) {
      EXPECT_FALSE(v.equals(c.inside)) << c.text;
    }
  }
}

TEST_F(JsonValue, ChildrenComeInTextOrder) {
  const value v = read(R"({"b":[1,[2,3],{"x":{}}],"a":{"y":[]},"c":"s"})");
  std::vector<std::string> seen;
  for (const value::member m : v.members()) {
    seen.push_back(m.key.decoded() + "=" + std::string(m.val.raw()));
  }
  const std::vector<std::string> members = {R"(b=[1,[2,3],{"x":{}}])", R"(a={"y":[]})", R"(c="s")"};
  EXPECT_EQ(seen, members);
  seen.clear();
  for (const value e : v["b"].elements()) seen.emplace_back(e.raw());
  const std::vector<std::string> elements = {"1", "[2,3]", R"({"x":{}})"};
  EXPECT_EQ(seen, elements);
  EXPECT_EQ(v.size(), 3U);
  EXPECT_EQ(v["b"].size(), 3U);
  EXPECT_EQ(v["a"]["y"].size(), 0U);
}

}  // namespace
}  // namespace weir::json
