#include "proxy/worker.h"

#include <chrono>
#include <utility>
#include <vector>

#include "net/socket_address.h"

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
    : parts_(parts), dialer_(parts.loop, parts.network, parts.open_demo), ids_(parts.seed) {
  context_ = make_context(std::move(parts_.config), std::move(parts_.board));
}

worker::~worker() = default;

void worker::accept(std::unique_ptr<net::connection> connection, std::string peer) {
  if (shutting_down_) return;
  const config::client_limits& limits = context_->config->limits;
  client_board::guest guest;
  const client_board::verdict verdict =
      parts_.clients.enter(net::client_network(peer), limits, guest);
  const bool welcome = verdict == client_board::verdict::welcome;
  const bool of_all = verdict == client_board::verdict::too_many;
  const std::string_view limit = of_all ? "connections" : "connections_per_address";
  if (!welcome) {
    // Who is told stays for a moment: a flood of them must not take what the limit keeps free.
    const micros now = parts_.loop.now();
    if (!turned_away_.allows(now)) return parts_.metrics.limit_refused(limit);
    turned_away_.take(now);
  }
  auto session = std::make_unique<downstream_session>(
      std::move(connection), std::move(peer), static_cast<session_owner&>(*this), std::move(guest));
  downstream_session* const key = session.get();
  sessions_.emplace(key, std::move(session));
  if (welcome) return;
  key->turn_away(of_all ? openai::errors::overloaded("Too many connections are open.")
                        : openai::errors::too_many_connections(limits.connections_per_address),
                 limit);
}

void worker::on_tls_failure(const std::string& peer, const std::string& why) {
  parts_.metrics.tls_failed();
  const micros now = parts_.loop.now();
  if (!told_of_tls_.allows(now)) return;
  told_of_tls_.take(now);
  parts_.log.say(observe::level::warning, "no TLS with " + peer + ": " + why);
}

void worker::on_session_over(downstream_session& session) {
  const auto found = sessions_.find(&session);
  if (found == sessions_.end()) return;
  parts_.loop.defer([over = std::shared_ptr<downstream_session>(std::move(found->second))] {});
  sessions_.erase(found);
  // The owner may destroy much in on_idle: not while the session is on the call stack.
  if (on_idle_ && sessions_.empty()) parts_.loop.defer(std::exchange(on_idle_, {}));
}

std::shared_ptr<worker_context> worker::make_context(std::shared_ptr<const config::config> config,
                                                     std::shared_ptr<upstream_board> board) {
  const std::shared_ptr<worker_context> before = context_;
  std::vector<upstream_models> known(config->upstreams.size());
  if (before) known = carried_over(before->models.current().upstreams(), *before->config, *config);
  auto made = std::shared_ptr<worker_context>(
      new worker_context{parts_.loop,
                         config,
                         route::model_table(route_names(*config)),
                         {},
                         board,
                         model_book(std::make_shared<model_catalogue>(*config, std::move(known),
                                                                      now_in_seconds(parts_.loop))),
                         route_book(parts_.loop, *config, *board, parts_.workers),
                         parts_.metrics,
                         parts_.all_metrics,
                         parts_.log,
                         parts_.group,
                         parts_.clients,
                         parts_.times,
                         ids_,
                         reader_,
                         estimates_,
                         price_book(config->prices),
                         parts_.keys,
                         parts_.office,
                         parts_.records,
                         leaving_});
  for (const config::upstream& to : config->upstreams) {
    const auto old = before ? before->config->find_server(to) : std::nullopt;
    const upstream_state* const same = old ? before->upstreams[*old].get() : nullptr;
    auto pool = same != nullptr ? same->pool
                                : std::make_shared<upstream_pool>(
                                      parts_.loop, dialer_,
                                      std::shared_ptr<const config::upstream>(config, &to));
    made->upstreams.push_back(std::make_unique<upstream_state>(to, std::move(pool)));
    if (same != nullptr)
      made->upstreams.back()->refuses_stream_options = same->refuses_stream_options;
  }
  return made;
}

void worker::use_config(std::shared_ptr<const config::config> config,
                        std::shared_ptr<upstream_board> board) {
  if (shutting_down_) return;
  prober_.reset();
  context_ = make_context(std::move(config), std::move(board));
  if (publish_) start_probing();
}

void worker::use_keys(std::shared_ptr<const key_ring> keys) {
  context_->keys = keys;
  parts_.keys = std::move(keys);
}

void worker::probe_models(model_news publish, model_prober::observer watch) {
  publish_ = std::move(publish);
  watch_ = std::move(watch);
  start_probing();
}

void worker::start_probing() {
  prober_ = std::make_unique<model_prober>(
      *context_,
      [this](std::shared_ptr<const model_catalogue> models) {
        use_models(context_->config, models);
        publish_(context_->config, std::move(models));
      },
      watch_);
}

void worker::use_models(const std::shared_ptr<const config::config>& config,
                        std::shared_ptr<const model_catalogue> models) {
  if (config == context_->config) context_->models.publish(std::move(models));
}

std::vector<running_exchange> worker::running() {
  std::vector<running_exchange> out;
  for (const auto& [session, owned] : sessions_)
    if (auto one = session->running()) out.push_back(std::move(*one));
  return out;
}

std::size_t worker::cancel(std::string_view id) {
  std::vector<downstream_session*> meant;
  for (const auto& [session, owned] : sessions_)
    if (session->runs(id) && session->running()) meant.push_back(session);
  for (downstream_session* const session : meant)
    session->end_now(openai::errors::overloaded("The operator of the gateway ended the request."));
  return meant.size();
}

void worker::shut_down(std::function<void()> on_idle) {
  leaving_ = shutting_down_ = true;
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
