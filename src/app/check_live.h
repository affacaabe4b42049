#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "app/check_report.h"
#include "config/config.h"
#include "weir/base/units.h"

namespace weir::app {

/// A live endpoint to check.
struct live_target {
  config::upstream_url url;
  std::optional<config::forward_proxy> through;  ///< the proxy on the way
  std::string model;                             ///< "": the first one that it lists
  std::string key;                               ///< "" for none
  std::string request;  ///< a request body of the user's to send instead of the probes
  millis probe_time{};  ///< the longest time for one probe
  /// Called with the name of a probe before it runs.
  std::function<void(std::string_view)> on_probe = [](std::string_view) {};
};

/// Sends the probes one after the other, each on a connection of its own, and judges what comes.
/// When the first one shows that nobody answers, the others are not sent.
[[nodiscard]] check_report check_live(const live_target& target);

}  // namespace weir::app
