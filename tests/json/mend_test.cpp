#include "weir/json/mend.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <array>
#include <string>
#include <vector>

#include "json/random_json.h"
#include "weir/base/limits.h"
#include "weir/json/reader.h"

namespace weir::json {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

/// The flags by name, in the order of the header.
std::string flags(const mended& m) {
  std::string out;
  const auto add = [&](bool set, std::string_view name) {
    if (set) out += (out.empty() ? "" : " ") + std::string(name);
  };
  add(m.control_character, "control");
  add(m.not_a_number, "nan");
  add(m.invalid_utf8, "utf8");
  add(m.lone_surrogate, "surrogate");
  add(m.line_separator, "separator");
  add(m.line_break, "break");
  add(m.python, "python");
  add(m.undefined, "undefined");
  add(m.trailing_comma, "comma");
  add(m.ragged_edge, "ragged");
  return out;
}

TEST(Mend, RewritesWhatProvidersGetWrongAndNothingElse) {
  struct test_case {
    std::string_view name;
    std::string_view text;
    std::string_view want;
    std::string_view flags;
  };
  const test_case cases[] = {
      {"strict text", R"({"a": [1e5, "\u00e9/"] })", R"({"a": [1e5, "\u00e9/"] })", ""},
      {"number spelling", "[12345678901234567890,1.50,-0.0,1E+3]",
       "[12345678901234567890,1.50,-0.0,1E+3]", ""},
      {"raw LF, CR and TAB", "{\"a\":\"x\ny\rz\tw\"}", R"({"a":"x\ny\rz\tw"})", "control"},
      {"raw NUL, BS, FF and US", "\"\0\b\f\x1F\""sv, R"("\u0000\b\f\u001f")", "control"},
      {"raw LF in a key", "{\"a\nb\":1}", R"({"a\nb":1})", "control"},
      {"NaN", "[NaN]", "[null]", "nan"},
      {"every spelling", "[NaN,nan,-NaN,Infinity,-Infinity,+Infinity,inf,-inf,+nan]",
       "[null,null,null,null,null,null,null,null,null]", "nan"},
      {"NaN as a document", "NaN", "null", "nan"},
      {"logprobs", R"({"logprobs":NaN})", R"({"logprobs":null})", "nan"},
      {"logprob", R"({"token":"a","logprob":-Infinity,"x":NaN})",
       R"({"token":"a","logprob":-9999.0,"x":null})", "nan"},
      {"logprob with space", "{\"logprob\" : NaN}", "{\"logprob\" : -9999.0}", "nan"},
      {"logprob over lines", "{\"logprob\"\n:\nNaN}", "{\"logprob\":-9999.0}", "nan break"},
      {"escaped logprob", R"({"l\u006fgprob":NaN})", R"({"l\u006fgprob":-9999.0})", "nan"},
      {"logprob of a list", R"({"logprob":[NaN]})", R"({"logprob":[null]})", "nan"},
      {"logprob as a value", R"(["logprob",NaN])", R"(["logprob",null])", "nan"},
      {"NaN in a string", R"(["NaN"])", R"(["NaN"])", ""},
      {"cut UTF-8 before the quote", "\"a\xF0\x9F\"", "\"a\xEF\xBF\xBD\"", "utf8"},
      {"maximal subparts", "\"\xE2\x80\xFF\x80z\"", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBDz\"",
       "utf8"},
      {"encoded surrogate", "\"\xED\xA0\xBD\"", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"", "utf8"},
      {"ill-formed bytes in a key", "{\"\xFF\":1}", "{\"\xEF\xBF\xBD\":1}", "utf8"},
      {"high half", R"("a\ud83d")", R"("a\ufffd")", "surrogate"},
      {"low half", R"("\uDE00b")", R"("\ufffdb")", "surrogate"},
      {"half before a pair", R"("\ud83d\ud83d\ude00")", R"("\ufffd\ud83d\ude00")", "surrogate"},
      {"half before an escape", R"("\ud83d\n")", R"("\ufffd\n")", "surrogate"},
      {"a pair", R"("\ud83d\ude00")", R"("\ud83d\ude00")", ""},
      {"no escape at all", R"("\\ud83d")", R"("\\ud83d")", ""},
      {"raw line separators", "\"\xC2\x85\xE2\x80\xA8\xE2\x80\xA9\"", R"("\u0085\u2028\u2029")",
       "separator"},
      {"their neighbours", "\"\xC2\x84\xE2\x80\xA7\"", "\"\xC2\x84\xE2\x80\xA7\"", ""},
      {"pretty-printed", "{\n  \"a\": [\r\n\t1\n  ]\n}", "{  \"a\": [\t1  ]}", "break"},
      {"space around is not the document", " \n{\"a\":1} \n", R"({"a":1})", ""},
      {"repr()", "{'id': 'x', 'n': None, 'ok': True, 'no': False}",
       R"({"id": "x", "n": null, "ok": true, "no": false})", "python"},
      {"repr() of a text with an apostrophe", R"({'a': "it's", 'b': 'x"y'})",
       R"({"a": "it's", "b": "x\"y"})", "python"},
      {"Python's escapes", R"(['\'"\n\\\x00\x1b\x7f\xa0\xe9\x22\x5c\u00e9\U0001f600'])",
       "[\"'\\\"\\n\\\\\\u0000\\u001b\x7F\xC2\xA0\xC3\xA9\\\"\\\\\\u00e9\xF0\x9F\x98\x80\"]",
       "python"},
      {"Python's escapes in double quotes", R"(["it's \x1b\'"])", R"(["it's \u001b'"])", "python"},
      {"Python's line separators", R"(['\x85\U00002028'])", R"(["\u0085\u2028"])", "python"},
      {"Python's half pairs", R"(['\ud83d', '\U0000d83d'])", R"(["\ufffd", "\ufffd"])",
       "surrogate python"},
      {"single quotes around the rest", "['\xFF\n\xE2\x80\xA8']", "[\"\xEF\xBF\xBD\\n\\u2028\"]",
       "control utf8 separator python"},
      {"an apostrophe is a letter", R"(["it's", "'", "None"])", R"(["it's", "'", "None"])", ""},
      {"empty in single quotes", "{'':''}", R"({"":""})", "python"},
      {"logprob of Python", "{'logprob': -inf}", R"({"logprob": -9999.0})", "nan python"},
      {"undefined", "[undefined]", "[null]", "undefined"},
      {"trailing commas", R"({"a":[1,],"b":{"c":2,},})", R"({"a":[1],"b":{"c":2}})", "comma"},
      {"a comma before space", "[1 , \n]", "[1  ]", "break comma"},
      {"commas in strings", R"(["a,", ",]"])", R"(["a,", ",]"])", ""},
      {"all at once", "{\"a\":\"\n\xFF\\ud800\xE2\x80\xA8\",\n\"b\":NaN,'c':undefined,}",
       "{\"a\":\"\\n\xEF\xBF\xBD\\ufffd\\u2028\",\"b\":null,\"c\":null}",
       "control nan utf8 surrogate separator break python undefined comma"},
  };
  for (const test_case& c : cases) {
    const mended got = mend(c.text);
    EXPECT_EQ(got.text, c.want) << c.name;
    EXPECT_EQ(flags(got), c.flags) << c.name;
  }
}

TEST(Mend, ACharacterCutByTheEdgeOfAPieceIsKept) {
  struct test_case {
    std::string_view name;
    std::string_view text;
    std::string_view want;
    std::string_view flags;
  };
  const test_case cases[] = {
      {"upper half at the end", R"({"content":"a\ud83d"})", R"({"content":"a\ud83d"})", "ragged"},
      {"lower half at the beginning", R"({"content":"\uDE00a"})", R"({"content":"\uDE00a"})",
       "ragged"},
      {"upper half at the beginning", R"({"content":"\ud83da"})", R"({"content":"\ufffda"})",
       "surrogate"},
      {"lower half at the end", R"({"content":"a\ude00"})", R"({"content":"a\ufffd"})",
       "surrogate"},
      {"bytes at the end", "{\"content\":\"a\xF0\x9F\"}", R"({"content":"a\uDcf0\uDc9f"})",
       "ragged"},
      {"bytes at the beginning", "{\"content\":\"\x98\x80z\"}", R"({"content":"\uDc98\uDc80z"})",
       "ragged"},
      {"a lower half is never spelled as a byte", R"({"content":"\uDc80"})",
       R"({"content":"\udc80"})", "ragged"},
      {"no more than three bytes at the beginning", "{\"content\":\"\x80\x81\x82\x83\"}",
       "{\"content\":\"\\uDc80\\uDc81\\uDc82\xEF\xBF\xBD\"}", "utf8 ragged"},
      {"what cannot become a character", "{\"content\":\"a\xF0\x80\"}",
       "{\"content\":\"a\xEF\xBF\xBD\xEF\xBF\xBD\"}", "utf8"},
      {"in the middle", "{\"content\":\"a\xF0\x9F z\\ud83d.\"}",
       "{\"content\":\"a\xEF\xBF\xBD z\\ufffd.\"}", "utf8 surrogate"},
      {"before an escape", "{\"content\":\"\xE2\x82\\n\"}", "{\"content\":\"\xEF\xBF\xBD\\n\"}",
       "utf8"},
      {"bytes before half a pair", "{\"content\":\"\xE2\\ud83d\"}",
       "{\"content\":\"\xEF\xBF\xBD\\ud83d\"}", "utf8 ragged"},
      {"another key", "{\"id\":\"a\xF0\"}", "{\"id\":\"a\xEF\xBF\xBD\"}", "utf8"},
      {"the key itself", R"({"content\ud83d":"a"})", R"({"content\ufffd":"a"})", "surrogate"},
      {"a key in escapes, with space", R"({"c\u006fntent" : "\ud83d"})",
       R"({"c\u006fntent" : "\ud83d"})", "ragged"},
      {"a list under the key", R"({"content":["\ud83d"]})", R"({"content":["\ufffd"]})",
       "surrogate"},
      {"the second key", R"({"a":{"arguments":"\ud83d"}})", R"({"a":{"arguments":"\ud83d"}})",
       "ragged"},
      {"everything else is mended as ever", "{\"content\":\"\n\xE2\x80\xA8\",\"b\":NaN}",
       R"({"content":"\n\u2028","b":null})", "control nan separator"},
  };
  constexpr std::array<std::string_view, 2> keys = {"content", "arguments"};
  for (const test_case& c : cases) {
    const mended got = mend(c.text, {keys});
    EXPECT_EQ(got.text, c.want) << c.name;
    EXPECT_EQ(flags(got), c.flags) << c.name;
    const mended again = mend(got.text, {keys});
    EXPECT_EQ(again.text.size(), got.text.size()) << c.name << ": escapes stay escapes";
  }
}

TEST(Mend, WhatIsNotJsonGivesNothing) {
  const std::string_view cases[] = {
      // nothing, or something else
      "", " ", "\n", "hello", "}", "]", ",1", ":", "tru", "nullx", "\xEF\xBB\xBF{}", "[\xFF]",
      "[\xE2\x80\xA8]", "[\0]"sv,
      // a document that stops or that other brackets close
      "{\"a\":1", "[1,2", "[}", "{]", "\"abc", "\"abc\\", "'abc", "['abc]", "{'a': 'b\"}", "[1,",
      "[1, ",
      // tokens in the wrong place
      "{a:1}", "[1 2]", "[1\n2]", "[1\r\n\n2]", "[-\n1]", "[1\n.5]", "[tr\nue]", "[Na\nN]",
      "[NaN\n1]", "[\"a\"\n\"b\"]", "{NaN:1}", "{None:1}", "{undefined:1}", "['a' 'b']", "(1, 2)",
      "[b'a']", "[No\nne]",
      // commas that end nothing
      "[,]", "{,}", "[1,,]", "[,1]", "{\"a\":,}", "{\"a\",}", "{\"a\":1,,}", "[1],",
      // words and numbers that are neither
      "NaNs", "+1", "[+1]", "--Infinity", "\"a\":1x", "[01]", "[1.]", "[none]", "[TRUE]", "[None1]",
      "[undefined.x]", "[Undefined]",
      // escapes that are none
      "\"\\x\"", "\"\\\n\"", "\"\\u12\"", "['\\x4']", "['\\x4g']", "['\\U00110000']",
      "['\\U0001f60']", "['\\q']", "['\\"};
  for (const std::string_view text : cases) {
    const mended got = mend(text);
    if (text == "\"a\":1x" || text == "[1],") {
      EXPECT_EQ(got.text, text.substr(0, 3)) << "what follows a document is not looked at";
      continue;
    }
    EXPECT_EQ(got.text, "") << text;
    EXPECT_EQ(got.consumed, 0U) << text;
    EXPECT_EQ(flags(got), "") << text;
  }
}

TEST(Mend, ConsumedIsWhereTheDocumentEnds) {
  struct test_case {
    std::string_view text;
    std::string_view want;
    std::size_t consumed;
  };
  const test_case cases[] = {
      {"{}", "{}", 2},
      {"\n {\"a\":NaN} x", "{\"a\":null}", 11},
      {"{\"a\":\"\n\"}{\"b\":NaN}", "{\"a\":\"\\n\"}", 9},
      {"NaN 1", "null", 3},
      {"NaN{}", "null", 3},
      {"\"\xFF\"\xFF", "\"\xEF\xBF\xBD\"", 3},
      {"{'a': '}'} {'b': 1}", R"({"a": "}"})", 10},
      {"[1,],", "[1]", 4},
  };
  for (const test_case& c : cases) {
    const mended got = mend(c.text);
    EXPECT_EQ(got.text, c.want) << c.text;
    EXPECT_EQ(got.consumed, c.consumed) << c.text;
  }
}

