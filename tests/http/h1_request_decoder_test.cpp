#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "h1_transcript.h"

namespace weir::http::testing {
namespace {

using namespace std::string_view_literals;

struct test_case {
  std::string_view name;
  std::string_view input;
  std::string_view want;
};

const test_case accepted[] = {
    {"a request without a body", "GET / HTTP/1.1\r\nHost: x\r\n\r\n"sv,
     "GET / 1.1 [Host: x] keep\nend\n"},
    {"query, several fields, repeated fields",
     "GET /a/b%20c?d=e&f[]=g HTTP/1.1\r\nHost: x:8080\r\nA: 1\r\na: 2\r\n\r\n"sv,
     "GET /a/b%20c?d=e&f[]=g 1.1 [Host: x:8080][A: 1][a: 2] keep\nend\n"},
    {"Content-Length", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"sv,
     "POST / 1.1 [Host: x][Content-Length: 5] length=5 body keep\nbody \"hello\"\nend\n"},
    {"Content-Length: 0", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"sv,
     "POST / 1.1 [Host: x][Content-Length: 0] length=0 keep\nend\n"},
    {"leading zeros of a Content-Length",
     "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0002\r\n\r\nhi"sv,
     "POST / 1.1 [Host: x][Content-Length: 0002] length=2 body keep\nbody \"hi\"\nend\n"},
    {"chunked",
     "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"sv,
     "POST / 1.1 [Host: x][Transfer-Encoding: chunked] body keep\nbody \"hello\"\nend\n"},
    {"Chunked, in any case",
     "POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding:CHUNKED\r\n\r\n0A\r\n0123456789\r\n000\r\n\r\n"sv,
     "POST / 1.1 [host: x][transfer-encoding: CHUNKED] body keep\nbody \"0123456789\"\nend\n"},
    {"chunk extensions with bad whitespace and quotes",
     "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
     "2;a\r\nhe\r\n3\t ; b = c ;d=\"e\\\"\\\\; \t\xff\" ;f \t=g;h ;i\r\nllo\r\n0;last=1\r\n\r\n"sv,
     "POST / 1.1 [Host: x][Transfer-Encoding: chunked] body keep\nbody \"hello\"\nend\n"},
    {"trailers, without those that do not belong there",
     "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
     "1\r\na\r\n0\r\nDigest: d\r\nContent-Length: 7\r\nHost: y\r\nTransfer-Encoding: z\r\n"
     "Authorization: b\r\nX-T:\r\n\r\n"sv,
     "POST / 1.1 [Host: x][Transfer-Encoding: chunked] body keep\nbody \"a\"\n"
     "end [Digest: d][X-T: ]\n"},
    {"one empty line before the request line", "\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n"sv,
     "GET / 1.1 [Host: x] keep\nend\n"},
    {"whitespace around values, empty values, obs-text",
     "GET / HTTP/1.1\r\nHost: \t x \t\r\nA:\r\nB: \t \r\nC:\x80\xff c\td\r\n\r\n"sv,
     "GET / 1.1 [Host: x][A: ][B: ][C: \x80\xff c\td] keep\nend\n"},
    {"every token character in a name",
     "GET / HTTP/1.1\r\nHost: x\r\n!#$%&'*+-.^_`|~09azAZ: v\r\n\r\n"sv,
     "GET / 1.1 [Host: x][!#$%&'*+-.^_`|~09azAZ: v] keep\nend\n"},
    {"a method nobody knows", "BREW /pot HTTP/1.1\r\nHost: x\r\n\r\n"sv,
     "BREW /pot 1.1 [Host: x] keep\nend\n"},
    {"OPTIONS *", "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n"sv, "OPTIONS * 1.1 [Host: x] keep\nend\n"},
    {"HTTP/1.0 without Host", "GET / HTTP/1.0\r\n\r\n"sv, "GET / 1.0  close\nend\n"},
    {"HTTP/1.0 keep-alive", "GET / HTTP/1.0\r\nConnection: a, Keep-Alive\r\nHost: x\r\n\r\n"sv,
     "GET / 1.0 [Connection: a, Keep-Alive][Host: x] keep\nend\n"},
    {"Connection: close in any list",
     "GET / HTTP/1.1\r\nHost: x\r\nConnection: te\r\nConnection: ,\tCLOSE ,x\r\n\r\n"sv,
     "GET / 1.1 [Host: x][Connection: te][Connection: ,\tCLOSE ,x] close\nend\n"},
    {"close wins over keep-alive", "GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n"sv,
     "GET / 1.0 [Connection: keep-alive, close] close\nend\n"},
    {"Expect with a body",
     "PUT / HTTP/1.1\r\nHost: x\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n\r\n!"sv,
     "PUT / 1.1 [Host: x][Expect: 100-Continue][Content-Length: 1] continue length=1 body keep\n"
     "body \"!\"\nend\n"},
    {"Expect without a body", "PUT / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n\r\n"sv,
     "PUT / 1.1 [Host: x][Expect: 100-continue] keep\nend\n"},
    {"Expect from HTTP/1.0 is ignored",
     "PUT / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n!"sv,
     "PUT / 1.0 [Expect: 100-continue][Content-Length: 1] length=1 body close\nbody \"!\"\nend\n"},
    {"an empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n"sv, "GET / 1.1 [Host: ] keep\nend\n"},
    {"an IPv6 Host", "GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n"sv,
     "GET / 1.1 [Host: [::1]:80] keep\nend\n"},
    {"three requests in a row",
     "GET /1 HTTP/1.1\r\nHost: x\r\n\r\n"
     "POST /2 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n"
     "\r\nPOST /3 HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nb"sv,
     "GET /1 1.1 [Host: x] keep\nend\n"
     "POST /2 1.1 [Host: x][Transfer-Encoding: chunked] body keep\nbody \"a\"\nend\n"
     "POST /3 1.1 [Host: x][Content-Length: 1] length=1 body keep\nbody \"b\"\nend\n"},
    {"an error after a good request",
     "GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\nHost: x\r\n\r\n"sv,
     "GET / 1.1 [Host: x] keep\nend\nerror 400 a line of the head does not end in CRLF\n"},
    {"half a head", "GET / HTTP/1.1\r\nHost: x\r\n"sv, "...\n"},
    {"half a body", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhel"sv,
     "POST / 1.1 [Host: x][Content-Length: 5] length=5 body keep\nbody \"hel\"\n...\n"},
    {"half a last chunk", "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"sv,
     "POST / 1.1 [Host: x][Transfer-Encoding: chunked] body keep\n...\n"},
    {"nothing", ""sv, ""},
};

TEST(H1RequestDecoder, ReadsWhatTheStandardAllows) {
  for (const test_case& c : accepted) EXPECT_EQ(c.want, requests_in({c.input})) << c.name;
}

TEST(H1RequestDecoder, NoSplitChangesTheResult) {
  for (const test_case& c : accepted)
    for_every_split(c.input, [&](const parts& pieces) {
      ASSERT_EQ(c.want, requests_in(pieces)) << c.name << ", first cut " << pieces[0].size();
    });
}

TEST(H1RequestDecoder, BodySpansAreViewsIntoTheInput) {
  const std::string input =
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
      "chunked\r\n\r\n4\r\nabcd\r\n2\r\nef\r\n0\r\n\r\n";
  h1_request_decoder d;
  std::string_view rest = input;
  using status = h1_request_decoder::status;
  ASSERT_EQ(status::head, d.parse(rest));
  ASSERT_EQ(status::body, d.parse(rest));
  EXPECT_EQ(d.body(), "abcd");
  EXPECT_EQ(d.body().data(), input.data() + input.find("abcd"));
  ASSERT_EQ(status::body, d.parse(rest));
  EXPECT_EQ(d.body().data(), input.data() + input.find("ef"));
  ASSERT_EQ(status::end, d.parse(rest));
  EXPECT_TRUE(d.body().empty());
}

TEST(H1RequestDecoder, EndComesWithoutFurtherInputAndUntilTheNextMessage) {
  h1_request_decoder d;
  using status = h1_request_decoder::status;
  std::string_view input = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\na";
  ASSERT_EQ(status::head, d.parse(input));
  ASSERT_EQ(status::body, d.parse(input));
  ASSERT_TRUE(input.empty());
  EXPECT_EQ(status::end, d.parse(input));
  input = "GET";
  EXPECT_EQ(status::end, d.parse(input));
  EXPECT_EQ(input, "GET");
  d.next_message();
  EXPECT_EQ(status::need_input, d.parse(input));
}

TEST(H1RequestDecoder, StartedTellsAnIdleConnectionFromASlowOne) {
  h1_request_decoder d;
  EXPECT_FALSE(d.started());
  std::string_view input = "G";
  ASSERT_EQ(h1_request_decoder::status::need_input, d.parse(input));
  EXPECT_TRUE(d.started());
  input = "ET / HTTP/1.1\r\nHost: x\r\n\r\n";
  ASSERT_EQ(h1_request_decoder::status::head, d.parse(input));
  EXPECT_TRUE(d.started());
  ASSERT_EQ(h1_request_decoder::status::end, d.parse(input));
  d.next_message();
  EXPECT_FALSE(d.started());
}

TEST(H1RequestDecoder, AnErrorIsFinal) {
  h1_request_decoder d;
  std::string_view input = "GET / HTTP/1.1\nHost: x\r\n\r\n";
  ASSERT_EQ(h1_request_decoder::status::error, d.parse(input));
  const protocol_error first = d.error();
  input = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
  EXPECT_EQ(h1_request_decoder::status::error, d.parse(input));
  EXPECT_EQ(first, d.error());
}

TEST(H1RequestDecoder, SplitsATargetAtTheFirstQuestionMark) {
  request_head head;
  head.target = "/a?b?c=d";
  EXPECT_EQ(head.path(), "/a");
  EXPECT_EQ(head.query(), "b?c=d");
  head.target = "/a";
  EXPECT_EQ(head.path(), "/a");
  EXPECT_EQ(head.query(), "");
  head.target = "/?";
  EXPECT_EQ(head.path(), "/");
  EXPECT_EQ(head.query(), "");
}

}  // namespace
}  // namespace weir::http::testing
