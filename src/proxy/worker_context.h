#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "config/config.h"
#include "net/event_loop.h"
#include "observe/log.h"
#include "observe/metrics.h"
#include "proxy/model_book.h"
#include "proxy/route_book.h"
#include "proxy/upstream_board.h"
#include "proxy/upstream_pool.h"
#include "route/model_table.h"
#include "weir/base/ids.h"
#include "weir/base/limits.h"
#include "weir/json/reader.h"

namespace weir::proxy {

/// What one worker knows of one upstream.
struct upstream_state {
  upstream_state(net::event_loop& loop, dialer& dial, const config::upstream& to)
      : settings(to), pool(loop, dial, to) {}

  const config::upstream& settings;
  upstream_pool pool;
  bool refuses_stream_options = false;  ///< learned (REQ-13)
};

/// How long clients are waited for; the program uses the bounds as they stand, tests shorten them.
struct session_times {
  millis request_head = limits::request_head_time;
  millis request_body = limits::request_body_idle;
  millis keep_alive = limits::keep_alive_idle;
  millis first_models = limits::first_models_wait;
};

/// What the exchanges of one worker share. One thread; lives as long as the worker.
struct worker_context {
  net::event_loop& loop;
  std::shared_ptr<const config::config> config;
  route::model_table routes;
  std::vector<std::unique_ptr<upstream_state>> upstreams;  ///< as config->upstreams
  std::shared_ptr<upstream_board> board;
  model_book models;
  route_book routing;
  observe::metrics_shard& metrics;
  std::span<const observe::metrics_shard* const> all_metrics;  ///< of all workers, for /metrics
  observe::log& log;
  id_source ids;
  session_times times;
  json::reader reader;  ///< scratch of one call
  bool shutting_down = false;
};

}  // namespace weir::proxy
