#include "proxy/body_copy.h"

#include <gtest/gtest.h>

#include <string>

namespace weir::proxy {
namespace {

TEST(BodyCopy, IsCutAtACharacterAndNeverInsideOne) {
  struct row {
    std::string_view body;
    std::size_t most;
    std::string_view text;
    bool cut;
  } const rows[] = {
      {"", 4, "", false},
      {"abcd", 4, "abcd", false},
      {"abcde", 4, "abcd", true},
      {"abc\xC3\xBC", 5, "abc\xC3\xBC", false},
      {"abc\xC3\xBC", 4, "abc", true},
      {"ab\xE2\x82\xAC!", 5, "ab\xE2\x82\xAC", true},
      {"ab\xE2\x82\xAC!", 4, "ab", true},
      {"ab\xE2\x82\xAC!", 3, "ab", true},
      {"\xF0\x9F\x98\x80\xF0\x9F\x98\x80", 7, "\xF0\x9F\x98\x80", true},
      {"\xF0\x9F\x98\x80", 3, "", true},
      {"\x80\x80\x80\x80\x80\x80", 4, "\x80\x80\x80\x80", true},  // no UTF-8 anyway
      {"anything", 0, "", false},
  };
  for (const row& r : rows) {
    for (std::size_t split = 0; split <= r.body.size(); ++split) {
      body_copy copy;
      copy.begin(r.most);
      copy.add(r.body.substr(0, split));
      copy.add(r.body.substr(split));
      copy.add("");
      const observe::kept_text kept = copy.take();
      EXPECT_EQ(r.text, kept.text) << r.body << ' ' << r.most << ' ' << split;
      EXPECT_EQ(r.cut, kept.cut) << r.body << ' ' << r.most << ' ' << split;
    }
  }
}

TEST(BodyCopy, HoldsNothingUnlessItIsTold) {
  body_copy copy;
  copy.add("private");
  EXPECT_EQ("", copy.take().text);
}

}  // namespace
}  // namespace weir::proxy
