#include "http/message.h"

#include <gtest/gtest.h>

#include <string_view>

#include "http/target.h"

namespace weir::http {
namespace {

TEST(Fields, LookUpIgnoresCaseAndFindsTheFirst) {
  fields f;
  f.add("Content-Type", "a");
  f.add("X", "");
  f.add("content-type", "b");
  EXPECT_EQ(f.get("CONTENT-TYPE"), "a");
  EXPECT_EQ(f.count("content-type"), 2U);
  EXPECT_TRUE(f.has("x"));
  EXPECT_EQ(f.get("x"), "");
  EXPECT_FALSE(f.has("content"));
  EXPECT_EQ(f.get("content"), "");
  EXPECT_EQ(f.size(), 3U);
}

TEST(Fields, TokensAreSoughtInEveryOccurrence) {
  const struct {
    std::string_view value;
    bool want;
  } cases[] = {{"close", true},           {"Close", true},   {"a,close", true},
               {"a , \tCLOSE\t,b", true}, {"", false},       {"closed", false},
               {"a close", false},        {"clos,e", false}, {",,close,", true},
               {"\"close\"", false}};
  for (const auto& c : cases) {
    fields f;
    f.add("Connection", "x, y");
    f.add("Other", "close");
    f.add("connection", c.value);
    EXPECT_EQ(c.want, f.has_token("CONNECTION", "close")) << c.value;
  }
}

TEST(HopByHop, NamesTheFieldsOfOneConnection) {
  for (const std::string_view name :
       {"Connection", "keep-alive", "Proxy-Authenticate", "proxy-authorization", "PROXY-CONNECTION",
        "Proxy-Anything", "TE", "Trailer", "Transfer-Encoding", "Upgrade"})
    EXPECT_TRUE(hop_by_hop(name)) << name;
  for (const std::string_view name :
       {"Content-Length", "Host", "Prox", "Proxy", "TEA", "Trailers", "Authorization", "", "Date"})
    EXPECT_FALSE(hop_by_hop(name)) << name;
}

TEST(ReasonPhrase, IsKnownForWhatWeirAnswers) {
  EXPECT_EQ(reason_phrase(200), "OK");
  EXPECT_EQ(reason_phrase(413), "Content Too Large");
  EXPECT_EQ(reason_phrase(429), "Too Many Requests");
  EXPECT_EQ(reason_phrase(431), "Request Header Fields Too Large");
  EXPECT_EQ(reason_phrase(504), "Gateway Timeout");
  EXPECT_EQ(reason_phrase(599), "");
}

TEST(Target, OriginFormIsAPathAndAQuery) {
  for (const std::string_view yes :
       {"/", "/a/b", "//", "/a%2Fb", "/v1beta/models/g:generateContent?alt=sse", "/?",
        "/a?b=c&d[]=e&f={g|h}^`", "/a?b?c/d", "/-._~!$&'()*+,;=:@"})
    EXPECT_TRUE(is_origin_form(yes)) << yes;
  for (const std::string_view no :
       {"",    "a",     "*",    "http://x/", "x:80",      "?a",    "/a b",  "/a#b",   "/?a#b",
        "/%",  "/%2",   "/%2g", "/?%g0",     "/[",        "/{",    "/a\"b", "/?a\"b", "/<",
        "/?<", "/a\\b", "/?\\", "/\x7f",     "/\xc3\xa9", "/a\tb", "/a\r"})
    EXPECT_FALSE(is_origin_form(no)) << no;
}

TEST(Target, HostIsANameOrAnAddressAndAPort) {
  for (const std::string_view yes : {"", "x", "x:", "x:80", "127.0.0.1:8080", "[::1]", "[::1]:80",
                                     "a_b.c-d", "a%20b", "[v1.a:b]", ":80"})
    EXPECT_TRUE(is_host(yes)) << yes;
  for (const std::string_view no :
       {"x y", "x/y", "u@x", "x:80:80", "x:a", "[", "[]", "[::1", "[::1]80", "[::1]:a", "[:/:]",
        "::1", "x?", "x#", "x\\y", "a%2", "\xc3\xa9", "http://x"})
    EXPECT_FALSE(is_host(no)) << no;
}

}  // namespace
}  // namespace weir::http
