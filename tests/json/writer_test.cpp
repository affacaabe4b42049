#include "weir/json/writer.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <string>
#include <vector>

#include "json/random_json.h"
#include "weir/json/reader.h"

namespace weir::json {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

TEST(JsonWriter, StringsAreSpelledAsGen8Says) {
  struct test_case {
    std::string_view name;
    std::string_view text;
    std::string_view want;
  };
  const test_case cases[] = {
      {"empty", "", R"("")"},
      {"plain", "Hello, world", R"("Hello, world")"},
      {"quote and backslash", R"(a"b\c)", R"("a\"b\\c")"},
      {"slash stays", "a/b", R"("a/b")"},
      {"short escapes", "\b\f\n\r\t", R"("\b\f\n\r\t")"},
      {"other control characters", "\0\x01\x0B\x1F"sv, R"("\u0000\u0001\u000b\u001f")"},
      {"DEL stays", "\x7F", "\"\x7F\""},
      {"non-ASCII stays", "é€😀", "\"é€😀\""},
      {"other C1 controls stay", "\xC2\x84\xC2\x86", "\"\xC2\x84\xC2\x86\""},
      {"line separators",
       "a\xC2\x85"
       "b\xE2\x80\xA8"
       "c\xE2\x80\xA9",
       R"("a\u0085b\u2028c\u2029")"},
      {"line separator far behind", "0123456789012345678901234567890123456789\xE2\x80\xA8",
       R"("0123456789012345678901234567890123456789\u2028")"},
      {"ill-formed byte", "a\xFFz", "\"a\xEF\xBF\xBDz\""},
      {"maximal subparts", "\xE2\x80\xF0\x9F\x98", "\"\xEF\xBF\xBD\xEF\xBF\xBD\""},
      {"cut by a quote", "\xE2\x80\"", "\"\xEF\xBF\xBD\\\"\""},
      {"encoded surrogate", "\xED\xA0\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""},
      {"ill-formed bytes beside a separator", "\xFF\xE2\x80\xA8", "\"\xEF\xBF\xBD\\u2028\""},
  };
  for (const test_case& c : cases) {
    EXPECT_EQ(json::quoted(c.text), c.want) << c.name;
    std::string out = "x";
    append_string(out, c.text);
    EXPECT_EQ(out, "x" + std::string(c.want)) << c.name;
  }
}

TEST(JsonWriter, AnyBytesBecomeAStringThatReadsBack) {
  EXPECT_TRUE(rc::check([](const std::vector<std::uint8_t>& seed) {
    static constexpr std::string_view common = "\xE2\x80\xA8\xA9\xC2\x85\"\\\n/\x7F\xFF aé";
    std::string text;
    for (const std::uint8_t b : seed) {
      text.push_back(b < 160 ? common[b % common.size()] : static_cast<char>(b));
    }
    const std::string out = json::quoted(text);
    reader r;
    RC_ASSERT(r.parse(out) == reader::status::ok);
    RC_ASSERT(r.rest().empty());
    RC_ASSERT(r.root().is(type::string));
    RC_ASSERT(!r.has_line_separator() && !r.has_lone_surrogate());
    const std::string back = r.root().decoded();
    if (back.find("\xEF\xBF\xBD") == std::string::npos) RC_ASSERT(back == text);
    RC_ASSERT(json::quoted(back) == out);
  }));
}

/// The insides of random strings, and what they decode to is left to the reader's own tests.
std::string inside_of(const std::vector<std::uint8_t>& seed) {
  const std::string text = random_json(seed).string_only().compact;
  return text.substr(1, text.size() - 2);
}

/// Units that must stay whole, found one by one from the front.
std::vector<std::size_t> unit_ends(std::string_view inside) {
  const auto is_half = [&](std::size_t at, std::string_view nibbles) {
    return inside.size() >= at + 6 && inside.substr(at, 2) == "\\u" &&
           (inside[at + 2] == 'd' || inside[at + 2] == 'D') &&
           nibbles.find(inside[at + 3]) != std::string_view::npos;
  };
  std::vector<std::size_t> ends;
  for (std::size_t i = 0; i < inside.size();) {
    if (inside[i] == '\\') {
      const bool pair = is_half(i, "89abAB") && is_half(i + 6, "cdefCDEF");
      i += pair ? 12U : inside[i + 1] == 'u' ? 6U : 2U;
    } else {
      ++i;
      while (i < inside.size() && (static_cast<unsigned char>(inside[i]) & 0xC0) == 0x80) ++i;
    }
    ends.push_back(i);
  }
  return ends;
}

void expect_splits(const std::string& inside) {
  const std::vector<std::size_t> ends = unit_ends(inside);
  for (std::size_t max = 0; max <= inside.size() + 2; ++max) {
    std::size_t want = ends.empty() ? 0 : ends.front();
    for (const std::size_t end : ends) {
      if (end <= max) want = end;
    }
    ASSERT_EQ(split_point(inside, max), want) << inside << " at " << max;
  }
}

TEST(JsonWriter, NoSplitCutsACharacterAnEscapeOrASurrogatePair) {
  const std::string cases[] = {
      "",
      "abc",
      "é€😀é€😀",
      R"(\n\\\"\/)",
      R"(\\\\\\\\)",
      R"(\\u0041\\\u0041\\\\u0041)",
      R"(a\u00e9b\u20ac)",
      R"(\ud83d\ude00\uD83D\uDE00)",
      R"(\ud83d\ud83d\ude00\ude00)",
      R"(\ud83dx\ude00)",
      R"(\ud83d)",
      R"(\ude00\ud83d\n)",
      "€\\n€\\ud83d\\ude00😀\\\\",
      "0123456789abcdef0123456789abcdef",
  };
  for (const std::string& inside : cases) expect_splits(inside);
}

TEST(JsonWriter, NoSplitOfAnyStringCutsAUnit) {
  EXPECT_TRUE(rc::check([](const std::vector<std::uint8_t>& seed) {
    expect_splits(inside_of(seed));
    RC_ASSERT(!::testing::Test::HasFatalFailure());
  }));
}

TEST(JsonWriter, PiecesOfASplitStringJoinToTheWhole) {
  EXPECT_TRUE(rc::check([](const std::vector<std::uint8_t>& seed) {
    const std::string inside = inside_of(seed);
    const auto max = *rc::gen::inRange<std::size_t>(1, 20);
    std::string decoded;
    std::string_view left = inside;
    while (!left.empty()) {
      const std::size_t n = split_point(left, max);
      RC_ASSERT(n > 0);
      reader r;
      const std::string piece = "\"" + std::string(left.substr(0, n)) + "\"";
      RC_ASSERT(r.parse(piece) == reader::status::ok);
      decoded += r.root().decoded();
      left.remove_prefix(n);
    }
    RC_ASSERT(decoded == unescaped(inside));
  }));
}

TEST(JsonWriter, EscapesOfALongStringDoNotSlowTheSplit) {
  std::string inside;
  while (inside.size() < 1'000'000) inside += "\\\\";
  EXPECT_EQ(split_point(inside, 999'999), 999'998U);
}

}  // namespace
}  // namespace weir::json