TEST(Mend, DepthIsBoundedFromBothSides) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + "NaN" + std::string(depth, ']');
  };
  EXPECT_NE(mend(nested(limits::max_json_depth)).text, "");
  EXPECT_EQ(mend(nested(limits::max_json_depth + 1)).text, "");
  EXPECT_EQ(mend(std::string(1'000'000, '[')).text, "");
}

/// Texts near JSON: documents with deviations put in, or loose pieces.
std::string near_json() {
  static const std::vector<std::string> pieces = {"NaN",
                                                  "-Infinity",
                                                  "None",
                                                  "True",
                                                  "undefined",
                                                  "'",
                                                  "'a'",
                                                  "it's",
                                                  "\\x41",
                                                  "\\U0001F600",
                                                  "\\'",
                                                  ",}",
                                                  ",]",
                                                  "inf",
                                                  "\n",
                                                  "\r\n",
                                                  " ",
                                                  "\"",
                                                  "\"\n\"",
                                                  "\xFF",
                                                  "\xE2\x80\xA8",
                                                  "\xE2\x80",
                                                  "\\ud83d",
                                                  "\\ude00",
                                                  "\xC2\x85",
                                                  "{",
                                                  "}",
                                                  "[",
                                                  "]",
                                                  ",",
                                                  ":",
                                                  "1",
                                                  "-",
                                                  "\"logprob\":NaN",
                                                  "true",
                                                  "\\",
                                                  "\x01",
                                                  "\\u"};
  const auto seed = *rc::gen::scale(3.0, rc::gen::arbitrary<std::vector<std::uint8_t>>());
  std::string text = *rc::gen::arbitrary<bool>() ? random_json(seed).container().spaced : "";
  const auto extra = *rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(pieces));
  for (const std::string& piece : extra) {
    text.insert(*rc::gen::inRange<std::size_t>(0, text.size() + 1), piece);
  }
  return text;
}

