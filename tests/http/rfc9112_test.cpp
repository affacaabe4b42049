#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "h1_transcript.h"

// RFC 9112 sections 2 to 9: what recipients must do about the framing of messages, a row for each
// requirement. What senders must do is checked in h1_encoder_test.cpp. One requirement is not met
// on purpose and has its row all the same: 3.2.2, absolute-form.
namespace weir::http::testing {
namespace {

using namespace std::string_view_literals;

enum class side : std::uint8_t { request, response, response_to_head, response_then_close };

struct requirement {
  std::string_view paragraph;
  std::string_view says;
  side reader;
  std::string_view input;
  std::string_view want;  // the whole transcript
};

#define GET "GET / HTTP/1.1\r\nHost: x\r\n"
#define OK "HTTP/1.1 200 OK\r\n"

const requirement requirements[] = {
    {"2.2", "MUST parse as octets of a superset of US-ASCII, not as Unicode", side::request,
     GET "A: \xe2\x98\x83\xff\r\n\r\n"sv, "GET / 1.1 [Host: x][A: \xe2\x98\x83\xff] keep\nend\n"},
    {"2.2", "a recipient of a bare CR MUST consider the element invalid or replace it",
     side::request, GET "A: b\rc\r\n\r\n"sv, "error 400 a line of the head does not end in CRLF\n"},
    {"2.2", "the same in an answer", side::response, OK "A: b\rc\r\n\r\n"sv,
     "error 502 a line of the head does not end in CRLF\n"},
    {"2.2", "SHOULD ignore at least one empty line before the request line", side::request,
     "\r\n" GET "\r\n"sv, "GET / 1.1 [Host: x] keep\nend\n"},
    {"2.2", "whitespace between start-line and first field: MUST reject or consume the line",
     side::request, "GET / HTTP/1.1\r\n A: b\r\nHost: x\r\n\r\n"sv,
     "error 400 folded header field\n"},
    {"2.2", "what is not an HTTP message: SHOULD respond 400", side::request, "\x16\x03\x01\r\n"sv,
     "error 400 the method is not a token\n"},
    {"2.3", "HTTP-version is case-sensitive", side::request, "GET / Http/1.1\r\nHost: x\r\n\r\n"sv,
     "error 400 the request line does not end in an HTTP version\n"},
    {"3", "request-line = method SP request-target SP HTTP-version", side::request,
     "GET /\tHTTP/1.1\r\nHost: x\r\n\r\n"sv,
     "error 400 the request line is not method, target and version\n"},
    {"3.1", "the method is case-sensitive", side::request, "get / HTTP/1.1\r\nHost: x\r\n\r\n"sv,
     "get / 1.1 [Host: x] keep\nend\n"},
    {"3.2", "no whitespace in the target; MUST NOT be autocorrected", side::request,
     "GET /a b HTTP/1.1\r\nHost: x\r\n\r\n"sv,
     "error 400 the request line does not end in an HTTP version\n"},
    {"3.2", "MUST respond 400 to HTTP/1.1 without Host", side::request, "GET / HTTP/1.1\r\n\r\n"sv,
     "error 400 no Host field\n"},
    {"3.2", "MUST respond 400 to more than one Host", side::request, GET "Host: x\r\n\r\n"sv,
     "error 400 more than one Host field\n"},
    {"3.2", "MUST respond 400 to an invalid Host", side::request,
     "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"sv, "error 400 invalid Host\n"},
    {"3.2.2", "MUST accept absolute-form: NOT met, refused as ambiguous", side::request,
     "GET http://x/ HTTP/1.1\r\nHost: x\r\n\r\n"sv,
     "error 400 the request target is not in origin-form\n"},
    {"3.2.3", "authority-form is only for CONNECT", side::request,
     "GET x:80 HTTP/1.1\r\nHost: x\r\n\r\n"sv,
     "error 400 the request target is not in origin-form\n"},
    {"3.2.4", "asterisk-form is for OPTIONS", side::request,
     "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n"sv, "OPTIONS * 1.1 [Host: x] keep\nend\n"},
    {"3.2.4", "and only for OPTIONS", side::request, "POST * HTTP/1.1\r\nHost: x\r\n\r\n"sv,
     "error 400 the request target is not in origin-form\n"},
    {"4", "a client SHOULD ignore the reason", side::response,
     "HTTP/1.1 200 Gone\r\nContent-Length: 0\r\n\r\n"sv,
     "200 (Gone) 1.1 [Content-Length: 0] length=0 keep\nend\n"},
    {"5", "OWS around a value is not part of it", side::request, GET "A:\t b \t\r\n\r\n"sv,
     "GET / 1.1 [Host: x][A: b] keep\nend\n"},
    {"5.1", "MUST reject whitespace between name and colon with 400", side::request,
     GET "A : b\r\n\r\n"sv, "error 400 whitespace in or after a header field name\n"},
    {"5.1", "a proxy MUST NOT forward it from an answer", side::response, OK "A : b\r\n\r\n"sv,
     "error 502 whitespace in or after a header field name\n"},
    {"5.2", "obs-fold in a request: MUST reject with 400 or replace", side::request,
     GET "A: b\r\n c\r\n\r\n"sv, "error 400 folded header field\n"},
    {"5.2", "obs-fold in an answer: a gateway MUST discard it with 502 or replace", side::response,
     OK "A: b\r\n\tc\r\n\r\n"sv, "error 502 folded header field\n"},
    {"6", "a request has a body when Content-Length or Transfer-Encoding says so", side::request,
     "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\na"sv,
     "GET / 1.1 [Host: x][Content-Length: 1] length=1 body keep\nbody \"a\"\nend\n"},
    {"6.1", "MUST be able to parse chunked", side::request,
     GET "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n"sv,
     "GET / 1.1 [Host: x][Transfer-Encoding: chunked] body keep\nbody \"a\"\nend\n"},
    {"6.1", "chunked MUST NOT be applied more than once", side::request,
     GET "Transfer-Encoding: chunked, chunked\r\n\r\n"sv,
     "error 400 malformed Transfer-Encoding\n"},
    {"6.1", "Transfer-Encoding in 204 MUST NOT be; the connection is not used again",
     side::response, "HTTP/1.1 204 No\r\nTransfer-Encoding: chunked\r\n\r\n"sv,
     "204 (No) 1.1 [Transfer-Encoding: chunked] close\nend\n"},
    {"6.1", "a coding not understood: SHOULD respond 501", side::request,
     GET "Transfer-Encoding: gzip, chunked\r\n\r\n"sv,
     "error 501 a transfer coding other than chunked\n"},
    {"6.1", "both lengths: MAY reject, MUST close", side::request,
     GET "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"sv,
     "error 400 both Transfer-Encoding and Content-Length\n"},
    {"6.1", "Transfer-Encoding in HTTP/1.0: MUST treat the framing as faulty", side::request,
     "GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"sv,
     "error 400 Transfer-Encoding with HTTP/1.0\n"},
    {"6.1", "the same in an answer", side::response,
     "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"sv,
     "error 502 Transfer-Encoding with HTTP/1.0\n"},
    {"6.3 (1)", "an answer to HEAD ends with its head", side::response_to_head,
     OK "Content-Length: 5\r\n\r\n"sv, "200 (OK) 1.1 [Content-Length: 5] length=5 keep\nend\n"},
    {"6.3 (1)", "204 ends with its head", side::response, "HTTP/1.1 204 No Content\r\n\r\n"sv,
     "204 (No Content) 1.1  keep\nend\n"},
    {"6.3 (1)", "304 ends with its head", side::response,
     "HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n"sv,
     "304 (Not Modified) 1.1 [Transfer-Encoding: chunked] keep\nend\n"},
    {"6.3 (1)", "1xx ends with its head, and another answer follows", side::response,
     "HTTP/1.1 100 Continue\r\nContent-Length: 5\r\n\r\n" OK "Content-Length: 0\r\n\r\n"sv,
     "200 (OK) 1.1 [Content-Length: 0] length=0 keep\nend\n"},
    {"6.3 (3)", "both lengths in an answer: ought to be an error", side::response,
     OK "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"sv,
     "error 502 both Transfer-Encoding and Content-Length\n"},
    {"6.3 (4)", "chunked not final in a request: MUST respond 400", side::request,
     GET "Transfer-Encoding: chunked, gzip\r\n\r\n"sv,
     "error 400 the final transfer coding is not chunked\n"},
    {"6.3 (5)", "an invalid Content-Length: MUST respond 400", side::request,
     GET "Content-Length: a\r\n\r\n"sv, "error 400 invalid Content-Length\n"},
    {"6.3 (5)", "a list of lengths is invalid, or one if all are equal: refused", side::request,
     GET "Content-Length: 1, 1\r\n\r\na"sv, "error 400 invalid Content-Length\n"},
    {"6.3 (5)", "in an answer: a gateway MUST discard it with 502", side::response,
     OK "Content-Length: 1\r\nContent-Length: 2\r\n\r\n"sv,
     "error 502 more than one Content-Length field\n"},
    {"6.3 (6)", "closed before Content-Length: MUST be considered incomplete",
     side::response_then_close, OK "Content-Length: 2\r\n\r\na"sv,
     "200 (OK) 1.1 [Content-Length: 2] length=2 body keep\nbody \"a\"\n"
     "error 502 the connection closed within the body\n"},
    {"6.3 (7)", "a request without either has no body", side::request, GET "\r\n"sv,
     "GET / 1.1 [Host: x] keep\nend\n"},
    {"6.3 (8)", "an answer without either lasts until the close", side::response_then_close,
     OK "\r\nab"sv, "200 (OK) 1.1  body close\nbody \"ab\"\nend\n"},
    {"7.1", "MUST be able to parse chunk-size in any case and with leading zeros", side::response,
     OK "Transfer-Encoding: chunked\r\n\r\n0a\r\n0123456789\r\nA\r\n0123456789\r\n00\r\n\r\n"sv,
     "200 (OK) 1.1 [Transfer-Encoding: chunked] body keep\n"
     "body \"01234567890123456789\"\nend\n"},
    {"7.1", "MUST anticipate large numerals and prevent overflow", side::request,
     GET "Transfer-Encoding: chunked\r\n\r\nF000000000000001\r\na\r\n0\r\n\r\n"sv,
     "GET / 1.1 [Host: x][Transfer-Encoding: chunked] body keep\n"
     "error 400 a chunk size overflows\n"},
    {"7.1", "parameters of chunked SHOULD be treated as an error", side::request,
     GET "Transfer-Encoding: chunked;a=b\r\n\r\n"sv,
     "error 400 the final transfer coding is not chunked\n"},
    {"7.1.1", "MUST ignore unknown chunk extensions", side::request,
     GET "Transfer-Encoding: chunked\r\n\r\n1;x=y;z=\"0\"\r\na\r\n0;q\r\n\r\n"sv,
     "GET / 1.1 [Host: x][Transfer-Encoding: chunked] body keep\nbody \"a\"\nend\n"},
    {"7.1.2", "trailers MUST NOT be merged blindly: framing is dropped, the rest apart",
     side::request,
     GET "Transfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 1\r\nETag: e\r\n\r\n"sv,
     "GET / 1.1 [Host: x][Transfer-Encoding: chunked] body keep\nend [ETag: e]\n"},
    {"8", "chunked without its last chunk is incomplete", side::response_then_close,
     OK "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n"sv,
     "200 (OK) 1.1 [Transfer-Encoding: chunked] body keep\nbody \"a\"\n"
     "error 502 the connection closed within the body\n"},
    {"9.3 (1)", "close: the connection will not persist", side::request,
     GET "Connection: close\r\n\r\n"sv, "GET / 1.1 [Host: x][Connection: close] close\nend\n"},
    {"9.3 (2)", "HTTP/1.1: it persists", side::request, GET "\r\n"sv,
     "GET / 1.1 [Host: x] keep\nend\n"},
    {"9.3 (3)", "HTTP/1.0 with keep-alive: it persists", side::request,
     "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"sv,
     "GET / 1.0 [Connection: keep-alive] keep\nend\n"},
    {"9.3 (4)", "otherwise: it closes", side::request, "GET / HTTP/1.0\r\n\r\n"sv,
     "GET / 1.0  close\nend\n"},
    {"9.3", "a persistent connection needs self-defined lengths", side::response_then_close,
     OK "Connection: keep-alive\r\n\r\n"sv,
     "200 (OK) 1.1 [Connection: keep-alive] body close\nend\n"},
    {"9.6", "close wins over keep-alive", side::request,
     GET "Connection: keep-alive, close\r\n\r\n"sv,
     "GET / 1.1 [Host: x][Connection: keep-alive, close] close\nend\n"},
    {"9110 7.8", "Upgrade MAY be ignored: h2c is not switched to", side::request,
     GET "Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n"sv,
     "GET / 1.1 [Host: x][Connection: Upgrade][Upgrade: h2c] keep\nend\n"},
    {"9110 10.1.1", "an expectation without a body to come is none", side::request,
     GET "Expect: 100-continue\r\n\r\n"sv, "GET / 1.1 [Host: x][Expect: 100-continue] keep\nend\n"},
    {"9.3.2", "pipelined requests are read in their order", side::request, GET "\r\n" GET "\r\n"sv,
     "GET / 1.1 [Host: x] keep\nend\nGET / 1.1 [Host: x] keep\nend\n"},
};

std::string read(side reader, const parts& pieces) {
  if (reader == side::request) return requests_in(pieces);
  return responses_in(pieces, reader == side::response_to_head ? "HEAD" : "GET",
                      reader == side::response_then_close);
}

TEST(Rfc9112, EveryRequirementOnFramingIsMet) {
  for (const requirement& r : requirements)
    EXPECT_EQ(r.want, read(r.reader, {r.input})) << r.paragraph << ": " << r.says;
}

TEST(Rfc9112, EveryRequirementIsMetInEverySplit) {
  for (const requirement& r : requirements)
    for_every_split(r.input, [&](const parts& pieces) {
      ASSERT_EQ(r.want, read(r.reader, pieces)) << r.paragraph << ": " << r.says;
    });
}

}  // namespace
}  // namespace weir::http::testing
