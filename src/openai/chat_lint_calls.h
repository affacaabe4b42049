#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "openai/lint_report.h"
#include "weir/json/reader.h"

namespace weir::openai {

/// The calls of one choice: tool calls (CHAT-16..19) and the legacy function call (CHAT-20), piece
/// by piece from a stream.
class lint_calls {
 public:
  explicit lint_calls(const lint_request& request) : request_(request) {}

  /// `delta.tool_calls`, an array.
  void take_tool_calls(json::value list, lint_report& report);
  /// `delta.function_call`.
  void take_function_call(json::value piece, lint_report& report);
  /// The choice finishes for this reason (CHAT-14).
  void finish(json::value reason, lint_report& report);

 private:
  struct call {
    std::int64_t index;
    std::string id;
    bool custom;
    std::string arguments;  ///< of a custom tool: its input
  };

  void take_fragment(json::value fragment, lint_report& report);
  void open(json::value fragment, lint_report& report);
  void go_on(call& known, json::value fragment, lint_report& report);
  void check_last_closed(lint_report& report) const;

  lint_request request_;
  std::vector<call> calls_;
  bool function_called_ = false;
  std::string function_arguments_;
};

namespace lint {

/// An id, new among `seen`, of a length that servers take back (K8); for streams and documents.
void check_call_id(json::value id, const std::vector<std::string_view>& seen, lint_report& report);

/// What a finished call hands to its tool: JSON, unless the answer was cut short (CHAT-19).
void check_arguments(std::string_view name, std::string_view arguments, bool cut,
                     lint_report& report);

/// What a choice called, for CHAT-14.
struct called {
  bool tool = false;
  bool function = false;
};
/// The reason a choice finishes fits what it called.
void check_finish_fits(json::value reason, called what, const lint_request& request,
                       lint_report& report);

/// The form of the call that the request asked for (CHAT-20).
void check_call_form(bool function, const lint_request& request, lint_report& report);

}  // namespace lint

}  // namespace weir::openai
