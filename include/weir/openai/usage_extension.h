#pragma once
#include <string>
#include <string_view>

#include "weir/json/reader.h"
#include "weir/openai/usage.h"

namespace weir::openai {

/// What the owner of an answer adds to the usage that its client sees, such as the cost.
///
/// Threads  None.
class usage_extension {
 public:
  virtual ~usage_extension() = default;
  /// Members as JSON, without braces (`"cost":0.1,"cost_details":{}`); "" for none.
  [[nodiscard]] virtual std::string members(const usage& told) const = 0;
};

/// `object` with `members` behind its own. Members of its own that have the same names go, but for
/// `cost`, which becomes `upstream_cost`. All others keep their text.
[[nodiscard]] std::string extended_usage(json::value object, std::string_view members);

}  // namespace weir::openai
