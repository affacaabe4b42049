#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/message.h"
#include "net/connection.h"
#include "proxy/body_copy.h"

namespace weir::proxy {

/// What of a request decides how its response is framed.
struct response_framing {
  http::version protocol = http::version::http_1_1;
  bool keep_alive = true;
  bool head_only = false;             ///< answers HEAD: everything but the body
  std::vector<http::field> fields{};  ///< of every answer, whatever it is; views that outlive it
};

/// Writes one response to a client: whole with Content-Length, or piece by piece -- with a length
/// known before, else chunked, and for HTTP/1.0 ended by closing (RFC 9112 6.1, 6.3).
class response_writer {
 public:
  response_writer(net::connection& connection, response_framing framing)
      : connection_(connection), framing_(std::move(framing)) {}

  void send(unsigned status, std::vector<http::field> headers, std::string_view body);

  /// `length`: of the whole body, where it is known.
  void begin(unsigned status, std::vector<http::field> headers,
             std::optional<std::uint64_t> length = std::nullopt);
  /// One piece of the body, as one h1 chunk unless the length is known.
  void write(std::string_view bytes);
  void end();
  /// No more of the body comes although it is not complete: the connection has to show it.
  void break_off();
  void flush() { connection_.flush(); }
  /// What of the response has not left stays here as long as that is kept.
  [[nodiscard]] net::output_hold hold() { return connection_.hold_output(); }

  /// What goes out of the body from now on is copied: so much of it.
  void copy_body(std::size_t most) { copy_.begin(most); }
  [[nodiscard]] observe::kept_text take_copy() { return copy_.take(); }

  /// The connection serves no other request after this response.
  void close_after() { framing_.keep_alive = false; }
  [[nodiscard]] bool keep_alive() const { return framing_.keep_alive; }

  /// The response broke off in a way that closing the connection does not show.
  [[nodiscard]] bool looks_whole_when_closed() const {
    return broken_ && body_ == body_framing::until_close;
  }

  [[nodiscard]] bool begun() const { return status_ != 0; }
  [[nodiscard]] unsigned status() const { return status_; }  ///< 0: nothing sent yet
  [[nodiscard]] std::uint64_t body_bytes() const { return body_bytes_; }
  [[nodiscard]] std::size_t queued() const { return connection_.queued(); }

 private:
  enum class body_framing : std::uint8_t { none, length, chunked, until_close };

  void write_head(unsigned status, std::vector<http::field> headers);

  net::connection& connection_;
  response_framing framing_;
  std::string scratch_;
  body_copy copy_;
  std::uint64_t body_bytes_ = 0;
  unsigned status_ = 0;
  body_framing body_ = body_framing::none;
  bool ended_ = false;
  bool broken_ = false;
};

}  // namespace weir::proxy
