#include "proxy/chat_exchange.h"

#include <chrono>
#include <utility>

#include "proxy/readiness.h"
#include "proxy/request_headers.h"
#include "proxy/upstream_error.h"
#include "proxy/upstream_request.h"
#include "weir/base/limits.h"
#include "weir/openai/completion_request.h"

namespace weir::proxy {
namespace {

constexpr std::string_view heartbeat_comment = ": keepalive\n\n";  // SSE-18

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

/// In what the requests of the two APIs differ; the context of the answer knows the rest.
struct answer_api {
  std::string_view dialect;  ///< for the record
  std::string_view path;     ///< behind the upstream's URL
  decltype(&openai::read_chat_request) read;
};

namespace {

const answer_api& api_of(service what) {
  static constexpr answer_api chat = {"chat", "/chat/completions", &openai::read_chat_request};
  static constexpr answer_api completions = {"cmpl", "/completions",
                                             &openai::read_completion_request};
  return what == service::completions ? completions : chat;
}

}  // namespace

chat_exchange::chat_exchange(const exchange_parts& parts)
    : exchange(parts, api_of(parts.where.what).dialect),
      api_(api_of(parts.where.what)),
      incoming_(parts.head.headers),
      pace_(parts.context.loop, [this] { on_pace(); }) {
  if (incoming_.fault()) refuse();
}

chat_exchange::~chat_exchange() {
  stop_waiting();
  if (stream_open_) context().metrics.stream_closed();
}

// ---------------------------------------------------------------------------------------------
// The request

void chat_exchange::on_body(std::string_view bytes) {
  if (over()) return;
  record().bytes_in += bytes.size();
  incoming_.add(bytes);
  if (incoming_.fault()) refuse();
}

/// An answer before the request is complete: what follows of it is not read.
void chat_exchange::refuse() {
  response().close_after();
  send_error(*incoming_.fault(), incoming_.fault_fields());
  done();
}

void chat_exchange::on_request_end() {
  if (over()) return;
  incoming_.end();
  if (incoming_.fault()) {
    send_error(*incoming_.fault());
    return done();
  }
  body_ = incoming_.take();
  request_end_ = context().loop.now();
  auto request = api_.read(body_, context().reader, openai::validation::minimal);
  if (!request) {
    // No profile accepts it. Which of several faults is told, the file's own decides (ERR-34): the
    // upstream's is known only with a route.
    const openai::validation profile = config::apply({}, context().config->stream).validation;
    request = api_.read(body_, context().reader, profile);
  }
  if (!request) {
    send_error(request.error());
    return done();
  }
  request_ = std::move(request).value();
  record().requested_model = request_.model;
  record().stream = request_.stream;

  std::optional<millis> total = context().config->timeouts.total;
  const std::string_view asked = head().headers.get("x-weir-timeout");
  if (!asked.empty()) {
    const auto wanted = parse_timeout(asked);
    if (!wanted) {
      send_error(openai::errors::bad_request(
          400, "The header x-weir-timeout must be a duration such as 30s or 1500ms."));
      return done();
    }
    total = total ? std::min(*total, *wanted) : *wanted;
  }
  client_total_ = total != context().config->timeouts.total;
  if (total) {
    total_.emplace(context().loop, [this] { on_total(); });
    total_->start(*total);
  }
  choose();
}

void chat_exchange::choose() {
  const bool waited = waiting_for_models_ && !pace_.running();
  const route_choice choice =
      choose_route(*context().config, context().routes, context().models.current(), request_.model,
                   context().requests++, waited);
  if (choice.what == route_choice::verdict::pending && !over()) {
    if (!waiting_for_models_) {
      waiting_for_models_ = true;
      context().models.wait(*this);
      pace_.start(context().times.first_models);
    }
    return;
  }
  stop_waiting();
  if (choice.what == route_choice::verdict::found) return route_to(choice);
  send_error(model_not_found(context().models.current(), request_.model));  // ERR-5
  record().model_label = "other";
  done();
}

void chat_exchange::on_models_changed() { choose(); }

void chat_exchange::stop_waiting() {
  if (!waiting_for_models_) return;
  waiting_for_models_ = false;
  pace_.stop();
  context().models.forget(*this);
}

void chat_exchange::route_to(const route_choice& choice) {
  upstream_ = choice.upstream;
  model_ = choice.model;
  const config::upstream& upstream = context().upstreams[upstream_]->settings;
  policy_ = config::apply(config::apply({}, context().config->stream), upstream.stream);
  if (choice.route != nullptr) policy_ = config::apply(policy_, choice.route->stream);

  record().model_label = choice.label;
  if (policy_.validation == openai::validation::full) {  // REQ-2
    const auto checked = api_.read(body_, context().reader, openai::validation::full);
    if (!checked) {
      send_error(checked.error());
      return done();
    }
  }
  record().upstream = upstream.name;
  record().served_model = model_.empty() ? request_.model : model_;

  answer_context_ = openai::context_of(request_, policy_.dialect);
  answer_context_.arrival =
      unix_seconds{std::chrono::duration_cast<seconds>(record().wall_clock).count()};
  answer_context_.id_seed = context().ids.next();

  if (request_.stream) pace_.start(policy_.commit_after);  // GEN-6
  start_attempt(false);
}

// ---------------------------------------------------------------------------------------------
// Attempts

std::string chat_exchange::upstream_bytes(bool ask_for_usage) {
  const upstream_state& upstream = *context().upstreams[upstream_];
  // The reader is shared; since the request was checked another exchange may have used it.
  if (!api_.read(body_, context().reader, openai::validation::minimal)) return {};
  openai::body_edits edits;
  edits.model = model_;
  edits.ask_for_usage = ask_for_usage;
  edits.drop_stream_options = upstream.refuses_stream_options;
  edits.max_tokens_field = policy_.max_tokens_field;
  const std::string body = openai::upstream_body(body_, context().reader.root(), request_, edits);
  upstream_call call;
  call.path = api_.path;
  call.accept = request_.stream ? "text/event-stream" : "application/json";
  call.client = &head();
  call.body = body;
  return upstream_request(upstream.settings, call);
}

void chat_exchange::start_attempt(bool fresh_connection) {
  ++record().attempts;
  const bool ask = request_.stream && !context().upstreams[upstream_]->refuses_stream_options;
  answer_context_.usage_asked_upstream = ask;
  attempt_order order;
  order.upstream = upstream_;
  order.request = upstream_bytes(ask);
  order.fresh_connection = fresh_connection;
  order.usage_asked = ask;
  order.committed = response().begun();
  attempt_ = std::make_unique<attempt>(context(), std::move(order), answer_context_,
                                       static_cast<attempt_owner&>(*this));
  attempt_->start();
}

void chat_exchange::try_again(bool fresh_connection) {
  // The attempt is on the call stack.
  context().loop.defer([old = std::shared_ptr<attempt>(std::move(attempt_))] {});
  start_attempt(fresh_connection);
}

void chat_exchange::on_attempt_moved() {
  if (over()) return;
  const bool may_retry = record().attempts < limits::max_attempts;
  switch (attempt_->standing()) {
    case attempt::outcome::running:
    case attempt::outcome::finished:
    case attempt::outcome::failed:
      return relay();
    case attempt::outcome::retry_fresh:
      if (may_retry) return try_again(true);
      break;
    case attempt::outcome::retry_without_stream_options:
      if (may_retry) return try_again(false);
      break;
  }
  attempt_->answer().fail(openai::errors::upstream_failed("It kept closing the connection."));
  relay();
}

// ---------------------------------------------------------------------------------------------
// The answer

void chat_exchange::relay() {
  if (!body_.empty() && attempt_->answer().payload_frames() != 0)
    body_ = std::string();  // nothing is sent again from here on
  const openai::error* const failure = attempt_->answer().failure();
  if (failure != nullptr) {
    record().error_class = failure->category;
    if (!response().begun() && attempt_->answer().output().empty()) {
      // Before commit a failure is an answer of its own (GEN-6, HTTP-2).
      const std::string attempts = std::to_string(record().attempts);
      send_error(without_secrets(*failure, upstream_settings()),
                 {{"x-weir-upstream", record().upstream}, {"x-weir-attempts", attempts}});
      return done();
    }
  }
  if (request_.stream) return relay_stream();
  if (attempt_->standing() == attempt::outcome::finished) end_document();
}

void chat_exchange::relay_stream() {
  openai::chat_answer& answer = attempt_->answer();
  const std::string_view output = answer.output();
  const bool first = !output.empty() && response().body_bytes() == 0;
  if (!output.empty()) {
    if (!response().begun()) begin_stream();
    if (answer.failure() == nullptr)
      response().write(output);
    else
      write_failure(output);
    answer.consume(output.size());
    last_write_ = context().loop.now();
  }
  if (attempt_->standing() != attempt::outcome::running) {
    if (!response().begun()) begin_stream();
    response().end();
    pace_.stop();
    return done();
  }
  if (first) response().flush();
  if (!upstream_paused_ && response().queued() > limits::high_watermark_bytes) {
    upstream_paused_ = true;  // HTTP-13
    attempt_->pause();
  }
}

/// The last output of an answer that failed. Its error frame may quote what the upstream wrote.
void chat_exchange::write_failure(std::string_view output) {
  const std::size_t frame = output.rfind(R"(data: {"error":)");
  if (frame == std::string_view::npos) return response().write(output);
  response().write(std::string(output.substr(0, frame)) +
                   without_secrets(std::string(output.substr(frame)), upstream_settings()));
}

void chat_exchange::begin_stream() {
  const std::string attempts = std::to_string(record().attempts);
  std::vector<http::field> headers = {
      {"Content-Type", "text/event-stream; charset=utf-8"},  // HTTP-1
      {"Cache-Control", "no-cache"},
      {"X-Accel-Buffering", "no"},
      {"x-request-id", record().request_id},
      {"x-weir-upstream", record().upstream},
      {"x-weir-attempts", attempts}};
  if (!attempt_->upstream_request_id().empty())
    headers.push_back({"x-upstream-request-id", attempt_->upstream_request_id()});
  response().begin(200, std::move(headers));
  stream_open_ = true;
  context().metrics.stream_opened();
  last_write_ = context().loop.now();
  pace_.start(policy_.heartbeat);
}

void chat_exchange::end_document() {
  openai::chat_answer& answer = attempt_->answer();
  const std::string attempts = std::to_string(record().attempts);
  const std::string repairs = repairs_field(answer.repairs());
  std::vector<http::field> headers = {{"Content-Type", "application/json"},  // HTTP-2
                                      {"x-weir-upstream", record().upstream},
                                      {"x-weir-attempts", attempts}};
  if (!repairs.empty()) headers.push_back({"x-weir-repairs", repairs});
  if (!attempt_->upstream_request_id().empty())
    headers.push_back({"x-upstream-request-id", attempt_->upstream_request_id()});
  const std::string_view document = answer.output();
  send(200, std::move(headers), document);
  answer.consume(document.size());
  done();
}

void chat_exchange::on_client_drained() {
  if (!upstream_paused_ || !attempt_) return;
  upstream_paused_ = false;
  attempt_->resume();
}

// ---------------------------------------------------------------------------------------------
// Time

void chat_exchange::on_pace() {
  if (over()) return;
  if (waiting_for_models_) return choose();
  if (!response().begun()) {
    // GEN-6: the wait is long enough that the client should know it is not lost.
    attempt_->commit();
    begin_stream();
    return response().flush();
  }
  const micros silent = context().loop.now() - last_write_;
  if (silent < policy_.heartbeat)
    return pace_.start(std::chrono::ceil<millis>(policy_.heartbeat - silent));
  // SSE-18. Output always ends with a whole event, so this is a boundary. A client that has not
  // read what is queued needs no sign of life.
  if (response().queued() == 0) response().write(heartbeat_comment);
  last_write_ = context().loop.now();
  pace_.start(policy_.heartbeat);
}

void chat_exchange::on_total() {
  const openai::error why = openai::errors::upstream_timeout("total");
  if (over() || !attempt_) return end_now(why);
  attempt_->give_up(why, client_total_ ? attempt::blame::nobody : attempt::blame::upstream);
}

void chat_exchange::end_now(const openai::error& why) {
  if (over()) return;
  stop_waiting();
  if (attempt_) return attempt_->give_up(why, attempt::blame::nobody);
  exchange::end_now(why);
}

void chat_exchange::on_client_gone() {
  stop_waiting();
  pace_.stop();
  if (total_) total_->stop();
  exchange::on_client_gone();
  attempt_.reset();  // HTTP-10
}

void chat_exchange::complete_record() {
  pace_.stop();
  if (total_) total_->stop();
  if (stream_open_) {
    stream_open_ = false;
    context().metrics.stream_closed();
  }
  if (!attempt_) return;
  observe::exchange_record& r = record();
  openai::chat_answer& answer = attempt_->answer();
  r.upstream_request_id = attempt_->upstream_request_id();
  r.events = answer.events();
  r.repairs = answer.repairs();
  r.finish_reason = answer.finish_reason();
  if (const auto first = attempt_->first_payload()) r.first_token = *first - request_end_;
  if (const auto& usage = answer.last_usage()) {
    r.prompt_tokens = usage->prompt;
    r.cached_tokens = usage->cached;
    r.completion_tokens = usage->completion;
    r.reasoning_tokens = usage->reasoning;
  } else {
    r.usage_missing = attempt_->standing() == attempt::outcome::finished;
  }
}

}  // namespace weir::proxy
