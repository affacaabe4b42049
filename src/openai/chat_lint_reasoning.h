#pragma once
#include <cstddef>
#include <optional>

#include "openai/lint_report.h"
#include "weir/json/reader.h"

namespace weir::openai {

/// The reasoning of one choice: the name it goes by (CHAT-22) and its details (CHAT-23), in deltas
/// and in whole messages alike.
class lint_reasoning {
 public:
  explicit lint_reasoning(const lint_request& request) : request_(request) {}

  [[nodiscard]] static bool is_name(json::value key);

  /// A delta or a message. Returns how many of its members hold reasoning as text.
  std::size_t take(json::value holder, lint_report& report);
  /// The choice is over.
  void end(lint_report& report) const;

 private:
  void check_names(json::value holder, lint_report& report) const;
  void take_details(json::value details, lint_report& report);

  lint_request request_;
  bool text_seen_ = false;
  std::optional<lint_report::place> readable_details_;
};

}  // namespace weir::openai
