#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::app {

/// One line of a scrape.
struct exposition_sample {
  std::string name;
  std::vector<std::pair<std::string, std::string>> labels;  ///< as they come; values unescaped
  double value = 0;

  /// Its value; "" without such a label.
  [[nodiscard]] std::string_view label(std::string_view name_of_label) const;
};

struct exposition_read {
  std::vector<exposition_sample> samples;
  std::size_t skipped = 0;  ///< lines that are none, or beyond the bound
};

/// Reads the Prometheus text format 0.0.4; comments, types and timestamps are passed over, and so
/// is a line that is no sample, since a view of the rest is better than none.
///
/// Memory  At most limits::max_exposition_samples samples.
[[nodiscard]] exposition_read read_exposition(std::string_view text);

}  // namespace weir::app
