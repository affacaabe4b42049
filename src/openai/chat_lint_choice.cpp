#include "openai/chat_lint_choice.h"

#include <algorithm>
#include <string_view>

#include "openai/chat_lint_value.h"

namespace weir::openai {

using json::type;
using json::value;
using lint::shown;

void lint_choice::take(value choice, lint_report& report) {
  lint::check_unique_members(choice, "A choice", report);
  lint::check_logprobs(choice["logprobs"], report);
  // CHAT-35: what broken servers write in place of the delta.
  for (const std::string_view key : {"message", "text"}) {
    if (choice[key].present()) {
      report.add("CHAT-35", "A choice has a member `" + std::string(key) + "`.");
    }
  }
  const value delta = choice["delta"];
  if (!delta.is(type::object)) {
    report.add("CHAT-35", "delta is " + shown(delta) + ", not an object.");
  }
  lint::check_unique_members(delta, "A delta", report);
  if (delta["logprobs"].present()) report.add("CHAT-28", "logprobs stands inside a delta.");

  const value finish = choice["finish_reason"];
  if (!finish.present()) {
    report.add("CHAT-13", "finish_reason is missing.");
  } else if (!finish.is(type::null) && !lint::is_finish_reason(finish)) {
    report.add("CHAT-13", "finish_reason is " + shown(finish) + ".");
  }

  switch (state_) {
    case state::finished:
      report.add("CHAT-29", "A chunk follows the finish chunk of its choice.");
      return;
    case state::unopened:
      state_ = state::open;
      if (!delta["role"].equals("assistant")) {
        report.add("CHAT-8", "The first chunk of a choice has the role " + shown(delta["role"]) +
                                 ", not \"assistant\".");
      }
      if (delta["role"].present()) {
        take_role(choice, report);
        return;
      }
      break;
    case state::open:
      if (delta["role"].present()) report.add("CHAT-8", "The role is repeated.");
      break;
  }
  if (finish.given() && !finish.equals("")) {
    take_finish(choice, report);
  } else if (delta.is(type::object)) {
    take_payload(choice, report);
  }
}

void lint_choice::take_role(value choice, lint_report& report) {
  for (const value::member m : choice["delta"].members()) {
    if (m.key.equals("role") || m.key.equals("logprobs")) continue;
    const bool empty_content = m.key.equals("content") && (!m.val.given() || m.val.equals(""));
    const bool empty_refusal = m.key.equals("refusal") && !m.val.given();
    if (!empty_content && !empty_refusal) {
      report.add("CHAT-8", "The role chunk carries " + shown(m.key) + ".");
    }
  }
  if (!lint::holds_no_logprobs(choice["logprobs"])) {
    report.add("CHAT-11", "The role chunk carries logprobs of tokens.");
  }
  if (choice["finish_reason"].given() && !choice["finish_reason"].equals("")) {
    report.add("CHAT-12", "The role chunk finishes its choice.");
    state_ = state::finished;
  }
}

void lint_choice::take_finish(value choice, lint_report& report) {
  state_ = state::finished;
  const value finish = choice["finish_reason"];
  for (const value::member m : choice["delta"].members()) {
    if (m.key.equals("role") || m.key.equals("logprobs")) continue;  // told already
    report.add("CHAT-12", "The delta of the finish chunk is not empty.");
    break;
  }
  if (choice["logprobs"].given()) report.add("CHAT-12", "The finish chunk carries logprobs.");
  check_last_call_closed(report);
  if (finish.equals("tool_calls") && calls_.empty()) {
    report.add("CHAT-14", "finish_reason is tool_calls, but there was no tool call.");
  }
  if (finish.equals("stop") && !calls_.empty() && !request_.names_tool) {
    report.add("CHAT-14", "finish_reason is stop, but there were tool calls.");
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
  if (payloads == 0 && !told) report.add("CHAT-11", "A delta is empty.");
  if (payloads > 1) {
    report.add("CHAT-11", "A delta mixes " + std::to_string(payloads) + " payloads.");
  }
}

void lint_choice::take_member(value::member member, value choice, lint_report& report) {
  const value v = member.val;
  if (member.key.equals("tool_calls") && v.is(type::array)) {
    take_tool_calls(v, report);
    return;
  }
  // SYN-2: logprobs without text stand beside an empty one.
  const bool carries_logprobs =
      member.key.equals("content") && v.equals("") && choice["logprobs"].given();
  if (lint::carries_nothing(v) && !carries_logprobs) {
    report.add("CHAT-11", "delta." + member.key.decoded() + " is " + shown(v) + ".");
    return;
  }
  if (member.key.equals("content") || member.key.equals("refusal")) {
    if (v.is(type::string)) return;
    // Mistral's parts are the array form (CHAT-22).
    report.add(v.is(type::array) ? "CHAT-22" : "CHAT-11",
               "delta." + member.key.decoded() + " is " + shown(v) + ", not a string.");
  } else if (member.key.equals("tool_calls")) {
    report.add("CHAT-16", "delta.tool_calls is " + shown(v) + ", not an array.");
  } else if (member.key.equals("function_call")) {
    take_function_call(v, report);
  } else if (member.key.equals("audio")) {
    if (!v.is(type::object) || v.size() == 0) {
      report.add("CHAT-32", "delta.audio is " + shown(v) + ", not a piece of audio.");
    }
  } else if (member.key.equals("annotations")) {
    if (!v.is(type::array)) {
      report.add("CHAT-33", "delta.annotations is " + shown(v) + ", not an array.");
    }
  } else if (member.key.equals("reasoning_content") || member.key.equals("reasoning") ||
             member.key.equals("thinking")) {
    if (!v.is(type::string)) {
      report.add("CHAT-22",
                 "delta." + member.key.decoded() + " is " + shown(v) + ", not a string.");
    }
  }
}

void lint_choice::take_tool_calls(value list, lint_report& report) {
  if (list.size() == 0) report.add("CHAT-36", "delta.tool_calls is empty.");
  if (list.size() > 1) report.add("CHAT-11", "A delta carries several tool call fragments.");
  for (const value fragment : list.elements()) take_fragment(fragment, report);
}

void lint_choice::take_fragment(value fragment, lint_report& report) {
  lint::check_unique_members(fragment, "A tool call", report);
  lint::check_unique_members(fragment["function"], "A function", report);
  const std::optional<std::int64_t> index = fragment["index"].integer();
  if (!index) {
    report.add("CHAT-18", "The index of a tool call is " + shown(fragment["index"]) + ".");
    return;
  }
  const auto known =
      std::find_if(calls_.begin(), calls_.end(), [&](const call& c) { return c.index == *index; });
  if (known == calls_.end()) {
    open_call(fragment, report);
    return;
  }
  if (known + 1 != calls_.end()) {
    report.add("CHAT-19", "A fragment of call " + std::to_string(*index) +
                              " follows the first fragment of a later call.");
  }
  for (const std::string_view key : {"id", "type"}) {
    if (fragment[key].present()) {
      report.add("CHAT-17", "A later fragment of a tool call has `" + std::string(key) + "`.");
    }
  }
  const value body = fragment[known->custom ? "custom" : "function"];
  const value text = body[known->custom ? "input" : "arguments"];
  if (body["name"].present()) {
    report.add("CHAT-17", "A later fragment of a tool call has a name.");
  }
  if (lint::is_nonempty_string(text)) {
    known->has_arguments = true;
  } else if (text.given() && !text.is(type::string)) {
    report.add("CHAT-17", "The arguments of a tool call are " + shown(text) + ", not a string.");
  } else {
    report.add("CHAT-16", "A later fragment of a tool call carries no arguments.");
  }
}

void lint_choice::open_call(value fragment, lint_report& report) {
  check_last_call_closed(report);
  const std::int64_t index = *fragment["index"].integer();
  if (index != static_cast<std::int64_t>(calls_.size())) {
    report.add("CHAT-16", "Call " + std::to_string(index) + " opens where " +
                              std::to_string(calls_.size()) + " is next.");
  }
  const bool custom = fragment["type"].equals("custom");
  const value id = fragment["id"];
  if (!lint::is_nonempty_string(id)) {
    report.add("CHAT-16", "A tool call opens with the id " + shown(id) + ".");
  } else if (std::any_of(calls_.begin(), calls_.end(),
                         [&](const call& c) { return id.equals(c.id); })) {
    report.add("CHAT-17", "Two tool calls have the id " + shown(id) + ".");
  }
  if (!custom && !fragment["type"].equals("function")) {
    report.add("CHAT-16", "A tool call opens with the type " + shown(fragment["type"]) + ".");
  }
  const value body = fragment[custom ? "custom" : "function"];
  if (!lint::is_nonempty_string(body["name"])) {
    report.add("CHAT-16", "A tool call opens with the name " + shown(body["name"]) + ".");
  }
  const value arguments = body["arguments"];
  if (!custom && !arguments.equals("")) {
    report.add(arguments.given() && !arguments.is(type::string) ? "CHAT-17" : "CHAT-16",
               "A tool call opens with the arguments " + shown(arguments) + ", not \"\".");
  }
  // What a custom tool takes may be empty text (section 16 leaves its stream open).
  const bool has_arguments = custom || lint::is_nonempty_string(arguments);
  calls_.push_back({index, id.decoded(), has_arguments, custom});
}

void lint_choice::check_last_call_closed(lint_report& report) const {
  if (!calls_.empty() && !calls_.back().has_arguments) {
    report.add("CHAT-19",
               "Call " + std::to_string(calls_.back().index) + " ends without arguments.");
  }
}

void lint_choice::take_function_call(value piece, lint_report& report) {
  const value arguments = piece["arguments"];
  if (!function_called_) {
    function_called_ = true;
    if (!lint::is_nonempty_string(piece["name"]) || !arguments.equals("")) {
      report.add("CHAT-20", "function_call opens as " + shown(piece) +
                                ", not with a name and empty arguments.");
    }
    return;
  }
  if (piece["name"].present()) report.add("CHAT-20", "function_call repeats its name.");
  if (!lint::is_nonempty_string(arguments)) {
    report.add("CHAT-20", "A later function_call carries the arguments " + shown(arguments) + ".");
  }
}

}  // namespace weir::openai
