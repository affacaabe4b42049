#include "proxy/upstream_exchange.h"

#include <algorithm>
#include <utility>

#include "openai/affinity.h"
#include "openai/json_request.h"
#include "proxy/metered_usage.h"
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

/// What is counted of `bytes`: whole steps, so that most exchanges touch nothing shared.
std::uint64_t in_steps(std::size_t bytes) {
  return bytes / limits::buffer_step_bytes * limits::buffer_step_bytes;
}

}  // namespace

upstream_exchange::upstream_exchange(const exchange_parts& parts)
    : exchange(parts),
      incoming_(parts.head.headers, parts.context->config->limits.body_size),
      memory_(parts.context->clients.buffered()),
      answer_memory_(parts.context->clients.buffered()),
      place_(parts.context->clients.streams()),
      patience_(parts.context->loop, [this] { find_route(); }) {
  if (recognise()) refuse_unreadable();
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
  if (!refuse_unreadable()) hold(incoming_.size());
}

bool upstream_exchange::refuse_unreadable() {
  const auto& fault = incoming_.fault();
  if (!fault) return false;
  if (fault->status == 413) met_limit("body_size");
  // Before the request is complete the rest of it is not read.
  let_go_of_request();
  send_error(*fault, incoming_.fault_fields());
  done();
  return true;
}

