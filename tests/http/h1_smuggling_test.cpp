#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "h1_transcript.h"

// What two parsers in a row may read differently. Each must be refused, before a byte that hangs on
// the difference has been taken for a body or for a next request.
namespace weir::http::testing {
namespace {

using namespace std::string_view_literals;

struct test_case {
  std::string_view name;
  std::string_view input;
  std::string_view want;  // a prefix of the error
};

#define POST "POST / HTTP/1.1\r\nHost: x\r\n"
#define CHUNKED POST "Transfer-Encoding: chunked\r\n\r\n"

const test_case refused[] = {
    // Two lengths
    {"CL.TE", POST "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG"sv,
     "error 400 both"},
    {"TE.CL", POST "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n5c\r\n"sv,
     "error 400 both"},
    {"TE and Content-Length: 0", POST "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n"sv,
     "error 400 both"},
    {"two Content-Lengths", POST "Content-Length: 5\r\nContent-Length: 6\r\n\r\n"sv,
     "error 400 more than one Content-Length"},
    {"two equal Content-Lengths", POST "Content-Length: 5\r\ncontent-length: 5\r\n\r\n"sv,
     "error 400 more than one Content-Length"},
    {"a list of Content-Lengths", POST "Content-Length: 5, 5\r\n\r\n"sv,
     "error 400 invalid Content-Length"},
    {"Content-Length: +5", POST "Content-Length: +5\r\n\r\n"sv, "error 400 invalid Content-Length"},
    {"Content-Length: -1", POST "Content-Length: -1\r\n\r\n"sv, "error 400 invalid Content-Length"},
    {"Content-Length: -0", POST "Content-Length: -0\r\n\r\n"sv, "error 400 invalid Content-Length"},
    {"hexadecimal Content-Length", POST "Content-Length: 0x5\r\n\r\n"sv,
     "error 400 invalid Content-Length"},
    {"Content-Length: 5.0", POST "Content-Length: 5.0\r\n\r\n"sv,
     "error 400 invalid Content-Length"},
    {"Content-Length: 1e3", POST "Content-Length: 1e3\r\n\r\n"sv,
     "error 400 invalid Content-Length"},
    {"Content-Length: 1_0", POST "Content-Length: 1_0\r\n\r\n"sv,
     "error 400 invalid Content-Length"},
    {"Content-Length: 5 5", POST "Content-Length: 5 5\r\n\r\n"sv,
     "error 400 invalid Content-Length"},
    {"empty Content-Length", POST "Content-Length:\r\n\r\n"sv, "error 400 invalid Content-Length"},
    {"Content-Length 2^63", POST "Content-Length: 9223372036854775808\r\n\r\n"sv,
     "error 400 invalid Content-Length"},
    {"Content-Length 2^64 + 5", POST "Content-Length: 18446744073709551621\r\n\r\n"sv,
     "error 400 invalid Content-Length"},
    {"Arabic digits", POST "Content-Length: \xd9\xa5\r\n\r\n"sv,
     "error 400 invalid Content-Length"},
    {"vertical tab before a Content-Length", POST "Content-Length:\v5\r\n\r\n"sv,
     "error 400 control character"},

    // Transfer codings
    {"TE.TE", POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: cow\r\n\r\n"sv,
     "error 400 more than one Transfer-Encoding"},
    {"chunked twice", POST "Transfer-Encoding: chunked\r\nTransfer-encoding: chunked\r\n\r\n"sv,
     "error 400 more than one Transfer-Encoding"},
    {"xchunked", POST "Transfer-Encoding: xchunked\r\n\r\n"sv, "error 400 the final"},
    {"chunkedx", POST "Transfer-Encoding: chunkedx\r\n\r\n"sv, "error 400 the final"},
    {"chunked, identity", POST "Transfer-Encoding: chunked, identity\r\n\r\n"sv,
     "error 400 the final"},
    {"identity", POST "Transfer-Encoding: identity\r\n\r\n"sv, "error 400 the final"},
    {"gzip", POST "Transfer-Encoding: gzip\r\n\r\n"sv, "error 400 the final"},
    {"gzip, chunked", POST "Transfer-Encoding: gzip, chunked\r\n\r\n"sv, "error 501"},
    {"chunked, chunked", POST "Transfer-Encoding: chunked, chunked\r\n\r\n"sv,
     "error 400 malformed Transfer-Encoding"},
    {"empty element before chunked", POST "Transfer-Encoding: ,chunked\r\n\r\n"sv,
     "error 400 malformed Transfer-Encoding"},
    {"empty element after chunked", POST "Transfer-Encoding: chunked,\r\n\r\n"sv,
     "error 400 the final"},
    {"empty Transfer-Encoding", POST "Transfer-Encoding:\r\n\r\n"sv, "error 400 the final"},
    {"quoted", POST "Transfer-Encoding: \"chunked\"\r\n\r\n"sv, "error 400 the final"},
    {"with a parameter", POST "Transfer-Encoding: chunked;q=1\r\n\r\n"sv, "error 400 the final"},
    {"two words", POST "Transfer-Encoding: x chunked\r\n\r\n"sv, "error 400 the final"},
    {"vertical tab", POST "Transfer-Encoding: \vchunked\r\n\r\n"sv, "error 400 control character"},
    {"form feed", POST "Transfer-Encoding: chunked\f\r\n\r\n"sv, "error 400 control character"},
    {"no-break space",
     POST "Transfer-Encoding: \xa0"
          "chunked\r\n\r\n"sv,
     "error 400 the final"},
    {"no Host excuses nothing: TE on HTTP/1.0",
     "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"sv,
     "error 400 Transfer-Encoding with HTTP/1.0"},

    // Lines
    {"bare LF after the request line", "GET / HTTP/1.1\nHost: x\r\n\r\n"sv, "error 400 a line"},
    {"bare LF after a field", "GET / HTTP/1.1\r\nHost: x\n\r\n"sv, "error 400 a line"},
    {"bare LF as the empty line", "GET / HTTP/1.1\r\nHost: x\r\n\n"sv, "error 400 a line"},
    {"bare LF before the request", "\nGET / HTTP/1.1\r\nHost: x\r\n\r\n"sv, "error 400 a line"},
    {"bare CR in a value",
     "GET / HTTP/1.1\r\nHost: x\r\nA: b\rTransfer-Encoding: chunked\r\n\r\n"sv, "error 400 a line"},
    {"CR CR LF", "GET / HTTP/1.1\r\nHost: x\r\r\n\r\n"sv, "error 400 a line"},
    {"bare CR in the request line", "GET /\r HTTP/1.1\r\nHost: x\r\n\r\n"sv, "error 400 a line"},
    {"two empty lines before the request", "\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n"sv,
     "error 400 the method"},
    {"obs-fold", POST "Transfer-Encoding:\r\n chunked\r\n\r\n"sv, "error 400 folded"},
    {"obs-fold with a tab", POST "A: b\r\n\tc\r\n\r\n"sv, "error 400 folded"},
    {"whitespace before the first field", "GET / HTTP/1.1\r\n Host: x\r\n\r\n"sv,
     "error 400 folded"},
    {"a line of whitespace", "GET / HTTP/1.1\r\nHost: x\r\n \r\n\r\n"sv, "error 400 folded"},
    {"space before the colon", POST "Transfer-Encoding : chunked\r\n\r\n"sv,
     "error 400 whitespace"},
    {"tab before the colon", POST "Content-Length\t: 5\r\n\r\n"sv, "error 400 whitespace"},
    {"space in a name", POST "Content Length: 5\r\n\r\n"sv, "error 400 whitespace"},
    {"empty name", POST ": 5\r\n\r\n"sv, "error 400 empty header field name"},
    {"no colon", POST "Content-Length\r\n\r\n"sv, "error 400 header field without a colon"},
    {"NUL in a name", POST "Content\0-Length: 5\r\n\r\n"sv, "error 400 invalid character"},
    {"NUL in a value", POST "A: b\0c\r\n\r\n"sv, "error 400 control character"},
    {"DEL in a value", POST "A: b\x7f\r\n\r\n"sv, "error 400 control character"},
    {"obs-text in a name", POST "Cont\xe9nt: 5\r\n\r\n"sv, "error 400 invalid character"},
    {"a name in parentheses", POST "(a): 5\r\n\r\n"sv, "error 400 invalid character"},

    // Request line
    {"absolute-form", "GET http://x/ HTTP/1.1\r\nHost: x\r\n\r\n"sv,
     "error 400 the request target"},
    {"absolute-form of another host", "GET http://y/ HTTP/1.1\r\nHost: x\r\n\r\n"sv,
     "error 400 the request target"},
    {"authority-form", "GET x:80 HTTP/1.1\r\nHost: x\r\n\r\n"sv, "error 400 the request target"},
    {"CONNECT", "CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n"sv, "error 501"},
    {"asterisk with GET", "GET * HTTP/1.1\r\nHost: x\r\n\r\n"sv, "error 400 the request target"},
    {"a fragment", "GET /a#b HTTP/1.1\r\nHost: x\r\n\r\n"sv, "error 400 the request target"},
    {"a backslash", "GET /a\\b HTTP/1.1\r\nHost: x\r\n\r\n"sv, "error 400 the request target"},
    {"half an escape", "GET /a%2 HTTP/1.1\r\nHost: x\r\n\r\n"sv, "error 400 the request target"},
    {"bytes beyond ASCII", "GET /\xc3\xa9 HTTP/1.1\r\nHost: x\r\n\r\n"sv,
     "error 400 the request target"},
    {"NUL in the target", "GET /\0 HTTP/1.1\r\nHost: x\r\n\r\n"sv, "error 400 the request target"},
    {"a tab for a space", "GET\t/ HTTP/1.1\r\nHost: x\r\n\r\n"sv, "error 400 the method"},
    {"a tab in the target", "GET /a\tb HTTP/1.1\r\nHost: x\r\n\r\n"sv,
     "error 400 the request target"},
    {"two spaces", "GET  / HTTP/1.1\r\nHost: x\r\n\r\n"sv,
     "error 400 the request line does not end"},
    {"a space in the target", "GET /a b HTTP/1.1\r\nHost: x\r\n\r\n"sv,
     "error 400 the request line does not end"},
    {"a space at the end", "GET / HTTP/1.1 \r\nHost: x\r\n\r\n"sv,
     "error 400 the request line does not end"},
    {"a space before the method", " GET / HTTP/1.1\r\nHost: x\r\n\r\n"sv, "error 400 the method"},
    {"no version", "GET /\r\n\r\n"sv, "error 400 the request line is not"},
    {"an empty target", "GET HTTP/1.1\r\nHost: x\r\n\r\n"sv, "error 400 the request line is not"},
    {"no target but its spaces", "GET  HTTP/1.1\r\nHost: x\r\n\r\n"sv,
     "error 400 the request target"},
    {"a method that is no token", "GE(T / HTTP/1.1\r\nHost: x\r\n\r\n"sv, "error 400 the method"},
    {"lower case version", "GET / http/1.1\r\nHost: x\r\n\r\n"sv,
     "error 400 the request line does not end"},
    {"HTTP/1.10", "GET / HTTP/1.10\r\nHost: x\r\n\r\n"sv,
     "error 400 the request line does not end"},
    {"HTTP/01.1", "GET / HTTP/01.1\r\nHost: x\r\n\r\n"sv,
     "error 400 the request line does not end"},
    {"HTTP/1.2", "GET / HTTP/1.2\r\nHost: x\r\n\r\n"sv, "error 505"},
    {"HTTP/0.9", "GET / HTTP/0.9\r\n\r\n"sv, "error 505"},
    {"the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"sv, "error 505"},

    // Host
    {"no Host", "GET / HTTP/1.1\r\n\r\n"sv, "error 400 no Host"},
    {"two Hosts", "GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n"sv, "error 400 more than one Host"},
    {"two Hosts on HTTP/1.0", "GET / HTTP/1.0\r\nHost: x\r\nhost: y\r\n\r\n"sv,
     "error 400 more than one Host"},
    {"user information in Host", "GET / HTTP/1.1\r\nHost: u@x\r\n\r\n"sv, "error 400 invalid Host"},
    {"a path in Host", "GET / HTTP/1.1\r\nHost: x/y\r\n\r\n"sv, "error 400 invalid Host"},
    {"two hosts in Host", "GET / HTTP/1.1\r\nHost: x, y\r\n\r\n"sv, "error 400 invalid Host"},
    {"a port that is no number", "GET / HTTP/1.1\r\nHost: x:80a\r\n\r\n"sv,
     "error 400 invalid Host"},

    // Chunks
    {"chunk-size of 17 digits", CHUNKED "00000000000000001\r\na\r\n0\r\n\r\n"sv,
     "error 400 a chunk size has too many digits"},
    {"chunk-size 2^63", CHUNKED "8000000000000000\r\n"sv, "error 400 a chunk size overflows"},
    {"chunk-size 2^64 - 1", CHUNKED "FFFFFFFFFFFFFFFF\r\n"sv, "error 400 a chunk size overflows"},
    {"chunk-size 2^64", CHUNKED "10000000000000000\r\n"sv, "error 400 a chunk size"},
    {"chunk-size with 0x", CHUNKED "0x5\r\nhello\r\n0\r\n\r\n"sv, "error 400 invalid character"},
    {"chunk-size with +", CHUNKED "+5\r\nhello\r\n"sv, "error 400 a chunk size does not start"},
    {"chunk-size with -", CHUNKED "-5\r\nhello\r\n"sv, "error 400 a chunk size does not start"},
    {"chunk-size with _", CHUNKED "1_0\r\n"sv, "error 400 invalid character"},
    {"space before a chunk-size", CHUNKED " 5\r\nhello\r\n"sv,
     "error 400 a chunk size does not start"},
    {"space after a chunk-size", CHUNKED "5 \r\nhello\r\n"sv,
     "error 400 malformed chunk extension"},
    {"no chunk-size", CHUNKED "\r\n"sv, "error 400 a chunk size does not start"},
    {"an extension without a size", CHUNKED ";a\r\n"sv, "error 400 a chunk size does not start"},
    {"bare LF after a chunk-size", CHUNKED "5\nhello\r\n"sv, "error 400 invalid character"},
    {"bare CR after a chunk-size", CHUNKED "5\rhello\r\n"sv, "error 400 CR without LF"},
    {"bare LF in an extension", CHUNKED "5;a\nhello\r\n"sv, "error 400 malformed chunk extension"},
    {"bare LF in a quoted extension", CHUNKED "5;a=\"\n\"\r\nhello\r\n"sv,
     "error 400 malformed chunk extension"},
    {"CR in a quoted extension", CHUNKED "5;a=\"\r\n0\r\n\r\n\"\r\nhello\r\n"sv,
     "error 400 malformed chunk extension"},
    {"NUL in a quoted pair", CHUNKED "5;a=\"\\\0\"\r\n"sv, "error 400 malformed chunk extension"},
    {"an empty extension", CHUNKED "5;\r\nhello\r\n"sv, "error 400 malformed chunk extension"},
    {"an empty extension value", CHUNKED "5;a=\r\nhello\r\n"sv,
     "error 400 malformed chunk extension"},
    {"space at the end of an extension", CHUNKED "5;a \r\nhello\r\n"sv,
     "error 400 malformed chunk extension"},
    {"two extension values", CHUNKED "5;a=b c\r\nhello\r\n"sv,
     "error 400 malformed chunk extension"},
    {"something after a quoted value", CHUNKED "5;a=\"b\"c\r\nhello\r\n"sv,
     "error 400 malformed chunk extension"},
    {"a chunk longer than its size", CHUNKED "4\r\nhello\r\n"sv, "error 400 a chunk is longer"},
    {"bare LF after a chunk", CHUNKED "5\r\nhello\n0\r\n\r\n"sv, "error 400 a chunk is longer"},
    {"bare CR after a chunk", CHUNKED "5\r\nhello\r0\r\n\r\n"sv, "error 400 CR without LF"},
    {"bare LF in the trailers", CHUNKED "0\r\nA: b\n\r\n"sv, "error 400 a trailer line"},
    {"bare LF at the end", CHUNKED "0\r\n\n"sv, "error 400 a trailer line"},
    {"a folded trailer", CHUNKED "0\r\nA: b\r\n c\r\n\r\n"sv, "error 400 folded"},
    {"a request in place of trailers", CHUNKED "0\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n"sv,
     "error 400 whitespace"},
};

TEST(H1Smuggling, EveryDoubtfulMessageIsRefused) {
  for (const test_case& c : refused) {
    const std::string got = error_of(requests_in({c.input}));
    EXPECT_EQ(c.want, got.substr(0, c.want.size())) << c.name << ": " << got;
  }
}

TEST(H1Smuggling, NothingAfterADoubtfulHeadIsTakenForABody) {
  for (const test_case& c : refused) {
    if (c.input.find("chunked\r\n\r\n") != std::string_view::npos &&
        c.input.substr(0, sizeof(CHUNKED) - 1) == CHUNKED)
      continue;  // the head is good, a chunk is not
    const std::string got = requests_in({c.input});
    EXPECT_EQ(0U, got.find("error ")) << c.name << ": " << got;
  }
}

TEST(H1Smuggling, NoSplitLetsADoubtfulMessageThrough) {
  for (const test_case& c : refused) {
    const std::string want = requests_in({c.input});
    for_every_split(c.input, [&](const parts& pieces) {
      ASSERT_EQ(want, requests_in(pieces)) << c.name << ", first cut " << pieces[0].size();
    });
  }
}

// The same for answers: an upstream that is doubtful is not believed.
const test_case refused_answers[] = {
    {"CL.TE", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"sv,
     "error 502 both"},
    {"two Content-Lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na"sv,
     "error 502 more than one Content-Length"},
    {"a list of Content-Lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1,1\r\n\r\na"sv,
     "error 502 invalid Content-Length"},
    {"gzip", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n"sv, "error 502 the final"},
    {"gzip, chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"sv,
     "error 502 a transfer coding"},
    {"TE from HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"sv,
     "error 502 Transfer-Encoding with"},
    {"bare LF", "HTTP/1.1 200 OK\nA: b\r\n\r\n"sv, "error 502 a line"},
    {"bare CR", "HTTP/1.1 200 OK\r\nA: b\rc\r\n\r\n"sv, "error 502 a line"},
    {"obs-fold", "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n"sv, "error 502 folded"},
    {"space before the colon", "HTTP/1.1 200 OK\r\nA : b\r\n\r\n"sv, "error 502 whitespace"},
    {"NUL in a value", "HTTP/1.1 200 OK\r\nA: \0\r\n\r\n"sv, "error 502 control character"},
    {"NUL in the reason", "HTTP/1.1 200 O\0K\r\n\r\n"sv, "error 502 control character"},
    {"an empty line first", "\r\nHTTP/1.1 200 OK\r\n\r\n"sv, "error 502 the answer is neither"},
    {"HTTP/2 by mistake", "\0\0\0\4\0\0\0\0\0\n"sv, "error 502 a line"},
    {"HTTP/1.2", "HTTP/1.2 200 OK\r\n\r\n"sv, "error 502 the answer is neither"},
    {"ICY", "ICY 200 OK\r\n\r\n"sv, "error 502 the answer is neither"},
    {"two digits", "HTTP/1.1 20 OK\r\n\r\n"sv, "error 502 malformed status line"},
    {"four digits", "HTTP/1.1 2000 OK\r\n\r\n"sv, "error 502 malformed status line"},
    {"two spaces", "HTTP/1.1  200 OK\r\n\r\n"sv, "error 502 malformed status line"},
    {"status 099", "HTTP/1.1 099 OK\r\n\r\n"sv, "error 502 the status"},
    {"status 600", "HTTP/1.1 600 OK\r\n\r\n"sv, "error 502 the status"},
    {"a switch of protocols", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n"sv,
     "error 502 the upstream switches"},
    {"a chunk longer than its size",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n"sv,
     "error 502 a chunk is longer"},
};

TEST(H1Smuggling, EveryDoubtfulAnswerIsRefused) {
  for (const test_case& c : refused_answers) {
    const std::string whole = responses_in({c.input});
    const std::string got = error_of(whole);
    EXPECT_EQ(c.want, got.substr(0, c.want.size())) << c.name << ": " << got;
    for_every_split(c.input, [&](const parts& pieces) {
      ASSERT_EQ(whole, responses_in(pieces)) << c.name << ", first cut " << pieces[0].size();
    });
  }
}

}  // namespace
}  // namespace weir::http::testing
