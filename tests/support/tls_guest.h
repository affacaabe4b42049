#pragma once
#include <openssl/bio.h>
#include <openssl/ssl.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "support/certificates.h"
#include "support/net_harness.h"

namespace weir::test {

/// A TLS client whose bytes the test moves: OpenSSL between two pieces of memory, and a socket.
class tls_guest {
 public:
  struct options {
    int version = TLS1_3_VERSION;  ///< the only one it speaks
    std::string alpn = {};         ///< as RFC 7301 3.1 lists them; "": it asks for none
    identity shows = {};           ///< its certificate, if any
    SSL_SESSION* resumes = nullptr;
  };

  tls_guest(raw_socket socket, const std::string& ca_file)
      : tls_guest(std::move(socket), ca_file, options{}) {}
  tls_guest(raw_socket socket, const std::string& ca_file, const options& o)
      : socket_(std::move(socket)), context_(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free) {
    SSL_CTX* const c = context_.get();
    // A context that goes marks the sessions it stores as not to be resumed.
    SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
    if (SSL_CTX_load_verify_locations(c, ca_file.c_str(), nullptr) != 1 ||
        SSL_CTX_set_min_proto_version(c, o.version) != 1 ||
        SSL_CTX_set_max_proto_version(c, o.version) != 1)
      throw std::runtime_error("cannot set up a TLS client");
    SSL_CTX_set_verify(c, SSL_VERIFY_PEER, nullptr);
    if (o.shows.certificate) {
      SSL_CTX_use_certificate(c, o.shows.certificate.get());
      SSL_CTX_use_PrivateKey(c, o.shows.key.get());
    }
    ssl_.reset(SSL_new(c));
    in_ = BIO_new(BIO_s_mem());
    out_ = BIO_new(BIO_s_mem());
    SSL_set_bio(ssl_.get(), in_, out_);  // takes both over
    SSL_set_connect_state(ssl_.get());
    SSL_set1_host(ssl_.get(), "localhost");
    if (!o.alpn.empty())
      SSL_set_alpn_protos(ssl_.get(), reinterpret_cast<const unsigned char*>(o.alpn.data()),
                          static_cast<unsigned>(o.alpn.size()));
    if (o.resumes != nullptr) SSL_set_session(ssl_.get(), o.resumes);
  }

  ~tls_guest() {
    // Else OpenSSL marks the session of a connection that broke as not to be resumed.
    SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  }
  tls_guest(const tls_guest&) = delete;
  tls_guest& operator=(const tls_guest&) = delete;

  /// Reads what has come and makes what is to go: handshake, then text into `text`.
  void step() {
    const std::string came = socket_.receive_now();
    if (!came.empty()) BIO_write(in_, came.data(), static_cast<int>(came.size()));
    if (!established()) SSL_do_handshake(ssl_.get());
    char buffer[4096];
    for (int n = 1; established() && n > 0;) {
      n = SSL_read(ssl_.get(), buffer, sizeof buffer);
      if (n > 0) text.append(buffer, static_cast<std::size_t>(n));
      const int why = SSL_get_error(ssl_.get(), n);
      refused_ = refused_ || (n <= 0 && why == SSL_ERROR_SSL);
    }
    while (BIO_ctrl_pending(out_) > 0) {
      const int n = BIO_read(out_, buffer, sizeof buffer);
      if (n > 0) going_.append(buffer, static_cast<std::size_t>(n));
    }
  }
  /// Sends at most `most` of what is to go.
  void push(std::size_t most = std::string::npos) {
    const std::string part = going_.substr(0, most);
    going_.erase(0, part.size());
    if (!part.empty()) socket_.send(part);
  }
  void say(std::string_view words) {
    SSL_write(ssl_.get(), words.data(), static_cast<int>(words.size()));
    step();
  }
  void end() {
    SSL_shutdown(ssl_.get());
    step();
    push();
  }

  [[nodiscard]] bool established() const { return SSL_is_init_finished(ssl_.get()) == 1; }
  [[nodiscard]] bool ended_orderly() const {
    return (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0;
  }
  /// The server sent an alert (TLS 1.3 clients learn it after their handshake).
  [[nodiscard]] bool refused() const { return refused_; }
  [[nodiscard]] bool resumed() const { return SSL_session_reused(ssl_.get()) == 1; }
  [[nodiscard]] SSL_SESSION* session() const { return SSL_get1_session(ssl_.get()); }
  [[nodiscard]] std::string protocol() const {
    const unsigned char* name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl_.get(), &name, &size);
    return {reinterpret_cast<const char*>(name), size};
  }
  [[nodiscard]] const raw_socket& socket() const { return socket_; }
  [[nodiscard]] bool has_more_to_go() const { return !going_.empty(); }
  void leave() { socket_.close(); }

  std::string text;

 private:
  raw_socket socket_;
  std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context_;
  std::unique_ptr<SSL, void (*)(SSL*)> ssl_{nullptr, &SSL_free};
  BIO* in_ = nullptr;
  BIO* out_ = nullptr;
  std::string going_;
  bool refused_ = false;
};

}  // namespace weir::test
