#pragma once
#include <cstdint>

#include "openai/chat_lint_calls.h"
#include "openai/chat_lint_reasoning.h"
#include "openai/chat_lint_text.h"
#include "openai/lint_report.h"
#include "weir/json/reader.h"

namespace weir::openai {

/// One choice of a stream, as section 3.3 has it:
///   unopened --role chunk--> open --payload chunk--> open --finish chunk--> finished
/// A chunk that is not allowed is a finding and is then taken for what it comes nearest to, so
/// that one fault is told once.
class lint_choice {
 public:
  explicit lint_choice(const lint_request& request)
      : request_(request), calls_(request), reasoning_(request), text_(request) {}

  /// One element of a chunk's `choices`.
  void take(json::value choice, lint_report& report);
  /// The stream is over.
  void end(lint_report& report) const {
    reasoning_.end(report);
    text_.end(report);
  }

  [[nodiscard]] bool finished() const { return state_ == state::finished; }

 private:
  enum class state : std::uint8_t { unopened, open, finished };

  void check_form(json::value choice, lint_report& report) const;
  [[nodiscard]] bool take_opening(json::value choice, lint_report& report);
  void take_role(json::value choice, lint_report& report);
  void take_finish(json::value choice, lint_report& report);
  void take_stray(json::value delta, lint_report& report);
  void take_payload(json::value choice, lint_report& report);
  void take_member(json::value::member member, json::value choice, lint_report& report);

  lint_request request_;
  state state_ = state::unopened;
  lint_calls calls_;
  lint_reasoning reasoning_;
  lint_text text_;
};

}  // namespace weir::openai
