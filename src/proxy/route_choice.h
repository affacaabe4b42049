#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "config/config.h"
#include "proxy/model_catalogue.h"
#include "route/model_table.h"

namespace weir::proxy {

/// Which upstream a request for a model goes to.
struct route_choice {
  enum class verdict : std::uint8_t {
    found,
    unknown,  ///< nobody has this model (ERR-5)
    pending,  ///< an upstream that may have it has not told its models yet
  };
  verdict what = verdict::unknown;
  std::size_t upstream = 0;                    ///< index in config.upstreams
  std::string_view model;                      ///< the upstream's name for it; "" = the client's
  const config::model_route* route = nullptr;  ///< the entry of `models:` that led there
  std::string label;                           ///< for metrics (OBS-4)
};

/// The rules, the first that answers wins:
///   1. `models:` of the configuration, exact name or pattern (first candidate);
///   2. the upstream that lists the model itself;
///   3. the only upstream there is, the built-in one aside;
///   4. the upstreams that gave no list, in turn (`turn` counts requests). Once the wait for lists
///      is over (`waited`), those that have not told theirs yet are among them.
/// A request that names no model ("") goes to the only upstream there is, the built-in one aside.
/// Pure: the same input gives the same choice.
[[nodiscard]] route_choice choose_route(const config::config& config,
                                        const route::model_table& table,
                                        const model_catalogue& models, std::string_view model,
                                        std::uint64_t turn, bool waited = false);

}  // namespace weir::proxy
