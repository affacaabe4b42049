#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weir/base/units.h"
#include "weir/openai/lint.h"

namespace weir::app {

/// A rule that one answer broke, however often.
struct check_note {
  struct place {
    std::size_t event = 0;
    std::size_t offset = 0;  ///< first byte of that event in the body
  };
  std::string_view rule;
  std::string_view clause;
  openai::severity severity = openai::severity::fault;
  std::size_t count = 1;
  std::optional<place> first;  ///< none: the answer as a whole
  std::string bytes;           ///< of the first, escaped and bounded
  std::string detail;          ///< of the first
};

/// What one request came to.
struct probe_report {
  std::string name;
  std::string about;   ///< what it asked for
  std::string remark;  ///< for people; why it was not run, or what there was to see
  bool ran = true;
  std::optional<millis> took;
  std::vector<check_note> notes;

  [[nodiscard]] std::size_t count(openai::severity which) const;
};

/// What `weir check` found out.
struct check_report {
  std::string target;
  std::string model;    ///< "" for a captured answer
  std::string failure;  ///< why nothing could be checked, "" when it was
  std::vector<probe_report> probes;

  [[nodiscard]] std::size_t count(openai::severity which) const;
  /// Checked, and no fault found.
  [[nodiscard]] bool clean() const;
};

/// The findings about one body, those of one rule folded into one note: faults first, then in the
/// order in which they came.
[[nodiscard]] std::vector<check_note> folded(const std::vector<openai::finding>& findings,
                                             std::string_view body);

/// The bytes [begin, end) of `body` with a little of what stands around them in their line,
/// escaped, at most limits::max_check_excerpt_bytes of them.
[[nodiscard]] std::string excerpt(std::string_view body, std::size_t begin, std::size_t end);

}  // namespace weir::app
