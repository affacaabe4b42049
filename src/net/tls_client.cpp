#include "net/tls_client.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <cerrno>
#include <utility>

#include "net/socket_address.h"

namespace weir::net {

namespace {

/// A name without the dot that makes it absolute: certificates and SNI carry none.
std::string relative_name(const std::string& host) {
  return !host.empty() && host.back() == '.' ? host.substr(0, host.size() - 1) : host;
}

/// SSL_set_tlsext_host_name, a macro our warnings refuse.
bool set_server_name(SSL* ssl, std::string name) {
  return SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data()) == 1;
}

}  // namespace

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

  set_common_options(context);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
  SSL_CTX_sess_set_new_cb(context, [](SSL* ssl, SSL_SESSION* session) {
    const auto& channel = *static_cast<tls_channel*>(SSL_get_app_data(ssl));
    channel.place_.sessions->remember(channel.place_.key, session);
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
  const std::string key = host + '|' + std::to_string(port);
  auto channel = std::make_unique<tls_channel>(ssl, tls_channel::session_place{sessions_, key});

  SSL_set_connect_state(ssl);
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

  if (SSL_SESSION* const known = sessions_->find(key)) SSL_set_session(ssl, known);
  return channel;
}

}  // namespace weir::net
