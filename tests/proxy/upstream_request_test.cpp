#include "proxy/upstream_request.h"

#include <gtest/gtest.h>

#include "http/h1_decoder.h"

namespace weir::proxy {
namespace {

config::upstream plain() {
  config::upstream to;
  to.name = "a";
  to.url = {false, "a.test", 8000, "/v1"};
  return to;
}

/// The request as its receiver reads it; decoded by the strict decoder, so it is one request.
struct arrived {
  explicit arrived(const std::string& sent) : bytes(sent) {
    std::string_view rest = bytes;
    EXPECT_EQ(http::h1_request_decoder::status::head, decoder.parse(rest)) << bytes;
    body = rest;
  }
  std::string field(std::string_view name) const {
    EXPECT_LE(decoder.head().headers.count(name), 1U) << name;
    return std::string(decoder.head().headers.get(name));
  }
  std::string bytes;
  http::h1_request_decoder decoder;
  std::string body;
};

http::request_head client_head() {
  http::request_head head;
  head.method = "POST";
  head.target = "/v1/chat/completions";
  for (const auto& [name, value] : {std::pair{"Host", "weir"},
                                    {"Authorization", "Bearer client-key"},
                                    {"Cookie", "a=b"},
                                    {"X-Api-Key", "client-key"},
                                    {"Connection", "keep-alive, X-Hop"},
                                    {"X-Hop", "1"},
                                    {"Transfer-Encoding", "chunked"},
                                    {"TE", "trailers"},
                                    {"User-Agent", "openai/1"},
                                    {"X-Stainless-Lang", "js"},
                                    {"OpenAI-Organization", "org"},
                                    {"OpenAI-Beta", "x=1"},
                                    {"traceparent", "00-1-2-01"},
                                    {"tracestate", "v=1"},
                                    {"Accept-Encoding", "gzip"},
                                    {"Expect", "100-continue"},
                                    {"X-Forwarded-For", "10.0.0.9"}})
    head.headers.add(name, value);
  return head;
}

TEST(UpstreamRequest, ItIsOneRequestWithItsOwnFraming) {
  upstream_call call;
  call.path = "/chat/completions";
  call.accept = "text/event-stream";
  call.body = "{}";
  const arrived got(upstream_request(plain(), call));
  EXPECT_EQ("POST", got.decoder.head().method);
  EXPECT_EQ("/v1/chat/completions", got.decoder.head().target);
  EXPECT_EQ("a.test:8000", got.field("host"));
  EXPECT_EQ("text/event-stream", got.field("accept"));
  EXPECT_EQ("identity", got.field("accept-encoding"));
  EXPECT_EQ("application/json", got.field("content-type"));
  EXPECT_EQ("2", got.field("content-length"));
  EXPECT_EQ("", got.field("authorization"));
  EXPECT_EQ("{}", got.body);
}

TEST(UpstreamRequest, WhatConnectionNamesEndsHere) {  // RFC 9110 7.6.1
  http::request_head head;
  head.headers.add("Connection", "close, TraceParent");
  head.headers.add("connection", "authorization,openai-beta");
  for (const char* name : {"traceparent", "tracestate", "Authorization", "OpenAI-Beta"})
    head.headers.add(name, "1");
  config::upstream to = plain();
  to.key_passthrough = true;
  upstream_call call;
  call.path = "/chat/completions";
  call.client = &head;
  const arrived got(upstream_request(to, call));
  EXPECT_EQ("1", got.field("tracestate"));
  for (const char* name : {"traceparent", "authorization", "openai-beta", "connection"})
    EXPECT_EQ("", got.field(name)) << name;
}

TEST(UpstreamRequest, OnlyTracingAndOpenAiFieldsOfTheClientGoOn) {  // HTTP-4, HTTP-5
  const http::request_head head = client_head();
  upstream_call call;
  call.path = "/chat/completions";
  call.client = &head;
  call.body = "{}";
  const std::string sent = upstream_request(plain(), call);
  const arrived got(sent);
  EXPECT_EQ("org", got.field("openai-organization"));
  EXPECT_EQ("x=1", got.field("openai-beta"));
  EXPECT_EQ("00-1-2-01", got.field("traceparent"));
  EXPECT_EQ("v=1", got.field("tracestate"));
  EXPECT_EQ(std::string::npos, sent.find("client-key"));
  for (const char* name : {"cookie", "x-api-key", "connection", "x-hop", "transfer-encoding", "te",
                           "x-stainless-lang", "expect", "x-forwarded-for"})
    EXPECT_EQ("", got.field(name)) << name;
}

TEST(UpstreamRequest, CredentialsAreTheConfiguredOnesOrTheClientsWhereThatIsConfigured) {
  const http::request_head head = client_head();
  upstream_call call;
  call.client = &head;
  call.body = "{}";
  config::upstream keyed = plain();
  keyed.key = config::secret("sk-own");
  EXPECT_EQ("Bearer sk-own", arrived(upstream_request(keyed, call)).field("authorization"));
  config::upstream passing = plain();
  passing.key_passthrough = true;
  EXPECT_EQ("Bearer client-key", arrived(upstream_request(passing, call)).field("authorization"));
}

TEST(UpstreamRequest, ConfiguredHeadersWinExceptOverFraming) {
  config::upstream to = plain();
  to.key = config::secret("sk-own");
  to.headers = {{"authorization", config::secret("Basic eA==")},
                {"HTTP-Referer", config::secret("https://me.test")},
                {"Content-Length", config::secret("99")},
                {"Transfer-Encoding", config::secret("chunked")},
                {"Connection", config::secret("close")}};
  upstream_call call;
  call.body = "{}";
  const arrived got(upstream_request(to, call));
  EXPECT_EQ("Basic eA==", got.field("authorization"));
  EXPECT_EQ("https://me.test", got.field("http-referer"));
  EXPECT_EQ("2", got.field("content-length"));
  EXPECT_EQ("", got.field("transfer-encoding"));
  EXPECT_EQ("", got.field("connection"));
}

TEST(UpstreamRequest, AnOpenRequestSaysHowLongItWillBeOrGoesInChunks) {
  upstream_call call;
  call.content_type = "multipart/form-data; boundary=b";
  call.body = "--b";
  call.is = upstream_call::extent::length;
  call.length = 5'000'000'000;
  const arrived announced(upstream_request(plain(), call));
  EXPECT_EQ("multipart/form-data; boundary=b", announced.field("content-type"));
  EXPECT_EQ("5000000000", announced.field("content-length"));
  EXPECT_EQ("", announced.field("transfer-encoding"));
  EXPECT_EQ("--b", announced.body);

  call.is = upstream_call::extent::h1_chunks;
  const arrived chunked(upstream_request(plain(), call));
  EXPECT_EQ("", chunked.field("content-length"));
  EXPECT_EQ("chunked", chunked.field("transfer-encoding"));
  EXPECT_EQ("3\r\n--b\r\n", chunked.body);
}

TEST(UpstreamRequest, QueriesAreEncoded) {
  config::upstream to = plain();
  to.query = {{"api-version", "2024-10-21"}, {"a b", "c&d=é"}};
  upstream_call call;
  call.path = "/x";
  call.body = "{}";
  EXPECT_EQ("/v1/x?api-version=2024-10-21&a%20b=c%26d%3D%C3%A9",
            arrived(upstream_request(to, call)).decoder.head().target);
}

TEST(UpstreamRequest, AHeaderThatNoHeadCanCarryMakesNoRequest) {
  config::upstream to = plain();
  to.headers = {{"X-A", config::secret("1\r\nX-B: 2")}};
  upstream_call call;
  call.path = "/x";
  EXPECT_EQ("", upstream_request(to, call));
}

TEST(UpstreamRequest, AProxyThatReadsItGetsTheWholeUrlAndItsCredential) {
  config::upstream to = plain();
  to.query = {{"v", "1"}};
  to.key = config::secret("sk");
  to.proxy = {config::proxy_setting::kind::proxy,
              {"proxy.test", 3128, config::secret("Aladdin:open sesame")}};
  upstream_call call;
  call.path = "/x";
  const std::string sent = upstream_request(to, call);
  EXPECT_EQ(0U, sent.find("POST http://a.test:8000/v1/x?v=1 HTTP/1.1\r\nHost: a.test:8000\r\n"));
  EXPECT_NE(std::string::npos,
            sent.find("\r\nProxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n"));
  EXPECT_NE(std::string::npos, sent.find("\r\nAuthorization: Bearer sk\r\n"));
  // In a tunnel the upstream reads it.
  to.url.tls = true;
  const arrived inside(upstream_request(to, call));
  EXPECT_EQ("/v1/x?v=1", inside.decoder.head().target);
  EXPECT_EQ("", inside.field("proxy-authorization"));
}

}  // namespace
}  // namespace weir::proxy
