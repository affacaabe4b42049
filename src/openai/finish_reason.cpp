#include "openai/finish_reason.h"

namespace weir::openai {

namespace {

struct mapping {
  std::string_view theirs;
  std::string_view ours;
};

constexpr mapping mappings[] = {
    {"stop", "stop"},
    {"length", "length"},
    {"tool_calls", "tool_calls"},
    {"content_filter", "content_filter"},
    {"function_call", "function_call"},
    {"max_tokens", "length"},
    {"max_length", "length"},
    {"model_length", "length"},
    {"model_context_window_exceeded", "length"},
    {"MAX_TOKENS", "length"},
    {"tool_use", "tool_calls"},
    {"function", "tool_calls"},
    {"tool_call", "tool_calls"},
    {"safety", "content_filter"},
    {"blocked", "content_filter"},
    {"refusal", "content_filter"},
    {"sensitive", "content_filter"},
    {"content_filtered", "content_filter"},
    {"recitation", "content_filter"},
    {"SAFETY", "content_filter"},
    {"RECITATION", "content_filter"},
    {"BLOCKLIST", "content_filter"},
    {"PROHIBITED_CONTENT", "content_filter"},
    {"SPII", "content_filter"},
    {"error", "error"},
    {"network_error", "error"},
    {"insufficient_system_resource", "error"},
    {"abort", "error"},
    {"MALFORMED_FUNCTION_CALL", "error"},
};

}  // namespace

std::string_view canonical_finish(json::value reason) {
  if (!reason.given() || reason.equals("")) return {};
  for (const mapping& m : mappings)
    if (reason.equals(m.theirs)) return m.ours;
  return "stop";  // eos, end_turn, ... and what nobody has seen yet
}

}  // namespace weir::openai
