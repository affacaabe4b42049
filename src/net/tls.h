#pragma once
#include <openssl/ssl.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "net/connection.h"
#include "net/tls_sessions.h"
#include "weir/base/result.h"

namespace weir::net {

class tls_client;

/// How an operation on a socket that does not block ended.
enum class io_status : std::uint8_t {
  done,        ///< as much as was asked for, or as one call does
  want_read,   ///< again when the socket is readable
  want_write,  ///< again when the socket is writable
  ended,       ///< the peer ended its side in an orderly way
  failed,      ///< see `error`
};

/// What a transfer did: bytes may have moved even when it then ended or failed.
struct transfer {
  std::size_t bytes = 0;
  io_status status = io_status::done;
  io_error error;
};

/// The client side of TLS on one connected socket. Owns no socket. Not movable: OpenSSL points to
/// it.
class tls_channel {
 public:
  ~tls_channel();
  tls_channel(const tls_channel&) = delete;
  tls_channel& operator=(const tls_channel&) = delete;

  /// Again after each want_*, until done or failed.
  [[nodiscard]] transfer handshake();
  /// Fills `into` from what has arrived: all records there are, not one, so that what the peer sent
  /// in pieces is handled at once. An end without close_notify is fault::reset (truncated).
  [[nodiscard]] transfer read(std::span<char> into);
  /// Decrypted or received bytes wait inside: readiness of the socket will not tell.
  [[nodiscard]] bool has_pending() const;
  /// Sends a prefix of `bytes`; after want_write, again with the same bytes and possibly more.
  [[nodiscard]] transfer write(std::string_view bytes);
  /// Sends close_notify.
  [[nodiscard]] transfer close_notify();

  [[nodiscard]] bool resumed() const;

 private:
  friend class tls_client;
  tls_channel(std::shared_ptr<tls_client> client, SSL* ssl, std::string session_key);
  [[nodiscard]] transfer outcome(int returned, const char* operation);

  std::shared_ptr<tls_client> client_;
  SSL* ssl_;
  std::string session_key_;
};

/// What all TLS connections that trust the same authorities share: one OpenSSL context and the
/// sessions to resume, the latest per endpoint (TLS 1.2 sessions and TLS 1.3 tickets alike).
class tls_client : public std::enable_shared_from_this<tls_client> {
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
  friend class tls_channel;
  explicit tls_client(SSL_CTX* context) : context_(context) {}

  SSL_CTX* context_;
  tls_sessions sessions_;
};

}  // namespace weir::net
