#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "openai/chat_lint_choice.h"
#include "openai/chat_lint_report.h"
#include "weir/json/reader.h"

namespace weir::openai {

/// The documents of one stream in their order: what must be the same on all of them, and what may
/// follow what (section 3.3).
class lint_stream {
 public:
  explicit lint_stream(const lint_request& request) : request_(request) {}

  /// The JSON object of one event.
  void take(json::value document, lint_report& report);
  /// The stream is over: [DONE], or its last byte.
  void finish(lint_report& report);

 private:
  void check_constants(json::value chunk, lint_report& report);
  void check_repeated(std::string_view key, std::optional<std::string>& first, json::value chunk,
                      lint_report& report) const;
  void check_usage(json::value chunk, lint_report& report) const;
  void take_choiceless(json::value chunk, lint_report& report);
  void take_choice(json::value choice, lint_report& report);
  [[nodiscard]] bool all_finished() const;

  lint_request request_;
  std::optional<std::string> id_;
  std::optional<std::int64_t> created_;
  std::optional<std::string> model_;
  std::optional<std::string> service_tier_;
  std::optional<std::string> system_fingerprint_;
  std::map<std::int64_t, lint_choice> choices_;
  bool usage_seen_ = false;
  bool failed_ = false;
};

}  // namespace weir::openai
