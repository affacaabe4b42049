#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "config/problem.h"
#include "weir/base/result.h"

namespace weir::config {

/// The environment is an input: the value of a variable, or nothing.
using environment = std::function<std::optional<std::string>(const std::string&)>;

/// Reads a configuration (YAML 1.2). `name` is what problems and `origin` call it; a relative
/// `key_file` or `ca_file` starts from its directory. Either everything is right, or every problem
/// is reported, in the order of the file. The upstream `demo` is added last.
[[nodiscard]] result<config, std::vector<problem>> load_text(std::string_view yaml,
                                                             std::string_view name,
                                                             const environment& variables);
[[nodiscard]] result<config, std::vector<problem>> load_file(const std::string& path,
                                                             const environment& variables);

}  // namespace weir::config
