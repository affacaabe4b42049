#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"
#include "net/connection.h"

namespace weir::proxy {

/// What of a request decides how its response is framed.
struct response_framing {
  http::version protocol = http::version::http_1_1;
  bool keep_alive = true;
  bool head_only = false;  ///< answers HEAD: everything but the body
};

/// Writes one response to a client: whole with Content-Length, or piece by piece -- chunked, and
/// for HTTP/1.0 ended by closing (RFC 9112 6.1, 6.3).
class response_writer {
 public:
  response_writer(net::connection& connection, response_framing framing)
      : connection_(connection), framing_(framing) {}

  void send(unsigned status, std::vector<http::field> headers, std::string_view body);

  void begin(unsigned status, std::vector<http::field> headers);
  /// One piece of the body, as one h1 chunk.
  void write(std::string_view bytes);
  void end();
  void flush() { connection_.flush(); }

  /// The connection serves no other request after this response.
  void close_after() { framing_.keep_alive = false; }
  [[nodiscard]] bool keep_alive() const { return framing_.keep_alive; }

  [[nodiscard]] bool begun() const { return status_ != 0; }
  [[nodiscard]] unsigned status() const { return status_; }  ///< 0: nothing sent yet
  [[nodiscard]] std::uint64_t body_bytes() const { return body_bytes_; }
  [[nodiscard]] std::size_t queued() const { return connection_.queued(); }

 private:
  void write_head(unsigned status, const std::vector<http::field>& headers);

  net::connection& connection_;
  response_framing framing_;
  std::string scratch_;
  std::uint64_t body_bytes_ = 0;
  unsigned status_ = 0;
  bool ended_ = false;
};

}  // namespace weir::proxy
