#include "json/utf8.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <string>
#include <vector>

namespace weir::json {
namespace {

using namespace std::string_literals;

std::vector<std::size_t> lengths(std::string_view text) {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < text.size(); i += out.back()) out.push_back(utf8_at(text, i).length);
  return out;
}

TEST(Utf8, IllFormedBytesAreCutIntoMaximalSubparts) {
  struct test_case {
    std::string_view name;
    std::string_view text;
    std::vector<std::size_t> want;
  };
  const test_case cases[] = {
      // The tables of the Unicode Standard, section 3.9 (U+FFFD substitution of maximal subparts).
      {"non-shortest forms", "\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41", {1, 1, 1, 1, 1, 1, 1, 1, 1}},
      {"surrogates", "\xED\xA0\x80\xED\xBF\xBF\xED\xAF\x41", {1, 1, 1, 1, 1, 1, 1, 1, 1}},
      {"other ill-formed", "\xF4\x91\x92\x93\xFF\x41\x80\xBF\x42", {1, 1, 1, 1, 1, 1, 1, 1, 1}},
      {"truncated", "\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41", {2, 1, 3, 2, 1}},
      {"well-formed", "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80", {1, 2, 3, 4}},
  };
  for (const test_case& c : cases) EXPECT_EQ(lengths(c.text), c.want) << c.name;
}

TEST(Utf8, OnlyAnIncompleteEndIsCutOff) {
  EXPECT_TRUE(utf8_at("\xE2\x80", 0).cut_off);
  EXPECT_TRUE(utf8_at("\xF0", 0).cut_off);
  EXPECT_FALSE(utf8_at("\xE2\x80\x22", 0).cut_off);
  EXPECT_FALSE(utf8_at("\x80", 0).cut_off);
  EXPECT_FALSE(utf8_at("\xC0", 0).cut_off);
}

bool well_formed(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const utf8_unit unit = utf8_at(text, i);
    if (!unit.well_formed) return false;
    i += unit.length;
  }
  return true;
}

TEST(Utf8, EveryLeadAndBoundaryIsJudgedAsSimdjsonDoes) {
  // All leads and second bytes; beyond those, bytes from both sides of each boundary.
  const std::string tails = "\x7F\x80\x8F\x90\x9F\xA0\xBF\xC0";
  for (unsigned lead = 0x80; lead < 256; ++lead) {
    for (unsigned second = 0; second < 256; ++second) {
      std::vector<std::string> texts = {{static_cast<char>(lead)},
                                        {static_cast<char>(lead), static_cast<char>(second)}};
      const bool boundary = tails.find(texts[1][1]) != std::string::npos;
      for (const char third : boundary ? tails : std::string()) {
        texts.push_back(texts[1] + third);
        for (const char fourth : tails) texts.push_back(texts[1] + third + fourth);
      }
      for (const std::string& text : texts) {
        ASSERT_EQ(well_formed(text), simdjson::validate_utf8(text))
            << ::testing::PrintToString(text);
      }
    }
  }
}

TEST(Utf8, EveryScalarIsWrittenSoThatItReadsAsOneUnit) {
  for (std::uint32_t scalar = 0; scalar <= 0x10FFFF; ++scalar) {
    std::string text;
    append_utf8(text, scalar);
    const utf8_unit unit = utf8_at(text, 0);
    ASSERT_TRUE(unit.well_formed) << scalar;
    ASSERT_EQ(unit.length, text.size()) << scalar;
    if (scalar >= 0xD800 && scalar <= 0xDFFF) {
      ASSERT_EQ(text, replacement_character);
    }
  }
}

}  // namespace
}  // namespace weir::json
