#pragma once
#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "net/tls_channel.h"
#include "weir/base/result.h"

namespace weir::net {

/// What a TLS server shows, and whom it believes; all PEM.
struct tls_files {
  std::string certificate;  ///< its own first, then those of its issuers
  std::string key;          ///< without a passphrase
  std::string client_ca;    ///< "": clients need no certificate
};

/// What all TLS connections of clients share: certificate, key, and the keys of session tickets.
/// It speaks HTTP/1.1 by ALPN (RFC 7301) and refuses clients that only want something else.
///
/// Threads  Any, once made.
class tls_server {
 public:
  /// Errors  A sentence that names the file and what is wrong with it, never its content.
  [[nodiscard]] static result<std::shared_ptr<tls_server>> make(const tls_files& files);
  ~tls_server();
  tls_server(const tls_server&) = delete;
  tls_server& operator=(const tls_server&) = delete;

  /// The server's side on a connected socket, before its handshake; null when memory is short.
  [[nodiscard]] std::unique_ptr<tls_channel> open(int fd) const;

 private:
  explicit tls_server(SSL_CTX* context) : context_(context) {}

  SSL_CTX* context_;
};

}  // namespace weir::net
