#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "proxy/dialer.h"
#include "proxy/downstream_session.h"
#include "proxy/model_prober.h"
#include "proxy/running_exchange.h"
#include "proxy/worker_context.h"
#include "proxy/worker_group.h"
#include "route/rate_cap.h"
#include "weir/base/limits.h"

namespace weir::proxy {

/// What a worker is made of; everything refers to objects that outlive it.
struct worker_parts {
  net::event_loop& loop;
  net::connector& network;
  dialer::open_in_process open_demo;
  std::shared_ptr<const config::config> config;
  std::shared_ptr<upstream_board> board;
  observe::metrics_shard& metrics;
  observe::metrics_sources all_metrics;
  observe::log& log;
  worker_group& group;
  client_board& clients;
  std::uint64_t seed = 0;  ///< of ids
  session_times times{};
  std::size_t workers = 1;                  ///< that share the queues
  observe::record_sink* records = nullptr;  ///< of this worker; null: none are kept
  std::shared_ptr<const key_ring> keys = std::make_shared<const key_ring>();
  weir::proxy::office* office = nullptr;  ///< null: there is no database
};

/// One shared-nothing worker without its thread: the client connections of one event loop, and the
/// upstream connections they use (docs/architecture.md).
///
/// Threads  The loop's thread only, except construction and destruction while the loop stands
/// still.
class worker final : private session_owner {
 public:
  explicit worker(const worker_parts& parts);
  ~worker();
  worker(const worker&) = delete;
  worker& operator=(const worker&) = delete;

  void accept(std::unique_ptr<net::connection> connection, std::string peer);

  /// Another configuration for the requests to come; those under way keep theirs. `board` is made
  /// from it and the board before. What was learned of the servers that stay is kept, and so are
  /// the connections to them. Nothing happens while it shuts down.
  void use_config(std::shared_ptr<const config::config> config,
                  std::shared_ptr<upstream_board> board);

  /// Other keys of clients for the requests to come.
  void use_keys(std::shared_ptr<const key_ring> keys);

  using model_news = std::function<void(const std::shared_ptr<const config::config>&,
                                        std::shared_ptr<const model_catalogue>)>;
  /// Asks the upstreams for their models, again and again, and tells `publish` each new catalogue
  /// (which this worker uses already) and what configuration it is for. One worker does this for
  /// all.
  void probe_models(model_news publish, model_prober::observer watch = {});
  /// News that are for another configuration than the one in force are dropped.
  void use_models(const std::shared_ptr<const config::config>& config,
                  std::shared_ptr<const model_catalogue> models);

  /// The requests under way that upstreams are to answer.
  [[nodiscard]] std::vector<running_exchange> running();
  /// Ends those with this id with an error; how many there were.
  std::size_t cancel(std::string_view id);

  /// It will shut down soon: `/readyz` says so, and each connection closes behind its next answer.
  void announce_end() { leaving_ = true; }
  /// Idle connections close, running exchanges finish and close, who has just come is served once;
  /// `on_idle` is called when none is left. New connections are not accepted.
  void shut_down(std::function<void()> on_idle);
  /// Running exchanges end with an error.
  void end_now();

  [[nodiscard]] std::size_t sessions() const { return sessions_.size(); }
  [[nodiscard]] const std::shared_ptr<worker_context>& context() const override { return context_; }

 private:
  void on_tls_failure(const std::string& peer, const std::string& why) override;
  void on_session_over(downstream_session& session) override;
  [[nodiscard]] std::shared_ptr<worker_context> make_context(
      std::shared_ptr<const config::config> config, std::shared_ptr<upstream_board> board);
  void start_probing();

  worker_parts parts_;  ///< without the configuration: that is the context's
  dialer dialer_;
  id_source ids_;
  json::reader reader_;
  meter::token_estimates estimates_;
  route::rate_cap turned_away_{limits::max_told_refusals_per_minute};
  route::rate_cap told_of_tls_{limits::max_told_tls_failures_per_minute};
  bool leaving_ = false;
  bool shutting_down_ = false;
  std::shared_ptr<worker_context> context_;
  model_news publish_;
  model_prober::observer watch_;
  std::unique_ptr<model_prober> prober_;
  std::unordered_map<downstream_session*, std::unique_ptr<downstream_session>> sessions_;
  std::function<void()> on_idle_;
};

}  // namespace weir::proxy
