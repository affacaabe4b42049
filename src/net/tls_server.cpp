#include "net/tls_server.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <optional>
#include <string_view>
#include <utility>

namespace weir::net {

namespace {

/// Of our ALPN protocols, as RFC 7301 3.1 lists them.
constexpr std::string_view protocols("\x08http/1.1", 9);

int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* size,
                    const unsigned char* offered, unsigned int offered_size, void*) {
  unsigned char* found = nullptr;
  const int verdict =
      SSL_select_next_proto(&found, size, reinterpret_cast<const unsigned char*>(protocols.data()),
                            static_cast<unsigned int>(protocols.size()), offered, offered_size);
  if (verdict != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_ALERT_FATAL;  // RFC 7301 3.2
  *chosen = found;
  return SSL_TLSEXT_ERR_OK;
}

/// There is nobody to ask for a passphrase; `asked` remembers that one was wanted.
int refuse_passphrase(char*, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

failure unusable(const char* setting, const std::string& file, const std::string& why) {
  return failure{std::string("tls.") + setting + ": " + file + ": " + why};
}

/// What is wrong with `files`; nothing when `context` has them.
std::optional<failure> load(SSL_CTX* context, const tls_files& files) {
  if (SSL_CTX_use_certificate_chain_file(context, files.certificate.c_str()) != 1)
    return unusable("cert_file", files.certificate, "no certificate: " + openssl_errors());

  bool passphrase_wanted = false;
  SSL_CTX_set_default_passwd_cb(context, refuse_passphrase);
  SSL_CTX_set_default_passwd_cb_userdata(context, &passphrase_wanted);
  const int taken = SSL_CTX_use_PrivateKey_file(context, files.key.c_str(), SSL_FILETYPE_PEM);
  SSL_CTX_set_default_passwd_cb_userdata(context, nullptr);
  if (passphrase_wanted)
    return unusable("key_file", files.key, "the key has a passphrase; write it without one");
  // OpenSSL compares the two at once.
  if (taken != 1 && ERR_GET_REASON(ERR_peek_last_error()) == X509_R_KEY_VALUES_MISMATCH)
    return unusable("key_file", files.key,
                    "the key is not that of the certificate in " + files.certificate);
  if (taken != 1 || SSL_CTX_check_private_key(context) != 1)
    return unusable("key_file", files.key, "no private key: " + openssl_errors());

  if (files.client_ca.empty()) return std::nullopt;
  STACK_OF(X509_NAME)* const names = SSL_load_client_CA_file(files.client_ca.c_str());
  if (names == nullptr ||
      SSL_CTX_load_verify_locations(context, files.client_ca.c_str(), nullptr) != 1)
    return unusable("client_ca_file", files.client_ca, "no certificate: " + openssl_errors());
  SSL_CTX_set_client_CA_list(context, names);  // takes them over
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  return std::nullopt;
}

}  // namespace

result<std::shared_ptr<tls_server>> tls_server::make(const tls_files& files) {
  ERR_clear_error();
  SSL_CTX* const context = SSL_CTX_new(TLS_server_method());
  if (context == nullptr) return failure{"tls: " + openssl_errors()};
  std::shared_ptr<tls_server> server(new tls_server(context));
  set_common_options(context);
  if (const auto fault = load(context, files)) {
    ERR_clear_error();
    return *fault;
  }
  SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
  // Clients come back with tickets, which any worker can read: nothing is stored here. A session of
  // a client with a certificate is only resumed under a name for it.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  constexpr std::string_view name = "weir";
  SSL_CTX_set_session_id_context(context, reinterpret_cast<const unsigned char*>(name.data()),
                                 static_cast<unsigned int>(name.size()));
  return server;
}

tls_server::~tls_server() { SSL_CTX_free(context_); }

std::unique_ptr<tls_channel> tls_server::open(int fd) const {
  ERR_clear_error();
  SSL* const ssl = SSL_new(context_);
  if (ssl == nullptr) return nullptr;
  auto channel = std::make_unique<tls_channel>(ssl);
  SSL_set_accept_state(ssl);
  return SSL_set_fd(ssl, fd) == 1 ? std::move(channel) : nullptr;
}

}  // namespace weir::net
