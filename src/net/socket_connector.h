#pragma once
#include <memory>

#include "net/connector.h"
#include "net/event_loop.h"

namespace weir::net {

/// Connects TCP and TLS sockets on an event loop: names resolved off the loop (cached for a short
/// time, all addresses tried in turn), TCP_NODELAY, TLS 1.2 or newer by OpenSSL with SNI, the
/// certificate and host name verified against the system's authorities or `ca_file`, and sessions
/// resumed per endpoint.
class socket_connector final : public connector {
 public:
  explicit socket_connector(event_loop& loop);
  ~socket_connector() override;

  [[nodiscard]] std::unique_ptr<connecting> connect(const endpoint& to, millis timeout,
                                                    callback done) override;

  /// TLS handshakes that resumed a session so far (for tests and metrics).
  [[nodiscard]] std::uint64_t resumed_sessions() const;

 private:
  struct implementation;
  std::unique_ptr<implementation> implementation_;
};

}  // namespace weir::net
