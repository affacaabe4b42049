#include "net/tls_channel.h"

#include <openssl/err.h>

#include <cerrno>
#include <utility>

#include "net/socket_address.h"

namespace weir::net {

std::string openssl_errors() {
  std::string text;
  while (const unsigned long code = ERR_get_error()) {
    char line[256];
    ERR_error_string_n(code, line, sizeof line);
    if (!text.empty()) text += "; ";
    text += line;
  }
  return text.empty() ? "unknown TLS error" : text;
}

void set_common_options(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  // An idle connection keeps no record buffers; our queue may move between two attempts.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // All records that have arrived in one recv, instead of two calls for each.
  SSL_CTX_set_read_ahead(context, 1);
}

tls_channel::tls_channel(SSL* ssl, session_place place) : ssl_(ssl), place_(std::move(place)) {
  SSL_set_app_data(ssl_, this);
}

tls_channel::~tls_channel() {
  // Without this OpenSSL marks the session of a connection closed abruptly as not resumable.
  SSL_set_shutdown(ssl_, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  SSL_free(ssl_);
}

transfer tls_channel::outcome(int returned, const char* operation) {
  const int system_error = errno;
  switch (SSL_get_error(ssl_, returned)) {
    case SSL_ERROR_WANT_READ:
      return {0, io_status::want_read, {}};
    case SSL_ERROR_WANT_WRITE:
      return {0, io_status::want_write, {}};
    case SSL_ERROR_ZERO_RETURN:
      return {0, io_status::ended, {}};
    case SSL_ERROR_SYSCALL: {
      ERR_clear_error();
      return {0, io_status::failed, error_of_transfer(operation, system_error)};
    }
    default:
      break;
  }
  if (ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
    ERR_clear_error();
    return {0, io_status::failed, {fault::reset, "truncated: TLS ended without close_notify"}};
  }
  return {
      0, io_status::failed, {fault::tls_failed, std::string(operation) + ": " + openssl_errors()}};
}

transfer tls_channel::handshake() {
  ERR_clear_error();
  const int returned = SSL_do_handshake(ssl_);
  if (returned == 1) return {};
  transfer t = outcome(returned, "TLS handshake");
  if (t.status == io_status::ended) {
    t.status = io_status::failed;
    t.error.detail = "TLS handshake: the peer closed";
  }
  if (t.status != io_status::failed) return t;
  // Whatever went wrong, a session must not make it go wrong again.
  if (place_.sessions) place_.sessions->forget(place_.key);
  t.error.what = fault::tls_failed;
  const long verdict = SSL_get_verify_result(ssl_);
  if (verdict != X509_V_OK)
    t.error.detail = std::string("certificate: ") + X509_verify_cert_error_string(verdict);
  return t;
}

transfer tls_channel::read(std::span<char> into) {
  std::size_t filled = 0;
  while (filled < into.size()) {
    ERR_clear_error();
    std::size_t got = 0;
    const int returned = SSL_read_ex(ssl_, into.data() + filled, into.size() - filled, &got);
    if (returned != 1) {
      transfer t = outcome(returned, "TLS read");
      t.bytes = filled;
      return t;
    }
    filled += got;
    if (!has_pending()) break;
  }
  return {filled, io_status::done, {}};
}

bool tls_channel::has_pending() const { return SSL_has_pending(ssl_) == 1; }

transfer tls_channel::write(std::string_view bytes) {
  ERR_clear_error();
  std::size_t written = 0;
  const int returned = SSL_write_ex(ssl_, bytes.data(), bytes.size(), &written);
  if (returned == 1) return {written, io_status::done, {}};
  transfer t = outcome(returned, "TLS write");
  // Only a renegotiation would make a write wait for input, and the context forbids it.
  if (t.status == io_status::want_read || t.status == io_status::ended)
    return {0, io_status::failed, {fault::tls_failed, "TLS write: unexpected state"}};
  return t;
}

transfer tls_channel::close_notify() {
  ERR_clear_error();
  const int returned = SSL_shutdown(ssl_);
  if (returned >= 0) return {};
  transfer t = outcome(returned, "TLS shutdown");
  // Ours is out; the peer's is not waited for.
  if (t.status == io_status::want_read || t.status == io_status::ended) return {};
  return t;
}

bool tls_channel::resumed() const { return SSL_session_reused(ssl_) == 1; }

}  // namespace weir::net
