#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway_bench.h"
#include "http/h1_encoder.h"
#include "support/routes.h"

/// Requests with a form, as clients write them, and a worker that forwards them.
namespace weir::test {
namespace forms {

inline constexpr std::string_view boundary = "0123456789abcdef";  // as openai-python's httpx has it
inline constexpr std::string_view transcriptions = "/v1/audio/transcriptions";

inline std::string field(std::string_view name, std::string_view content) {
  return "--" + std::string(boundary) + "\r\nContent-Disposition: form-data; name=\"" +
         std::string(name) + "\"\r\n\r\n" + std::string(content) + "\r\n";
}
inline std::string file(std::string_view content) {
  return "--" + std::string(boundary) +
         "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.mp3\"\r\n"
         "Content-Type: audio/mpeg\r\n\r\n" +
         std::string(content) + "\r\n";
}
inline const std::string last = "--" + std::string(boundary) + "--\r\n";
/// A form that goes on: its model is known, and a file has begun.
inline const std::string begun =
    field("model", "whisper") + file("").substr(0, file("").size() - 2);

enum class framing : std::uint8_t { length, chunked };

inline std::string head(framing how, std::size_t length, std::string_view more = "") {
  return "POST " + std::string(transcriptions) +
         " HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=" +
         std::string(boundary) + "\r\n" + std::string(more) +
         (how == framing::chunked ? std::string("Transfer-Encoding: chunked\r\n\r\n")
                                  : "Content-Length: " + std::to_string(length) + "\r\n\r\n");
}
inline std::string framed(framing how, std::string_view bytes) {
  if (how == framing::length) return std::string(bytes);
  std::string out;
  http::append_chunk(out, bytes);
  return out;
}
inline std::string ending(framing how) { return how == framing::chunked ? "0\r\n\r\n" : ""; }

inline std::string upload(std::string_view body, framing how = framing::length) {
  return head(how, body.size()) + framed(how, body) + ending(how);
}

/// A form, and the two ways in which clients order it.
struct form {
  const char* name;
  std::string before;  // the model's name
  std::string after;
  [[nodiscard]] std::string with(std::string_view model) const {
    return before + std::string(model) + after;
  }
};

inline std::vector<form> forms_of_clients() {
  const std::string mark = "@model@";
  const std::string sound = "ID3\r\n--\r\n\r" + std::string(3, '\0') + "model";
  std::vector<form> all;
  for (const auto& [name, text] :
       {std::pair{"model first", field("model", mark) + file(sound) + last},
        std::pair{"model last", file(sound) + field("n", "1") + field("model", mark) + last}}) {
    const std::size_t at = text.find(mark);
    all.push_back({name, text.substr(0, at), text.substr(at + mark.size())});
  }
  return all;
}

}  // namespace forms

/// A worker whose upstream calls the client's `whisper` `up/whisper-large`.
class upload_bench : public gateway_bench {
 public:
  upload_bench() {
    settings.models = {route_to("whisper", "u", "up/whisper-large")};
    network.answer = [](upstream_peer& peer, const received_request&) {
      peer.respond(200, "application/json", R"({"text":"hi"})");
    };
  }
  [[nodiscard]] const received_request& received(std::size_t peer = 0) const {
    return network.peers.at(peer)->requests().back();
  }
  [[nodiscard]] bool arrived() const {
    return !network.peers.empty() && !network.peers.back()->requests().empty();
  }
};

}  // namespace weir::test
