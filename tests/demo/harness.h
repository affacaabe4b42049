#pragma once
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "demo/demo_service.h"
#include "demo/scenario.h"
#include "http/h1_decoder.h"
#include "http/h1_encoder.h"
#include "net/connection.h"
#include "net/event_loop.h"

namespace weir::testing {

/// One response, as the decoder of the gateway reads it.
struct demo_response {
  unsigned status = 0;
  std::string content_type;
  std::string retry_after;
  std::string allow;
  std::string connection;
  std::string body;
  std::size_t body_parts = 0;  ///< h1 chunks, or pieces of them
  std::size_t longest_part = 0;
  bool whole = false;  ///< framed to its end
  bool keep_alive = false;
};

/// The near end of a connection to the demo service.
class demo_client final : private net::connection_handler {
 public:
  demo_client(net::event_loop& loop, demo::demo_service& service)
      : loop_(loop), connection_(service.open(loop)) {
    connection_->set_handler(this);
  }

  void send(std::string_view bytes) { connection_->write(bytes); }
  void send(std::string_view method, std::string_view target, std::string_view body) {
    const std::string length = std::to_string(body.size());
    std::string request;
    EXPECT_TRUE(http::write_request_head(
        request, method, target,
        {{"Host", "demo"}, {"Content-Type", "application/json"}, {"Content-Length", length}}));
    send(request + std::string(body));
  }

  /// Drives the loop until the next response is complete or the connection is over.
  demo_response receive() {
    while (responses_.empty() && !over_) loop_.run_once();
    if (responses_.empty()) return current_;
    demo_response first = std::move(responses_.front());
    responses_.erase(responses_.begin());
    return first;
  }
  demo_response ask(std::string_view method, std::string_view target, std::string_view body = {}) {
    send(method, target, body);
    return receive();
  }

  [[nodiscard]] const demo_response& current() const { return current_; }
  [[nodiscard]] bool over() const { return over_; }
  [[nodiscard]] net::connection& connection() { return *connection_; }

 private:
  void on_data(std::string_view bytes) override {
    using status = http::h1_response_decoder::status;
    while (true) {
      switch (decoder_.parse(bytes)) {
        case status::need_input:
          return;
        case status::head: {
          const http::response_head& head = decoder_.head();
          current_.status = head.status;
          current_.content_type = head.headers.get("content-type");
          current_.retry_after = head.headers.get("retry-after");
          current_.allow = head.headers.get("allow");
          current_.connection = head.headers.get("connection");
          break;
        }
        case status::body:
          current_.body += decoder_.body();
          ++current_.body_parts;
          current_.longest_part = std::max(current_.longest_part, decoder_.body().size());
          break;
        case status::end:
          current_.whole = true;
          current_.keep_alive = decoder_.keep_alive();
          responses_.push_back(std::exchange(current_, {}));
          decoder_.next_message();
          if (bytes.empty()) return;
          break;
        case status::error:
          ADD_FAILURE() << decoder_.error().reason;
          over_ = true;
          return;
      }
    }
  }
  void on_end() override { over_ = true; }
  void on_failure(const net::io_error& error) override {
    ADD_FAILURE() << error.detail;
    over_ = true;
  }
  void on_drained() override {}

  net::event_loop& loop_;
  std::unique_ptr<net::connection> connection_;
  http::h1_response_decoder decoder_;
  demo_response current_;
  std::vector<demo_response> responses_;
  bool over_ = false;
};

inline std::string chat_body(std::string_view model, bool stream, bool include_usage = false,
                             unsigned n = 1) {
  std::string body = R"({"model":")" + std::string(model) +
                     R"(","messages":[{"role":"user","content":"hi"}],"stream":)" +
                     (stream ? "true" : "false");
  if (include_usage) body += R"(,"stream_options":{"include_usage":true})";
  if (n != 1) body += R"(,"n":)" + std::to_string(n);
  return body + "}";
}

/// Asks a fresh connection of a fresh service without pauses.
inline demo_response replay_of(std::string_view model, bool stream, bool include_usage = false,
                               unsigned n = 1) {
  net::event_loop loop;
  demo::demo_service service(loop, millis{0});
  demo_client client(loop, service);
  return client.ask("POST", "/v1/chat/completions", chat_body(model, stream, include_usage, n));
}

}  // namespace weir::testing
