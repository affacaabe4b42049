#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/h1_decoder.h"
#include "net/connection.h"

namespace weir::test {

/// One response as a client got it.
struct response {
  unsigned status = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  bool complete = false;

  [[nodiscard]] std::string header(std::string_view name) const {
    for (const auto& [key, value] : headers) {
      http::fields one;
      one.add(key, value);
      if (one.has(name)) return value;
    }
    return {};
  }
};

/// The client's end of a connection: sends bytes as they are, reads HTTP/1.1 responses.
class raw_client final : public net::connection_handler {
 public:
  explicit raw_client(std::unique_ptr<net::connection> connection)
      : connection_(std::move(connection)) {
    connection_->set_handler(this);
  }

  void send(std::string_view bytes) { connection_->write(bytes); }
  /// To be called before a response to HEAD comes.
  void expect(std::string_view method) { decoder_.expect(method); }
  void leave() { connection_.reset(); }
  void end_side() { connection_->close_gracefully(); }
  net::connection& connection() { return *connection_; }

  [[nodiscard]] const std::vector<response>& responses() const { return responses_; }
  /// How many responses came to their end.
  [[nodiscard]] std::size_t complete() const {
    std::size_t count = 0;
    for (const response& r : responses_) count += r.complete ? 1 : 0;
    return count;
  }
  [[nodiscard]] const response& last() const { return responses_.back(); }
  [[nodiscard]] bool ended() const { return ended_; }    ///< the server ended its side
  [[nodiscard]] bool failed() const { return failed_; }  ///< the connection was cut
  [[nodiscard]] bool malformed() const { return malformed_; }
  [[nodiscard]] bool gone() const { return ended_ || failed_; }
  /// Every byte, as it came.
  [[nodiscard]] const std::string& bytes() const { return bytes_; }

 private:
  void on_data(std::string_view bytes) override {
    bytes_ += bytes;
    read(bytes);
  }
  void read(std::string_view bytes) {
    using status = http::h1_response_decoder::status;
    while (true) {
      switch (decoder_.parse(bytes)) {
        case status::need_input:
          return;
        case status::head:
          responses_.emplace_back();
          responses_.back().status = decoder_.head().status;
          for (const http::field& f : decoder_.head().headers)
            responses_.back().headers.emplace_back(f.name, f.value);
          break;
        case status::body:
          responses_.back().body += decoder_.body();
          break;
        case status::end:
          responses_.back().complete = true;
          decoder_.next_message();
          break;
        case status::error:
          malformed_ = true;
          return;
      }
    }
  }
  void on_end() override {
    ended_ = true;
    if (!responses_.empty() && !responses_.back().complete &&
        decoder_.finish() == http::h1_response_decoder::status::end)
      responses_.back().complete = true;
  }
  void on_failure(const net::io_error&) override { failed_ = true; }
  void on_drained() override {}

  std::unique_ptr<net::connection> connection_;
  http::h1_response_decoder decoder_;
  std::vector<response> responses_;
  std::string bytes_;
  bool ended_ = false;
  bool failed_ = false;
  bool malformed_ = false;
};

}  // namespace weir::test
