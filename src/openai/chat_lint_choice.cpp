#include "openai/chat_lint_choice.h"

#include <string>
#include <string_view>

#include "openai/chat_lint_payload.h"
#include "openai/lint_value.h"

namespace weir::openai {

using json::type;
using json::value;
using lint::shown;

void lint_choice::take(value choice, lint_report& report) {
  check_form(choice, report);
  if (state_ == state::finished) {
    report.add(rule::chunk_after_finish, "A chunk follows the finish chunk of its choice.");
    return;
  }
  if (take_opening(choice, report)) return;
  const value finish = choice["finish_reason"];
  if (finish.given() && !finish.equals("")) {
    take_finish(choice, report);
  } else if (choice["delta"].is(type::object)) {
    take_payload(choice, report);
  }
}

/// What holds in every state.
void lint_choice::check_form(value choice, lint_report& report) const {
  lint::check_unique_members(choice, "A choice", report);
  lint::check_logprobs(choice["logprobs"], report);
  // CHAT-35: what broken servers write in place of the delta.
  if (choice["message"].present()) {
    report.add(rule::message_in_chunk, "A choice has a member `message`.", choice["message"]);
  }
  if (choice["text"].present()) {
    report.add(rule::text_in_chat, "A choice has a member `text`.", choice["text"]);
  }
  const value delta = choice["delta"];
  if (!delta.is(type::object)) {
    report.add(rule::delta_type, "delta is " + shown(delta) + ", not an object.", delta);
  }
  lint::check_unique_members(delta, "A delta", report);
  if (delta["logprobs"].present()) {
    report.add(rule::logprobs_in_delta, "logprobs stands inside a delta.", delta["logprobs"]);
  }
  lint::check_finish_word(choice, report);
}

/// The role, which opens a choice and never comes again (CHAT-8). True when the chunk is done with.
bool lint_choice::take_opening(value choice, lint_report& report) {
  const value role = choice["delta"]["role"];
  if (state_ == state::open) {
    if (role.present()) report.add(rule::role_repeated, "The role is repeated.", choice["delta"]);
    return false;
  }
  state_ = state::open;
  if (!role.present()) {
    report.add(rule::role_missing, "The first chunk of a choice has no role.", choice);
    return false;
  }
  if (!role.equals("assistant")) {
    report.add(rule::role_word, "The role is " + shown(role) + ", not \"assistant\".", role);
  }
  take_role(choice, report);
  return true;
}

void lint_choice::take_role(value choice, lint_report& report) {
  for (const value::member m : choice["delta"].members()) {
    if (m.key.equals("role") || m.key.equals("logprobs")) continue;
    const bool empty_content = m.key.equals("content") && (!m.val.given() || m.val.equals(""));
    const bool empty_refusal = m.key.equals("refusal") && !m.val.given();
    if (!empty_content && !empty_refusal) {
      report.add(rule::role_with_payload, "The role chunk carries " + shown(m.key) + ".", m.val);
    }
  }
  take_stray(choice["delta"], report);
  if (!lint::holds_no_logprobs(choice["logprobs"])) {
    report.add(rule::role_with_logprobs, "The role chunk carries logprobs of tokens.",
               choice["logprobs"]);
  }
  if (const value finish = choice["finish_reason"]; finish.given() && !finish.equals("")) {
    report.add(rule::role_with_finish, "The role chunk finishes its choice.", finish);
    state_ = state::finished;
  }
}

void lint_choice::take_finish(value choice, lint_report& report) {
  state_ = state::finished;
  for (const value::member m : choice["delta"].members()) {
    if (m.key.equals("role") || m.key.equals("logprobs")) continue;  // told already
    report.add(rule::finish_with_payload, "The delta of the finish chunk is not empty.",
               choice["delta"]);
    break;
  }
  if (choice["logprobs"].given()) {
    report.add(rule::finish_with_logprobs, "The finish chunk carries logprobs.",
               choice["logprobs"]);
  }
  take_stray(choice["delta"], report);
  calls_.finish(choice["finish_reason"], report);
}

/// Payload in a role or finish chunk: told by that already, and what it says counts all the same.
void lint_choice::take_stray(value delta, lint_report& report) {
  if (delta["tool_calls"].size() != 0) calls_.take_tool_calls(delta["tool_calls"], report);
  if (delta["function_call"].size() != 0) {
    calls_.take_function_call(delta["function_call"], report);
  }
  for (const std::string_view name : {"content", "refusal"}) {
    if (lint::is_nonempty_string(delta[name])) text_.take(name, delta[name], report);
  }
}

void lint_choice::take_payload(value choice, lint_report& report) {
  const value delta = choice["delta"];
  std::size_t payloads = 0;
  bool told = false;  // the chunk was found at fault for another reason
  for (const value::member m : delta.members()) {
    if (m.key.equals("role") || m.key.equals("logprobs")) {
      told = true;
      continue;
    }
    ++payloads;
    take_member(m, choice, report);
  }
  // CHAT-22: one text under two names is one payload, and lint_reasoning tells if it may be.
  if (const std::size_t texts = reasoning_.take(delta, report); texts > 1) payloads -= texts - 1;
  if (payloads == 0 && !told) report.add(rule::delta_empty, "A delta is empty.", choice);
  if (payloads > 1) {
    report.add(rule::payloads_mixed, "A delta mixes " + std::to_string(payloads) + " payloads.",
               delta);
  }
}

void lint_choice::take_member(value::member member, value choice, lint_report& report) {
  const value v = member.val;
  if (member.key.equals("tool_calls") && v.is(type::array)) {
    calls_.take_tool_calls(v, report);
    return;
  }
  // SYN-2: logprobs without text stand beside an empty one.
  const bool carries_logprobs =
      member.key.equals("content") && v.equals("") && choice["logprobs"].given();
  if (carries_logprobs) return;
  const std::string name = member.key.decoded();
  if (lint::carries_nothing(v)) {
    report.add(rule::payload_empty, "delta." + name + " is " + shown(v) + ".", v);
  } else if (name == "content" || name == "refusal") {
    if (v.is(type::string)) {
      text_.take(name, v, report);
      return;
    }
    // Mistral's parts are the array form (CHAT-22).
    report.add(v.is(type::array) ? rule::content_parts : rule::payload_type,
               "delta." + name + " is " + shown(v) + ", not a string.", v);
  } else if (name == "tool_calls") {
    report.add(rule::calls_not_array, "delta.tool_calls is " + shown(v) + ", not an array.", v);
  } else if (name == "function_call") {
    calls_.take_function_call(v, report);
  } else if (name == "audio") {
    lint::check_audio(v, report);
  } else if (name == "annotations") {
    lint::check_annotations(v, report);
  } else if (lint_reasoning::is_name(member.key) && v.is(type::string)) {
    text_.take(name, v, report);
  }
}

}  // namespace weir::openai
