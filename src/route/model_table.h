#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "route/name_pattern.h"

namespace weir::route {

/// Which entry of `models:` a model name leads to. An exact name wins over every pattern; of the
/// patterns with stars that match, the one with the longest text before its first `*` wins, then
/// the one with the most text in all, then the one that stands first; regular expressions come
/// last, in their order.
///
/// Cost      Exact names by hash; patterns one after the other.
/// Threads   Immutable: any.
class model_table {
 public:
  model_table() = default;
  /// `names[i]` is entry i. Of equal names the first counts.
  explicit model_table(const std::vector<std::string>& names);

  [[nodiscard]] std::optional<std::size_t> find(std::string_view name) const;

 private:
  struct hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  struct entry {
    name_pattern pattern;
    std::size_t index = 0;
  };

  std::unordered_map<std::string, std::size_t, hash, std::equal_to<>> exact_;
  std::vector<entry> patterns_;  ///< the one to prefer first
};

/// Whether `name` stands for others.
[[nodiscard]] bool is_pattern(std::string_view name);

}  // namespace weir::route
