#pragma once
#include <string>

#include "config/config.h"

namespace weir::test {

/// An entry of `models:` with one candidate.
inline config::model_route route_to(std::string name, std::string upstream, std::string model = {},
                                    const config::stream_overrides& stream = {}) {
  config::candidate one;
  one.upstream = std::move(upstream);
  one.model = std::move(model);
  one.stream = stream;
  config::model_route out;
  out.name = std::move(name);
  out.candidates.push_back(std::move(one));
  return out;
}

}  // namespace weir::test
