#pragma once
#include <string_view>
#include <vector>

#include "config/config.h"
#include "config/reader.h"
#include "config/section.h"
#include "config/tree.h"

namespace weir::config {

/// The tables of schema.cpp at work. They are the only list of the keys of the file.

/// The configuration in `root`; what is wrong stands in `from.problems()`.
[[nodiscard]] config read_config(reader& from, const node& root);

/// The effective configuration, secrets as `***`; the built-in upstream is left out.
[[nodiscard]] tree show_config(const config& of);

/// A routing policy as it would stand in the file.
[[nodiscard]] tree show_routing(const routing_policy& of);

/// JSON Schema 2020-12 of the file.
[[nodiscard]] tree schema_tree();

/// One row per key and section: for the documentation and its test.
struct documented_key {
  std::string_view section;  ///< `config`, `upstream`, `candidate`, `timeouts`, `stream`
  key_info key;
  tree fallback;  ///< the default, or absent
};
[[nodiscard]] std::vector<documented_key> all_keys();

}  // namespace weir::config
