#pragma once
#include <openssl/ssl.h>

#include <cstdint>
#include <memory>
#include <string>

#include "net/tls_channel.h"
#include "net/tls_sessions.h"
#include "weir/base/result.h"

namespace weir::net {

/// What all TLS connections that trust the same authorities share: one OpenSSL context and the
/// sessions to resume, the latest per endpoint (TLS 1.2 sessions and TLS 1.3 tickets alike).
class tls_client {
 public:
  /// `ca_file` "": the system's authorities.
  [[nodiscard]] static result<std::shared_ptr<tls_client>, io_error> make(
      const std::string& ca_file);
  ~tls_client();
  tls_client(const tls_client&) = delete;
  tls_client& operator=(const tls_client&) = delete;

  /// For a connected socket; the certificate must be for `host`, a name or an address.
  [[nodiscard]] result<std::unique_ptr<tls_channel>, io_error> open(int fd, const std::string& host,
                                                                    std::uint16_t port);

 private:
  explicit tls_client(SSL_CTX* context) : context_(context) {}

  SSL_CTX* context_;
  /// Also of the connections that outlive this.
  std::shared_ptr<tls_sessions> sessions_ = std::make_shared<tls_sessions>();
};

}  // namespace weir::net
