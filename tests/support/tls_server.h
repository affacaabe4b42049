#pragma once
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/time.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "support/certificates.h"
#include "support/net_harness.h"

namespace weir::test {

/// One client of a `tls_server`, after its handshake; all calls block (20 s at most).
class tls_peer {
 public:
  tls_peer(SSL* ssl, raw_socket& socket) : ssl_(ssl), socket_(socket) {}

  /// What arrived, "" at the end or an error.
  [[nodiscard]] std::string read() {
    char buffer[16384];
    const int n = SSL_read(ssl_, buffer, sizeof buffer);
    return n > 0 ? std::string(buffer, static_cast<std::size_t>(n)) : std::string();
  }
  [[nodiscard]] std::string read_exactly(std::size_t size) {
    std::string all;
    while (all.size() < size) {
      const std::string more = read();
      if (more.empty()) break;
      all += more;
    }
    return all;
  }
  /// The peer ended by close_notify.
  [[nodiscard]] bool ended_orderly() const {
    return (SSL_get_shutdown(ssl_) & SSL_RECEIVED_SHUTDOWN) != 0;
  }
  void write(std::string_view bytes) {
    std::size_t written = 0;
    if (!bytes.empty()) SSL_write_ex(ssl_, bytes.data(), bytes.size(), &written);
  }
  void close_notify() { SSL_shutdown(ssl_); }
  /// Ends the TCP stream below TLS.
  void end_transport() { socket_.end_sending(); }
  /// Lets the close after `serve` be a reset.
  void reset_transport() { socket_.reset_on_close(); }
  /// The name the client asked for, "" if none.
  [[nodiscard]] std::string server_name() const {
    const char* const name = SSL_get_servername(ssl_, TLSEXT_NAMETYPE_host_name);
    return name == nullptr ? "" : name;
  }
  [[nodiscard]] bool resumed() const { return SSL_session_reused(ssl_) == 1; }
  [[nodiscard]] std::string version() const { return SSL_get_version(ssl_); }
  /// Asks the client for new keys, in the midst of the stream (TLS 1.3).
  void update_keys() {
    SSL_key_update(ssl_, SSL_KEY_UPDATE_REQUESTED);
    SSL_do_handshake(ssl_);
  }

 private:
  SSL* ssl_;
  raw_socket& socket_;
};

/// A TLS server on a thread of its own: one client after the other, each given to `serve` after its
/// handshake and closed (without close_notify) when that returns. Ends when destroyed.
class tls_server {
 public:
  struct options {
    int lowest_version = TLS1_2_VERSION;
    int highest_version = TLS1_3_VERSION;
  };

  tls_server(const identity& who, std::function<void(tls_peer&)> serve)
      : tls_server(who, std::move(serve), options{}) {}
  tls_server(const identity& who, std::function<void(tls_peer&)> serve, const options& o)
      : context_(SSL_CTX_new(TLS_server_method()), &SSL_CTX_free),
        listening_(raw_socket::listening(16)),
        serve_(std::move(serve)) {
    SSL_CTX* const c = context_.get();
    // Old versions for the test of their refusal need the lower security level.
    SSL_CTX_set_security_level(c, 0);
    SSL_CTX_set_session_id_context(c, reinterpret_cast<const unsigned char*>("weir"), 4);
    if (SSL_CTX_use_certificate(c, who.certificate.get()) != 1 ||
        SSL_CTX_use_PrivateKey(c, who.key.get()) != 1 ||
        SSL_CTX_set_min_proto_version(c, o.lowest_version) != 1 ||
        SSL_CTX_set_max_proto_version(c, o.highest_version) != 1)
      throw std::runtime_error("cannot set up a TLS server");
    thread_ = std::thread([this] { run(); });
  }
  ~tls_server() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
      // Wakes the thread from whatever it waits for: the client served, or the next one.
      if (serving_ >= 0) ::shutdown(serving_, SHUT_RDWR);
    }
    raw_socket::connected_to(port()).close();
    thread_.join();
  }
  tls_server(const tls_server&) = delete;
  tls_server& operator=(const tls_server&) = delete;

  [[nodiscard]] std::uint16_t port() const { return listening_.port(); }
  /// Handshakes that succeeded and that did not.
  [[nodiscard]] int handshakes() const { return handshakes_; }
  [[nodiscard]] int refusals() const { return refusals_; }

 private:
  void run() {
    while (true) {
      raw_socket client = listening_.accept();
      {
        const std::lock_guard lock(mutex_);
        if (stopping_) return;
        serving_ = client.fd();
      }
      const int on = 1;
      ::setsockopt(client.fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      const timeval patience{20, 0};
      ::setsockopt(client.fd(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
      ::setsockopt(client.fd(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
      const std::unique_ptr<SSL, void (*)(SSL*)> ssl(SSL_new(context_.get()), &SSL_free);
      SSL_set_fd(ssl.get(), client.fd());
      if (SSL_accept(ssl.get()) == 1) {
        ++handshakes_;
        tls_peer peer(ssl.get(), client);
        serve_(peer);
      } else {
        ++refusals_;
      }
      ERR_clear_error();
      // So that the session stays resumable however the client left.
      SSL_set_shutdown(ssl.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
      const std::lock_guard lock(mutex_);
      serving_ = -1;
    }
  }

  std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context_;
  raw_socket listening_;
  std::function<void(tls_peer&)> serve_;
  std::mutex mutex_;
  bool stopping_ = false;  // mutex_
  int serving_ = -1;       // mutex_; the client's socket
  std::atomic<int> handshakes_ = 0;
  std::atomic<int> refusals_ = 0;
  std::thread thread_;
};

/// Sends everything back until the client ends, then ends in an orderly way.
inline void echo(tls_peer& peer) {
  while (true) {
    const std::string bytes = peer.read();
    if (bytes.empty()) break;
    peer.write(bytes);
  }
  peer.close_notify();
}

}  // namespace weir::test
