#pragma once
#include <string>
#include <string_view>

namespace weir::test {

/// A legal stream of one choice that says `words`, one event each, with usage on request.
inline std::string chat_event(std::string_view delta, std::string_view finish = "null") {
  return R"(data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,)"
         R"("model":"m","choices":[{"index":0,"delta":)" +
         std::string(delta) + R"(,"logprobs":null,"finish_reason":)" + std::string(finish) +
         "}]}\n\n";
}
inline std::string chat_role() { return chat_event(R"({"role":"assistant","content":""})"); }
inline std::string chat_word(std::string_view word) {
  return chat_event(R"({"content":")" + std::string(word) + R"("})");
}
inline std::string chat_finish() { return chat_event("{}", R"("stop")"); }
inline std::string chat_usage() {
  return R"(data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,)"
         R"("model":"m","choices":[],"usage":{"prompt_tokens":11,"completion_tokens":7,)"
         R"("total_tokens":18}})"
         "\n\n";
}
inline constexpr std::string_view chat_done = "data: [DONE]\n\n";

inline std::string chat_stream() {
  return chat_role() + chat_word("Hel") + chat_word("lo") + chat_finish() + std::string(chat_done);
}

inline constexpr std::string_view chat_document =
    R"({"id":"chatcmpl-1","object":"chat.completion","created":1700000000,"model":"m",)"
    R"("choices":[{"index":0,"message":{"role":"assistant","content":"Hello","refusal":null},)"
    R"("logprobs":null,"finish_reason":"stop"}],)"
    R"("usage":{"prompt_tokens":11,"completion_tokens":7,"total_tokens":18}})";

/// A request as bytes.
inline std::string post(std::string_view path, std::string_view body,
                        std::string_view more_headers = "") {
  return "POST " + std::string(path) + " HTTP/1.1\r\nHost: weir\r\n" + std::string(more_headers) +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}
inline std::string get(std::string_view path, std::string_view more_headers = "") {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: weir\r\n" + std::string(more_headers) +
         "\r\n";
}
inline std::string chat_body(bool stream, std::string_view more = "",
                             std::string_view model = "m") {
  return R"({"model":")" + std::string(model) + R"(","stream":)" + (stream ? "true" : "false") +
         std::string(more) + R"(,"messages":[{"role":"user","content":"hi"}]})";
}
inline std::string chat(bool stream, std::string_view more = "",
                        std::string_view more_headers = "") {
  return post("/v1/chat/completions", chat_body(stream, more), more_headers);
}

}  // namespace weir::test
