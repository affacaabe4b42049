#pragma once
#include <memory>
#include <vector>

#include "config/config.h"
#include "proxy/model_catalogue.h"
#include "proxy/model_prober.h"

namespace weir::app {

/// What the upstreams of a configuration say when each is asked for its models once.
struct probed_upstreams {
  std::vector<proxy::probe_result> results;  ///< as config.upstreams
  std::shared_ptr<const proxy::model_catalogue> models;
};

/// Asks all at once, with the keys, headers and certificates that the gateway would use, over the
/// same connections. Returns when all have answered or their time was over (HTTP-11 `connect`,
/// limits::model_list_time).
[[nodiscard]] probed_upstreams probe_upstreams(const std::shared_ptr<const config::config>& config);

}  // namespace weir::app
