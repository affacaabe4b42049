#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "openai/chat_lint_report.h"
#include "weir/json/reader.h"

namespace weir::openai {

/// One choice of a stream, as section 3.3 has it:
///   unopened --role chunk--> open --payload chunk--> open --finish chunk--> finished
/// A chunk that is not allowed is a finding and is then taken for what it comes nearest to, so
/// that one fault is told once.
class lint_choice {
 public:
  explicit lint_choice(const lint_request& request) : request_(request) {}

  /// One element of a chunk's `choices`.
  void take(json::value choice, lint_report& report);

  [[nodiscard]] bool finished() const { return state_ == state::finished; }

 private:
  enum class state : std::uint8_t { unopened, open, finished };
  struct call {
    std::int64_t index;
    std::string id;
    bool has_arguments;
    bool custom;
  };

  void take_role(json::value choice, lint_report& report);
  void take_finish(json::value choice, lint_report& report);
  void take_payload(json::value choice, lint_report& report);
  void take_member(json::value::member member, json::value choice, lint_report& report);
  void take_tool_calls(json::value list, lint_report& report);
  void take_fragment(json::value fragment, lint_report& report);
  void open_call(json::value fragment, lint_report& report);
  void take_function_call(json::value piece, lint_report& report);
  void check_last_call_closed(lint_report& report) const;

  lint_request request_;
  state state_ = state::unopened;
  std::vector<call> calls_;
  bool function_called_ = false;
};

}  // namespace weir::openai
