#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "config/problem.h"
#include "weir/base/result.h"

namespace weir::config {

/// Where something stands in the file, counted from 1.
struct place {
  unsigned line = 0;
  unsigned column = 0;
};

/// A YAML value as it was written: nothing is converted yet, every part knows its place.
struct node {
  enum class form { scalar, list, mapping };
  /// What a scalar is by the core schema of YAML 1.2 (10.3.2); a quoted one is always text.
  enum class scalar_type { text, null, boolean, integer, number };

  form is = form::scalar;
  scalar_type type = scalar_type::null;
  std::string text;  ///< of a scalar
  place at;
  std::vector<node> items;  ///< of a list
  struct member;
  std::vector<member> members;  ///< of a mapping, equal keys included

  /// The value of `key`, or nothing.
  [[nodiscard]] const node* find(std::string_view key) const;
};

struct node::member {
  node key;
  node value;
};

/// What plain text means in the core schema of YAML 1.2: `no` is text, `~` is null.
[[nodiscard]] node::scalar_type core_type(std::string_view plain);

/// Parses one document. An empty one is an empty mapping. Anchors and aliases are expanded, within
/// limits::max_config_nodes; tags and several documents are errors.
[[nodiscard]] result<node, std::vector<problem>> parse_yaml(std::string_view text,
                                                            std::string_view file);

}  // namespace weir::config
