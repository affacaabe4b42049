#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "openai/chat_lint_choice.h"
#include "openai/lint_constant.h"
#include "openai/lint_report.h"
#include "openai/lint_stream.h"
#include "weir/json/reader.h"

namespace weir::openai {

/// The documents of one chat stream in their order: what must be the same on all of them, and what
/// may follow what (section 3.3).
class chat_lint_stream final : public frame_judge {
 public:
  explicit chat_lint_stream(const lint_request& request) : request_(request) {}

  void take(json::value frame, lint_report& report) override;
  void finish(lint_report& report) override;
  [[nodiscard]] json::value splittable(json::value frame) const override;

 private:
  void take_chunk(json::value chunk, lint_report& report);
  void check_usage(json::value chunk, lint_report& report) const;
  void take_moderation(json::value chunk, lint_report& report);
  void take_choiceless(json::value chunk, lint_report& report);
  void take_choice(json::value choice, std::int64_t position, lint_report& report);
  [[nodiscard]] bool all_finished() const;

  lint_request request_;
  lint_constants constants_;
  std::map<std::int64_t, lint_choice> choices_;
  bool usage_seen_ = false;
  bool moderation_seen_ = false;
  bool failed_ = false;
};

}  // namespace weir::openai
