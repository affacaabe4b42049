#include "weir/json/text_joiner.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <array>
#include <string>
#include <vector>

#include "support/splits.h"
#include "weir/json/mend.h"
#include "weir/json/reader.h"

namespace weir::json {
namespace {

using testing::for_each_split;

constexpr std::array<std::string_view, 1> piece_keys = {"content"};

/// The inside of the string whose raw inside is `raw`, mended as the piece of a text.
std::string piece(std::string_view raw) {
  const mended whole = mend("{\"content\":\"" + std::string(raw) + "\"}", {piece_keys});
  reader r;
  EXPECT_EQ(r.parse(whole.text), reader::status::ok) << raw;
  return std::string(r.root()["content"].text());
}

std::string whole(std::string_view raw) {
  reader r;
  const mended text = mend("\"" + std::string(raw) + "\"");
  EXPECT_EQ(r.parse(text.text), reader::status::ok) << raw;
  return std::string(r.root().text());
}

template <class Pieces>
std::string joined(const Pieces& raws) {
  text_joiner joiner;
  std::string out;
  for (const auto& raw : raws) out += joiner.join(piece(raw));
  out += joiner.flush();
  EXPECT_EQ(joiner.flush(), "") << "nothing waits twice";
  return out;
}

TEST(TextJoiner, WhatWasCutIsPutTogether) {
  struct test_case {
    std::string_view name;
    std::vector<std::string_view> pieces;
    std::string_view want;
  };
  const test_case cases[] = {
      {"nothing cut", {"a", "", "b\\n", "\\ud83d\\ude00"}, "ab\\n\\ud83d\\ude00"},
      {"a pair", {"a\\ud83d", "\\ude00b"}, "a\\ud83d\\ude00b"},
      {"its spelling is kept", {"\\uD83D", "\\uDE00"}, "\\uD83D\\uDE00"},
      {"a lower half that looks like a raw byte", {"\\ud83d", "\\udc80!"}, "\\ud83d\\udc80!"},
      {"empty pieces between halves", {"\\ud83d", "", "", "\\ude00"}, "\\ud83d\\ude00"},
      {"two halves one after the other",
       {"\\ud83d", "\\ud83d", "\\ude00"},
       "\\ufffd\\ud83d\\ude00"},
      {"an upper half, then text", {"\\ud83d", "x"}, "\\ufffdx"},
      {"an upper half, then the end", {"a\\ud83d"}, "a\\ufffd"},
      {"a lower half first", {"\\ude00x"}, "\\ufffdx"},
      {"an upper half, then bytes", {"\\ud83d", "\x80x"}, "\\ufffd\xEF\xBF\xBDx"},
      {"bytes, then a lower half", {"\xF0\x9F", "\\udc98\\n"}, "\xEF\xBF\xBD\\ufffd\\n"},
      {"four bytes in two pieces", {"a\xF0\x9F", "\x98\x80z"}, "a\xF0\x9F\x98\x80z"},
      {"four bytes in four pieces", {"\xF0", "\x9F", "\x98", "\x80"}, "\xF0\x9F\x98\x80"},
      {"one ends, the next begins",
       {"\xE2", "\x82\xAC\xE2\x82", "\xAC"},
       "\xE2\x82\xAC\xE2\x82\xAC"},
      {"bytes, then text", {"\xE2\x82", "x"}, "\xEF\xBF\xBDx"},
      {"bytes, then the end", {"\xE2\x82"}, "\xEF\xBF\xBD"},
      {"bytes too many", {"\xE2", "\x82\xAC\xAC\xAC"}, "\xE2\x82\xAC\xEF\xBF\xBD\xEF\xBF\xBD"},
      {"continuation without a beginning", {"\x80\x80z"}, "\xEF\xBF\xBD\xEF\xBF\xBDz"},
      {"an overlong form", {"\xE0", "\x80\xAF"}, "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
      {"a line separator", {"\xE2\x80", "\xA8"}, "\\u2028"},
      {"next line", {"\xC2", "\x85"}, "\\u0085"},
      {"a pair that ends like a raw byte", {"\\ud83d\\uDc80", "x"}, "\\ud83d\\uDc80x"},
      {"no escapes at all", {"\\\\ud83d", "\\\\ude00"}, "\\\\ud83d\\\\ude00"},
      {"an escaped backslash before half a pair", {"\\\\\\ud83d", "\\ude00"}, "\\\\\\ud83d\\ude00"},
  };
  for (const test_case& c : cases) EXPECT_EQ(joined(c.pieces), c.want) << c.name;
}

TEST(TextJoiner, WhatIsNotRaggedIsReturnedAsTheSameBytes) {
  text_joiner joiner;
  for (const std::string_view inside : {"plain", "\\ud83d\\ude00", "\\n", "\xE2\x82\xAC"}) {
    const std::string_view out = joiner.join(inside);
    EXPECT_EQ(out, inside);
    EXPECT_EQ(out.data(), inside.data()) << inside;
  }
  const std::string cut = piece("text \xF0\x9F");
  const std::string_view out = joiner.join(cut);
  EXPECT_EQ(out, "text ");
  EXPECT_EQ(out.data(), cut.data());
}

TEST(TextJoiner, NothingIsWrittenBeforeItIsWhole) {
  text_joiner joiner;
  EXPECT_EQ(joiner.join(piece("\xF0\x9F")), "");
  EXPECT_EQ(joiner.join(piece("\x98")), "");
  EXPECT_EQ(joiner.join(piece("\x80\\ud83d")), "\xF0\x9F\x98\x80");
  EXPECT_EQ(joiner.join(""), "");
  EXPECT_EQ(joiner.flush(), "\\ufffd");
}

TEST(TextJoiner, EveryCutOfRawBytesGivesTheWholeText) {
  const std::string_view texts[] = {
      "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\xE2\x80\xA8\xC2\x85z",
      "\xF0\x9F\x98\x80\xF0\x9F\x92\x80",
      "\x80\x80\x80\x80\x80\xF0\x9F\xF0\xED\xA0\xBD\xFF\xE2",
      "\xF4\x90\x80\x80\xC0\xAF\xE0\x9F\xBF\xF0\x8F\xBF\xBF",
  };
  for (const std::string_view text : texts) {
    const std::string want = whole(text);
    for_each_split(text, [&](const testing::pieces& parts) { EXPECT_EQ(joined(parts), want); });
  }
}

TEST(TextJoinerProperty, AnyPiecesBecomeTheTextTheyWereCutFrom) {
  EXPECT_TRUE(rc::check([] {
    // What JSON itself does not let anyone cut: a byte, or an escape.
    static const std::vector<std::string> atoms = {
        "a",       "\\n",     "\\\\",    "\\u0041", "\xF0",    "\x9F",    "\x98",
        "\x80",    "\xE2",    "\x82",    "\xAC",    "\xC2",    "\x85",    "\xA8",
        "\xED",    "\xA0",    "\xFF",    "\\ud83d", "\\ude00", "\\uD83D", "\\udc80",
        "\\udcf0", "\\uDC9f", "\\uDBFF", "\\udc98", "\\ufffd", "\n",      "ud83d"};
    const auto chosen = *rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(atoms));
    std::string text;
    std::vector<std::string> pieces(1);
    for (const std::string& atom : chosen) {
      if (*rc::gen::inRange(0, 3) == 0) pieces.emplace_back();
      pieces.back() += atom;
      text += atom;
    }
    RC_ASSERT(joined(pieces) == whole(text));
  }));
}

}  // namespace
}  // namespace weir::json
