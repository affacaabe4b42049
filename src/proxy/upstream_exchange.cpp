#include "proxy/upstream_exchange.h"

#include <algorithm>
#include <utility>

#include "openai/json_request.h"
#include "proxy/readiness.h"
#include "proxy/request_headers.h"
#include "proxy/upstream_error.h"
#include "proxy/upstream_request.h"
#include "weir/base/limits.h"

namespace weir::proxy {
namespace {

/// The header x-weir-repairs: `CHAT-8;n=1, CHAT-13;n=4` (docs/http.md).
std::string repairs_field(const openai::repair_counts& repairs) {
  std::string text;
  repairs.for_each([&](openai::clause c, std::uint32_t count) {
    if (!text.empty()) text += ", ";
    text += openai::clause_name(c);
    text += ";n=" + std::to_string(count);
  });
  return text;
}

}  // namespace

upstream_exchange::upstream_exchange(const exchange_parts& parts)
    : exchange(parts),
      incoming_(parts.head.headers),
      patience_(parts.context.loop, [this] { find_route(); }) {
  if (incoming_.fault()) refuse(*incoming_.fault(), incoming_.fault_fields());
}

upstream_exchange::~upstream_exchange() {
  stop_waiting();
  if (streaming_) context().metrics.stream_closed();
}

// ---------------------------------------------------------------------------------------------
// The request and its route

void upstream_exchange::on_request_end() {
  if (over()) return;
  request_end_ = context().loop.now();
  run_total();
  if (end_body()) on_request_complete();
}

void upstream_exchange::on_body(std::string_view bytes) {
  incoming_.add(bytes);
  if (incoming_.fault()) refuse(*incoming_.fault(), incoming_.fault_fields());
}

bool upstream_exchange::end_body() {
  incoming_.end();
  if (incoming_.fault()) {
    reject(*incoming_.fault());
    return false;
  }
  body_ = incoming_.take();
  return true;
}

void upstream_exchange::reject(const openai::error& why) {
  let_go_of_request();
  send_error(why);
  done();
}

/// Before an answer to a request that is not complete: the rest will not be read.
void upstream_exchange::let_go_of_request() {
  if (!request_end_) response().close_after();
}

void upstream_exchange::choose(std::string model) {
  record().requested_model = std::move(model);
  const std::optional<millis> configured = context().config->timeouts.total;
  total_time_ = configured;
  if (const std::string_view asked = head().headers.get("x-weir-timeout"); !asked.empty()) {
    const auto wanted = parse_timeout(asked);
    if (!wanted)
      return reject(openai::errors::bad_request(
          400, "The header x-weir-timeout must be a duration such as 30s or 1500ms."));
    total_time_ = configured ? std::min(*configured, *wanted) : *wanted;
  }
  client_total_ = total_time_ != configured;
  run_total();
  find_route();
}

void upstream_exchange::find_route() {
  const bool waited = waiting_for_models_ && !patience_.running();
  route_choice choice =
      choose_route(*context().config, context().routes, context().models.current(),
                   record().requested_model, context().requests++, waited);
  if (choice.what == route_choice::verdict::pending) {
    if (waiting_for_models_) return;
    waiting_for_models_ = true;
    context().models.wait(*this);
    return patience_.start(context().times.first_models);
  }
  stop_waiting();
  if (choice.what == route_choice::verdict::found) return route_to(std::move(choice));
  record().model_label = "other";
  if (record().requested_model.empty()) return reject(openai::errors::model_missing());  // ERR-4
  reject(model_not_found(context().models.current(), record().requested_model));         // ERR-5
}

void upstream_exchange::on_models_changed() { find_route(); }

void upstream_exchange::stop_waiting() {
  if (!waiting_for_models_) return;
  waiting_for_models_ = false;
  patience_.stop();
  context().models.forget(*this);
}

void upstream_exchange::route_to(route_choice choice) {
  route_ = std::move(choice);
  upstream_model_ = route_.model;
  route_.model = upstream_model_;
  record().model_label = route_.label;
  on_routed();
  if (over()) return;
  record().upstream = upstream().settings.name;
  record().served_model = upstream_model_.empty() ? record().requested_model : upstream_model_;
  start_attempt();
}

// ---------------------------------------------------------------------------------------------
// Attempts

void upstream_exchange::start_attempt() {
  ++record().attempts;
  attempt_order order;
  order.upstream = route_.upstream;
  order.request = upstream_bytes();
  order.request_open = request_is_open();
  order.fresh_connection = fresh_connection_;
  std::unique_ptr<openai::answer> answer = new_answer();
  if (response().begun()) answer->commit();
  attempt_ = std::make_unique<attempt>(context(), std::move(order), std::move(answer),
                                       static_cast<attempt_owner&>(*this));
  attempt_->start();
}

std::string upstream_exchange::json_bytes(std::string_view accept) {
  // The reader is shared; since the request was checked another exchange may have used it.
  if (openai::read_object(body_, context().reader)) return {};
  const std::string edited = openai::with_model(body_, context().reader.root(), route_.model);
  upstream_call call;
  call.path = where().upstream_path;
  call.accept = accept;
  call.client = &head();
  call.body = edited;
  return upstream_request(upstream().settings, call);
}

void upstream_exchange::try_again() {
  // The attempt is on the call stack.
  context().loop.defer([old = std::shared_ptr<attempt>(std::move(attempt_))] {});
  start_attempt();
}

void upstream_exchange::on_attempt_moved() {
  if (over()) return;
  const bool again = standing() == attempt::outcome::retry_fresh ||
                     standing() == attempt::outcome::ask_differently;
  if (again && record().attempts < limits::max_attempts) {
    fresh_connection_ = standing() == attempt::outcome::retry_fresh;
    return try_again();
  }
  if (again) answer().fail(openai::errors::upstream_failed("It kept closing the connection."));

  const openai::error* const failure = answer().failure();
  if (answer().payload_frames() != 0) body_ = std::string();  // never sent again from here on
  if (failure == nullptr) return relay();
  record().error_class = failure->category;
  if (response().begun() || !answer().output().empty()) return relay();
  // Before commit a failure is an answer of its own (GEN-6, HTTP-2).
  let_go_of_request();
  attempts_ = std::to_string(record().attempts);
  send_error(without_secrets(*failure, upstream().settings),
             {{"x-weir-upstream", record().upstream}, {"x-weir-attempts", attempts_}});
  done();
}

// ---------------------------------------------------------------------------------------------
// The answer

std::vector<http::field> upstream_exchange::attempt_headers() {
  attempts_ = std::to_string(record().attempts);
  std::vector<http::field> headers = {{"x-weir-upstream", record().upstream},
                                      {"x-weir-attempts", attempts_}};
  if (!attempt_->upstream_request_id().empty())
    headers.push_back({"x-upstream-request-id", attempt_->upstream_request_id()});
  return headers;
}

void upstream_exchange::send_document() {
  std::vector<http::field> headers = attempt_headers();
  const std::string repairs = repairs_field(answer().repairs());
  if (!repairs.empty()) headers.push_back({"x-weir-repairs", repairs});
  headers.insert(headers.begin(), {"Content-Type", "application/json"});
  const std::string_view document = answer().output();
  send(200, std::move(headers), document);
  answer().consume(document.size());
  done();
}

void upstream_exchange::begin_answer(unsigned status, std::vector<http::field> headers,
                                     std::optional<std::uint64_t> length) {
  let_go_of_request();
  headers.push_back({"x-request-id", record().request_id});
  const std::vector<http::field> more = attempt_headers();
  headers.insert(headers.end(), more.begin(), more.end());
  response().begin(status, std::move(headers), length);
}

void upstream_exchange::count_stream() {
  streaming_ = true;
  context().metrics.stream_opened();
}

void upstream_exchange::pace_upstream() {
  if (upstream_paused_ || response().queued() <= limits::high_watermark_bytes) return;
  upstream_paused_ = true;
  attempt_->pause();
}

void upstream_exchange::on_client_drained() {
  if (!upstream_paused_ || !attempt_) return;
  upstream_paused_ = false;
  attempt_->resume();
}

// ---------------------------------------------------------------------------------------------
// Ends

void upstream_exchange::run_total() {
  if (!request_end_ || !total_time_ || total_) return;
  total_.emplace(context().loop, [this] { on_total(); });
  total_->start(*total_time_);
}

void upstream_exchange::on_total() {
  const openai::error why = openai::errors::upstream_timeout("total");
  if (over() || !attempt_) return end_now(why);
  attempt_->give_up(why, client_total_ ? attempt::blame::nobody : attempt::blame::upstream);
}

void upstream_exchange::end_now(const openai::error& why) {
  if (over()) return;
  stop_waiting();
  if (attempt_) return attempt_->give_up(why, attempt::blame::nobody);
  exchange::end_now(why);
}

void upstream_exchange::on_client_gone() {
  stop_waiting();
  exchange::on_client_gone();
  attempt_.reset();  // HTTP-10
}

void upstream_exchange::complete_record() {
  if (total_) total_->stop();
  if (std::exchange(streaming_, false)) context().metrics.stream_closed();
  if (!attempt_) return;
  observe::exchange_record& r = record();
  r.upstream_request_id = attempt_->upstream_request_id();
  r.events = answer().events();
  r.repairs = answer().repairs();
  r.finish_reason = answer().finish_reason();
  const auto first = attempt_->first_payload();
  if (first && request_end_ && *first >= *request_end_) r.first_token = *first - *request_end_;
  if (const auto usage = answer().last_usage()) {
    r.prompt_tokens = usage->prompt;
    r.cached_tokens = usage->cached;
    r.completion_tokens = usage->completion;
    r.reasoning_tokens = usage->reasoning;
  } else {
    r.usage_missing = standing() == attempt::outcome::finished;
  }
}

}  // namespace weir::proxy
