#include "proxy/chat_exchange.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "openai/json_request.h"
#include "openai/output_bound.h"
#include "proxy/request_headers.h"
#include "proxy/upstream_error.h"
#include "proxy/upstream_request.h"
#include "weir/openai/chat_answer.h"
#include "weir/openai/completion_request.h"

namespace weir::proxy {
namespace {

constexpr std::string_view heartbeat_comment = ": keepalive\n\n";  // SSE-18

/// The two APIs differ in how a request reads; its answer knows the rest from its context.
chat_exchange::request_reader reader_of(service what) {
  return what == service::completions ? &openai::read_completion_request
                                      : &openai::read_chat_request;
}

}  // namespace

chat_exchange::chat_exchange(const exchange_parts& parts)
    : upstream_exchange(parts),
      read_(reader_of(parts.where.what)),
      pace_(parts.context->loop, [this] { on_pace(); }) {}

// ---------------------------------------------------------------------------------------------
// The request

void chat_exchange::on_request_complete() {
  auto request = read_(body(), context().reader, openai::validation::minimal);
  if (!request) {
    // No profile accepts it. Which of several faults is told, the file's own decides (ERR-34): the
    // upstream's is known only with a route.
    const openai::validation profile = policy().validation;
    request = read_(body(), context().reader, profile);
  }
  if (!request) return reject(request.error());
  request_ = std::move(request).value();
  record().stream = request_.stream;
  choose(request_.model);
}

void chat_exchange::on_routed() {
  policy_ = policy();
  answer_context_.id_seed = context().ids.next();
  set_answer_context();  // it may fail behind its head before any upstream is chosen
  routed_at_ = context().loop.now();
  if (request_.stream) run_commit_timer();
}

/// GEN-6
void chat_exchange::run_commit_timer() {
  const micros waited = context().loop.now() - routed_at_;
  pace_.start(std::chrono::ceil<millis>(std::max(policy_.commit_after - waited, micros{0})));
}

std::optional<openai::error> chat_exchange::on_target() {
  policy_ = policy();
  if (policy_.validation == openai::validation::full) {  // REQ-2
    const auto checked = read_(body(), context().reader, openai::validation::full);
    if (!checked) return checked.error();
  }
  if (translates()) {
    if (auto fault = untranslatable()) return fault;
    policy_.dialect.mode = openai::stream_settings::conformance::strict;  // frames of another API
  }
  set_answer_context();
  answer_context_.usage_asked_upstream = request_.stream && !upstream().refuses_stream_options;
  if (policy_.cost != config::cost_form::none)
    if (const config::dated_price* const price = price_of(upstream().settings.name, served_model()))
      answer_context_.extends_usage = std::make_shared<priced_usage>(*price, policy_.cost);
  if (pace_.running() && !response().begun()) run_commit_timer();
  return std::nullopt;
}

/// What the answer has to obey under the policy as far as it is known.
void chat_exchange::set_answer_context() {
  const std::uint64_t id_seed = answer_context_.id_seed;
  answer_context_ = openai::context_of(request_, policy_.dialect);
  answer_context_.arrival =
      unix_seconds{std::chrono::duration_cast<seconds>(record().wall_clock).count()};
  answer_context_.id_seed = id_seed;
}

/// CMPL-5
bool chat_exchange::translates() const {
  return request_.dialect == openai::dialect::completions &&
         policy_.completions == openai::completions_form::chat;
}

std::optional<openai::error> chat_exchange::untranslatable() {
  const auto checked = read_(body(), context().reader, openai::validation::minimal);
  return checked ? openai::check_for_chat(context().reader.root()) : checked.error();
}

std::string chat_exchange::upstream_bytes() {
  answer_context_.usage_asked_upstream = request_.stream && !upstream().refuses_stream_options;
  // The reader is shared; since the request was checked another exchange may have used it.
  if (!read_(body(), context().reader, openai::validation::minimal)) return {};
  openai::body_edits edits;
  edits.model = target().model;
  edits.ask_for_usage = answer_context_.usage_asked_upstream;
  edits.drop_stream_options = upstream().refuses_stream_options;
  edits.max_tokens_field = policy_.max_tokens_field;
  edits.completions = policy_.completions;
  const std::string edited =
      openai::upstream_body(body(), context().reader.root(), request_, edits);
  upstream_call call;
  call.path = translates() ? "/chat/completions" : where().upstream_path;
  call.accept = request_.stream ? "text/event-stream" : "application/json";
  call.client = &head();
  call.withholds_credential = key_in_authorization();
  call.body = edited;
  return upstream_request(upstream().settings, call);
}

std::unique_ptr<openai::answer> chat_exchange::make_answer() {
  return std::make_unique<openai::chat_answer>(answer_context_);
}

upstream_exchange::size_at_worst chat_exchange::at_worst() {
  size_at_worst out = upstream_exchange::at_worst();
  std::optional<std::uint64_t> bound;
  if (!openai::read_object(body(), context().reader))
    bound = openai::output_bound(context().reader.root());
  out.output_tokens = bound.value_or(context().keys->output_reserve() * request_.n);
  return out;
}

/// REQ-13: an old server that does not know stream_options is asked again without.
bool chat_exchange::asks_differently_after(std::size_t index, const refusal& why) {
  if (!answer_context_.usage_asked_upstream ||
      !openai::refuses_stream_options(why.status, why.body))
    return false;
  upstream(index).refuses_stream_options = true;
  return true;
}

// ---------------------------------------------------------------------------------------------
// The answer

void chat_exchange::relay() {
  if (request_.stream) return relay_stream();
  if (standing() == attempt::outcome::finished) send_document();
}

void chat_exchange::relay_stream() {
  if (holds_output()) return;
  const std::string_view output = answer().output();
  const bool first = !output.empty() && response().body_bytes() == 0;
  if (!output.empty()) {
    commit();
    if (!response().begun()) begin_stream();
    if (answer().failure() == nullptr)
      response().write(output);
    else
      write_failure(output);
    answer().consume(output.size());
    last_write_ = context().loop.now();
  }
  if (standing() != attempt::outcome::running) {
    if (!response().begun()) begin_stream();
    response().end();
    return done();
  }
  if (first) response().flush();
  pace_upstream();
}

/// GEN-6: as long as another upstream could still answer, frames without payload wait.
bool chat_exchange::holds_output() {
  return standing() == attempt::outcome::running && answer().payload_frames() == 0 &&
         !response().begun() && may_replace() && answer().output().size() <= limits::max_held_bytes;
}

/// The last output of an answer that failed. Its error frame may quote what the upstream wrote.
void chat_exchange::write_failure(std::string_view output) {
  const std::size_t frame = output.rfind(R"(data: {"error":)");
  if (frame == std::string_view::npos || !has_target()) return response().write(output);
  response().write(std::string(output.substr(0, frame)) +
                   without_secrets(std::string(output.substr(frame)), upstream().settings));
}

void chat_exchange::begin_stream() {
  begin_answer(200, {{"Content-Type", "text/event-stream; charset=utf-8"},  // HTTP-1
                     {"Cache-Control", "no-cache"},
                     {"X-Accel-Buffering", "no"}});
  count_stream();
  last_write_ = context().loop.now();
  pace_.start(policy_.heartbeat);
}

void chat_exchange::on_pace() {
  if (over()) return;
  if (!response().begun()) {
    // GEN-6: the wait is long enough that the client should know it is not lost.
    commit_head();
    begin_stream();
    if (has_answer() && !answer().output().empty()) relay_stream();
    if (over()) return;
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

void chat_exchange::complete_record() {
  pace_.stop();
  upstream_exchange::complete_record();
}

}  // namespace weir::proxy
