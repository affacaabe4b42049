#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "proxy/model_catalogue.h"
#include "route/model_table.h"

namespace weir::proxy {

/// Where a request may go.
struct route_target {
  std::size_t upstream = 0;  ///< index in config.upstreams
  std::string model;         ///< the upstream's name for the model; "" = the client's
  std::uint32_t weight = 1;
  std::uint32_t priority = 1;
  const config::stream_overrides* stream = nullptr;  ///< written beside it, if it was
};

/// Which upstreams a request for a model may go to.
struct route_choice {
  enum class verdict : std::uint8_t {
    found,
    unknown,  ///< nobody has this model (ERR-5)
    pending,  ///< an upstream that may have it has not told its models yet
  };
  /// What led there.
  enum class reason : std::uint8_t { configured, listed, only_upstream, unlisted };

  verdict what = verdict::unknown;
  reason why = reason::configured;
  std::vector<route_target> targets;  ///< at least one when found; the lowest priority first
  const config::model_route* route = nullptr;  ///< the entry of `models:` that led there
  std::string label;                           ///< for metrics (OBS-4)
};

/// The rules, the first that answers wins:
///   1. `models:` of the configuration, exact name or pattern: its candidates;
///   2. the upstreams that list the model themselves, and may offer it, by their priority;
///   3. the only upstream there is, the built-in one aside;
///   4. the upstreams that gave no list. Once the wait for lists is over (`waited`), those that
///      have not told theirs yet are among them.
/// An upstream whose `models` do not name the model is none for rules 2 to 4. A request that names
/// no model ("") goes to the only upstream there is, the built-in one aside.
/// Pure: the same input gives the same choice.
[[nodiscard]] route_choice choose_route(const config::config& config,
                                        const route::model_table& table,
                                        const model_catalogue& models, std::string_view model,
                                        bool waited = false);

}  // namespace weir::proxy
