#include "json/string_scan.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <memory>
#include <string>
#include <vector>

namespace weir::json {
namespace {

/// A copy without a byte behind it, so that the address sanitizer sees a read beyond the end.
struct tight {
  explicit tight(std::string_view text) : bytes(new char[text.size()]), size(text.size()) {
    text.copy(bytes.get(), size);
  }
  std::unique_ptr<char[]> bytes;
  std::size_t size;
};

std::string scanned(std::string_view text, string_scan (*scan)(const char*, const char*)) {
  const tight copy(text);
  const string_scan got = scan(copy.bytes.get(), copy.bytes.get() + copy.size);
  return std::to_string(got.stop - copy.bytes.get()) + (got.non_ascii ? " non-ASCII" : " ASCII");
}

TEST(StringScan, StopsAtEachSpecialByteAtEachPlace) {
  for (std::size_t length = 0; length <= 50; ++length) {
    EXPECT_EQ(scanned(std::string(length, 'a'), scan_string), std::to_string(length) + " ASCII");
    for (std::size_t at = 0; at < length; ++at) {
      for (unsigned byte = 0; byte < 256; ++byte) {
        std::string text(length, 'a');
        text[at] = static_cast<char>(byte);
        const bool stops = byte < 0x20 || byte == '"' || byte == '\\';
        const std::string want =
            std::to_string(stops ? at : length) + (byte >= 0x80 ? " non-ASCII" : " ASCII");
        ASSERT_EQ(scanned(text, scan_string), want) << at << ' ' << byte;
        ASSERT_EQ(scanned(text, scan_string_portable), want) << at << ' ' << byte;
      }
    }
  }
}

TEST(StringScan, BytesBehindTheStopDoNotCount) {
  EXPECT_EQ(scanned("abc\"\xC3\xA9 0123456789abcdef", scan_string), "3 ASCII");
  EXPECT_EQ(scanned("ab\xC3\xA9\""
                    "0123456789abcdef",
                    scan_string),
            "4 non-ASCII");
}

TEST(StringScan, SeparatorsAreFoundAtEachPlaceAndTheirNeighboursAreNot) {
  struct test_case {
    std::string_view scalar;
    bool want;
  };
  const test_case cases[] = {
      {"\xC2\x85", true},      {"\xE2\x80\xA8", true},  {"\xE2\x80\xA9", true},
      {"\xC2\x84", false},     {"\xC3\x85", false},     {"\xE2\x80\xA7", false},
      {"\xE2\x80\xAA", false}, {"\xE2\x81\xA8", false}, {"\xE3\x80\xA8", false},
  };
  for (const test_case& c : cases) {
    for (std::size_t before = 0; before <= 40; ++before) {
      for (std::size_t behind = 0; behind <= 40; ++behind) {
        const tight text(std::string(before, 'a') + std::string(c.scalar) +
                         std::string(behind, 'b'));
        const std::string_view view(text.bytes.get(), text.size);
        ASSERT_EQ(holds_separator(view), c.want) << before << ' ' << behind;
        ASSERT_EQ(holds_separator_portable(view), c.want) << before << ' ' << behind;
      }
    }
  }
}

/// Bytes with the interesting ones made frequent.
std::string bytes_from(const std::vector<std::uint8_t>& seed) {
  static constexpr std::string_view common =
      "\xE2\x80\xA8\xA9\xC2\x85\"\\\x1F\x20\x7F\x80\xFF"
      "az";
  std::string text;
  for (const std::uint8_t b : seed) {
    text.push_back(b < 128 ? common[b % common.size()] : static_cast<char>(b));
  }
  return text;
}

TEST(StringScan, BothFormsAreEqualOnAnyBytes) {
  EXPECT_TRUE(rc::check([](const std::vector<std::uint8_t>& seed) {
    const std::string text = bytes_from(seed);
    for (std::size_t from = 0; from <= text.size(); ++from) {
      const std::string_view part = std::string_view(text).substr(from);
      RC_ASSERT(scanned(part, scan_string) == scanned(part, scan_string_portable));
      const tight copy(part);
      const std::string_view view(copy.bytes.get(), copy.size);
      RC_ASSERT(holds_separator(view) == holds_separator_portable(view));
    }
  }));
}

}  // namespace
}  // namespace weir::json
