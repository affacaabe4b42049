#include "proxy/downstream_session.h"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <utility>
#include <vector>

#include "http/h1_encoder.h"
#include "proxy/cors.h"
#include "proxy/router.h"
#include "weir/base/limits.h"

namespace weir::proxy {

downstream_session::downstream_session(std::unique_ptr<net::connection> connection,
                                       std::string peer, session_owner& owner,
                                       client_board::guest guest)
    : connection_(std::move(connection)),
      peer_(std::move(peer)),
      owner_(owner),
      guest_(std::move(guest)),
      timer_(owner.context()->loop, [this] { on_timer(); }),
      self_(std::make_shared<downstream_session*>(this)) {
  context().metrics.connection_opened();
  connection_->set_handler(this);
  decoder_.limit_head(context().config->limits.header_size);
  timer_.start(context().config->limits.keep_alive);
}

downstream_session::~downstream_session() { context().metrics.connection_closed(); }

// ---------------------------------------------------------------------------------------------
// Requests

void downstream_session::on_data(std::string_view bytes) {
  if (state_ == state::answering || exchange_done_ || held_) return keep_for_later(bytes);
  read(bytes);
}

void downstream_session::read(std::string_view bytes) {
  while (state_ != state::over) {
    // An exchange that ended before its request did: nothing more of it is read.
    if (state_ == state::answering || exchange_done_) return keep_for_later(bytes);
    switch (decoder_.parse(bytes)) {
      case http::h1_request_decoder::status::need_input:
        if (state_ == state::idle && decoder_.started()) {
          state_ = state::head;
          awaits_ = "header_time";
          timer_.start(context().config->limits.header_time);
        } else if (state_ == state::body) {
          if (!request_paused_) await_body();
          exchange_->on_body_progress();
        }
        return;
      case http::h1_request_decoder::status::head:
        begin_exchange();
        break;
      case http::h1_request_decoder::status::body:
        exchange_->read_body(decoder_.body());
        break;
      case http::h1_request_decoder::status::end:
        resume_request();
        timer_.stop();
        state_ = state::answering;
        request_complete_ = true;
        exchange_->on_request_end();
        break;
      case http::h1_request_decoder::status::error:
        return refuse(openai::errors::bad_request(decoder_.error().status, decoder_.error().reason),
                      decoder_.error().status == 431 ? "header_size" : "");
    }
  }
}

void downstream_session::keep_for_later(std::string_view bytes) {
  if (exchange_done_ && !request_complete_) return;  // the connection closes
  pending_ += bytes;
  if (pending_.size() <= limits::max_pipelined_bytes || reading_paused_) return;
  reading_paused_ = true;
  connection_->pause_reading();
}

void downstream_session::begin_exchange() {
  timer_.stop();
  if (connection_->lacks_tls())
    return refuse(openai::errors::bad_request(400, "This port speaks HTTPS, not plain HTTP."));
  state_ = state::body;
  const config::config& config = *context().config;
  body_deadline_.reset();
  if (config.limits.body_time) body_deadline_ = context().loop.now() + *config.limits.body_time;
  const bool is_last = ++requests_ == config.limits.requests_per_connection;
  const bool goes_on = decoder_.keep_alive() && !is_last && !closing_ && !context().shutting_down;
  const http::request_head& head = decoder_.head();
  response_.emplace(*connection_, response_framing{head.protocol, goes_on, head.method == "HEAD",
                                                   cors_fields(config.cors, head)});
  destination where = find_service(head.method, head.path());
  if (config.cors.on() && is_preflight(head)) where.what = service::preflight;
  exchange_ = make_exchange({owner_.context(), head, where, *response_, *this, peer_});
  if (exchange_done_) return;
  if (decoder_.content_length().value_or(0) > exchange_->body_limit()) {
    exchange_->met_limit("body_size");
    return exchange_->end_now(openai::errors::body_too_large(exchange_->body_limit()));
  }
  if (!decoder_.expects_continue()) return;
  if (!exchange_->wants_body()) {
    // RFC 9110 10.1.1: the final status at once; whether the body still comes is up to the client.
    response_->close_after();
    return exchange_->on_request_end();
  }
  std::string interim;
  if (http::write_response_head(interim, 100, {})) connection_->write(interim);
}

/// Waits for more of the request's body: not for long, and not for ever.
void downstream_session::await_body() {
  millis patience = context().config->limits.body_idle;
  awaits_ = "body_idle";
  if (body_deadline_) {
    const micros left = std::max(*body_deadline_ - context().loop.now(), micros{0});
    if (left < patience) awaits_ = "body_time";
    patience = std::min(patience, std::chrono::ceil<millis>(left));
  }
  timer_.start(patience);
}

/// Answers what is no request, or not one in time.
void downstream_session::refuse(const openai::error& why, std::string_view limit) {
  if (exchange_) {
    exchange_->met_limit(limit);
    return exchange_->end_now(why);
  }
  timer_.stop();
  observe::exchange_record record;
  record.request_id = context().ids.hex("req_", 32);
  record.wall_clock = context().loop.wall_clock();
  record.peer = peer_;
  record.status = why.status;
  record.error_class = why.category;
  record.limit = limit;
  response_.emplace(*connection_, response_framing{http::version::http_1_1, false, false, {}});
  const std::string body = openai::to_json(why);
  std::vector<http::field> headers = {{"Content-Type", "application/json"},
                                      {"x-request-id", record.request_id}};
  const std::string wait = why.retry_after ? std::to_string(*why.retry_after) : "";
  if (why.retry_after) headers.push_back({"Retry-After", wait});
  response_->send(why.status, std::move(headers), body);
  record.bytes_out = body.size();
  context().metrics.record(record);
  context().log.exchange(record);
  close();
}

void downstream_session::pause_request() {
  if (state_ != state::body || request_paused_) return;
  request_paused_ = true;
  paused_at_ = context().loop.now();
  timer_.stop();  // its silence is ours now
  connection_->pause_reading();
}

void downstream_session::resume_request() {
  if (!request_paused_) return;
  request_paused_ = false;
  if (body_deadline_) *body_deadline_ += context().loop.now() - paused_at_;
  if (state_ == state::body) await_body();
  connection_->resume_reading();
}

// ---------------------------------------------------------------------------------------------
// Ends

void downstream_session::on_exchange_done() {
  exchange_done_ = true;
  timer_.stop();
  // The exchange is on the call stack.
  context().loop.defer([weak = std::weak_ptr<downstream_session*>(self_)] {
    if (const auto self = weak.lock()) (*self)->finish_turn();
  });
}

void downstream_session::finish_turn() {
  if (state_ == state::over || !exchange_done_) return;
  const bool reuse = request_complete_ && response_->keep_alive() && !closing_;
  const bool looks_whole = response_->looks_whole_when_closed();
  exchange_.reset();
  response_.reset();
  exchange_done_ = request_complete_ = request_paused_ = false;
  if (looks_whole) return sever();
  if (!reuse) return close();

  decoder_.next_message();
  decoder_.limit_head(context().config->limits.header_size);
  state_ = state::idle;
  // HTTP-13: a client that asks and asks but does not read gets no more answers queued.
  held_ = connection_->queued() > limits::high_watermark_bytes;
  if (!held_) go_on();
}

/// The next request, which may have come already.
void downstream_session::go_on() {
  held_ = false;
  timer_.start(context().config->limits.keep_alive);
  if (reading_paused_) {
    reading_paused_ = false;
    connection_->resume_reading();
  }
  const std::string waiting = std::exchange(pending_, {});
  if (!waiting.empty()) read(waiting);
  if (!client_ended_ || state_ == state::over || exchange_done_) return;
  // What was answered still has to leave, and perhaps waits for something.
  if (exchange_) return vanish();
  close();
}

void downstream_session::on_timer() {
  if (state_ == state::idle) return close();  // RFC 9112 9.5: without a word
  refuse(openai::errors::request_timeout(), awaits_);
}

void downstream_session::on_end() {
  client_ended_ = true;
  // What was answered already still has to leave; finish_turn closes.
  if (state_ == state::over || exchange_done_) return;
  if (exchange_) return vanish();
  close();
}

/// While the client is held back: it will not wait for its answer any more (HTTP-10).
void downstream_session::on_peer_left() {
  if (state_ != state::over && exchange_ && !exchange_done_) vanish();
}

void downstream_session::on_failure(const net::io_error& error) {
  if (error.what == net::fault::tls_failed) owner_.on_tls_failure(peer_, error.detail);
  if (state_ != state::over) vanish();
}

void downstream_session::on_drained() {
  if (held_ && state_ != state::over) return go_on();
  if (exchange_ && !exchange_done_) exchange_->on_client_drained();
}

/// The client is not there any more.
void downstream_session::vanish() {
  if (exchange_ && !exchange_done_) exchange_->on_client_gone();
  over();
}

void downstream_session::close() {
  connection_->close_gracefully();
  over();
}

/// The end of the connection must not look like the end of the body (P6).
void downstream_session::sever() {
  connection_->sever();
  over();
}

void downstream_session::over() {
  state_ = state::over;
  timer_.stop();
  // The exchange and the connection may be on the call stack: they stay as long as this object.
  owner_.on_session_over(*this);
}

void downstream_session::shut_down() {
  closing_ = true;
  if (state_ == state::over) return;
  if (exchange_) {
    if (!response_->begun()) response_->close_after();
    return;
  }
  // Who is about to ask for the first time, perhaps amid a TLS handshake, cannot know better: he is
  // served once. A client that was served before knows that idle connections close.
  if (state_ == state::head) return;
  if (requests_ != 0) return close();
  timer_.start(limits::newcomer_wait);
}

std::optional<running_exchange> downstream_session::running() {
  if (!exchange_ || exchange_done_) return std::nullopt;
  return exchange_->running();
}

bool downstream_session::runs(std::string_view id) const {
  return exchange_ && !exchange_done_ && exchange_->id() == id;
}

void downstream_session::end_now(const openai::error& why) {
  if (state_ == state::over) return;
  if (!exchange_ && closing_) return close();
  if (exchange_ && !exchange_done_) exchange_->end_now(why);
}

}  // namespace weir::proxy
