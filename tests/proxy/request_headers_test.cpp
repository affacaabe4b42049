#include "proxy/request_headers.h"

#include <gtest/gtest.h>

#include <string>

#include "weir/base/limits.h"

namespace weir::proxy {
namespace {

http::fields one(std::string_view name, std::string_view value) {
  http::fields headers;
  headers.add(name, value);
  return headers;
}

TEST(RequestHeaders, ATimeoutIsAWholeNumberWithAUnit) {
  const std::pair<std::string_view, std::optional<millis>> cases[] = {
      {"30s", millis{30000}},
      {"1500ms", millis{1500}},
      {"2m", millis{120000}},
      {"1h", millis{3600000}},
      {"5", millis{5000}},
      {"0", std::nullopt},
      {"0s", std::nullopt},
      {"", std::nullopt},
      {"-1s", std::nullopt},
      {"1.5s", std::nullopt},
      {"s", std::nullopt},
      {"3 s", std::nullopt},
      {"3d", std::nullopt},
      {"3sx", std::nullopt},
      {"99999999999s", std::nullopt},
      {"4294967295h", millis{std::chrono::hours{4294967295}}}};
  for (const auto& [text, want] : cases) EXPECT_EQ(want, parse_timeout(text)) << text;
}

TEST(RequestHeaders, TagsAreAListOfNamesAndValues) {
  const std::string longest(limits::max_tag_bytes, 'x');
  const auto many = [](std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i)
      text += (i == 0 ? "" : ",") + ("t" + std::to_string(i)) + "=1";
    return text;
  };
  const std::pair<std::string, std::optional<std::string>> cases[] = {
      {"team=red", R"({"team":"red"})"},
      {" team=red ,app=chat", R"({"team":"red","app":"chat"})"},
      {"a.b_c-D1=x=\"y\\z", R"({"a.b_c-D1":"x=\"y\\z"})"},
      {longest + '=' + longest, "{\"" + longest + "\":\"" + longest + "\"}"},
      {longest + "x=1", std::nullopt},
      {"a=" + longest + 'x', std::nullopt},
      {"", std::nullopt},
      {"team", std::nullopt},
      {"team=", std::nullopt},
      {"=red", std::nullopt},
      {"team=red,", R"({"team":"red"})"},
      {"team=red,,app=chat", std::nullopt},
      {"a=1,a=2", std::nullopt},
      {"a=b c", std::nullopt},
      {"a=\xc3\xa9", std::nullopt},
      {many(limits::max_tags + 1), std::nullopt},
  };
  for (const auto& [text, want] : cases) EXPECT_EQ(want, parse_tags(text)) << text;
  EXPECT_TRUE(parse_tags(many(limits::max_tags)));
}

TEST(RequestHeaders, ARequestIdIsShortAndVisible) {  // HTTP-6
  const std::string longest(limits::max_request_id_bytes, 'a');
  EXPECT_TRUE(valid_request_id("req_1"));
  EXPECT_TRUE(valid_request_id(longest));
  EXPECT_FALSE(valid_request_id(longest + "a"));
  EXPECT_FALSE(valid_request_id(""));
  EXPECT_FALSE(valid_request_id("a b"));
  EXPECT_FALSE(valid_request_id("a\x7f"));
  EXPECT_FALSE(valid_request_id("\xc3\xa9"));
}

TEST(RequestHeaders, TheClientsOwnIdComesBeforeTheCommonOne) {
  http::fields headers;
  headers.add("X-Request-Id", "common");
  EXPECT_EQ("common", client_request_id(headers));
  headers.add("X-Client-Request-Id", "own");
  EXPECT_EQ("own", client_request_id(headers));
  EXPECT_EQ("", client_request_id(one("x-request-id", "not one id")));
}

