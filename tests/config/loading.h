#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/load.h"

namespace weir::config {

/// An environment of the test's own.
inline environment variables(std::map<std::string, std::string> values) {
  return [values = std::move(values)](const std::string& name) -> std::optional<std::string> {
    const auto found = values.find(name);
    if (found == values.end()) return std::nullopt;
    return found->second;
  };
}

/// The problems of a file called `f`, one line each; nothing when it loads.
inline std::vector<std::string> problems_of(std::string_view yaml,
                                            const environment& env = variables({})) {
  std::vector<std::string> out;
  const auto loaded = load_text(yaml, "f", env);
  if (loaded) return out;
  for (const problem& p : loaded.error()) out.push_back(to_string(p));
  return out;
}

/// The configuration, or an empty one with its problems as the origin.
inline config loaded(std::string_view yaml, const environment& env = variables({})) {
  auto result = load_text(yaml, "f", env);
  if (result) return *result;
  config none;
  for (const problem& p : result.error()) none.origin += to_string(p) + '\n';
  return none;
}

}  // namespace weir::config
