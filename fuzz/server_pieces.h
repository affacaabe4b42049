#pragma once
#include <array>
#include <string>
#include <string_view>

/// What `server_fuzz` composes requests and answers from: each piece is chosen by a number.
namespace weir::fuzz {

template <std::size_t N>
std::string_view pick(const std::array<std::string_view, N>& of, unsigned which) {
  return of[which % N];
}

inline constexpr std::array<std::string_view, 20> targets{"/v1/chat/completions",
                                                          "/v1/chat/completions",
                                                          "/v1/completions",
                                                          "/v1/embeddings",
                                                          "/v1/models",
                                                          "/v1/models/m",
                                                          "/healthz",
                                                          "/readyz",
                                                          "/metrics",
                                                          "/admin/v1/config",
                                                          "/admin/v1/streams",
                                                          "/admin/v1/streams/req_1",
                                                          "/v1/audio/speech",
                                                          "/v1/audio/transcriptions",
                                                          "/v1/moderations",
                                                          "/v1/rerank",
                                                          "/",
                                                          "/v1/chat/completions?a=b",
                                                          "http://h/v1/models",
                                                          "*"};

inline constexpr std::array<std::string_view, 8> methods{"POST", "POST",   "GET",     "HEAD",
                                                         "PUT",  "DELETE", "OPTIONS", "CONNECT"};

inline constexpr std::array<std::string_view, 26> fields{
    "",
    "Connection: close\r\n",
    "Connection: keep-alive\r\n",
    "Expect: 100-continue\r\n",
    "x-weir-timeout: 2s\r\n",
    "x-weir-timeout: never\r\n",
    "x-weir-tags: team=red\r\n",
    "x-request-id: mine\r\n",
    "Authorization: Bearer k\r\n",
    "Authorization: Bearer admin\r\n",
    "Content-Encoding: gzip\r\n",
    "Content-Type: multipart/form-data; boundary=b\r\n",
    "Origin: https://page.test\r\n",
    "Origin: https://page.test\r\nAccess-Control-Request-Method: POST\r\n",
    "Host: other\r\n",
    "Transfer-Encoding: chunked\r\n",
    "Transfer-Encoding: gzip, chunked\r\n",
    "Transfer-Encoding : chunked\r\n",
    "Content-Length: 5\r\n",
    "Content-Length: -1\r\n",
    " folded\r\n",
    "bare: lf\n",
    "nul: a\0b\r\n",
    "Connection: x-weir-timeout\r\n",
    "Upgrade: h2c\r\n",
    "Trailer: x\r\n"};

inline constexpr std::array<std::string_view, 14> bodies{
    R"({"model":"m","stream":true,"messages":[{"role":"user","content":"hi"}]})",
    R"({"model":"m","messages":[{"role":"user","content":"hi"}]})",
    R"({"model":"m","stream":true,"stream_options":{"include_usage":true},"messages":[]})",
    R"({"model":"m","stream":true,"prompt":"hi"})",
    R"({"model":"m","input":"hi"})",
    R"({"model":"b-only","stream":true,"messages":[{"role":"user","content":"hi"}]})",
    R"({"model":"nobody","messages":[]})",
    "--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nm\r\n--b\r\n"
    "Content-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\nabc\r\n--b--\r\n",
    "",
    "{",
    "[]",
    "null",
    R"({"model":"m","stream":"yes"})",
    "\x1f\x8b"};

inline constexpr std::array<std::string_view, 10> heads{
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n",
    "HTTP/1.1 503 Busy\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 429 Slow\r\nretry-after-ms: 50\r\nContent-Length: 2\r\n\r\n{}",
    "HTTP/1.1 400 Bad\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n",
    "HTTP/1.1 103 Early\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    "HTTP/1.1 204 None\r\nConnection: close\r\n\r\n"};

/// Parts of answers' bodies; the first half are sent as a chunk (RFC 9112 7.1), all others bare.
inline constexpr std::array<std::string_view, 18> parts{
    R"(data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]})"
    "\n\n",
    R"(data: {"choices":[{"index":0,"delta":{"content":"hello"},"finish_reason":null}]})"
    "\n\n",
    R"(data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]})"
    "\n\n",
    R"(data: {"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}})"
    "\n\n",
    "data: [DONE]\n\n",
    ": wait\n\n",
    R"(data: {"error":{"message":"broken","type":"server_error"}})"
    "\n\n",
    R"({"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"hello"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}})",
    R"({"data":[{"id":"m"},{"id":"b-only"}]})",
    R"({"error":{"message":"no","type":"invalid_request_error"}})",
    "0\r\n\r\n",
    "<html>",
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"",
    "\"}}]}\n\n",
    "ffffffffffffffffff\r\n",
    "5\r\nabc",
    "\r\n",
    "data: {\"choices\":[{\"text\":\"x\",\"index\":0,\"finish_reason\":\"stop\"}]}\n\n"};
inline constexpr unsigned chunked_parts = 10;

}  // namespace weir::fuzz
