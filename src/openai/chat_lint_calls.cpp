#include "openai/chat_lint_calls.h"

#include <algorithm>
#include <array>

#include "openai/lint_value.h"

namespace weir::openai {

using json::type;
using json::value;
using lint::shown;

namespace {

constexpr std::array<std::string_view, 5> entry_members = {"index", "id", "type", "function",
                                                           "custom"};
constexpr std::array<std::string_view, 3> body_members = {"name", "arguments", "input"};

template <std::size_t N>
bool has_member_beside(value object, const std::array<std::string_view, N>& known) {
  for (const value::member m : object.members()) {
    const bool is_known = std::any_of(known.begin(), known.end(),
                                      [&](std::string_view name) { return m.key.equals(name); });
    if (!is_known && m.val.given()) return true;
  }
  return false;
}

/// A member that no clause knows, `extra_content` for one: it may come without arguments.
bool has_unknown_member(value fragment, value body) {
  return has_member_beside(fragment, entry_members) || has_member_beside(body, body_members);
}

}  // namespace

namespace lint {

void check_call_id(value id, const std::vector<std::string_view>& seen, lint_report& report) {
  constexpr std::size_t longest = 40;  // K8: some servers refuse longer ones in the next request
  if (!is_nonempty_string(id)) {
    report.add(rule::call_id_missing, "A tool call has the id " + shown(id) + ".", id);
    return;
  }
  if (std::any_of(seen.begin(), seen.end(), [&](std::string_view s) { return id.equals(s); })) {
    report.add(rule::call_id_shared, "Two tool calls have the id " + shown(id) + ".", id);
  }
  if (const std::size_t length = id.decoded().size(); length > longest) {
    report.add(rule::call_id_long,
               "The id of a tool call has " + std::to_string(length) + " bytes.", id);
  }
}

void check_arguments(std::string_view name, std::string_view arguments, bool cut,
                     lint_report& report) {
  json::reader reader;
  const bool whole = reader.parse(arguments) == json::reader::status::ok && reader.rest().empty();
  if (whole) return;
  const std::string start = "The arguments of " + std::string(name);
  if (cut) {
    report.add(rule::call_arguments_cut, start + " were cut short with the answer.");
  } else {
    report.add(rule::call_arguments_not_json,
               start + (reader.truncated()
                            ? " end before they are whole JSON."
                            : " are not JSON: byte " + std::to_string(reader.fault()) + "."));
  }
}

void check_finish_fits(value reason, called what, const lint_request& request,
                       lint_report& report) {
  const bool lacks_call = (reason.equals("tool_calls") && !what.tool) ||
                          (reason.equals("function_call") && !what.function);
  if (lacks_call) {
    report.add(rule::finish_calls_without_call,
               "finish_reason is " + shown(reason) + ", but there was no such call.", reason);
  }
  if (!reason.equals("stop") || !(what.tool || what.function)) return;
  report.add(request.names_tool ? rule::finish_stop_ends_loop
             : what.tool        ? rule::finish_stop_after_calls
                                : rule::function_finish,
             "finish_reason is \"stop\", but there was a call.", reason);
}

void check_call_form(bool function, const lint_request& request, lint_report& report) {
  if (function && request.offers_tools && !request.offers_functions) {
    report.add(rule::function_for_tools,
               "The request has `tools`, and the call comes as function_call.");
  } else if (!function && request.offers_functions && !request.offers_tools) {
    report.add(rule::calls_for_functions,
               "The request has `functions`, and the call comes as tool_calls.");
  }
}

}  // namespace lint

void lint_calls::take_tool_calls(value list, lint_report& report) {
  if (list.size() == 0) report.add(rule::calls_empty, "delta.tool_calls is empty.", list);
  if (list.size() > 1) {
    report.add(rule::fragments_several, "A delta carries several tool call fragments.", list);
  }
  for (const value fragment : list.elements()) take_fragment(fragment, report);
}

void lint_calls::take_fragment(value fragment, lint_report& report) {
  lint::check_unique_members(fragment, "A tool call", report);
  lint::check_unique_members(fragment["function"], "A function", report);
  lint::check_unique_members(fragment["custom"], "A custom tool", report);
  const std::optional<std::int64_t> index = fragment["index"].integer();
  if (!index) {
    report.add(rule::call_index_type,
               "The index of a tool call is " + shown(fragment["index"]) + ".", fragment);
    return;
  }
  const auto known =
      std::find_if(calls_.begin(), calls_.end(), [&](const call& c) { return c.index == *index; });
  if (known == calls_.end()) {
    open(fragment, report);
    return;
  }
  if (known + 1 != calls_.end()) {
    report.add(rule::calls_interleaved,
               "A fragment of call " + std::to_string(*index) +
                   " follows the first fragment of a later call.",
               fragment);
  }
  go_on(*known, fragment, report);
}

// CHAT-16
void lint_calls::open(value fragment, lint_report& report) {
  if (calls_.empty()) lint::check_call_form(false, request_, report);
  check_last_closed(report);
  const std::int64_t index = *fragment["index"].integer();
  if (index != static_cast<std::int64_t>(calls_.size())) {
    report.add(rule::call_index_order,
               "Call " + std::to_string(index) + " opens where " + std::to_string(calls_.size()) +
                   " is next.",
               fragment["index"]);
  }
  std::vector<std::string_view> ids;
  for (const call& c : calls_) ids.emplace_back(c.id);
  lint::check_call_id(fragment["id"], ids, report);
  const bool custom = fragment["type"].equals("custom");
  if (!custom && !fragment["type"].equals("function")) {
    report.add(rule::call_type_wrong, "A tool call has the type " + shown(fragment["type"]) + ".",
               fragment);
  }
  const value body = fragment[custom ? "custom" : "function"];
  if (!lint::is_nonempty_string(body["name"])) {
    report.add(rule::call_name_missing, "A tool call has the name " + shown(body["name"]) + ".",
               fragment);
  }
  const std::string_view key = custom ? "input" : "arguments";
  const value arguments = body[key];
  if (!arguments.equals("")) {
    report.add(
        arguments.given() && !arguments.is(type::string) ? rule::call_arguments_type
                                                         : rule::call_opens_with_arguments,
        "A tool call opens with the " + std::string(key) + " " + shown(arguments) + ", not \"\".",
        arguments.present() ? arguments : body);
  }
  calls_.push_back({index, fragment["id"].decoded(), custom, arguments.decoded()});
}

void lint_calls::go_on(call& known, value fragment, lint_report& report) {
  if (fragment["id"].present()) {
    report.add(rule::call_id_repeated, "A later fragment of a tool call has `id`.", fragment["id"]);
  }
  if (fragment["type"].present()) {
    report.add(rule::call_type_repeated, "A later fragment of a tool call has `type`.",
               fragment["type"]);
  }
  const value body = fragment[known.custom ? "custom" : "function"];
  const value text = body[known.custom ? "input" : "arguments"];
  if (body["name"].present()) {
    report.add(rule::call_name_repeated, "A later fragment of a tool call has a name.",
               body["name"]);
  }
  if (lint::is_nonempty_string(text)) {
    known.arguments += text.decoded();
  } else if (text.given() && !text.is(type::string)) {
    report.add(rule::call_arguments_type,
               "The arguments of a tool call are " + shown(text) + ", not a string.", text);
  } else if (!has_unknown_member(fragment, body)) {
    report.add(rule::call_fragment_empty, "A later fragment of a tool call carries no arguments.",
               fragment);
  }
}

/// CHAT-19. The input of a custom tool may be empty text.
void lint_calls::check_last_closed(lint_report& report) const {
  if (calls_.empty() || calls_.back().custom || !calls_.back().arguments.empty()) return;
  report.add(rule::call_arguments_empty,
             "Call " + std::to_string(calls_.back().index) + " ends without arguments.");
}

// CHAT-20
void lint_calls::take_function_call(value piece, lint_report& report) {
  lint::check_unique_members(piece, "A function_call", report);
  const value arguments = piece["arguments"];
  if (!function_called_) {
    function_called_ = true;
    lint::check_call_form(true, request_, report);
    if (!lint::is_nonempty_string(piece["name"]) || !arguments.equals("")) {
      report.add(
          rule::function_opening,
          "function_call opens as " + shown(piece) + ", not with a name and empty arguments.",
          piece);
    }
  } else {
    if (piece["name"].present()) {
      report.add(rule::function_name_repeated, "function_call repeats its name.", piece["name"]);
    }
    if (!lint::is_nonempty_string(arguments) && !has_member_beside(piece, body_members)) {
      report.add(rule::function_arguments,
                 "A later function_call carries the arguments " + shown(arguments) + ".", piece);
    }
  }
  function_arguments_ += arguments.decoded();
}

// CHAT-14, CHAT-19, CHAT-20
void lint_calls::finish(value reason, lint_report& report) {
  check_last_closed(report);
  lint::check_finish_fits(reason, {!calls_.empty(), function_called_}, request_, report);
  const bool cut = reason.equals("length") || reason.equals("content_filter");
  for (const call& c : calls_) {
    if (c.custom || c.arguments.empty()) continue;
    lint::check_arguments("call " + std::to_string(c.index), c.arguments, cut, report);
  }
  if (function_called_) {
    lint::check_arguments("the function call", function_arguments_, cut, report);
  }
}

}  // namespace weir::openai
