#include "coding/content_coding.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "support/compressed.h"

namespace weir::coding {
namespace {

using namespace std::string_view_literals;
using verdict = recognition::verdict;

TEST(ContentCoding, ALabelNamesACodingInAnyCase) {
  const std::pair<std::string_view, std::optional<content_coding>> cases[] = {
      {"gzip", content_coding::gzip},
      {"GZip", content_coding::gzip},
      {"x-gzip", content_coding::gzip},
      {"deflate", content_coding::deflate},
      {"Deflate", content_coding::deflate},
      {"zstd", content_coding::zstd},
      {"identity", content_coding::identity},
      {"br", std::nullopt},
      {"compress", std::nullopt},
      {"gzi", std::nullopt},
      {"gzipp", std::nullopt},
      {"", std::nullopt},
      {"gzip, gzip", std::nullopt},
  };
  for (const auto& [label, want] : cases) EXPECT_EQ(want, coding_named(label)) << label;
}

TEST(ContentCoding, TheNameOfACodingNamesIt) {
  for (const auto c : {content_coding::identity, content_coding::gzip, content_coding::deflate,
                       content_coding::zstd}) {
    EXPECT_EQ(c, coding_named(coding_name(c)));
    const bool accepted = accepted_codings.find(coding_name(c)) != std::string_view::npos;
    EXPECT_EQ(c != content_coding::identity, accepted) << coding_name(c);
  }
}

TEST(ContentCoding, ASignatureIsRecognisedAtItsLastByteAndNotBefore) {
  const std::pair<std::string_view, content_coding> cases[] = {
      {"\x1f\x8b"sv, content_coding::gzip},         {"\x78\x01"sv, content_coding::deflate},
      {"\x78\x5e"sv, content_coding::deflate},      {"\x78\x9c"sv, content_coding::deflate},
      {"\x78\xda"sv, content_coding::deflate},      {"\x28\xb5\x2f\xfd"sv, content_coding::zstd},
      {"\x50\x2a\x4d\x18"sv, content_coding::zstd}, {"\x5f\x2a\x4d\x18"sv, content_coding::zstd},
  };
  for (const auto& [bytes, coding] : cases) {
    for (std::size_t n = 0; n < bytes.size(); ++n)
      EXPECT_EQ(verdict::undecided, recognise(bytes.substr(0, n)).what) << coding_name(coding) << n;
    EXPECT_EQ((recognition{verdict::coded, coding}), recognise(bytes));
    EXPECT_EQ((recognition{verdict::coded, coding}), recognise(std::string(bytes) + "more"));
  }
}

TEST(ContentCoding, WhatAnEncoderWritesIsRecognised) {
  for (const std::string_view text : {""sv, "a"sv, "data: {}\n\n"sv}) {
    for (int level = 0; level <= 9; ++level) {
      EXPECT_EQ(content_coding::gzip, recognise(testing::gzip(text, level)).coding) << level;
      EXPECT_EQ(content_coding::deflate, recognise(testing::zlib(text, level)).coding) << level;
    }
    for (const int level : {-5, 1, 3, 19})
      EXPECT_EQ(content_coding::zstd, recognise(testing::zstd(text, {level})).coding) << level;
    EXPECT_EQ(content_coding::zstd, recognise(testing::zstd_with_length(text)).coding);
  }
}

TEST(ContentCoding, TextIsPlainFromItsFirstByteThatIsNoSignature) {
  const std::string_view cases[] = {
      "data: {}\n\n"sv,
      "{\"id\":1}"sv,
      "[1]"sv,
      "\xef\xbb\xbf{}"sv,
      ": hi\n\n"sv,
      "event: x\n"sv,
      "<!DOCTYPE html>",
      "\n\n"sv,
      "\r\n"sv,
      "\t{"sv,
      "id: 1\n"sv,
      "retry: 1\n"sv,
      "x data"sv,
      "(b)"sv,
      "P*M*"sv,
      "_*M"
      "data"sv,
      "\x1f\x1f"sv,
      "\x78\x20"sv,
      "\x28\xb5\x2f"
      "e"sv,
      "\0\0"sv,
      "\x8b\x1f"sv,
      "\x78\x9d"sv,
  };
  for (const std::string_view text : cases) EXPECT_EQ(verdict::plain, recognise(text).what) << text;
}

TEST(ContentCoding, OnlyFewFirstBytesAreWaitedOn) {
  std::string waiting;
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    if (recognise({&c, 1}).what == verdict::undecided) waiting += c;
  }
  EXPECT_EQ("\x1f(PQRSTUVWXYZ[\\]^_x", waiting);
}

}  // namespace
}  // namespace weir::coding