void expect_laws(const std::string& text) {
  const mended once = mend(text);
  reader strict;
  const reader::status status = strict.parse(text);
  const bool clean = status == reader::status::ok && !strict.has_line_break() &&
                     !strict.has_line_separator() && !strict.has_lone_surrogate();
  if (status == reader::status::ok) RC_ASSERT(!once.text.empty());
  if (clean) {
    RC_ASSERT(once.text == strict.root().raw());
    RC_ASSERT(flags(once) == "");
  }
  if (once.text.empty()) {
    RC_ASSERT(once.consumed == 0U);
    return;
  }
  RC_ASSERT(clean || flags(once) != "");
  RC_ASSERT(once.consumed <= text.size());
  reader r;
  RC_ASSERT(r.parse(once.text) == reader::status::ok);
  RC_ASSERT(r.rest().empty() && r.root().raw() == once.text);
  RC_ASSERT(!r.has_line_break() && !r.has_line_separator() && !r.has_lone_surrogate());
  const mended twice = mend(once.text);
  RC_ASSERT(twice.text == once.text);
  RC_ASSERT(flags(twice) == "");
  RC_ASSERT(twice.consumed == once.text.size());
  RC_ASSERT(mend(std::string_view(text).substr(0, once.consumed)).text == once.text);
}

