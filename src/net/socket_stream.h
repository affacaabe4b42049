#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "net/connection.h"
#include "net/event_loop.h"
#include "net/loop_internals.h"
#include "net/output_queue.h"
#include "net/socket_watch.h"
#include "net/tls_channel.h"
#include "weir/base/units.h"

namespace weir::net {

/// The life of a connected socket, behind the `connection` its owner holds; it may go on after the
/// owner closed gracefully.
///
///   open --close_gracefully--> flushing --all sent, our side ended--> discarding --+
///     |                            |                                               |
///     | error                      | error, or no progress                         | peer ended,
///     v                            |                                               | error, 1 s
///   failed --told, destroyed--+    |                                               |
///                             v    v                                               v
///                            closed  <---------------------------------------------+
///
/// While its output is held, `flushing` waits for the release, however long that takes.
///
/// TLS whose handshake is to come is shaken hands first, in `open` and in `flushing`; whatever is
/// written waits for it. How long that may take is the owner's to say.
///
/// Discarding what the peer still sends keeps the kernel from answering it with a reset, which
/// would destroy the end of our answer in the peer's receive queue.
class socket_stream final : public mortal,
                            private task,
                            private socket_watch::observer,
                            private output_hold::subject {
 public:
  socket_stream(event_loop& loop, std::unique_ptr<socket_watch> watch,
                std::unique_ptr<tls_channel> tls, millis stalled_after);

  void set_handler(connection_handler* handler);
  void write(std::string_view bytes);
  [[nodiscard]] std::size_t queued() const { return output_.size(); }
  void flush();
  [[nodiscard]] output_hold hold_output();
  void pause_reading();
  void resume_reading();

  /// The owner gives it to the loop (`adopt`) first.
  void begin_closing();
  /// Closing will be a reset (SO_LINGER of 0).
  void reset_on_close();
  /// The owner is gone: closes at once, and buries the stream.
  static void abandon(std::unique_ptr<socket_stream> stream);

  [[nodiscard]] bool lacks_tls() const { return lacks_tls_; }
  [[nodiscard]] std::uint64_t bytes_sent() const { return sent_; }
  [[nodiscard]] std::uint64_t bytes_received() const { return received_; }

 private:
  enum class phase : std::uint8_t { open, failed, flushing, discarding, closed };

  void run() override;  // end of turn
  void on_ready(bool readable, bool writable, bool error) override;
  void on_hangup() override;
  void on_released() override;
  void on_timeout();

  [[nodiscard]] bool greets() const { return greeting_ != greeting::done; }
  void greet();
  void shake_hands();
  [[nodiscard]] bool wants_input() const;
  void update_interest();
  void read_once();
  void rescue_input();
  void discard_once();
  void send_output();
  [[nodiscard]] transfer send_some();
  void advance_closing();
  void fail(io_error error);
  void tell_failure();
  void retire();
  void start_timer(millis after);
  void stop_timer();

  event_loop& owner_loop_;
  event_loop::implementation& loop_;
  std::unique_ptr<socket_watch> watch_;
  std::unique_ptr<tls_channel> tls_;
  connection_handler* handler_ = nullptr;
  output_queue output_;
  std::unique_ptr<timer> timer_;  // made when first needed: stall or linger
  std::optional<io_error> write_error_;
  std::optional<io_error> failure_;
  std::uint64_t sent_ = 0;
  std::uint64_t received_ = 0;
  std::shared_ptr<output_hold::subject*> self_;  // made when first held; dies with the stream
  std::uint32_t holds_ = 0;
  millis stalled_after_;
  phase phase_ = phase::open;
  enum class greeting : std::uint8_t { done, first_byte, handshake };
  greeting greeting_ = greeting::done;
  bool greeting_wants_writable_ = false;
  bool lacks_tls_ = false;
  bool paused_ = false;
  bool peer_ended_ = false;
  bool leaving_told_ = false;
  bool blocked_ = false;                  // output waits for writability
  bool read_waits_for_writable_ = false;  // TLS may have to answer before it can go on reading
  bool above_high_ = false;               // until the queue falls to the low watermark
  bool drained_ = false;                  // on_drained is due
  bool read_due_ = false;                 // TLS: bytes may wait inside
};

}  // namespace weir::net
