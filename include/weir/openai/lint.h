#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "weir/openai/stream_settings.h"

namespace weir::openai {

/// How much a finding weighs.
enum class severity : std::uint8_t {
  fault,  ///< not legal (CHAT-36)
  hint,   ///< legal, but it breaks clients known by name, or looks like a defect of the upstream
};

/// One thing that can be wrong with an answer. `lint_rules` lists all of them.
struct lint_rule {
  std::string_view name;    ///< `role-repeated`: stable, and no other rule has it
  std::string_view clause;  ///< `CHAT-8`; of a hint that no clause covers, the deviation: `K29`
  openai::severity severity = openai::severity::fault;
};

/// The request an answer is judged against (CHAT-36).
struct lint_request {
  std::uint32_t n = 1;  ///< choices asked for; of Completions, `n` times the prompts (CMPL-2)
  bool include_usage = false;
  bool include_obfuscation = true;
  /// tool_choice named one function: `stop` is then right after its call (CHAT-14).
  bool names_tool = false;
  /// The answer may end without usage though it was asked for (the upstream gave none, CHAT-26):
  /// a hint, not a fault.
  bool usage_may_be_missing = false;
  bool offers_tools = false;      ///< `tools`: calls come as `tool_calls` (CHAT-20)
  bool offers_functions = false;  ///< `functions`: the call comes as `function_call` (CHAT-20)
  bool include_reasoning = true;  ///< CHAT-23
  /// The members in which reasoning has to stand (CHAT-22); `as_is` is any one of them.
  stream_settings::reasoning_name reasoning_field = stream_settings::reasoning_name::as_is;
};

/// What is wrong, and where.
struct finding {
  std::string_view rule;
  std::string_view clause;
  openai::severity severity = openai::severity::fault;
  std::size_t event = 0;   ///< number of the event in the stream, from 0
  std::size_t offset = 0;  ///< first byte of that event
  std::size_t begin = 0;   ///< the bytes that show it, from here ...
  std::size_t end = 0;     ///< ... to here: a value inside the event, else the event itself
  std::string detail;      ///< one sentence for people
};

/// No fault is among them.
[[nodiscard]] bool is_legal(const std::vector<finding>& findings);

/// All rules of the judges of this library.
[[nodiscard]] std::span<const lint_rule> lint_rules();

}  // namespace weir::openai
