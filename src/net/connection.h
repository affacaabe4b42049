#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace weir::net {

/// Why a connection could not be made or was lost. One word per cause; logs and metrics use
/// `fault_name`.
enum class fault : std::uint8_t {
  resolve_failed,
  refused,
  unreachable,
  connect_timeout,
  proxy_unreachable,  ///< no connection to the proxy on the way
  proxy_denied,       ///< it wants other credentials (407)
  proxy_failed,       ///< it leads nowhere: another answer, or none in HTTP/1.1
  tls_failed,         ///< handshake or certificate; `detail` says which
  reset,              ///< by the peer, or a TLS stream that ended without close_notify mid-message
  stalled,            ///< our writes made no progress for limits::stalled_reader
  io_error,           ///< anything else errno says
};

[[nodiscard]] std::string_view fault_name(fault f);

struct io_error {
  fault what = fault::io_error;
  std::string detail;  ///< for the log only: may hold addresses, never shown to clients (ERR-36)
};

/// What a connection tells its owner. Calls never nest: none of them is made from inside a call
/// into the connection. The owner may close or destroy the connection from inside any of them.
class connection_handler {
 public:
  /// Bytes arrived; the view dies with the call. Never empty.
  virtual void on_data(std::string_view bytes) = 0;
  /// The peer ended its side in an orderly way. No further on_data.
  virtual void on_end() = 0;
  /// The connection is gone. No further calls.
  virtual void on_failure(const io_error& error) = 0;
  /// While reading is paused: the peer has ended its side, behind bytes that may still wait to be
  /// read; on_end follows them. At most once, and only where the system can tell.
  virtual void on_peer_left() {}
  /// The output queue, which had been above the high watermark, fell to the low one (HTTP-13).
  virtual void on_drained() = 0;

 protected:
  ~connection_handler() = default;
};

/// Keeps the output of a connection back as long as it, or a copy of it, is there. It may outlive
/// the connection.
///
/// Threads  The loop's thread only.
class output_hold {
 public:
  /// What is held.
  class subject {
   public:
    virtual void on_released() = 0;

   protected:
    ~subject() = default;
  };

  output_hold() = default;
  /// `of` dies with its subject.
  explicit output_hold(std::weak_ptr<subject*> of) : grip_(std::make_shared<grip>(std::move(of))) {}
  void release() { grip_.reset(); }

 private:
  class grip {
   public:
    explicit grip(std::weak_ptr<subject*> of) : of_(std::move(of)) {}
    ~grip();
    grip(const grip&) = delete;
    grip& operator=(const grip&) = delete;

   private:
    const std::weak_ptr<subject*> of_;
  };
  std::shared_ptr<grip> grip_;
};

/// One connected byte stream, plain or TLS, either leg. Implementations: sockets on the event loop,
/// and a pair in memory for tests and for the built-in upstream.
///
/// Flow     write() queues and returns; everything queued in one turn of the loop leaves in one
///          system call at the turn's end. The owner looks at queued() and stops its source above
///          limits::high_watermark_bytes; on_drained says when to go on.
/// Errors   Reported by on_failure only, never thrown, never from inside write().
/// Threads  The loop's thread only.
class connection {
 public:
  virtual ~connection() = default;  ///< closes at once; queued output is lost

  virtual void set_handler(connection_handler* handler) = 0;

  virtual void write(std::string_view bytes) = 0;
  [[nodiscard]] virtual std::size_t queued() const = 0;
  /// Queued output leaves now instead of at the turn's end (first token).
  virtual void flush() = 0;
  /// Nothing leaves, neither what is queued nor what is written from now on nor an orderly end,
  /// until all holds are gone. That may be after the owner closed gracefully.
  [[nodiscard]] virtual output_hold hold_output() = 0;

  /// While paused, nothing is read from the socket: the peer feels backpressure.
  virtual void pause_reading() = 0;
  virtual void resume_reading() = 0;

  /// Sends what is queued (TLS: and close_notify), then shuts our side down and, when the peer has
  /// ended too or after a short linger, closes. Handler calls stop at once.
  virtual void close_gracefully() = 0;

  /// Closes at once and lets the peer see that this is no orderly end (TCP: a reset). Queued output
  /// is lost, handler calls stop.
  virtual void sever() = 0;

  /// Where TLS is asked for and the peer does not speak it: it may be told so in its own words,
  /// and must not be served.
  [[nodiscard]] virtual bool lacks_tls() const { return false; }

  /// Bytes that went out and came in so far, for accounting.
  [[nodiscard]] virtual std::uint64_t bytes_sent() const = 0;
  [[nodiscard]] virtual std::uint64_t bytes_received() const = 0;
};

}  // namespace weir::net
