#pragma once
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

#include "app/bench_emitter.h"

namespace weir::bench {

/// Takes the body of one answer out of chunked coding (RFC 9112 7.1). Trailers are not expected.
class chunked_reader {
 public:
  enum class status : std::uint8_t { more, complete, malformed };

  /// Adds what `bytes` carry to `body`.
  [[nodiscard]] status read(std::string_view bytes, std::string& body) {
    while (!bytes.empty() && state_ != state::complete) {
      if (state_ == state::data) {
        const std::string_view part = bytes.substr(0, left_);
        body += part;
        bytes.remove_prefix(part.size());
        left_ -= part.size();
        if (left_ == 0) state_ = state::data_end;
        continue;
      }
      const char c = bytes.front();
      bytes.remove_prefix(1);
      if (c != '\n') {
        if (c != '\r') line_ += c;
        if (line_.size() > 64) return status::malformed;
        continue;
      }
      if (!end_of_line()) return status::malformed;
      line_.clear();
    }
    if (state_ != state::complete) return status::more;
    return bytes.empty() ? status::complete : status::malformed;  // nothing was asked for yet
  }

 private:
  enum class state : std::uint8_t { size, data, data_end, end, complete };

  [[nodiscard]] bool end_of_line() {
    if (state_ == state::data_end || state_ == state::end) {
      state_ = state_ == state::end ? state::complete : state::size;
      return line_.empty();
    }
    const auto [stop, wrong] =
        std::from_chars(line_.data(), line_.data() + line_.size(), left_, 16);
    if (wrong != std::errc() || stop == line_.data()) return false;
    state_ = left_ == 0 ? state::end : state::data;
    return true;
  }

  state state_ = state::size;
  std::size_t left_ = 0;
  std::string line_;
};

/// Reads the events of one stream as they come: what they say, and when they were sent.
class stream_check {
 public:
  /// Calls `on_text(sent_ns)` for each event with text; 0 when it carries no time.
  template <class OnText>
  void add(std::string& body, const OnText& on_text) {
    std::size_t at = 0;
    for (std::size_t end = 0; (end = body.find("\n\n", at)) != std::string::npos; at = end + 2)
      add_event(std::string_view(body).substr(at, end - at), on_text);
    body.erase(0, at);
  }

  /// The same for an answer that is one JSON document.
  void add_document(std::string_view document) {
    if (document.starts_with(R"({"error")")) error_frame_ = true;
    hash_.add(string_after(document, emitter_text));
  }

  [[nodiscard]] std::uint64_t texts() const { return texts_; }
  [[nodiscard]] std::uint64_t hash() const { return hash_.value(); }
  [[nodiscard]] bool done() const { return done_; }
  [[nodiscard]] bool error_frame() const { return error_frame_; }

 private:
  template <class OnText>
  void add_event(std::string_view event, const OnText& on_text) {
    if (event == "data: [DONE]") done_ = true;
    if (event.starts_with(R"(data: {"error")")) error_frame_ = true;
    const std::string_view text = string_after(event, emitter_text);
    if (text.empty()) return;
    hash_.add(text);
    ++texts_;
    on_text(sent_ns_of(event));
  }

  text_hash hash_;
  std::uint64_t texts_ = 0;
  bool done_ = false;
  bool error_frame_ = false;
};

}  // namespace weir::bench
