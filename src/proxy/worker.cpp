#include "proxy/worker.h"

#include <chrono>
#include <utility>
#include <vector>

namespace weir::proxy {
namespace {

std::vector<std::string> route_names(const config::config& config) {
  std::vector<std::string> names;
  for (const config::model_route& route : config.models) names.push_back(route.name);
  return names;
}

std::int64_t now_in_seconds(net::event_loop& loop) {
  return std::chrono::duration_cast<seconds>(loop.wall_clock()).count();
}

}  // namespace

worker::worker(const worker_parts& parts)
    : dialer_(parts.loop, parts.network, parts.open_demo),
      context_{parts.loop,
               parts.config,
               route::model_table(route_names(*parts.config)),
               {},
               parts.board,
               model_book(std::make_shared<model_catalogue>(
                   *parts.config, std::vector<upstream_models>{}, now_in_seconds(parts.loop))),
               route_book(parts.loop, *parts.config, *parts.board, parts.workers),
               parts.metrics,
               parts.all_metrics,
               parts.log,
               id_source(parts.seed),
               parts.times,
               {},
               false} {
  for (const config::upstream& to : context_.config->upstreams)
    context_.upstreams.push_back(std::make_unique<upstream_state>(parts.loop, dialer_, to));
}

worker::~worker() = default;

void worker::accept(std::unique_ptr<net::connection> connection, std::string peer) {
  if (context_.shutting_down) return;
  auto session = std::make_unique<downstream_session>(
      context_, std::move(connection), std::move(peer), static_cast<session_owner&>(*this));
  downstream_session* const key = session.get();
  sessions_.emplace(key, std::move(session));
}

void worker::on_session_over(downstream_session& session) {
  const auto found = sessions_.find(&session);
  if (found == sessions_.end()) return;
  context_.loop.defer([over = std::shared_ptr<downstream_session>(std::move(found->second))] {});
  sessions_.erase(found);
  // The owner may destroy much in on_idle: not while the session is on the call stack.
  if (on_idle_ && sessions_.empty()) context_.loop.defer(std::exchange(on_idle_, {}));
}

void worker::probe_models(std::function<void(std::shared_ptr<const model_catalogue>)> publish,
                          model_prober::observer watch) {
  prober_ = std::make_unique<model_prober>(
      context_,
      [this, publish = std::move(publish)](std::shared_ptr<const model_catalogue> models) {
        use_models(models);
        publish(std::move(models));
      },
      std::move(watch));
}

void worker::use_models(std::shared_ptr<const model_catalogue> models) {
  context_.models.publish(std::move(models));
}

void worker::shut_down(std::function<void()> on_idle) {
  context_.shutting_down = true;
  prober_.reset();
  if (sessions_.empty()) return on_idle();
  on_idle_ = std::move(on_idle);
  std::vector<downstream_session*> all;
  for (const auto& [session, owned] : sessions_) all.push_back(session);
  for (downstream_session* const session : all) session->shut_down();
}

void worker::end_now() {
  const openai::error why = openai::errors::overloaded("The gateway is shutting down.");
  std::vector<downstream_session*> all;
  for (const auto& [session, owned] : sessions_) all.push_back(session);
  for (downstream_session* const session : all) session->end_now(why);
}

}  // namespace weir::proxy
