#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "net/connector.h"
#include "net/event_loop.h"
#include "weir/base/limits.h"
#include "weir/base/units.h"

namespace weir::net {

/// Connects TCP and TLS sockets on an event loop: names resolved off the loop (remembered, see
/// resolver.h), their addresses tried in a race that IPv6 begins (RFC 8305), TCP_NODELAY, TLS 1.2
/// or newer by OpenSSL with SNI, the certificate and host name verified against the system's
/// authorities or `ca_file`, and sessions resumed per endpoint.
class socket_connector final : public connector {
 public:
  struct options {
    /// How long the output of a connection may make no progress (fault::stalled).
    millis stalled_after = limits::stalled_reader;
    /// Addresses (literals) of names that are not to be looked up, as in a hosts file.
    std::unordered_map<std::string, std::vector<std::string>> hosts{};
  };
  explicit socket_connector(event_loop& loop);
  socket_connector(event_loop& loop, const options& how);
  ~socket_connector() override;

  [[nodiscard]] std::unique_ptr<connecting> connect(const endpoint& to, millis timeout,
                                                    callback done) override;

  /// TLS handshakes that resumed a session so far (for tests and metrics).
  [[nodiscard]] std::uint64_t resumed_sessions() const;

 private:
  struct implementation;
  std::shared_ptr<implementation> implementation_;  // attempts under way share it
};

}  // namespace weir::net
