#pragma once
#include <string>
#include <vector>

#include "weir/base/units.h"

namespace weir::config {

/// `cors:`, which web pages may read answers (Fetch, 3.2). Without origins there is none of it.
struct cors_settings {
  std::vector<std::string> origins;  ///< as browsers write them; or `*` alone
  std::vector<std::string> headers;  ///< of requests; none: whatever a page asks for
  bool credentials = false;          ///< never with `*`
  millis max_age{600000};

  [[nodiscard]] bool on() const { return !origins.empty(); }
  [[nodiscard]] bool any_origin() const { return on() && origins.front() == "*"; }
};

}  // namespace weir::config
