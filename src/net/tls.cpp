#include "net/tls.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <cerrno>
#include <utility>

#include "net/socket_address.h"

namespace weir::net {

namespace {

/// Empties OpenSSL's error queue into one line.
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

/// A name without the dot that makes it absolute: certificates and SNI carry none.
std::string relative_name(const std::string& host) {
  return !host.empty() && host.back() == '.' ? host.substr(0, host.size() - 1) : host;
}

/// SSL_set_tlsext_host_name, a macro our warnings refuse.
bool set_server_name(SSL* ssl, std::string name) {
  return SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data()) == 1;
}

}  // namespace

tls_channel::tls_channel(std::shared_ptr<tls_client> client, SSL* ssl, std::string session_key)
    : client_(std::move(client)), ssl_(ssl), session_key_(std::move(session_key)) {
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
  const int returned = SSL_connect(ssl_);
  if (returned == 1) return {};
  transfer t = outcome(returned, "TLS handshake");
  if (t.status == io_status::ended) {
    t.status = io_status::failed;
    t.error.detail = "TLS handshake: the peer closed";
  }
  if (t.status != io_status::failed) return t;
  // Whatever went wrong, a session must not make it go wrong again.
  client_->sessions_.forget(session_key_);
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

result<std::shared_ptr<tls_client>, io_error> tls_client::make(const std::string& ca_file) {
  ERR_clear_error();
  SSL_CTX* const context = SSL_CTX_new(TLS_client_method());
  if (context == nullptr) return io_error{fault::tls_failed, openssl_errors()};
  std::shared_ptr<tls_client> client(new tls_client(context));

  const int trusted = ca_file.empty()
                          ? SSL_CTX_set_default_verify_paths(context)
                          : SSL_CTX_load_verify_locations(context, ca_file.c_str(), nullptr);
  if (trusted != 1)
    return io_error{fault::tls_failed, "ca_file " + ca_file + ": " + openssl_errors()};

  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  // An idle connection keeps no record buffers; our queue may move between two attempts.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // All records that have arrived in one recv, instead of two calls for each.
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
  SSL_CTX_sess_set_new_cb(context, [](SSL* ssl, SSL_SESSION* session) {
    const auto& channel = *static_cast<tls_channel*>(SSL_get_app_data(ssl));
    channel.client_->sessions_.remember(channel.session_key_, session);
    return 1;  // we keep the reference
  });
  return client;
}

tls_client::~tls_client() { SSL_CTX_free(context_); }

result<std::unique_ptr<tls_channel>, io_error> tls_client::open(int fd, const std::string& host,
                                                                std::uint16_t port) {
  ERR_clear_error();
  SSL* const ssl = SSL_new(context_);
  if (ssl == nullptr) return io_error{fault::tls_failed, openssl_errors()};
  std::string key = host + '|' + std::to_string(port);
  std::unique_ptr<tls_channel> channel(new tls_channel(shared_from_this(), ssl, std::move(key)));

  bool ready = SSL_set_fd(ssl, fd) == 1;
  X509_VERIFY_PARAM* const expected = SSL_get0_param(ssl);
  if (socket_address::from_literal(host)) {
    // RFC 6066 3: no addresses in SNI; RFC 9110 4.3.5: an address must match an iPAddress.
    ready = ready && X509_VERIFY_PARAM_set1_ip_asc(expected, host.c_str()) == 1;
  } else {
    const std::string name = relative_name(host);
    X509_VERIFY_PARAM_set_hostflags(expected, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    ready = ready && X509_VERIFY_PARAM_set1_host(expected, name.c_str(), name.size()) == 1 &&
            set_server_name(ssl, name);
  }
  if (!ready) return io_error{fault::tls_failed, host + ": " + openssl_errors()};

  if (SSL_SESSION* const known = sessions_.find(channel->session_key_)) SSL_set_session(ssl, known);
  return channel;
}

}  // namespace weir::net
