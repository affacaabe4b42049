#pragma once
#include <cstdint>
#include <optional>

#include "route/strategy.h"
#include "weir/base/units.h"

namespace weir::config {

/// What makes two requests belong together for the strategy `sticky`.
enum class sticky_key : std::uint8_t {
  prompt,  ///< `prompt_cache_key`, else the beginning of the prompt
  user,    ///< `user` or `safety_identifier`, else as `prompt`
  key,     ///< the client's credential, else its address
};

/// A share in whole percent.
struct percent {
  std::uint32_t value = 0;
  friend bool operator==(percent, percent) = default;
};

/// When a second upstream is asked for an answer of which nothing has come yet: never, or after
/// the time in which this share of the answers had begun.
struct hedge_point {
  std::uint32_t percentile = 0;  ///< 0: never
  friend bool operator==(hedge_point, hedge_point) = default;
};

/// `routing:` settings as written in one place; what is not written is inherited.
struct routing_overrides {
  std::optional<route::strategy> strategy;
  std::optional<sticky_key> sticky_by;
  std::optional<std::uint32_t> attempts;
  std::optional<percent> retry_budget;
  std::optional<millis> backoff;
  std::optional<millis> max_wait;
  std::optional<hedge_point> hedge;
  std::optional<std::uint32_t> queue;
  std::optional<millis> queue_wait;
};

/// `routing:` settings in force for one model: defaults, then the file's, then the model's.
struct routing_policy {
  route::strategy strategy = route::strategy::weighted;
  sticky_key sticky_by = sticky_key::prompt;
  std::uint32_t attempts = 3;  ///< at upstreams, for one request
  percent retry_budget{20};    ///< of the requests
  millis backoff{250};         ///< before the first retry at the same upstream; then doubled
  millis max_wait{10000};      ///< longest wait between two attempts
  hedge_point hedge;           ///< never
  std::uint32_t queue = 128;   ///< requests that wait for an upstream with room
  millis queue_wait{10000};    ///< how long each may
};
[[nodiscard]] routing_policy apply(routing_policy base, const routing_overrides& nearer);
/// The overrides that say everything `policy` says.
[[nodiscard]] routing_overrides as_overrides(const routing_policy& policy);

/// When an upstream that keeps failing is left alone.
struct breaker_settings {
  std::uint32_t failures = 5;  ///< in a row
  millis open{5000};           ///< at first; doubled by each trial that fails
};

}  // namespace weir::config
