#include "weir/json/reader.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <string>

#include "weir/base/limits.h"

namespace weir::json {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;
using status = reader::status;

TEST(JsonReader, EveryProductionOfRfc8259IsAccepted) {
  struct test_case {
    std::string_view name;
    std::string_view text;
    type kind;
    std::string_view raw;
  };
  const test_case cases[] = {
      {"null", "null", type::null, "null"},
      {"true", "true", type::boolean, "true"},
      {"false", "false", type::boolean, "false"},
      {"whitespace around", " \t\r\n1 \t\r\n", type::number, "1"},
      {"zero", "0", type::number, "0"},
      {"minus zero", "-0", type::number, "-0"},
      {"digits", "1234567890", type::number, "1234567890"},
      {"twenty digits", "12345678901234567890", type::number, "12345678901234567890"},
      {"fraction", "-0.010", type::number, "-0.010"},
      {"exponent", "1e5", type::number, "1e5"},
      {"exponent with signs", "1.0E+05", type::number, "1.0E+05"},
      {"negative exponent", "0e-0", type::number, "0e-0"},
      {"beyond a double", "1e999", type::number, "1e999"},
      {"empty string", R"("")", type::string, R"("")"},
      {"every short escape", R"("\"\\\/\b\f\n\r\t")", type::string, R"("\"\\\/\b\f\n\r\t")"},
      {"unicode escapes of both cases", R"("\u00eF\uABCD")", type::string, R"("\u00eF\uABCD")"},
      {"escaped NUL", R"("\u0000")", type::string, R"("\u0000")"},
      {"surrogate pair", R"("\ud83d\uDE00")", type::string, R"("\ud83d\uDE00")"},
      {"DEL is no control character here", "\"\x7f\"", type::string, "\"\x7f\""},
      {"two-byte scalars", "\"\xC2\x80\xDF\xBF\"", type::string, "\"\xC2\x80\xDF\xBF\""},
      {"three-byte scalars", "\"\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80\xEF\xBF\xBF\"", type::string,
       "\"\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80\xEF\xBF\xBF\""},
      {"four-byte scalars", "\"\xF0\x90\x80\x80\xF4\x8F\xBF\xBF\"", type::string,
       "\"\xF0\x90\x80\x80\xF4\x8F\xBF\xBF\""},
      {"BOM inside a string", "\"\xEF\xBB\xBF\"", type::string, "\"\xEF\xBB\xBF\""},
      {"empty array", "[]", type::array, "[]"},
      {"empty array with space", "[ ]", type::array, "[ ]"},
      {"array", "[1, \"a\",null]", type::array, "[1, \"a\",null]"},
      {"nested arrays", "[[],[[]]]", type::array, "[[],[[]]]"},
      {"empty object", "{}", type::object, "{}"},
      {"empty object with space", "{\t}", type::object, "{\t}"},
      {"object", R"({"a":1 , "b" : {"c":[]}})", type::object, R"({"a":1 , "b" : {"c":[]}})"},
      {"repeated keys", R"({"a":1,"a":2})", type::object, R"({"a":1,"a":2})"},
      {"empty key", R"({"":0})", type::object, R"({"":0})"},
      {"space at every place", " { \"a\" : [ 1 , 2 ] , \"b\" : 0 } ", type::object,
       "{ \"a\" : [ 1 , 2 ] , \"b\" : 0 }"},
  };
  for (const test_case& c : cases) {
    reader r;
    EXPECT_EQ(r.parse(c.text), status::ok) << c.name << ": " << r.reason();
    EXPECT_EQ(r.root().kind(), c.kind) << c.name;
    EXPECT_EQ(r.root().raw(), c.raw) << c.name;
    EXPECT_EQ(r.rest(), "") << c.name;
    EXPECT_FALSE(r.truncated()) << c.name;
  }
}

TEST(JsonReader, BrokenTextsAreRefusedAtTheirFirstWrongByte) {
  struct test_case {
    std::string_view name;
    std::string_view text;
    std::size_t fault;
  };
  const test_case cases[] = {
      {"word", "hello", 0},
      {"upper case", "True", 0},
      {"wrong word", "nule", 3},
      {"word runs on", "nullx", 4},
      {"word runs into a number", "true1", 4},
      {"NaN", "NaN", 0},
      {"Infinity", "[Infinity]", 1},
      {"minus infinity", "-Infinity", 1},
      {"leading zero", "01", 1},
      {"leading zero behind minus", "[-012]", 3},
      {"plus", "+1", 0},
      {"no digit before the point", ".5", 0},
      {"no digit behind the point", "1.e5", 2},
      {"no digit behind the exponent", "[1e]", 3},
      {"no digit behind the sign of the exponent", "[1e+]", 4},
      {"two points", "1.2.3", 3},
      {"hexadecimal", "0x10", 1},
      {"a letter behind a number", "12a", 2},
      {"a sign inside a number", "1-2", 1},
      {"single quotes", "{'a':1}", 1},
      {"unquoted key", "{a:1}", 1},
      {"number as key", "{1:1}", 1},
      {"no colon", R"({"a" 1})", 5},
      {"no value", R"({"a":})", 5},
      {"no comma in an object", R"({"a":1 "b":2})", 7},
      {"comma before the brace", R"({"a":1,})", 7},
      {"comma first in an object", R"({,"a":1})", 1},
      {"no comma in an array", "[1 2]", 3},
      {"comma before the bracket", "[1,]", 3},
      {"comma first in an array", "[,1]", 1},
      {"two commas", "[1,,2]", 3},
      {"wrong closing bracket", "[1}", 2},
      {"wrong closing brace", R"({"a":1])", 6},
      {"closing only", "]", 0},
      {"colon in an array", R"(["a":1])", 4},
      {"comment", "/* */1", 0},
      {"comment between tokens", "[1//\n]", 2},
      {"form feed is no whitespace", "\f1", 0},
      {"no-break space is no whitespace",
       "\xC2\xA0"
       "1",
       0},
      {"BOM", "\xEF\xBB\xBF{}", 0},
      {"NUL", "\0"sv, 0},
      {"NUL between tokens", "[\0]"sv, 1},
      {"unknown escape", R"("a\x41")", 3},
      {"escaped apostrophe", R"("\'")", 2},
      {"upper-case U", R"("\U0041")", 2},
      {"escape with three digits", R"("\u004")", 6},
      {"escape with a wrong digit", R"("\u00g0")", 5},
      {"broken second half", R"("\ud83d\uDEXX")", 11},
      {"raw LF in a string", "\"a\nb\"", 2},
      {"raw TAB in a string", "\"\t\"", 1},
      {"raw NUL in a string", "\"\0\""sv, 1},
      {"raw 1F behind sixteen bytes", "\"0123456789abcdef\x1F\"", 17},
      {"raw LF in a key", "{\"a\n\":1}", 3},
      {"continuation byte alone", "\"\x80\"", 1},
      {"overlong form of two", "\"\xC0\x80\"", 1},
      {"overlong form of three", "\"\xE0\x9F\xBF\"", 1},
      {"overlong form of four", "\"\xF0\x8F\xBF\xBF\"", 1},
      {"encoded surrogate", "\"\xED\xA0\x80\"", 1},
      {"beyond U+10FFFF", "\"\xF4\x90\x80\x80\"", 1},
      {"byte FF", "\"abc\xFF\"", 4},
      {"UTF-8 cut by the quote", "\"\xE2\x82\"", 1},
      {"ill-formed bytes are reported before a later fault", "[\"\xFF\", x]", 2},
      {"ill-formed bytes are reported before a later end", "[\"\xFF\",", 2},
      {"ill-formed bytes are reported before a raw control character", "\"\xE2\x82\n\"", 1},
      {"ill-formed bytes in a key", "{\"\xC3(\":1}", 2},
      {"a later fault behind good bytes is its own", "[\"\xC3\xA9\", x]", 7},
  };
  for (const test_case& c : cases) {
    reader r;
    EXPECT_EQ(r.parse(c.text), status::invalid) << c.name;
    EXPECT_EQ(r.fault(), c.fault) << c.name << ": " << r.reason();
    EXPECT_NE(r.reason(), "") << c.name;
    EXPECT_FALSE(r.truncated()) << c.name;
    EXPECT_FALSE(r.root().present()) << c.name;
    EXPECT_EQ(r.rest(), "") << c.name;
  }
}

TEST(JsonReader, TextsThatStopTooEarlyAreTruncated) {
  const std::string_view cases[] = {"t",
                                    "tru",
                                    "fals",
                                    "n",
                                    "-",
                                    "1.",
                                    "1e",
                                    "1E+",
                                    "\"",
                                    "\"abc",
                                    "\"a\\",
                                    "\"\\u",
                                    "\"\\u00",
                                    "\"\\ud83d",
                                    "\"\\ud83d\\",
                                    "\"\\ud83d\\ude0",
                                    "\"\xE2",
                                    "\"\xE2\x80",
                                    "\"\xF0\x9F\x98",
                                    "[",
                                    "[ ",
                                    "[1",
                                    "[1,",
                                    "[1, ",
                                    "[[]",
                                    "{",
                                    "{ ",
                                    "{\"a",
                                    "{\"a\"",
                                    "{\"a\" ",
                                    "{\"a\":",
                                    "{\"a\": ",
                                    "{\"a\":1",
                                    "{\"a\":1,",
                                    "{\"a\":{}",
                                    "[tru",
                                    "[-",
                                    "[{\"a\":\"\xC3\xA9",
                                    "[1\n"};
  for (const std::string_view text : cases) {
    reader r;
    EXPECT_EQ(r.parse(text), status::invalid) << text;
    EXPECT_TRUE(r.truncated()) << text;
    EXPECT_EQ(r.fault(), text.size()) << text;
  }
}

TEST(JsonReader, TextsWithoutATokenAreEmpty) {
  for (const std::string_view text : {""sv, " "sv, "\r\n\t "sv, std::string_view()}) {
    reader r;
    EXPECT_EQ(r.parse(text), status::empty);
    EXPECT_FALSE(r.root().present());
    EXPECT_FALSE(r.has_line_break());
  }
}

TEST(JsonReader, WhatFollowsTheDocumentIsTheRest) {
  struct test_case {
    std::string_view text;
    std::string_view raw;
    std::string_view rest;
  };
  const test_case cases[] = {
      {R"({"a":1}{"b":2})", R"({"a":1})", R"({"b":2})"},
      {" {} \r\n [] ", "{}", "[] "},
      {"{}}", "{}", "}"},
      {"{},{}", "{}", ",{}"},
      {"1 2", "1", "2"},
      {"1,2", "1", ",2"},
      {"\"a\"\"b\"", "\"a\"", "\"b\""},
      {"null{", "null", "{"},
      {"[]garbage", "[]", "garbage"},
      {"{}\n\xFF\0"sv, "{}", "\xFF\0"sv},
      {"{} \t\r\n", "{}", ""},
  };
  for (const test_case& c : cases) {
    reader r;
    EXPECT_EQ(r.parse(c.text), status::ok) << c.text;
    EXPECT_EQ(r.root().raw(), c.raw) << c.text;
    EXPECT_EQ(r.rest(), c.rest) << c.text;
  }
}

TEST(JsonReader, FlagsTellWhatCannotStandInOneLine) {
  struct test_case {
    std::string_view name;
    std::string_view text;
    bool separator;
    bool surrogate;
    bool line_break;
  };
  const test_case cases[] = {
      {"nothing", R"({"a":"é","b":"\u2028\u0085\n"})", false, false, false},
      {"U+2028", "\"\xE2\x80\xA8\"", true, false, false},
      {"U+2029", "[\"\xE2\x80\xA9\"]", true, false, false},
      {"U+0085", "[\"\xC2\x85\"]", true, false, false},
      {"in a key", "{\"\xE2\x80\xA8\":0}", true, false, false},
      {"far behind", "[\"0123456789012345678901234567890123456789\xC2\x85\"]", true, false, false},
      {"neighbours of U+2028", "\"\xE2\x80\xA7\xE2\x80\xAA\xE2\x81\xA8\xE3\x80\xA8\"", false, false,
       false},
      {"neighbours of U+0085", "\"\xC2\x84\xC2\x86\xC3\x85\"", false, false, false},
      {"high half alone", R"("\ud83d")", false, true, false},
      {"high half before text", R"("\ud83dx\ude00")", false, true, false},
      {"high half before another escape", R"("\ud83d\n")", false, true, false},
      {"low half alone", R"("\ude00")", false, true, false},
      {"halves in the wrong order", R"("\ude00\ud83d")", false, true, false},
      {"a third half behind a pair", R"("\ud83d\ude00\ud83d")", false, true, false},
      {"two high halves and a low one", R"("\ud83d\ud83d\ude00")", false, true, false},
      {"in a key", R"({"\udbff":0})", false, true, false},
      {"a pair", R"("\ud83d\ude00")", false, false, false},
      {"a backslash before a u", R"("\\ud83d")", false, false, false},
      {"LF between tokens", "{\n}", false, false, true},
      {"CR between tokens", "[1,\r2]", false, false, true},
      {"LF before a colon", "{\"a\"\n:1}", false, false, true},
      {"LF around the document", "\n{}\r\n", false, false, false},
      {"LF behind the document", "{}\n{}", false, false, false},
      {"separator behind the document", "{}\"\xE2\x80\xA8\"", false, false, false},
      {"all", "[\"\xC2\x85\\ud800\"\n]", true, true, true},
  };
  for (const test_case& c : cases) {
    reader r;
    EXPECT_EQ(r.parse(c.text), status::ok) << c.name << ": " << r.reason();
    EXPECT_EQ(r.has_line_separator(), c.separator) << c.name;
    EXPECT_EQ(r.has_lone_surrogate(), c.surrogate) << c.name;
    EXPECT_EQ(r.has_line_break(), c.line_break) << c.name;
    EXPECT_EQ(r.parse("{}"), status::ok);
    EXPECT_FALSE(r.has_line_separator() || r.has_lone_surrogate() || r.has_line_break())
        << c.name << " must not outlast its text";
  }
}

TEST(JsonReader, DepthIsBoundedFromBothSides) {
  const auto nested = [](std::size_t depth, std::string_view open, std::string_view close) {
    std::string text;
    for (std::size_t i = 0; i < depth; ++i) text += open;
    if (open != "[") text += "0";
    for (std::size_t i = 0; i < depth; ++i) text += close;
    return text;
  };
  reader r;
  EXPECT_EQ(r.parse(nested(limits::max_json_depth, "[", "]")), status::ok);
  EXPECT_EQ(r.parse(nested(limits::max_json_depth, "{\"a\":", "}")), status::ok);
  EXPECT_EQ(r.parse(nested(limits::max_json_depth + 1, "[", "]")), status::too_deep);
  EXPECT_EQ(r.fault(), limits::max_json_depth);
  EXPECT_FALSE(r.truncated());
  EXPECT_FALSE(r.root().present());
  EXPECT_EQ(r.parse(nested(limits::max_json_depth + 1, "{\"a\":", "}")), status::too_deep);
  EXPECT_EQ(r.fault(), limits::max_json_depth * 5);
  EXPECT_EQ(r.parse(std::string(10'000'000, '[')), status::too_deep);
  EXPECT_EQ(r.parse("{}"), status::ok);
}

TEST(JsonReader, TextsOfFourGibibytesAreRefusedUnread) {
  // Address space without memory: touching it would be a fault of its own.
  const std::size_t size = (std::size_t{1} << 32) + 16;
  void* const space =
      mmap(nullptr, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  ASSERT_NE(space, MAP_FAILED);
  reader r;
  EXPECT_EQ(r.parse({static_cast<const char*>(space), std::size_t{1} << 32}), status::invalid);
  EXPECT_NE(r.reason(), "");
  EXPECT_FALSE(r.truncated());
  munmap(space, size);
}

TEST(JsonReader, ABrokenTextLeavesNothingBehindForTheNext) {
  reader r;
  EXPECT_EQ(r.parse("[\"\xE2\x80\xA8\\ud800\", \n"), status::invalid);
  EXPECT_FALSE(r.has_line_separator() || r.has_lone_surrogate() || r.has_line_break());
  EXPECT_EQ(r.parse("{\"a\":1}"), status::ok);
  EXPECT_EQ(r.reason(), "");
  EXPECT_EQ(r.fault(), 0U);
  EXPECT_FALSE(r.truncated());
  EXPECT_EQ(r.root()["a"].integer(), 1);
}

TEST(JsonReader, ALongTextDoesNotChangeHowAShortOneIsRead) {
  std::string text = "[";
  while (text.size() < 6 * limits::max_kept_json_nodes) text += "0,";
  text += "0]";
  reader r;
  EXPECT_EQ(r.parse(text), status::ok);
  EXPECT_EQ(r.root().size(), text.size() / 2);
  EXPECT_EQ(r.parse(R"({"a":[1,2]})"), status::ok);
  EXPECT_EQ(r.root()["a"].size(), 2U);
  EXPECT_EQ(r.parse(text), status::ok);
  EXPECT_EQ(r.root().size(), text.size() / 2);
}

}  // namespace
}  // namespace weir::json
