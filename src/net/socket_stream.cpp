#include "net/socket_stream.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "net/socket_address.h"
#include "weir/base/limits.h"

namespace weir::net {

namespace {

transfer receive(int fd, char* into, std::size_t size) {
  while (true) {
    const ssize_t n = ::recv(fd, into, size, 0);
    if (n > 0) return {static_cast<std::size_t>(n), io_status::done, {}};
    if (n == 0) return {0, io_status::ended, {}};
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) return {0, io_status::want_read, {}};
    return {0, io_status::failed, error_of_transfer("recv", errno)};
  }
}

transfer send_bytes(int fd, std::string_view bytes) {
  while (true) {
    const ssize_t n = ::send(fd, bytes.data(), bytes.size(), 0);
    if (n >= 0) {
      const auto sent = static_cast<std::size_t>(n);
      // A short count means a full socket: asking again would only say so.
      return {sent, sent < bytes.size() ? io_status::want_write : io_status::done, {}};
    }
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) return {0, io_status::want_write, {}};
    return {0, io_status::failed, error_of_transfer("send", errno)};
  }
}

}  // namespace

socket_stream::socket_stream(event_loop& loop, std::unique_ptr<socket_watch> watch,
                             std::unique_ptr<tls_channel> tls, millis stalled_after)
    : owner_loop_(loop),
      loop_(loop.internals()),
      watch_(std::move(watch)),
      tls_(std::move(tls)),
      output_(loop_.buffers),
      stalled_after_(stalled_after) {
  watch_->set_observer(this);
  if (tls_ && !tls_->established()) greeting_ = greeting::first_byte;
}

void socket_stream::set_handler(connection_handler* handler) {
  if (phase_ != phase::open && phase_ != phase::failed) return;
  handler_ = handler;
  if (tls_ && wants_input()) read_due_ = true;
  // Also what was found while nobody listened is told now.
  if (handler_ != nullptr) loop_.at_turn_end(*this);
  update_interest();
}

void socket_stream::write(std::string_view bytes) {
  if (phase_ != phase::open || write_error_ || bytes.empty()) return;
  output_.append(bytes);
  if (output_.size() > limits::high_watermark_bytes) {
    above_high_ = true;
    drained_ = false;  // not told yet, and no longer so
  }
  loop_.at_turn_end(*this);
}

void socket_stream::flush() {
  if (phase_ == phase::open) send_output();
}

output_hold socket_stream::hold_output() {
  if (!self_) self_ = std::make_shared<output_hold::subject*>(static_cast<subject*>(this));
  ++holds_;
  if (std::exchange(blocked_, false)) {
    // That nothing leaves is not the peer's fault now.
    stop_timer();
    update_interest();
  }
  return output_hold(self_);
}

void socket_stream::on_released() {
  if (--holds_ != 0 || (phase_ != phase::open && phase_ != phase::flushing)) return;
  loop_.at_turn_end(*this);
}

void socket_stream::pause_reading() {
  paused_ = true;
  update_interest();
}

void socket_stream::resume_reading() {
  if (!paused_) return;
  paused_ = false;
  if (tls_ && wants_input()) {
    read_due_ = true;
    loop_.at_turn_end(*this);
  }
  update_interest();
}

void socket_stream::begin_closing() {
  handler_ = nullptr;
  if (phase_ != phase::open || write_error_ || (greets() && output_.empty())) {
    retire();
    return;
  }
  phase_ = phase::flushing;
  if (greets()) start_timer(limits::close_linger);
  loop_.at_turn_end(*this);
  update_interest();
}

