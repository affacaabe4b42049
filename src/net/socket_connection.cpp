#include "net/socket_connection.h"

#include <utility>

#include "net/socket_stream.h"

namespace weir::net {

namespace {

/// What the owner holds. Destroying it leaves nothing of the stream but its memory, which stays
/// until the turn ends, because the stream may be on the call stack.
class socket_connection final : public connection {
 public:
  socket_connection(event_loop& loop, std::unique_ptr<socket_stream> stream)
      : loop_(loop), stream_(std::move(stream)) {}

  ~socket_connection() override {
    if (stream_) socket_stream::abandon(std::move(stream_));
  }

  void set_handler(connection_handler* handler) override {
    if (stream_) stream_->set_handler(handler);
  }
  void write(std::string_view bytes) override {
    if (stream_) stream_->write(bytes);
  }
  std::size_t queued() const override { return stream_ ? stream_->queued() : 0; }
  void flush() override {
    if (stream_) stream_->flush();
  }
  output_hold hold_output() override { return stream_ ? stream_->hold_output() : output_hold(); }
  void pause_reading() override {
    if (stream_) stream_->pause_reading();
  }
  void resume_reading() override {
    if (stream_) stream_->resume_reading();
  }

  void close_gracefully() override {
    if (!stream_) return;
    // What is queued counts as sent: nobody will be told otherwise.
    sent_ = stream_->bytes_sent() + stream_->queued();
    received_ = stream_->bytes_received();
    socket_stream& closing = *stream_;
    loop_.internals().adopt(std::move(stream_));
    closing.begin_closing();
  }

  void sever() override {
    if (!stream_) return;
    sent_ = stream_->bytes_sent();
    received_ = stream_->bytes_received();
    stream_->reset_on_close();
    socket_stream::abandon(std::move(stream_));
  }

  bool lacks_tls() const override { return stream_ && stream_->lacks_tls(); }

  std::uint64_t bytes_sent() const override { return stream_ ? stream_->bytes_sent() : sent_; }
  std::uint64_t bytes_received() const override {
    return stream_ ? stream_->bytes_received() : received_;
  }

 private:
  event_loop& loop_;
  std::unique_ptr<socket_stream> stream_;
  std::uint64_t sent_ = 0;
  std::uint64_t received_ = 0;
};

}  // namespace

std::unique_ptr<connection> make_socket_connection(event_loop& loop,
                                                   std::unique_ptr<socket_watch> watch,
                                                   std::unique_ptr<tls_channel> tls,
                                                   millis stalled_after) {
  return std::make_unique<socket_connection>(
      loop, std::make_unique<socket_stream>(loop, std::move(watch), std::move(tls), stalled_after));
}

}  // namespace weir::net
