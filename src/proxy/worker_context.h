#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "config/config.h"
#include "meter/token_estimates.h"
#include "net/event_loop.h"
#include "observe/log.h"
#include "observe/metrics.h"
#include "observe/record_sink.h"
#include "proxy/client_board.h"
#include "proxy/key_ring.h"
#include "proxy/model_book.h"
#include "proxy/office.h"
#include "proxy/priced_usage.h"
#include "proxy/route_book.h"
#include "proxy/upstream_board.h"
#include "proxy/upstream_pool.h"
#include "route/model_table.h"
#include "weir/base/ids.h"
#include "weir/base/limits.h"
#include "weir/json/reader.h"

namespace weir::proxy {

class worker_group;

/// What one worker knows of one upstream.
struct upstream_state {
  upstream_state(const config::upstream& to, std::shared_ptr<upstream_pool> connections)
      : settings(to), pool(std::move(connections)) {}

  const config::upstream& settings;
  const std::shared_ptr<upstream_pool> pool;  ///< perhaps shared with the configuration before
  bool refuses_stream_options = false;        ///< learned (REQ-13)
};

/// Waits that are no configuration; the program uses the bounds as they stand, tests shorten them.
struct session_times {
  millis first_models = limits::first_models_wait;
};

/// What the exchanges of one worker under one configuration share. An exchange keeps the one it
/// began with: a reload makes another for those to come. One thread.
struct worker_context {
  net::event_loop& loop;
  std::shared_ptr<const config::config> config;
  route::model_table routes;
  std::vector<std::unique_ptr<upstream_state>> upstreams;  ///< as config->upstreams
  std::shared_ptr<upstream_board> board;
  model_book models;
  route_book routing;
  observe::metrics_shard& metrics;
  observe::metrics_sources all_metrics;  ///< for /metrics
  observe::log& log;
  worker_group& workers;
  client_board& clients;
  session_times times;
  // Of the worker, which outlives all its exchanges:
  id_source& ids;
  json::reader& reader;  ///< scratch of one call
  meter::token_estimates& estimates;
  price_book prices;
  std::shared_ptr<const key_ring> keys;  ///< never null; another one may come any time
  weir::proxy::office* office;           ///< null: there is no database
  observe::record_sink* records;         ///< null: none are kept
  const bool& shutting_down;             ///< it will end soon: clients had better go elsewhere
};

}  // namespace weir::proxy
