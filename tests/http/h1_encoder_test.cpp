#include "http/h1_encoder.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "h1_transcript.h"

namespace weir::http::testing {
namespace {

using namespace std::string_view_literals;

TEST(H1Encoder, WritesARequestHead) {
  std::string out = "before ";
  ASSERT_TRUE(write_request_head(out, "POST", "/v1?a", {{"Host", "x"}, {"Content-Length", "0"}}));
  EXPECT_EQ(out, "before POST /v1?a HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
}

TEST(H1Encoder, WritesAResponseHead) {
  std::string out;
  ASSERT_TRUE(write_response_head(out, 404, {{"A", " b\t"}, {"C", ""}}));
  EXPECT_EQ(out, "HTTP/1.1 404 Not Found\r\nA: b\r\nC: \r\n\r\n");
}

TEST(H1Encoder, WritesReceivedFields) {
  fields headers;
  headers.add("A", "b");
  std::string out;
  ASSERT_TRUE(write_response_head(out, 200, headers));
  EXPECT_EQ(out, "HTTP/1.1 200 OK\r\nA: b\r\n\r\n");
}

// RFC 9112 4: MUST send the space even when the reason is absent
TEST(H1Encoder, KeepsTheSpaceBeforeAnAbsentReason) {
  std::string out;
  ASSERT_TRUE(write_response_head(out, 599, {}));
  EXPECT_EQ(out, "HTTP/1.1 599 \r\n\r\n");
}

TEST(H1Encoder, WritesChunks) {
  std::string out;
  append_chunk(out, "hello");
  append_chunk(out, "");  // would be the last chunk
  append_chunk(out, std::string(26, 'a'));
  append_last_chunk(out);
  EXPECT_EQ(out, "5\r\nhello\r\n1a\r\n" + std::string(26, 'a') + "\r\n0\r\n\r\n");
}

struct refusal {
  std::string_view name;
  std::string_view method;
  std::string_view target;
  field header;
};

const refusal refusals[] = {
    {"CRLF in a value", "GET", "/", {"A", "b\r\nSet-Cookie: c"}},
    {"CR in a value", "GET", "/", {"A", "b\rc"}},
    {"LF in a value", "GET", "/", {"A", "b\nc"}},
    {"LF at the end of a value", "GET", "/", {"A", "b\n"}},
    {"NUL in a value", "GET", "/", {"A", "b\0c"sv}},
    {"DEL in a value", "GET", "/", {"A", "\x7f"}},
    {"CRLF in a name", "GET", "/", {"A: b\r\nC", "d"}},
    {"a colon in a name", "GET", "/", {"A:", "b"}},
    {"a space in a name", "GET", "/", {"A ", "b"}},
    {"an empty name", "GET", "/", {"", "b"}},
    {"NUL in a name", "GET", "/", {"A\0"sv, "b"}},
    {"obs-text in a name", "GET", "/", {"\xc3\xa9", "b"}},
    {"a space in the method", "GET /", "/", {"A", "b"}},
    {"an empty method", "", "/", {"A", "b"}},
    {"CRLF in the method", "GET\r\n", "/", {"A", "b"}},
    {"a space in the target", "GET", "/ HTTP/1.1", {"A", "b"}},
    {"CRLF in the target", "GET", "/\r\n", {"A", "b"}},
    {"obs-text in the target", "GET", "/\xc3\xa9", {"A", "b"}},
    {"an empty target", "GET", "", {"A", "b"}},
};

TEST(H1Encoder, RefusesWhatWouldSplitAMessageAndWritesNothing) {
  for (const refusal& r : refusals) {
    std::string out = "before";
    EXPECT_FALSE(write_request_head(out, r.method, r.target, {{"Host", "x"}, r.header})) << r.name;
    EXPECT_EQ("before", out) << r.name;
    if (r.method != "GET" || r.target != "/") continue;
    EXPECT_FALSE(write_response_head(out, 200, {{"X", "y"}, r.header})) << r.name;
    EXPECT_EQ("before", out) << r.name;
  }
  for (const unsigned status : {0U, 99U, 600U, 1000U}) {
    std::string out;
    EXPECT_FALSE(write_response_head(out, status, {})) << status;
    EXPECT_EQ("", out);
  }
}

// ---- properties ------------------------------------------------------------------------------

const std::string token_chars =
    "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

rc::Gen<std::string> token() {
  // The prefix keeps generated names apart from those that have a meaning.
  return rc::gen::map(rc::gen::container<std::string>(rc::gen::elementOf(token_chars)),
                      [](const std::string& s) { return "X-" + s; });
}

rc::Gen<std::string> text() {
  return rc::gen::map(rc::gen::container<std::string>(
                          rc::gen::suchThat(rc::gen::arbitrary<char>(),
                                            [](char c) {
                                              const auto byte = static_cast<unsigned char>(c);
                                              return c == '\t' || (byte >= 0x20 && byte != 0x7f);
                                            })),
                      [](std::string s) { return '<' + s + '>'; });
}

using pairs = std::vector<std::pair<std::string, std::string>>;

std::vector<field> views(const pairs& owned) {
  std::vector<field> all{{"Host", "x"}};
  for (const auto& [name, value] : owned) all.push_back({name, value});
  return all;
}

parts cut(std::string_view s, const std::vector<std::uint8_t>& sizes) {
  parts pieces;
  for (const std::uint8_t size : sizes) {
    pieces.push_back(s.substr(0, size));
    s.remove_prefix(pieces.back().size());
  }
  pieces.push_back(s);
  return pieces;
}

enum class body_form : std::uint8_t { none, length, chunked };

TEST(H1EncoderProperty, TheDecoderReadsBackWhatWasWritten) {
  EXPECT_TRUE(rc::check([] {
    const std::string method = *token();
    const std::string query = *rc::gen::container<std::string>(rc::gen::elementOf(token_chars));
    const auto owned = *rc::gen::container<pairs>(rc::gen::pair(token(), text()));
    const auto form = *rc::gen::element(body_form::none, body_form::length, body_form::chunked);
    const auto pieces = *rc::gen::arbitrary<std::vector<std::string>>();
    const auto sizes = *rc::gen::arbitrary<std::vector<std::uint8_t>>();
    RC_PRE(method.size() <= 32U && owned.size() < 100U && query.find('%') == std::string::npos &&
           query.find('#') == std::string::npos);

    std::string body;
    for (const std::string& piece : pieces) body += piece;
    std::vector<field> headers = views(owned);
    const std::string length = std::to_string(body.size());
    if (form == body_form::length) headers.push_back({"Content-Length", length});
    if (form == body_form::chunked) headers.push_back({"Transfer-Encoding", "chunked"});

    std::string wire;
    RC_ASSERT(write_request_head(wire, method, "/?" + query, headers));
    if (form == body_form::length) wire += body;
    if (form == body_form::chunked) {
      for (const std::string& piece : pieces) append_chunk(wire, piece);
      append_last_chunk(wire);
    }

    fields list;
    for (const field& f : headers) list.add(f.name, f.value);
    std::string want = method + " /?" + query + " 1.1 " + describe(list);
    if (form == body_form::length) want += " length=" + length;
    const bool framed = form == body_form::chunked || (form == body_form::length && !body.empty());
    want += framed ? " body keep\n" : " keep\n";
    if (framed && !body.empty()) want += "body \"" + body + "\"\n";
    want += "end\n";
    RC_ASSERT(requests_in(cut(wire, sizes)) == want);
  }));
}

// Whatever the caller passes on from elsewhere, a reader finds one head with as many fields.
TEST(H1EncoderProperty, ArbitraryBytesNeverSplitAResponse) {
  EXPECT_TRUE(rc::check([] {
    const std::string hostile_chars{"\r\n\0 :\t\x7f\x80", 8};
    const auto hostile = rc::gen::container<std::string>(rc::gen::weightedOneOf<char>(
        {{1, rc::gen::elementOf(hostile_chars)}, {400, rc::gen::elementOf(token_chars)}}));
    const auto owned =
        *rc::gen::container<pairs>(rc::gen::pair(rc::gen::nonEmpty(hostile), hostile));
    RC_PRE(owned.size() < 100U);
    std::vector<field> headers = views(owned);
    std::string wire;
    const bool written = write_response_head(wire, 200, headers);
    RC_CLASSIFY(written);
    if (!written) {
      RC_ASSERT(wire.empty());
      return;
    }
    const std::string got = responses_in({wire}, "HEAD");
    fields list;
    for (const field& f : headers) {
      std::string_view value = f.value;
      while (!value.empty() && (value.front() == ' ' || value.front() == '\t'))
        value.remove_prefix(1);
      while (!value.empty() && (value.back() == ' ' || value.back() == '\t'))
        value.remove_suffix(1);
      list.add(f.name, value);
    }
    RC_ASSERT(got == "200 (OK) 1.1 " + describe(list) + " keep\nend\n");
  }));
}

}  // namespace
}  // namespace weir::http::testing