bool upstream_exchange::end_body() {
  incoming_.end();
  if (refuse_unreadable()) return false;
  body_ = incoming_.take();
  request_bytes_ = body_.size();
  copy_request(body_);
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

bool upstream_exchange::hold(std::size_t size) {
  const std::uint64_t wanted = in_steps(size);
  if (wanted <= memory_.held() || memory_.resize(wanted, context().config->limits.buffered))
    return true;
  met_limit("buffered");
  refuse(openai::errors::overloaded("The memory for requests is used up."));
  return false;
}

void upstream_exchange::choose(std::string model) {
  record().requested_model = std::move(model);
  if (key() && !key()->allows_model(record().requested_model)) {
    record().model_label = "other";
    return reject_model();
  }
  if (!place_.resize(1, context().config->limits.streams)) {
    met_limit("streams");
    return reject(openai::errors::overloaded("Too many requests are under way."));
  }
  if (context().records != nullptr && !context().records->accepts())
    return reject(openai::errors::overloaded("The gateway cannot keep a record of the request."));
  const std::string_view tags = head().headers.get("x-weir-tags");
  static const tag_list no_labels;
  const tag_list& labels = key() ? key()->key.labels : no_labels;
  if (!tags.empty() || !labels.empty()) {
    auto read = parse_tags(tags, labels);
    if (!read)
      return reject(openai::errors::bad_request(
          400, "The header x-weir-tags must be a list such as team=red, app=chat."));
    record().tags = *std::move(read);
  }
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
  route_choice choice = choose_route(*context().config, context().routes,
                                     context().models.current(), record().requested_model, waited);
  if (choice.what == route_choice::verdict::pending) {
    if (waiting_for_models_) return;
    waiting_for_models_ = true;
    context().models.wait(*this);
    return patience_.start(context().times.first_models);
  }
  stop_waiting();
  if (choice.what == route_choice::verdict::found) return route_to(std::move(choice));
  record().model_label = "other";
  reject_model();
}

void upstream_exchange::reject_model() {
  if (record().requested_model.empty()) return reject(openai::errors::model_missing());  // ERR-4
  reject(model_not_found(context().models.current(), record().requested_model, key().get()));
}

/// Without the upstreams that the client's key is not for. False when none is left.
bool upstream_exchange::keep_allowed(route_choice& choice) {
  if (!key()) return true;
  std::erase_if(choice.targets, [&](const route_target& t) {
    return !key()->allows_upstream(context().upstreams[t.upstream]->settings.name);
  });
  return !choice.targets.empty();
}

void upstream_exchange::on_models_changed() { find_route(); }

void upstream_exchange::stop_waiting() {
  if (!waiting_for_models_) return;
  waiting_for_models_ = false;
  patience_.stop();
  context().models.forget(*this);
}

void upstream_exchange::route_to(route_choice choice) {
  if (!keep_allowed(choice)) return reject_model();
  route_ = std::move(choice);
  record().model_label = route_.label;
  on_routed();
  if (over()) return;
  quota::limiter* const limits = context().keys->limits();
  if (!key() || key()->accounts.empty() || limits == nullptr) return begin_attempts();
  quota_.emplace(context().loop, key(), *limits);
  quota_->begin(taken_at_worst(), record().requested_model,
                [this](std::optional<openai::error> why) {
                  rate_limits_ = rate_limit_fields(key()->accounts, context().loop.wall_clock());
                  if (!why) return begin_attempts();
                  if (!quota_->limit().empty()) met_limit(quota_->limit());
                  on_no_answer(*why);
                });
}

/// So that what comes of it stays within the limits. Money is counted as if each byte were a token
/// and each token the dearest of its kind; a rate takes the guess, and debts.
meter::taking upstream_exchange::taken_at_worst() {
  const size_at_worst size = at_worst();
  meter::taking out;
  for (const route_target& to : route_.targets) {
    const std::string& model = to.model.empty() ? record().requested_model : to.model;
    const meter::usage guess = context().estimates.guess(model, {size.prompt_bytes, 0, 0});
    out.tokens = std::max(out.tokens, guess.input.value_or(0) + size.output_tokens);
    if (const auto* const price = price_of(context().upstreams[to.upstream]->settings.name, model))
      out.cost = std::max(out.cost, cost_at_worst(size.prompt_bytes, size.output_tokens, *price));
  }
  return out;
}

void upstream_exchange::begin_attempts() {
  if (over()) return;
  route_state& route = context().routing.of(route_);
  const std::uint64_t client = client_hash(head().headers, record().peer);
  std::uint64_t key = client;
  if (route.policy.strategy == route::strategy::sticky && route_.targets.size() > 1)
    key = sticky_key(route.policy.sticky_by);
  series_.emplace(attempt_series::parts{context(), route_, route, record(), client, key},
                  static_cast<attempt_series_owner&>(*this));
  series_->start();
}

/// What belongs together; where the request does not say, whoever asks.
std::uint64_t upstream_exchange::sticky_key(config::sticky_key by) {
  std::optional<std::uint64_t> key;
  if (by != config::sticky_key::key && !openai::read_object(body_, context().reader)) {
    const json::value root = context().reader.root();
    if (by == config::sticky_key::user) key = openai::user_affinity(root);
    if (!key) key = openai::prompt_affinity(root);
  }
  return key.value_or(client_hash(head().headers, record().peer));
}

// ---------------------------------------------------------------------------------------------
// Attempts

std::optional<openai::error> upstream_exchange::use(const route_target& target) {
  target_ = &target;
  auto misfit = on_target();
  if (misfit) return misfit;
  record().upstream = upstream().settings.name;
  record().served_model = served_model();
  return std::nullopt;
}

attempt_series_owner::outgoing upstream_exchange::outgoing_request() {
  outgoing out;
  out.bytes = upstream_bytes();
  out.open = request_is_open();
  out.timed = is_timed();
  return out;
}

std::unique_ptr<openai::answer> upstream_exchange::new_answer() {
  std::unique_ptr<openai::answer> made = make_answer();
  if (response().begun()) made->commit();
  return made;
}

std::string upstream_exchange::json_bytes(std::string_view accept) {
  // The reader is shared; since the request was checked another exchange may have used it.
  if (openai::read_object(body_, context().reader)) return {};
  const std::string edited = openai::with_model(body_, context().reader.root(), target().model);
  upstream_call call;
  call.path = where().upstream_path;
  call.accept = accept;
  call.client = &head();
  call.withholds_credential = key_in_authorization();
  call.body = edited;
  return upstream_request(upstream().settings, call);
}

openai::answer& upstream_exchange::answer() {
  return last_words_ ? *last_words_ : series_->current()->answer();
}

attempt::outcome upstream_exchange::standing() {
  return last_words_ ? attempt::outcome::failed : series_->current()->standing();
}

void upstream_exchange::on_answer_moved() {
  if (over()) return;
  if (const openai::error* const failure = answer().failure(); failure != nullptr)
    record().error_class = failure->category;
  relay();
  if (!over()) hold_answer();
}

void upstream_exchange::hold_answer() {
  const std::uint64_t wanted = in_steps(answer().held());
  if (wanted == answer_memory_.held() ||
      answer_memory_.resize(wanted, context().config->limits.buffered))
    return;
  met_limit("buffered");
  end_now(openai::errors::overloaded("The memory for answers is used up."));
}

void upstream_exchange::commit() {
  if (series_) series_->commit();
  body_ = std::string();  // never sent again
  memory_.release();
}

void upstream_exchange::commit_head() {
  if (series_ && series_->running()) answer().commit();
}

void upstream_exchange::on_no_answer(const openai::error& why) {
  if (over()) return;
  record().error_class = why.category;
  if (response().begun()) {
    // The head is out, so that the stream has to say it (GEN-6).
    last_words_ = new_answer();
    last_words_->fail(why);
    return relay();
  }
  // Before commit a failure is an answer of its own (GEN-6, HTTP-2).
  let_go_of_request();
  std::vector<http::field> headers = attempt_headers();
  if (series_ && series_->used_up()) headers.push_back({"x-should-retry", "false"});  // HTTP-9
  send_error(why, std::move(headers));
  done();
}

// ---------------------------------------------------------------------------------------------
// The answer

std::vector<http::field> upstream_exchange::attempt_headers() {
  attempts_ = std::to_string(record().attempts);
  std::vector<http::field> headers;
  if (!record().upstream.empty()) headers.push_back({"x-weir-upstream", record().upstream});
  headers.push_back({"x-weir-attempts", attempts_});
  const attempt* const counts = series_ ? series_->current() : nullptr;
  if (counts != nullptr && !counts->upstream_request_id().empty())
    headers.push_back({"x-upstream-request-id", counts->upstream_request_id()});
  // HTTP-8: weir's own where it keeps some, else the upstream's.
  const bool own = !rate_limits_.empty() || counts == nullptr;
  for (const auto& [name, value] : own ? rate_limits_ : counts->rate_limits())
    headers.push_back({name, value});
  return headers;
}

void upstream_exchange::send_document() {
  commit();
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
  series_->current()->pause();
}

void upstream_exchange::on_client_drained() {
  if (!upstream_paused_) return;
  upstream_paused_ = false;
  series_->current()->resume();
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
  if (over() || !series_) return end_now(why);
  series_->end(why, client_total_ ? attempt::blame::nobody : attempt::blame::upstream);
}

void upstream_exchange::end_now(const openai::error& why) {
  if (over()) return;
  stop_waiting();
  if (series_) return series_->end(why, attempt::blame::nobody);
  if (!quota_) return exchange::end_now(why);
  // It waits for what its key may take, perhaps behind its head.
  quota_.reset();
  on_no_answer(why);
}

void upstream_exchange::on_client_gone() {
  stop_waiting();
  exchange::on_client_gone();
  series_.reset();  // HTTP-10
}

std::string_view upstream_exchange::state_name() {
  if (!series_) return request_end_ ? "choosing" : "reading";
  if (response().begun()) return "answering";
  return series_->waits_for_room() ? "queued" : "waiting";
}

void upstream_exchange::describe(running_exchange& out) {
  if (!has_answer()) return;
  out.events = answer().events();
  out.output_pieces = answer().payload_frames();
}

void upstream_exchange::complete_record() {
  if (total_) total_->stop();
  if (std::exchange(streaming_, false)) context().metrics.stream_closed();
  if (const attempt* const counts = series_ ? series_->current() : nullptr; counts != nullptr)
    complete_attempt_record(*counts);
  if (!quota_) return;
  const meter::usage& used = record().used;
  quota_->settle({used.input.value_or(0) + used.output.value_or(0),
                  record().cost.value_or(meter::nano_usd{})});
}

void upstream_exchange::complete_attempt_record(const attempt& counts) {
  observe::exchange_record& r = record();
  r.upstream_request_id = counts.upstream_request_id();
  r.events = answer().events();
  r.repairs = answer().repairs();
  r.finish_reason = answer().finish_reason();
  r.native_finish = answer().native_finish();
  const auto first = counts.first_payload();
  if (first && request_end_ && *first >= *request_end_) r.first_token = *first - *request_end_;
  const bool finished = standing() == attempt::outcome::finished;
  const openai::said_size said = answer().said();
  const meter::passed_bytes passed{request_bytes_, said.text, said.reasoning};
  if (const auto usage = answer().last_usage()) {
    r.used = metered(*usage);
    if (finished) context().estimates.learn(r.served_model, passed, r.used);
  } else {
    r.usage_missing = finished;
    // USE-8: what came has its price, also when nobody says how many tokens it was.
    if (answer().payload_frames() != 0) r.used = context().estimates.guess(r.served_model, passed);
  }
  if (const config::dated_price* const price = price_of(r.upstream, r.served_model)) {
    r.cost = cost_of(r.used, *price);
    if (r.cost) r.price_version = price->version;
  }
}

const config::dated_price* upstream_exchange::price_of(std::string_view upstream,
                                                       std::string_view model) {
  const observe::exchange_record& r = record();
  if (r.wall_clock.count() < 0) return nullptr;
  return context().prices.find({upstream, model, r.requested_model},
                               static_cast<std::uint64_t>(r.wall_clock.count()));
}

config::stream_policy upstream_exchange::policy() {
  config::stream_policy out = config::apply(config::stream_policy{}, context().config->stream);
  if (has_target()) {
    out = config::apply(out, upstream().settings.stream);
    if (target().stream != nullptr) out = config::apply(out, *target().stream);
  }
  return key() ? config::apply(out, key()->stream) : out;
}

std::string_view upstream_exchange::served_model() {
  return target().model.empty() ? record().requested_model : target().model;
}

}  // namespace weir::proxy
