#include "proxy/forward_exchange.h"

#include <charconv>
#include <string_view>

#include "http/ascii.h"
#include "http/parameters.h"
#include "openai/json_request.h"
#include "openai/verbatim_answer.h"

namespace weir::proxy {
namespace {

/// What of an upstream's head concerns the body, and therefore goes on with it.
constexpr std::string_view content_headers[] = {"Content-Type", "Content-Disposition",
                                                "Content-Language", "Content-Encoding"};

}  // namespace

void forward_exchange::on_request_complete() {
  if (const auto fault = openai::read_object(body(), context().reader)) return reject(*fault);
  auto model = openai::read_model(context().reader.root());
  if (!model) return reject(model.error());
  choose(std::move(model).value());
}

std::string forward_exchange::upstream_bytes() { return json_bytes(accepted()); }

std::string_view forward_exchange::accepted() const {
  const std::string_view wish = head().headers.get("accept");
  return wish.empty() ? "*/*" : wish;
}

std::unique_ptr<openai::answer> forward_exchange::make_answer() {
  return std::make_unique<openai::verbatim_answer>();
}

void forward_exchange::on_answer_head(const http::response_head& head) {
  status_ = head.status;
  headers_.clear();
  for (const std::string_view name : content_headers) {
    const std::string_view value = head.headers.get(name);
    if (!value.empty() && !http::ends_here(head.headers, name)) headers_.emplace_back(name, value);
  }
  const auto type = http::read_parameters(head.headers.get("content-type"));
  is_event_stream_ = type && http::ascii::equal_ignoring_case(type->value, "text/event-stream");
  length_.reset();
  const std::string_view length = head.headers.get("content-length");
  std::uint64_t bytes = 0;
  if (std::from_chars(length.data(), length.data() + length.size(), bytes).ec == std::errc())
    length_ = bytes;
}

void forward_exchange::relay() {
  const std::string_view output = answer().output();
  const bool running = standing() == attempt::outcome::running;
  if (output.empty() && running) return;
  commit();
  if (!response().begun()) begin();
  const bool first = response().body_bytes() == 0;
  response().write(output);
  answer().consume(output.size());
  if (running) {
    if (first) response().flush();
    return pace_upstream();
  }
  if (standing() == attempt::outcome::finished)
    response().end();
  else
    response().break_off();
  done();
}

void forward_exchange::begin() {
  std::vector<http::field> headers;
  for (const auto& [name, value] : headers_) headers.push_back({name, value});
  if (is_event_stream_) {
    headers.push_back({"Cache-Control", "no-cache"});  // HTTP-1
    headers.push_back({"X-Accel-Buffering", "no"});
    record().stream = true;
    count_stream();
  }
  begin_answer(status_, std::move(headers), length_);
}

void forward_exchange::complete_record() {
  upstream_exchange::complete_record();
  record().usage_missing = false;  // many of these answers have none
}

}  // namespace weir::proxy
