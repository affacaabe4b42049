#pragma once
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "observe/config_history.h"
#include "observe/exchange_record.h"

namespace weir::observe {

/// Counters of one worker. Written by that worker only; `render_metrics` reads from any thread.
class metrics_shard {
 public:
  metrics_shard();
  ~metrics_shard();

  /// Adds a finished exchange. Bounded label sets: model labels come from `model_label` only.
  void record(const exchange_record& exchange);
  void stream_opened();
  void stream_closed();
  void connection_opened();
  void connection_closed();
  void upstream_error(std::string_view upstream, std::string_view error_class);
  /// An attempt at `upstream` after one failed there, or elsewhere.
  void retried(std::string_view upstream);
  void fell_back(std::string_view upstream);
  /// A second attempt at `upstream` while the first still runs; and when it was the sooner one.
  void hedged(std::string_view upstream);
  void hedge_won(std::string_view upstream);
  /// A request found the queue of its route full, or waited there in vain.
  void queue_refused(std::string_view model);
  /// A client met a limit of `limits:`; `limit` is the name of its key.
  /// By `limits:`, of a client that is not told; who is told counts by his record.
  void limit_refused(std::string_view limit);
  void tls_failed();
  void record_lost();

  struct implementation;
  [[nodiscard]] const implementation& internals() const { return *implementation_; }

 private:
  std::unique_ptr<implementation> implementation_;
};

/// An upstream at the time of a scrape.
struct upstream_now {
  std::string_view name;
  bool up = true;
  std::uint32_t in_flight = 0;  ///< attempts, of all workers
};

/// Where the numbers of `/metrics` come from; everything outlives it.
struct metrics_sources {
  std::span<const metrics_shard* const> shards;  ///< of all workers
  const config_history& config;
  std::span<const upstream_now> upstreams{};
  std::uint64_t waiting = 0;  ///< requests in queues, of all workers
};

/// The Prometheus text exposition (version 0.0.4) of the sum of all shards: `weir_requests_total`,
/// `weir_active_streams`, `weir_stream_events_total`, `weir_tokens_total`,
/// `weir_time_to_first_token_seconds`, `weir_request_duration_seconds`,
/// `weir_stream_repairs_total`, `weir_upstream_errors_total`, `weir_usage_missing_total`,
/// `weir_client_cancelled_total`, `weir_connections`, `weir_upstream_up`,
/// `weir_upstream_in_flight`, `weir_requests_waiting`, `weir_config_version`,
/// `weir_config_refused_total`, `weir_build_info` (OBS-3, docs/metrics.md).
[[nodiscard]] std::string render_metrics(const metrics_sources& from);

}  // namespace weir::observe
