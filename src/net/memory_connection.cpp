#include "net/memory_connection.h"

#include <algorithm>
#include <string>
#include <utility>

#include "net/loop_internals.h"
#include "net/output_queue.h"
#include "weir/base/limits.h"

namespace weir::net {

namespace {

class memory_link;

/// One end's state. Its task delivers, in a turn of its own, the next thing its handler is due.
class memory_end final : public task, private output_hold::subject {
 public:
  memory_end(memory_link& whole, memory_end& peer);
  void run() override;

  void set_handler(connection_handler* handler);
  void write(std::string_view bytes);
  [[nodiscard]] output_hold hold_output();
  void set_paused(bool paused);
  void close(bool gracefully);
  void cut();

  output_queue output;  // written here, not yet read by the peer
  std::uint64_t sent = 0;
  std::uint64_t received = 0;

 private:
  enum class phase : std::uint8_t { open, failed, ended, gone };

  void on_released() override;
  void wake();
  void deliver_slice();
  /// Closed gracefully, and nothing of it is held back.
  [[nodiscard]] bool has_ended() const { return phase_ == phase::ended && holds_ == 0; }
  [[nodiscard]] bool alive() const { return phase_ == phase::open; }

  memory_link& link_;
  memory_end& peer_;
  connection_handler* handler_ = nullptr;
  std::shared_ptr<output_hold::subject*> self_;  // made when first held; dies with the link
  std::uint32_t holds_ = 0;
  phase phase_ = phase::open;  // ended: closed gracefully; gone: destroyed, or told of the failure
  bool paused_ = false;
  bool peer_end_told_ = false;
  bool leaving_told_ = false;
  bool above_high_ = false;
  bool drained_ = false;
};

/// Both ends and what joins them; lives as long as either owner, and through every call.
class memory_link : public std::enable_shared_from_this<memory_link> {
 public:
  memory_link(event_loop& l, const memory_options& o)
      : loop(l.internals()), options(o), near(*this, far), far(*this, near) {}

  /// Counts an operation; false when it is the one to fail, and the link is cut.
  [[nodiscard]] bool operate() {
    if (++operations_ != options.fail_at) return true;
    near.cut();
    far.cut();
    return false;
  }

  event_loop::implementation& loop;
  const memory_options options;
  memory_end near;
  memory_end far;

 private:
  std::size_t operations_ = 0;
};

memory_end::memory_end(memory_link& whole, memory_end& peer)
    : output(whole.loop.buffers), link_(whole), peer_(peer) {}

void memory_end::wake() { link_.loop.in_later_turn(*this); }

void memory_end::set_handler(connection_handler* handler) {
  handler_ = handler;
  wake();
}

void memory_end::write(std::string_view bytes) {
  if (!alive() || bytes.empty() || !link_.operate()) return;
  if (peer_.phase_ == phase::ended) {
    sent += bytes.size();  // the peer lingers and discards
    return;
  }
  output.append(bytes);
  if (output.size() > limits::high_watermark_bytes) {
    above_high_ = true;
    drained_ = false;  // not told yet, and no longer so
  }
  peer_.wake();
}

output_hold memory_end::hold_output() {
  if (!self_) self_ = std::make_shared<output_hold::subject*>(static_cast<subject*>(this));
  ++holds_;
  return output_hold(self_);
}

void memory_end::on_released() {
  if (--holds_ == 0) peer_.wake();
}

void memory_end::set_paused(bool paused) {
  paused_ = paused;
  wake();
}

void memory_end::close(bool gracefully) {
  handler_ = nullptr;
  if (phase_ == phase::ended || phase_ == phase::gone) return;
  const bool cut_off = phase_ == phase::open && !gracefully;
  phase_ = gracefully && phase_ == phase::open ? phase::ended : phase::gone;
  if (cut_off) {
    // What was not read is lost, so this must not look like an orderly end.
    output.clear();
    peer_.cut();
  }
  // Nobody will read what the peer has queued.
  peer_.sent += peer_.output.size();
  peer_.output.clear();
  if (std::exchange(peer_.above_high_, false)) peer_.drained_ = true;
  peer_.wake();
}

void memory_end::cut() {
  if (!alive()) return;
  phase_ = phase::failed;
  output.clear();
  wake();
}

void memory_end::run() {
  const std::shared_ptr<memory_link> alive_through_the_call = link_.shared_from_this();
  if (handler_ == nullptr) return;
  if (phase_ == phase::failed) {
    phase_ = phase::gone;
    std::exchange(handler_, nullptr)->on_failure({fault::reset, "memory connection cut"});
    return;
  }
  if (std::exchange(drained_, false)) {
    handler_->on_drained();
    if (handler_ != nullptr) wake();  // there may be input, too
    return;
  }
  if (paused_ && peer_.has_ended() && !std::exchange(leaving_told_, true))
    return handler_->on_peer_left();
  if (paused_ || peer_end_told_) return;
  if (!peer_.output.empty() && peer_.holds_ == 0) {
    deliver_slice();
  } else if (peer_.output.empty() && peer_.has_ended()) {
    peer_end_told_ = true;
    handler_->on_end();
  }
}

void memory_end::deliver_slice() {
  if (!link_.operate()) return;
  const std::size_t size =
      std::min({link_.options.slice, peer_.output.size(), limits::read_buffer_bytes});
  // Taken out first: the handler may write to, or destroy, both ends.
  const std::string slice(peer_.output.view().substr(0, size));
  peer_.output.consume(size);
  received += size;
  peer_.sent += size;
  if (peer_.above_high_ && peer_.output.size() <= limits::low_watermark_bytes) {
    peer_.above_high_ = false;
    peer_.drained_ = true;
    peer_.wake();
  }
  wake();  // for the next slice, or the end
  handler_->on_data(slice);
}

class memory_connection final : public connection {
 public:
  memory_connection(std::shared_ptr<memory_link> whole, memory_end& mine)
      : link_(std::move(whole)), end_(mine) {}
  ~memory_connection() override { end_.close(false); }

  void set_handler(connection_handler* handler) override { end_.set_handler(handler); }
  void write(std::string_view bytes) override { end_.write(bytes); }
  std::size_t queued() const override { return end_.output.size(); }
  output_hold hold_output() override { return end_.hold_output(); }
  void flush() override {}  // the peer's next turn is as soon as it gets
  void pause_reading() override { end_.set_paused(true); }
  void resume_reading() override { end_.set_paused(false); }
  void close_gracefully() override { end_.close(true); }
  void sever() override { end_.close(false); }
  std::uint64_t bytes_sent() const override { return end_.sent; }
  std::uint64_t bytes_received() const override { return end_.received; }

 private:
  std::shared_ptr<memory_link> link_;
  memory_end& end_;
};

}  // namespace

memory_pair make_memory_pair(event_loop& loop, const memory_options& options) {
  const auto whole = std::make_shared<memory_link>(loop, options);
  return {std::make_unique<memory_connection>(whole, whole->near),
          std::make_unique<memory_connection>(whole, whole->far)};
}

}  // namespace weir::net
