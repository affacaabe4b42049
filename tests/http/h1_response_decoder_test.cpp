#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "h1_transcript.h"

namespace weir::http::testing {
namespace {

using namespace std::string_view_literals;

enum class then : std::uint8_t { stays_open, closes };

struct test_case {
  std::string_view name;
  std::string_view method;
  std::string_view input;
  then connection;
  std::string_view want;
};

const test_case cases[] = {
    {"Content-Length", "GET", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"sv, then::stays_open,
     "200 (OK) 1.1 [Content-Length: 2] length=2 body keep\nbody \"hi\"\nend\n"},
    {"chunked", "GET",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nT: u\r\n\r\n"sv,
     then::stays_open,
     "200 (OK) 1.1 [Transfer-Encoding: chunked] body keep\nbody \"hi\"\nend [T: u]\n"},
    {"until the close", "GET", "HTTP/1.1 200 OK\r\nA: b\r\n\r\nhi\r\n"sv, then::closes,
     "200 (OK) 1.1 [A: b] body close\nbody \"hi\r\n\"\nend\n"},
    {"until the close, empty", "GET", "HTTP/1.0 200 OK\r\n\r\n"sv, then::closes,
     "200 (OK) 1.0  body close\nend\n"},
    {"keep-alive cannot save a body until the close", "GET",
     "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\nhi"sv, then::closes,
     "200 (OK) 1.0 [Connection: keep-alive] body close\nbody \"hi\"\nend\n"},
    {"HTTP/1.0 keep-alive", "GET",
     "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\na"sv, then::stays_open,
     "200 (OK) 1.0 [Connection: keep-alive][Content-Length: 1] length=1 body keep\n"
     "body \"a\"\nend\n"},
    {"Connection: close", "GET",
     "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\na"sv, then::closes,
     "200 (OK) 1.1 [Connection: close][Content-Length: 1] length=1 body close\n"
     "body \"a\"\nend\n"},
    {"HEAD with a length", "HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"sv,
     then::stays_open, "200 (OK) 1.1 [Content-Length: 2] length=2 keep\nend\n"},
    {"HEAD chunked", "HEAD", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"sv,
     then::stays_open, "200 (OK) 1.1 [Transfer-Encoding: chunked] keep\nend\n"},
    {"HEAD without either", "HEAD", "HTTP/1.1 200 OK\r\n\r\n"sv, then::stays_open,
     "200 (OK) 1.1  keep\nend\n"},
    {"204", "GET", "HTTP/1.1 204 No Content\r\n\r\n"sv, then::stays_open,
     "204 (No Content) 1.1  keep\nend\n"},
    {"204 with a length is not trusted further", "GET",
     "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n"sv, then::stays_open,
     "204 (No Content) 1.1 [Content-Length: 5] length=5 close\nend\n"},
    {"304 with the length of what it does not send", "GET",
     "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"sv, then::stays_open,
     "304 (Not Modified) 1.1 [Content-Length: 5] length=5 keep\nend\n"},
    {"interim responses", "POST",
     "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: l\r\n\r\n"
     "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na"sv,
     then::stays_open, "200 (OK) 1.1 [Content-Length: 1] length=1 body keep\nbody \"a\"\nend\n"},
    {"an empty reason", "GET", "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n"sv, then::stays_open,
     "200 () 1.1 [Content-Length: 0] length=0 keep\nend\n"},
    {"no reason at all", "GET", "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n"sv, then::stays_open,
     "200 () 1.1 [Content-Length: 0] length=0 keep\nend\n"},
    {"a long reason", "GET", "HTTP/1.1 404 not \t\xc3\xa9 here\r\nContent-Length: 0\r\n\r\n"sv,
     then::stays_open, "404 (not \t\xc3\xa9 here) 1.1 [Content-Length: 0] length=0 keep\nend\n"},
    {"two answers in a row", "GET",
     "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\naHTTP/1.1 500 Oh\r\nContent-Length: 1\r\n\r\nb"sv,
     then::stays_open,
     "200 (OK) 1.1 [Content-Length: 1] length=1 body keep\nbody \"a\"\nend\n"
     "500 (Oh) 1.1 [Content-Length: 1] length=1 body keep\nbody \"b\"\nend\n"},
    {"cut within a length", "GET", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nhi"sv, then::closes,
     "200 (OK) 1.1 [Content-Length: 3] length=3 body keep\nbody \"hi\"\n"
     "error 502 the connection closed within the body\n"},
    {"cut before the last chunk", "GET",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n"sv, then::closes,
     "200 (OK) 1.1 [Transfer-Encoding: chunked] body keep\nbody \"hi\"\n"
     "error 502 the connection closed within the body\n"},
    {"cut before the end of the trailers", "GET",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"sv, then::closes,
     "200 (OK) 1.1 [Transfer-Encoding: chunked] body keep\n"
     "error 502 the connection closed within the body\n"},
    {"cut within the head", "GET", "HTTP/1.1 200 OK\r\nA: b\r\n"sv, then::closes,
     "error 502 the connection closed within the head\n"},
    {"cut after an interim response", "GET", "HTTP/1.1 100 Continue\r\n\r\n"sv, then::closes,
     "error 502 the connection closed within the head\n"},
    {"closed before an answer", "GET", ""sv, then::closes,
     "error 502 the connection closed before an answer\n"},
};

TEST(H1ResponseDecoder, ReadsWhatTheStandardAllows) {
  for (const test_case& c : cases)
    EXPECT_EQ(c.want, responses_in({c.input}, c.method, c.connection == then::closes)) << c.name;
}

TEST(H1ResponseDecoder, NoSplitChangesTheResult) {
  for (const test_case& c : cases)
    for_every_split(c.input, [&](const parts& pieces) {
      ASSERT_EQ(c.want, responses_in(pieces, c.method, c.connection == then::closes)) << c.name;
    });
}

TEST(H1ResponseDecoder, TheHeadMethodHoldsForOneAnswer) {
  h1_response_decoder d;
  using status = h1_response_decoder::status;
  d.expect("HEAD");
  std::string_view input =
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na";
  ASSERT_EQ(status::head, d.parse(input));
  ASSERT_EQ(status::end, d.parse(input));
  d.next_message();
  ASSERT_EQ(status::head, d.parse(input));
  ASSERT_EQ(status::body, d.parse(input));
  EXPECT_EQ(d.body(), "a");
}

TEST(H1ResponseDecoder, StartedTellsWhetherTheRequestMayBeSentAgain) {
  h1_response_decoder d;
  EXPECT_FALSE(d.started());
  std::string_view input = "HTTP/1.1 100 Continue\r\n\r\n";
  ASSERT_EQ(h1_response_decoder::status::need_input, d.parse(input));
  EXPECT_TRUE(d.started());
}

TEST(H1ResponseDecoder, FinishAfterTheEndIsStillTheEnd) {
  h1_response_decoder d;
  std::string_view input = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  ASSERT_EQ(h1_response_decoder::status::head, d.parse(input));
  EXPECT_EQ(h1_response_decoder::status::end, d.finish());
  EXPECT_EQ(h1_response_decoder::status::end, d.finish());
}

}  // namespace
}  // namespace weir::http::testing
