#pragma once
#include <openssl/ssl.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "net/connection.h"
#include "net/tls_sessions.h"

namespace weir::net {

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

/// One side of TLS on one connected socket, made by tls_client or tls_server. Owns no socket. Not
/// movable: OpenSSL points to it.
class tls_channel {
 public:
  /// Where the sessions of a client are kept, and under what name; a server keeps none.
  struct session_place {
    std::shared_ptr<tls_sessions> sessions;
    std::string key;
  };
  /// `ssl` knows its side and its socket, and is this one's from now on.
  explicit tls_channel(SSL* ssl, session_place place = {});
  ~tls_channel();
  tls_channel(const tls_channel&) = delete;
  tls_channel& operator=(const tls_channel&) = delete;

  /// Again after each want_*, until done or failed. No other transfer before it is done.
  [[nodiscard]] transfer handshake();
  [[nodiscard]] bool established() const { return SSL_is_init_finished(ssl_) == 1; }
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
  [[nodiscard]] transfer outcome(int returned, const char* operation);

  SSL* ssl_;
  const session_place place_;
};

/// Empties OpenSSL's error queue into one line.
[[nodiscard]] std::string openssl_errors();

/// What both sides of TLS ask of every connection: TLS 1.2 at least, no renegotiation, no
/// compression, no record buffers while it is idle, all that has arrived in one read.
void set_common_options(SSL_CTX* context);

}  // namespace weir::net