TEST(MendProperty, TextsNearJsonBecomeCleanJsonOrNothing) {
  EXPECT_TRUE(rc::check([] { expect_laws(near_json()); }));
}

TEST(MendProperty, AnyBytesBecomeCleanJsonOrNothing) {
  EXPECT_TRUE(rc::check([](const std::string& text) {
    expect_laws(text);
    expect_laws("\"" + text + "\"");
    expect_laws("[\"" + text + "\",NaN]");
  }));
}

TEST(MendProperty, ADocumentFullOfDeviationsIsTheDocumentWithoutThem) {
  EXPECT_TRUE(rc::check([](const std::vector<std::uint8_t>& seed) {
    const random_document doc = random_json(seed).container();
    const mended compact = mend(doc.compact);
    const mended spaced = mend(doc.spaced);
    RC_ASSERT(!compact.text.empty());
    RC_ASSERT(!compact.line_break);
    std::string bare;  // the spaced form without its spaces between tokens
    bool in_string = false;
    for (std::size_t i = 0; i < spaced.text.size(); ++i) {
      const char c = spaced.text[i];
      if (in_string && c == '\\') bare += spaced.text[i++];
      if (c == '"' && (i == 0 || spaced.text[i] == '"')) in_string = !in_string;
      if (in_string || (c != ' ' && c != '\t')) bare += spaced.text[i];
    }
    RC_ASSERT(bare == compact.text);
  }));
}

}  // namespace
}  // namespace weir::json