TEST(RequestHeaders, ContentEncodingNamesOneCodingThatWeirReads) {  // HTTP-12
  using coding::content_coding;
  const std::pair<std::string_view, std::optional<content_coding>> cases[] = {
      {"", content_coding::identity},
      {"identity", content_coding::identity},
      {"gzip", content_coding::gzip},
      {"X-GZIP", content_coding::gzip},
      {"deflate", content_coding::deflate},
      {"zstd", content_coding::zstd},
      {" gzip\t", content_coding::gzip},
      {"identity, gzip", content_coding::gzip},
      {",gzip,,identity,", content_coding::gzip},
      {"gzip, gzip", std::nullopt},
      {"gzip, zstd", std::nullopt},
      {"br", std::nullopt},
      {"gzip, br", std::nullopt},
      {"gzip zstd", std::nullopt},
      {"gzip;q=1", std::nullopt},
  };
  EXPECT_EQ(content_coding::identity, coding_of({}));
  EXPECT_EQ(content_coding::identity, coding_of(one("Transfer-Encoding", "chunked")));
  for (const auto& [value, want] : cases)
    EXPECT_EQ(want, coding_of(one("Content-Encoding", value)));
  http::fields two = one("Content-Encoding", "identity");
  two.add("content-encoding", "gzip");
  EXPECT_EQ(content_coding::gzip, coding_of(two));
  two.add("content-encoding", "gzip");
  EXPECT_EQ(std::nullopt, coding_of(two));
}

TEST(RequestHeaders, RetryAfterIsReadInEveryForm) {  // HTTP-9, RFC 9110 10.2.3
  struct {
    const char* name;
    const char* value;
    std::optional<millis> want;
  } const cases[] = {
      {"Retry-After", "7", millis{7000}},
      {"Retry-After", "0", millis{0}},
      {"Retry-After", "2.1", millis{2100}},
      {"Retry-After", "0.0001", millis{1}},
      {"retry-after-ms", "20", millis{20}},
      {"retry-after-ms", "1500.5", millis{1501}},
      {"Retry-After", "Thu, 01 Jan 1970 00:01:10 GMT", millis{10'000}},
      {"Retry-After", "Thu, 01 Jan 1970 00:00:10 GMT", millis{0}},
      {"Retry-After", "Thursday, 01-Jan-70 00:01:10 GMT", std::nullopt},
      {"Retry-After", "-1", std::nullopt},
      {"Retry-After", "nan", std::nullopt},
      {"Retry-After", "7s", std::nullopt},
      {"Retry-After", "99999999999999", std::nullopt},
      {"X-Other", "7", std::nullopt},
  };
  for (const auto& c : cases)
    EXPECT_EQ(c.want, retry_after(one(c.name, c.value), seconds{60})) << c.name << ' ' << c.value;
  http::fields both = one("Retry-After", "9");
  both.add("retry-after-ms", "2000");
  EXPECT_EQ(millis{2000}, retry_after(both, seconds{60}));
  http::fields odd = one("Retry-After", "9");
  odd.add("retry-after-ms", "soon");
  EXPECT_EQ(millis{9000}, retry_after(odd, seconds{60}));
}

TEST(RequestHeaders, APauseIsAtLeastOneWholeSecond) {
  EXPECT_EQ(1U, whole_seconds(millis{0}));
  EXPECT_EQ(1U, whole_seconds(millis{1000}));
  EXPECT_EQ(2U, whole_seconds(millis{1001}));
}

TEST(RequestHeaders, RatesOfAnUpstreamGoOnWhereTheyAreSome) {
  http::fields headers;
  headers.add("X-RateLimit-Limit-Requests", "60");
  headers.add("x-ratelimit-remaining-requests", "59");
  headers.add("x-ratelimit-reset-requests", "6m0s");
  headers.add("x-ratelimit-reset-requests", "1s");
  headers.add("x-ratelimit-limit-tokens", "-1");
  headers.add("x-ratelimit-remaining-tokens", "");
  headers.add("x-ratelimit-reset-tokens", "8.64s; x");
  headers.add("x-ratelimit-limit-pictures", "5");
  headers.add("ratelimit-limit", "5");
  EXPECT_EQ((rate_limit_list{{"x-ratelimit-limit-requests", "60"},
                             {"x-ratelimit-remaining-requests", "59"},
                             {"x-ratelimit-reset-requests", "6m0s"}}),
            rate_limits_of(headers));
}

}  // namespace
}  // namespace weir::proxy
