#include "openai/chat_legal.h"

#include "openai/logprobs_form.h"
#include "weir/base/limits.h"

namespace weir::openai::legal {

namespace {

constexpr std::size_t framing_bytes = std::string_view("data: ").size();

bool fits_line(const chat_frame& frame) {
  return frame.source.size() + framing_bytes < limits::max_output_line_bytes;
}

/// Whether the entry is in its place only the list of calls knows.
bool tool_fragment(json::value calls) {
  return calls.is(json::type::array) && calls.size() == 1 && calls.at(0).is(json::type::object);
}

}  // namespace

bool role_chunk(const frame_choice& choice, const stream_settings& settings) {
  const bool omits = settings.role_content == stream_settings::role_content_form::omit;
  // CHAT-8: nothing but role, content and refusal, and no payload in them.
  const std::size_t known =
      1U + (choice.content.present() ? 1U : 0U) + (choice.refusal.present() ? 1U : 0U);
  return choice.role.equals("assistant") && choice.delta_members == known &&
         choice.deltas.empty() && !(omits && choice.content.present()) && !choice.refusal.given() &&
         choice.finish_reason.is(json::type::null) && chat_logprobs().regular(choice.logprobs) &&
         chat_logprobs().tokens(choice.logprobs) == 0;
}

bool payload_chunk(const chat_frame& frame, const frame_choice& choice,
                   const dialect_rules& rules) {
  if (choice.role.present() || choice.delta_members != 1 ||
      !choice.finish_reason.is(json::type::null) || !rules.logprobs.regular(choice.logprobs))
    return false;
  if (choice.deltas.empty())  // SYN-2
    return choice.content.equals("") && (!rules.empty_says_nothing || choice.logprobs.given());
  const delta_member& only = frame.deltas[choice.deltas.first];
  switch (only.kind) {
    case delta_kind::reasoning:
    case delta_kind::text:
    case delta_kind::refusal:
      return only.val.is(json::type::string) && (choice.logprobs.given() || fits_line(frame));
    case delta_kind::annotations:
      return only.val.is(json::type::array);
    case delta_kind::audio:
      return only.val.is(json::type::object);
    case delta_kind::function:
      return only.val.is(json::type::object) && fits_line(frame);
    case delta_kind::tool:
      return tool_fragment(only.val) && fits_line(frame);
    case delta_kind::extra:
      return true;
  }
  return false;
}

bool finish_chunk(const chat_frame& frame, const frame_choice& choice, std::string_view reason,
                  const dialect_rules& rules) {
  if (choice.finish_reason.text() != reason) return false;
  if (rules.finish_alone) return choice.delta_members == 0 && !choice.logprobs.given();
  return choice.content.is(json::type::string) && rules.logprobs.regular(choice.logprobs) &&
         (choice.logprobs.given() || fits_line(frame));
}

}  // namespace weir::openai::legal
