#include "app/check_rules.h"

#include <algorithm>
#include <array>

namespace weir::app::check_rules {

std::span<const lint_rule> all() {
  static constexpr std::array table = {
      answer_late,
      answer_cut,
      answer_malformed,
      answer_too_large,
      open_after_terminator,
      open_after_finish,
      next_request_fails,
      request_fails,
      request_refused,
      bad_request_accepted,
      bad_request_as_own_fault,
      error_as_success,
      content_type_wrong,
      document_type_wrong,
      content_encoded,
      content_length,
      body_empty,
      body_compressed,
      body_text,
      document_for_stream,
      stream_for_document,
      lines_for_stream,
      lines_for_document,
      finish_other,
  };
  return table;
}

bool is_own(std::string_view rule) {
  const std::span<const lint_rule> rules = all();
  return std::any_of(rules.begin(), rules.end(),
                     [&](const lint_rule& own) { return own.name == rule; });
}

}  // namespace weir::app::check_rules
