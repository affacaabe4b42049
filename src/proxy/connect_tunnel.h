#pragma once
#include <string>
#include <string_view>

#include "http/h1_decoder.h"
#include "net/opening.h"

namespace weir::proxy {

/// Asks a forward proxy for a tunnel: `CONNECT`.
///
/// Source   RFC 9110 9.3.6. Any 2xx opens it, whatever its fields say of a body.
/// Input    The proxy's answer, split anywhere; what follows its head belongs to the tunnel.
/// Errors   407 is proxy_denied; another status, or what is no head of HTTP/1.1, is proxy_failed.
///          The proxy's own words are not repeated.
/// Memory   A head (`limits::max_head_bytes`).
class connect_tunnel final : public net::opening {
 public:
  /// `authority` is the endpoint's `host:port`; `authorization` is for `Proxy-Authorization`, ""
  /// for none.
  connect_tunnel(const std::string& authority, const std::string& authorization);

  [[nodiscard]] std::string_view request() const override { return request_; }
  [[nodiscard]] progress read(std::string_view bytes) override;
  [[nodiscard]] net::io_error closed() const override;

 private:
  std::string request_;
  http::h1_response_decoder decoder_;
};

}  // namespace weir::proxy