void socket_stream::reset_on_close() {
  if (!watch_) return;
  const linger now{1, 0};
  ::setsockopt(watch_->fd(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

void socket_stream::abandon(std::unique_ptr<socket_stream> stream) {
  stream->handler_ = nullptr;
  stream->phase_ = phase::closed;
  stream->unlink();
  stream->stop_timer();
  stream->watch_.reset();
  stream->output_.clear();
  event_loop::implementation& loop = stream->loop_;
  loop.bury(std::move(stream));
}

void socket_stream::run() {
  send_output();
  if (write_error_) rescue_input();
  if (read_due_ && wants_input()) read_once();
  if (phase_ == phase::flushing) advance_closing();
  if (drained_ && phase_ == phase::open && handler_ != nullptr) {
    drained_ = false;
    handler_->on_drained();
  }
  tell_failure();
  update_interest();
}

void socket_stream::on_ready(bool readable, bool writable, bool error) {
  if (greets()) return greet();
  if (writable && blocked_) {
    blocked_ = false;
    send_output();
  }
  if (writable && std::exchange(read_waits_for_writable_, false)) readable = true;
  if (readable && wants_input()) {
    read_once();
  } else if (readable && (phase_ == phase::flushing || phase_ == phase::discarding)) {
    discard_once();
  } else if (error && phase_ == phase::open) {
    // Nothing was tried that would have met the error: paused, or the peer had ended.
    int pending = 0;
    socklen_t size = sizeof pending;
    ::getsockopt(watch_->fd(), SOL_SOCKET, SO_ERROR, &pending, &size);
    if (pending != 0) fail(error_of_transfer("socket", pending));
  }
  if (phase_ == phase::flushing) advance_closing();
  update_interest();
}

void socket_stream::on_hangup() {
  if (phase_ == phase::open && handler_ != nullptr && paused_ && !leaving_told_) {
    leaving_told_ = true;
    handler_->on_peer_left();
  }
  update_interest();
}

void socket_stream::on_timeout() {
  if (phase_ == phase::open)
    fail(
        {fault::stalled, "no byte accepted for " + std::to_string(stalled_after_.count()) + " ms"});
  else if (phase_ == phase::flushing || phase_ == phase::discarding)
    retire();
}

/// The first byte of a TLS client is that of a handshake record (RFC 8446 5.1); with another one,
/// what follows is plain text.
void socket_stream::greet() {
  constexpr char handshake_record = 22;
  if (greeting_ == greeting::first_byte) {
    char first = 0;
    const ssize_t n = ::recv(watch_->fd(), &first, 1, MSG_PEEK);
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return;
    greeting_ = greeting::handshake;
    if (n == 0 || (n == 1 && first != handshake_record)) {
      // Who comes and goes without a word, as health checks do, has not failed at TLS.
      tls_.reset();
      lacks_tls_ = true;
      greeting_ = greeting::done;
      send_output();
      if (phase_ == phase::flushing) advance_closing();
      return update_interest();
    }
  }
  shake_hands();
  update_interest();
}

void socket_stream::shake_hands() {
  transfer step = tls_->handshake();
  greeting_wants_writable_ = step.status == io_status::want_write;
  if (step.status == io_status::want_read || step.status == io_status::want_write) return;
  greeting_ = greeting::done;
  if (step.status == io_status::failed && phase_ == phase::flushing) return retire();
  if (step.status == io_status::failed) return fail(std::move(step.error));
  // With the last of the handshake the first of the client's words may have come.
  read_due_ = true;
  loop_.at_turn_end(*this);
}

bool socket_stream::wants_input() const {
  return phase_ == phase::open && !greets() && handler_ != nullptr && !paused_ && !peer_ended_;
}

void socket_stream::update_interest() {
  if (!watch_) return;
  const bool closing = phase_ == phase::flushing || phase_ == phase::discarding;
  socket_watch::interest in;
  in.readable = wants_input() || (closing && !peer_ended_);
  in.writable = blocked_ || read_waits_for_writable_;
  if (greets() && (phase_ == phase::open || phase_ == phase::flushing))
    in = {.readable = !greeting_wants_writable_, .writable = greeting_wants_writable_};
  in.hangup = phase_ == phase::open && paused_ && !peer_ended_ && !leaving_told_;
  watch_->wait_for(in);
}

void socket_stream::read_once() {
  read_due_ = false;
  char* const buffer = loop_.read_buffer();
  transfer got = tls_ ? tls_->read({buffer, limits::read_buffer_bytes})
                      : receive(watch_->fd(), buffer, limits::read_buffer_bytes);
  if (got.bytes > 0) {
    received_ += got.bytes;
    handler_->on_data({buffer, got.bytes});
    // Closed, destroyed or failed meanwhile: nobody wants the rest. Paused: what comes next is
    // found again after resume_reading.
    if (!wants_input()) return;
  }
  switch (got.status) {
    case io_status::done:
      if (tls_ && tls_->has_pending()) {
        read_due_ = true;
        loop_.at_turn_end(*this);
      }
      break;
    case io_status::want_read:
      break;
    case io_status::want_write:
      read_waits_for_writable_ = true;
      break;
    case io_status::ended:
      peer_ended_ = true;
      handler_->on_end();
      break;
    case io_status::failed:
      fail(std::move(got.error));
      break;
  }
}

/// A peer that refuses the rest of what we send may have said why before it closed: an early
/// answer waits in the receive queue behind the error our write met. It is read first (one read:
/// the peer must not keep a dead connection alive).
void socket_stream::rescue_input() {
  if (wants_input()) read_once();
  if (phase_ == phase::open) fail(std::move(*write_error_));
  write_error_.reset();
}

void socket_stream::discard_once() {
  const transfer got = receive(watch_->fd(), loop_.read_buffer(), limits::read_buffer_bytes);
  if (got.status == io_status::ended) {
    peer_ended_ = true;
    if (phase_ == phase::discarding) retire();
  } else if (got.status == io_status::failed) {
    retire();
  }
}

transfer socket_stream::send_some() {
  if (!tls_) return send_bytes(watch_->fd(), output_.view());
  std::size_t sent = 0;
  while (sent < output_.size() && sent < limits::max_tls_flush_bytes) {
    transfer step = tls_->write(output_.view().substr(sent));
    sent += step.bytes;
    if (step.status != io_status::done) return {sent, step.status, std::move(step.error)};
  }
  // Over the bound: the others have their turn, the socket is likely to be writable at once.
  return {sent, sent < output_.size() ? io_status::want_write : io_status::done, {}};
}

void socket_stream::send_output() {
  const bool sending = phase_ == phase::open || phase_ == phase::flushing;
  if (!sending || greets() || holds_ != 0 || blocked_ || write_error_ || output_.empty()) return;
  transfer step = send_some();
  sent_ += step.bytes;
  output_.consume(step.bytes);
  if (above_high_ && output_.size() <= limits::low_watermark_bytes) {
    above_high_ = false;
    drained_ = true;
    loop_.at_turn_end(*this);
  }
  if (step.status == io_status::failed) {
    output_.clear();
    stop_timer();
    if (phase_ == phase::flushing) {
      retire();
      return;
    }
    write_error_ = std::move(step.error);
    loop_.at_turn_end(*this);
    return;
  }
  if (output_.empty()) {
    stop_timer();
    return;
  }
  blocked_ = true;
  if (step.bytes > 0 || !timer_ || !timer_->running()) start_timer(stalled_after_);
  update_interest();
}

void socket_stream::advance_closing() {
  if (!output_.empty() || holds_ != 0 || blocked_ || greets()) return;
  if (tls_) {
    const transfer step = tls_->close_notify();
    if (step.status == io_status::want_write) {
      blocked_ = true;
      start_timer(limits::close_linger);
      return;
    }
    if (step.status == io_status::failed) {
      retire();
      return;
    }
  }
  ::shutdown(watch_->fd(), SHUT_WR);
  if (peer_ended_) {
    retire();
    return;
  }
  phase_ = phase::discarding;
  start_timer(limits::close_linger);
}

void socket_stream::fail(io_error error) {
  if (phase_ != phase::open) return;
  phase_ = phase::failed;
  failure_ = std::move(error);
  stop_timer();
  watch_.reset();
  output_.clear();
  above_high_ = drained_ = read_due_ = blocked_ = false;
  loop_.at_turn_end(*this);
}

void socket_stream::tell_failure() {
  if (phase_ != phase::failed || handler_ == nullptr || !failure_) return;
  const io_error error = *std::exchange(failure_, std::nullopt);
  std::exchange(handler_, nullptr)->on_failure(error);
}

void socket_stream::retire() {
  phase_ = phase::closed;
  unlink();
  stop_timer();
  watch_.reset();
  output_.clear();
  loop_.bury_adopted(this);
}

void socket_stream::start_timer(millis after) {
  if (!timer_) timer_ = std::make_unique<timer>(owner_loop_, [this] { on_timeout(); });
  timer_->start(after);
}

void socket_stream::stop_timer() {
  if (timer_) timer_->stop();
}

}  // namespace weir::net
