#include "proxy/upstream_connection.h"

#include <cassert>

#include "proxy/upstream_pool.h"
#include "weir/base/limits.h"

namespace weir::proxy {

upstream_connection::upstream_connection(upstream_pool& pool, net::event_loop& loop,
                                         std::unique_ptr<net::connection> connection)
    : pool_(pool), connection_(std::move(connection)), timer_(loop, [this] {
        close();
        pool_.bury(*this);
      }) {
  connection_->set_handler(this);
}

void upstream_connection::send(std::string_view method, std::string_view request,
                               response_handler& handler) {
  begin(method, request, handler);
  request_open_ = false;
}

void upstream_connection::begin(std::string_view method, std::string_view request,
                                response_handler& handler) {
  assert(state_ == state::idle && lent_);
  timer_.stop();
  state_ = state::busy;
  handler_ = &handler;
  message_over_ = false;
  request_open_ = true;
  ++requests_;
  decoder_.expect(method);
  connection_->write(request);
}

void upstream_connection::pause_reading() {
  if (connection_) connection_->pause_reading();
}

void upstream_connection::resume_reading() {
  if (connection_) connection_->resume_reading();
}

void upstream_connection::release() {
  lent_ = false;
  handler_ = nullptr;
  if (state_ == state::dead) return pool_.bury(*this);
  if (request_open_) return abandon();
  connection_->resume_reading();
  if (message_over_) return settle();
  state_ = state::draining;
  drained_ = 0;
  timer_.start(limits::drain_time);
}

void upstream_connection::abandon() {
  lent_ = false;
  handler_ = nullptr;
  close();
  pool_.bury(*this);
}

void upstream_connection::on_data(std::string_view bytes) { read(bytes); }

void upstream_connection::read(std::string_view bytes) {
  const std::uint64_t request = requests_;
  while (state_ != state::dead) {
    if (message_over_) {
      // Nobody asked for these bytes: whatever they are, the connection cannot be trusted.
      if (!bytes.empty()) reusable_ = false;
      if (!bytes.empty() && !lent_) abandon();
      break;
    }
    switch (decoder_.parse(bytes)) {
      case http::h1_response_decoder::status::need_input:
        return report_progress(request);
      case http::h1_response_decoder::status::head:
        if (handler_ != nullptr) handler_->on_response_head(decoder_.head());
        break;
      case http::h1_response_decoder::status::body:
        if (handler_ != nullptr) {
          handler_->on_response_body(decoder_.body());
        } else {
          drained_ += decoder_.body().size();
          if (drained_ > limits::max_drained_bytes) return abandon();  // SSE-12
        }
        break;
      case http::h1_response_decoder::status::end:
        finish_message(decoder_.keep_alive() && bytes.empty());
        return report_progress(request);
      case http::h1_response_decoder::status::error:
        return lose(response_loss::cause::malformed, decoder_.error().reason);
    }
  }
}

/// `clean`: the connection can serve another request.
void upstream_connection::finish_message(bool clean) {
  message_over_ = true;
  reusable_ = clean;
  decoder_.next_message();
  if (handler_ != nullptr) return handler_->on_response_end();
  if (!lent_ && state_ == state::draining) settle();
}

void upstream_connection::report_progress(std::uint64_t request) {
  if (state_ == state::busy && handler_ != nullptr && request == requests_)
    handler_->on_response_progress();
}

void upstream_connection::on_drained() {
  if (handler_ != nullptr && request_open_) handler_->on_request_drained();
}

void upstream_connection::on_end() {
  peer_ended_ = true;
  if (message_over_) {
    if (!lent_) abandon();
    return;
  }
  const bool started = decoder_.started();
  const std::uint64_t request = requests_;
  if (decoder_.finish() == http::h1_response_decoder::status::end) {
    finish_message(false);
    return report_progress(request);
  }
  lose(started || !reused() ? response_loss::cause::lost : response_loss::cause::stale,
       "closed by the upstream");
}

void upstream_connection::on_failure(const net::io_error& error) {
  peer_ended_ = true;
  if (message_over_) {
    if (!lent_) abandon();
    return;
  }
  lose(decoder_.started() || !reused() ? response_loss::cause::lost : response_loss::cause::stale,
       net::fault_name(error.what));
}

void upstream_connection::lose(response_loss::cause why, std::string_view detail) {
  close();
  if (!lent_) return pool_.bury(*this);
  // Whoever holds the lease lets go of it, now or later; until then this object stays.
  if (handler_ != nullptr)
    std::exchange(handler_, nullptr)->on_response_lost({why, std::string(detail)});
}

void upstream_connection::settle() {
  if (!reusable_ || peer_ended_ || connection_->queued() != 0) return abandon();
  state_ = state::idle;
  timer_.start(limits::upstream_idle);
  pool_.on_idle(*this);
}

void upstream_connection::close() {
  state_ = state::dead;
  timer_.stop();
  connection_.reset();
}

}  // namespace weir::proxy
