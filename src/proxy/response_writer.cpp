#include "proxy/response_writer.h"

#include <cassert>
#include <utility>

#include "http/h1_encoder.h"

namespace weir::proxy {

void response_writer::write_head(unsigned status, std::vector<http::field> headers) {
  assert(!begun());
  headers.insert(headers.end(), framing_.fields.begin(), framing_.fields.end());
  status_ = status;
  scratch_.clear();
  [[maybe_unused]] const bool written = http::write_response_head(scratch_, status, headers);
  assert(written && "a response field of ours holds what no field may hold");
}

void response_writer::send(unsigned status, std::vector<http::field> headers,
                           std::string_view body) {
  const std::string length = std::to_string(body.size());
  headers.push_back({"Content-Length", length});
  headers.push_back({"Connection", framing_.keep_alive ? "keep-alive" : "close"});
  write_head(status, std::move(headers));
  connection_.write(scratch_);
  ended_ = true;
  if (framing_.head_only) return;
  connection_.write(body);
  body_bytes_ += body.size();
  copy_.add(body);
}

void response_writer::begin(unsigned status, std::vector<http::field> headers,
                            std::optional<std::uint64_t> length) {
  constexpr unsigned no_content = 204;  // it has no body and says nothing of one (RFC 9112 6.1)
  std::string digits;
  if (status == no_content) {
    body_ = body_framing::none;
  } else if (length) {
    body_ = body_framing::length;
    digits = std::to_string(*length);
    headers.push_back({"Content-Length", digits});
  } else if (framing_.protocol == http::version::http_1_0) {
    body_ = body_framing::until_close;
    framing_.keep_alive = false;
  } else {
    body_ = body_framing::chunked;
    headers.push_back({"Transfer-Encoding", "chunked"});
  }
  headers.push_back({"Connection", framing_.keep_alive ? "keep-alive" : "close"});
  write_head(status, std::move(headers));
  connection_.write(scratch_);
}

void response_writer::write(std::string_view bytes) {
  assert(begun() && !ended_);
  if (bytes.empty()) return;
  body_bytes_ += bytes.size();
  copy_.add(bytes);
  if (body_ != body_framing::chunked) return connection_.write(bytes);
  scratch_.clear();
  http::append_chunk(scratch_, bytes);
  connection_.write(scratch_);
}

void response_writer::end() {
  assert(begun() && !ended_);
  ended_ = true;
  if (body_ != body_framing::chunked) return;
  scratch_.clear();
  http::append_last_chunk(scratch_);
  connection_.write(scratch_);
}

void response_writer::break_off() {
  assert(begun() && !ended_);
  ended_ = broken_ = true;
  close_after();
}

}  // namespace weir::proxy
