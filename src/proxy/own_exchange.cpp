#include "proxy/own_exchange.h"

#include <string>
#include <utility>
#include <vector>

#include "observe/metrics.h"
#include "proxy/cors.h"
#include "proxy/readiness.h"
#include "route/near_names.h"
#include "weir/json/writer.h"

namespace weir::proxy {
namespace {

void append_model(std::string& out, const model_entry& model) {
  out += R"({"id":)";
  json::append_string(out, model.id);
  out += R"(,"object":"model","created":)" + std::to_string(model.created) + R"(,"owned_by":)";
  json::append_string(out, model.owned_by);
  out += '}';
}

}  // namespace

own_exchange::own_exchange(const exchange_parts& parts)
    : exchange(parts), patience_(parts.context->loop, [this] { answer(); }) {}

own_exchange::~own_exchange() { stop_waiting(); }

void own_exchange::on_request_end() {
  if (over()) return;
  const bool about_models = where().what == service::model_list || where().what == service::model;
  if (about_models && !recognise()) return;
  const bool asks_for_models =
      where().what == service::model_list ||
      (where().what == service::model && context().models.current().find(where().item) == nullptr);
  if (asks_for_models && !context().models.current().complete()) {
    // An upstream that does not answer must not delay the others' models for long.
    waiting_ = true;
    context().models.wait(*this);
    patience_.start(context().times.first_models);
    return;
  }
  answer();
}

void own_exchange::on_models_changed() {
  if (context().models.current().complete()) answer();
}

void own_exchange::on_client_gone() {
  stop_waiting();
  exchange::on_client_gone();
}

void own_exchange::stop_waiting() {
  if (!waiting_) return;
  waiting_ = false;
  patience_.stop();
  context().models.forget(*this);
}

void own_exchange::answer() {
  stop_waiting();
  if (over()) return;
  switch (where().what) {
    case service::model_list:
      answer_models();
      break;
    case service::model:
      answer_model();
      break;
    case service::health:
      send(200, {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}},
           R"({"status":"ok"})");
      break;
    case service::readiness:
      answer_readiness();
      break;
    case service::metrics:
      answer_metrics();
      break;
    case service::preflight:
      answer_preflight();
      break;
    case service::wrong_method:
      send_error(openai::errors::method_not_allowed(head().method, head().path()),
                 {{"Allow", where().allow}});
      break;
    case service::unknown_path:
    case service::chat_completions:
    case service::completions:
    case service::embeddings:
    case service::forwarded:
    case service::admin_config:
    case service::admin_streams:
    case service::admin_stream:
    case service::own_usage:
    case service::admin_usage:
    case service::admin_keys:
    case service::admin_key:
    case service::admin_groups:
    case service::admin_group:
      send_error(openai::errors::unknown_url(head().method, head().path()));
      break;
  }
  done();
}

/// Also for a path that does not exist: that is told to the request itself.
void own_exchange::answer_preflight() {
  std::string scratch;
  std::vector<http::field> headers = preflight_fields(context().config->cors, head(), scratch);
  if (headers.empty())
    return send_error(
        openai::errors::bad_request(403, "pages of this origin are not allowed to ask (cors)"));
  headers.push_back({"x-request-id", record().request_id});
  response().begin(204, std::move(headers));
  response().end();
}

void own_exchange::answer_models() {
  std::string body = R"({"object":"list","data":[)";
  bool first = true;
  for (const model_entry& model : context().models.current().models()) {
    if (key() && !key()->allows_model(model.id)) continue;
    if (!first) body += ',';
    first = false;
    append_model(body, model);
  }
  body += "]}";
  send(200, {{"Content-Type", "application/json"}}, body);
}

void own_exchange::answer_model() {
  const model_catalogue& models = context().models.current();
  const bool allowed = !key() || key()->allows_model(where().item);
  if (const model_entry* const model = allowed ? models.find(where().item) : nullptr) {
    std::string body;
    append_model(body, *model);
    return send(200, {{"Content-Type", "application/json"}}, body);
  }
  send_error(model_not_found(models, where().item, key().get()));
}

void own_exchange::answer_metrics() {
  const config::config& config = *context().config;
  const upstream_board& board = *context().board;
  std::vector<observe::upstream_now> upstreams;
  for (std::size_t i = 0; i < board.size(); ++i)
    upstreams.push_back({config.upstreams[i].name, board.usable(i), board.busy(i)});
  observe::metrics_sources from = context().all_metrics;
  from.upstreams = upstreams;
  from.waiting = board.waiting();
  send(200, {{"Content-Type", "text/plain; version=0.0.4; charset=utf-8"}},
       observe::render_metrics(from));
}

void own_exchange::answer_readiness() {
  const readiness r = judge_readiness(*context().config, context().models.current(),
                                      *context().board, context().shutting_down);
  send(r.ready ? 200 : 503, {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}},
       r.body);
}

}  // namespace weir::proxy
