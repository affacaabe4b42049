#include "openai/base64.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

namespace weir::openai {
namespace {

using namespace std::string_view_literals;

std::string encoded(std::string_view bytes) {
  std::string out;
  append_base64(out, bytes);
  return out;
}

TEST(Base64, TheVectorsOfTheRfcReadBothWays) {  // RFC 4648 10
  const std::pair<std::string_view, std::string_view> vectors[] = {{"", ""},
                                                                   {"f", "Zg=="},
                                                                   {"fo", "Zm8="},
                                                                   {"foo", "Zm9v"},
                                                                   {"foob", "Zm9vYg=="},
                                                                   {"fooba", "Zm9vYmE="},
                                                                   {"foobar", "Zm9vYmFy"},
                                                                   {"\xff\xef\xbe"sv, "/+++"},
                                                                   {"\0\0"sv, "AAA="}};
  for (const auto& [bytes, text] : vectors) {
    EXPECT_EQ(text, encoded(bytes));
    EXPECT_EQ(bytes, base64_decoded(text)) << text;
  }
}

TEST(Base64, WhatIsNotTheStandardFormIsNothing) {
  for (const std::string_view text :
       {"Z", "Zg", "Zg=", "Zg===", "=", "====", "Zm9v=", "Z=g=", "Zm 9", "Zm9\n", "Zm9-", "Zm9_",
        "Zh==", "Zm9=", "\xc3\xa4==", "Zg==Zg=="})
    EXPECT_EQ(std::nullopt, base64_decoded(text)) << text;
}

TEST(Base64, EveryByteOfEveryLengthComesBack) {
  std::string bytes;
  for (unsigned i = 0; i < 600; ++i) {
    EXPECT_EQ(bytes, base64_decoded(encoded(bytes)));
    bytes += static_cast<char>(i * 37 % 256);
  }
}

}  // namespace
}  // namespace weir::openai
