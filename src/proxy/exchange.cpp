#include "proxy/exchange.h"

#include <algorithm>
#include <utility>

#include "http/multipart.h"
#include "proxy/admin_access.h"
#include "proxy/admin_exchange.h"
#include "proxy/chat_exchange.h"
#include "proxy/embeddings_exchange.h"
#include "proxy/office_exchange.h"
#include "proxy/own_exchange.h"
#include "proxy/request_headers.h"
#include "proxy/upload_exchange.h"

namespace weir::proxy {
namespace {

/// HTTP-9: a status that clients would try again, for a reason that time does not heal.
bool cannot_succeed(const openai::error& e) {
  return e.lasting || e.code == "upstream_auth_error" || e.code == "insufficient_quota" ||
         e.type == "insufficient_quota";
}

}  // namespace

exchange::exchange(const exchange_parts& parts)
    : context_(parts.context),
      head_(parts.head),
      where_(parts.where),
      response_(parts.response),
      owner_(parts.owner),
      started_(parts.context->loop.now()) {
  record_.wall_clock = context_->loop.wall_clock();
  record_.peer = parts.peer;
  record_.method = head_.method;
  record_.path = head_.path();
  record_.dialect = where_.api;
  const std::string_view id = client_request_id(head_.headers);
  record_.request_id = id.empty() ? context_->ids.hex("req_", 32) : std::string(id);
}

bool exchange::recognise() {
  client_ = authenticate(context_->keys, head_.headers, record_.wall_clock);
  if (client_.refusal) {
    refuse(*client_.refusal, credential_fields(*client_.refusal));
    return false;
  }
  if (!client_.key) return true;
  record_.key = client_.key->key.name;
  if (client_.key->key.store_content) keep_content();
  if (where_.api.empty() || client_.key->allows_api(where_.api)) return true;
  refuse(openai::errors::refused(403, "The key '" + record_.key + "' is not for this API."));
  return false;
}

void exchange::read_body(std::string_view bytes) {
  if (over_) return;
  record_.bytes_in += bytes.size();
  if (record_.bytes_in > body_limit()) {
    met_limit("body_size");
    return refuse(openai::errors::body_too_large(body_limit()));
  }
  on_body(bytes);
}

void exchange::keep_content() {
  if (context_->records == nullptr) return;
  record_.content.emplace();
  request_copy_.begin(context_->config->store.content_size);
  response_.copy_body(context_->config->store.content_size);
}

void exchange::send(unsigned status, std::vector<http::field> headers, std::string_view body) {
  headers.push_back({"x-request-id", record_.request_id});
  response_.send(status, std::move(headers), body);
}

void exchange::send_error(const openai::error& e, std::vector<http::field> headers) {
  record_.error_class = e.category;
  headers.insert(headers.begin(), {"Content-Type", "application/json"});
  std::string wait;
  if (e.retry_after) {
    wait = std::to_string(*e.retry_after);
    headers.push_back({"Retry-After", wait});
  }
  const bool told = std::any_of(headers.begin(), headers.end(),
                                [](const http::field& f) { return f.name == "x-should-retry"; });
  if (!told && cannot_succeed(e)) headers.push_back({"x-should-retry", "false"});
  send(e.status, std::move(headers), openai::to_json(e));
}

void exchange::refuse(const openai::error& why, std::vector<http::field> headers) {
  response_.close_after();
  if (response_.begun()) {
    record_.error_class = why.category;
    response_.break_off();
  } else {
    send_error(why, std::move(headers));
  }
  done();
}

std::optional<running_exchange> exchange::running() {
  const std::string_view state = over_ ? "" : state_name();
  if (state.empty()) return std::nullopt;
  running_exchange out;
  out.id = record_.request_id;
  out.age = context_->loop.now() - started_;
  out.state = state;
  out.dialect = record_.dialect;
  out.model = record_.requested_model;
  out.upstream = record_.upstream;
  out.attempts = record_.attempts;
  out.stream = record_.stream;
  out.bytes_out = response_.body_bytes();
  out.peer = record_.peer;
  describe(out);
  return out;
}

void exchange::done() {
  if (over_) return;
  report();
  owner_.on_exchange_done();
}

void exchange::report() {
  if (over_) return;
  over_ = true;
  record_.status = record_.cancelled ? 499 : response_.status();
  record_.bytes_out = response_.body_bytes();
  record_.duration = context_->loop.now() - started_;
  complete_record();
  if (record_.content) record_.content = {request_copy_.take(), response_.take_copy()};
  context_->metrics.record(record_);
  context_->log.exchange(record_);
  // Who is turned away at the door must not fill a ledger.
  if (context_->records != nullptr && !record_.dialect.empty() && !client_.refusal)
    keep_record(*context_->records);
}

/// The end of the answer was written in this turn, so that it is still here.
void exchange::keep_record(observe::record_sink& into) {
  into.keep(record_);
  if (into.is_safe()) return;
  // Neither this exchange nor its session need be there by then.
  into.when_safe([held = response_.hold()]() mutable { held.release(); });
}

void exchange::on_client_gone() {
  record_.cancelled = true;
  record_.error_class = "cancelled";
  report();
}

void exchange::end_now(const openai::error& why) {
  if (!over_ && !response_.begun()) refuse(why);
}

std::unique_ptr<exchange> make_exchange(const exchange_parts& parts) {
  switch (parts.where.what) {
    case service::chat_completions:
    case service::completions:
      return std::make_unique<chat_exchange>(parts);
    case service::embeddings:
      return std::make_unique<embeddings_exchange>(parts);
    case service::forwarded:
      if (const auto boundary = http::form_boundary(parts.head.headers.get("content-type")))
        return std::make_unique<upload_exchange>(parts, *boundary);
      return std::make_unique<forward_exchange>(parts);
    case service::admin_config:
    case service::admin_streams:
    case service::admin_stream:
      return std::make_unique<admin_exchange>(parts);
    case service::own_usage:
    case service::admin_usage:
    case service::admin_keys:
    case service::admin_key:
    case service::admin_groups:
    case service::admin_group:
      return std::make_unique<office_exchange>(parts);
    default:
      return std::make_unique<own_exchange>(parts);
  }
}

}  // namespace weir::proxy
