#include "proxy/upload_exchange.h"

#include <charconv>
#include <string_view>
#include <utility>

#include "http/h1_encoder.h"
#include "proxy/request_headers.h"
#include "proxy/upstream_request.h"

namespace weir::proxy {

upload_exchange::upload_exchange(const exchange_parts& parts, std::string_view boundary)
    : forward_exchange(parts), form_(boundary) {
  if (over()) return;
  if (boundary.empty() || head().headers.count("content-type") != 1) {
    refuse(openai::errors::bad_request(400, "Content-Type names no boundary."));
  } else if (coding_of(head().headers) != coding::content_coding::identity) {
    // Its model can be read but not replaced while it passes.
    refuse(openai::errors::bad_request(415, "A form must not be compressed."),
           {{"Accept-Encoding", "identity"}});
  }
}

void upload_exchange::on_body(std::string_view bytes) {
  copy_request(bytes);
  if (const auto fault = form_.read(bytes)) return refuse(*fault);
  if (state_ == state::sending) return send(bytes);
  body() += bytes;
  const std::uint64_t needed = form_.found() ? form_.found_at() : body().size();
  if (needed > limits::max_held_form_bytes)
    return refuse(openai::errors::model_too_late(limits::max_held_form_bytes));
  hold(body().size());
}

void upload_exchange::on_body_progress() {
  if (form_.found() && state_ == state::holding) choose_model();
}

void upload_exchange::on_request_complete() {
  if (const auto fault = form_.finish()) return refuse(*fault);
  complete_ = true;
  if (state_ == state::holding) return choose_model();
  if (state_ != state::sending) return;
  if (in_h1_chunks_) {
    scratch_.clear();
    http::append_last_chunk(scratch_);
    send_more(scratch_);
  }
  end_request();
}

void upload_exchange::choose_model() {
  state_ = state::choosing;
  pause_request();
  choose(form_.name());
}

std::string upload_exchange::upstream_bytes() {
  std::string whole_or_begin = complete_ ? body() : std::exchange(body(), {});
  std::size_t grown = 0;  // modulo 2^64, as sizes are
  if (!target().model.empty() && form_.found()) {
    grown = target().model.size() - form_.size();
    whole_or_begin.replace(form_.begin(), form_.size(), target().model);
  }
  upstream_call call;
  call.path = where().upstream_path;
  call.accept = accepted();
  call.client = &head();
  call.withholds_credential = key_in_authorization();
  call.content_type = head().headers.get("content-type");
  call.body = whole_or_begin;
  if (!complete_) {
    state_ = state::sending;
    const std::string_view announced = head().headers.get("content-length");
    in_h1_chunks_ = announced.empty();
    call.is = in_h1_chunks_ ? upstream_call::extent::h1_chunks : upstream_call::extent::length;
    std::from_chars(announced.data(), announced.data() + announced.size(), call.length);
    call.length += grown;
  }
  return upstream_request(upstream().settings, call);
}

void upload_exchange::send(std::string_view bytes) {
  if (in_h1_chunks_) {
    scratch_.clear();
    http::append_chunk(scratch_, bytes);
    bytes = scratch_;
  }
  send_more(bytes);
  if (request_queued() > limits::high_watermark_bytes) pause_request();
}

}  // namespace weir::proxy
