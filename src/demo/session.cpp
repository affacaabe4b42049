#include "demo/session.h"

#include <cassert>
#include <utility>
#include <vector>

#include "http/h1_encoder.h"
#include "weir/base/limits.h"

namespace weir::demo {
namespace {

using framing = recording::framing;
using status = http::h1_request_decoder::status;

/// What a cut body owes its reader.
constexpr std::size_t missing_bytes = 512;

std::size_t size_of(const std::vector<reply::part>& body) {
  std::size_t size = 0;
  for (const reply::part& part : body) size += part.bytes.size();
  return size;
}

void append_cut_chunk(std::string& out, std::string_view bytes) {
  std::string whole;
  http::append_chunk(whole, std::string(bytes) + std::string(missing_bytes, ' '));
  out += std::string_view(whole).substr(0, whole.size() - missing_bytes - 2);
}

}  // namespace

session::session(demo_service& service, std::unique_ptr<net::connection> connection)
    : service_(service),
      connection_(std::move(connection)),
      beat_(service.loop_, [this] { run(); }) {
  connection_->set_handler(this);
}

void session::on_data(std::string_view bytes) {
  input_ += bytes;
  if (!replaying_) return run();
  hold_back();
}

// A client of weir's own that ends has no use for what is still to come.
void session::on_end() { service_.forget(*this); }

void session::on_failure(const net::io_error&) { service_.forget(*this); }

void session::on_drained() {
  if (replaying_ && !beat_.running()) run();
}

void session::run() {
  next then = next::go_on;
  while (then == next::go_on) then = replaying_ ? replay() : read();
  if (then == next::wait) hold_back();
}

/// What is read ahead of a replay is bounded; between replays all of it is decoded.
void session::hold_back() {
  if (replaying_ && input_.size() > limits::max_pipelined_bytes)
    connection_->pause_reading();
  else
    connection_->resume_reading();
}

session::next session::read() {
  std::string_view rest = input_;
  while (true) {
    switch (decoder_.parse(rest)) {
      case status::need_input:
        input_.clear();
        return next::wait;
      case status::head:
        if (decoder_.expects_continue()) connection_->write("HTTP/1.1 100 Continue\r\n\r\n");
        break;
      case status::body:
        if (body_.size() + decoder_.body().size() > limits::max_body_bytes) {
          keep_alive_ = false;
          begin(refuse({413, "Request body too large.", {}, "request_too_large"}));
          return next::go_on;
        }
        body_ += decoder_.body();
        break;
      case status::end: {
        const http::request_head& head = decoder_.head();
        const bool chunks_known = head.protocol == http::version::http_1_1;
        keep_alive_ = decoder_.keep_alive() && chunks_known;
        begin(chunks_known ? service_.handle(head.method, head.path(), body_)
                           : refuse({505, "The demo upstream speaks HTTP/1.1 only.", {}, {}}));
        input_.erase(0, input_.size() - rest.size());
        body_ = std::string();
        decoder_.next_message();
        return next::go_on;
      }
      case status::error:
        keep_alive_ = false;
        begin(refuse({decoder_.error().status, std::string(decoder_.error().reason), {}, {}}));
        return next::go_on;
    }
  }
}

void session::begin(reply answer) {
  reply_ = std::move(answer);
  sent_ = 0;
  replaying_ = true;

  const std::string length = std::to_string(size_of(reply_.body));
  std::vector<http::field> fields;
  for (const auto& [name, value] : reply_.headers) fields.push_back({name, value});
  if (reply_.how == framing::length)
    fields.push_back({"Content-Length", length});
  else
    fields.push_back({"Transfer-Encoding", "chunked"});
  if (!keep_alive_) fields.push_back({"Connection", "close"});
  std::string head;
  [[maybe_unused]] const bool written = http::write_response_head(head, reply_.status, fields);
  assert(written);
  connection_->write(head);
}

session::next session::replay() {
  while (sent_ < reply_.body.size()) {
    if (connection_->queued() > limits::high_watermark_bytes) return next::wait;  // on_drained
    const reply::part& part = reply_.body[sent_];
    ++sent_;
    const bool last = sent_ == reply_.body.size();
    send(part, last);
    const millis silence = service_.pace_ * part.beats;
    if (silence > millis{0} && !last) {
      beat_.start(silence);
      return next::wait;
    }
  }
  return finish();
}

void session::send(const reply::part& part, bool last) {
  if (reply_.how == framing::length) return connection_->write(part.bytes);
  std::string out;
  const std::size_t slice = reply_.slice == 0 ? part.bytes.size() : reply_.slice;
  for (std::string_view rest = part.bytes; !rest.empty();) {
    const std::string_view bytes = rest.substr(0, slice);
    rest.remove_prefix(bytes.size());
    if (last && rest.empty() && reply_.how == framing::cut)
      append_cut_chunk(out, bytes);
    else
      http::append_chunk(out, bytes);
  }
  if (last && reply_.how == framing::chunked) http::append_last_chunk(out);
  connection_->write(out);
}

session::next session::finish() {
  if (reply_.body.empty() && reply_.how == framing::chunked) connection_->write("0\r\n\r\n");
  const bool cut = reply_.how == framing::cut;
  replaying_ = false;
  reply_ = {};
  return cut || !keep_alive_ ? leave() : next::go_on;
}

session::next session::leave() {
  connection_->close_gracefully();
  service_.forget(*this);
  return next::over;
}

}  // namespace weir::demo
