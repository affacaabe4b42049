#include "openai/chat_lint_value.h"

#include <algorithm>
#include <array>
#include <set>
#include <string>

namespace weir::openai::lint {

using json::type;
using json::value;

std::string shown(value v) {
  constexpr std::size_t longest = 60;
  if (!v.present()) return "nothing";
  const std::string_view raw = v.raw();
  if (raw.size() <= longest) return std::string(raw);
  std::size_t n = longest;
  while (n > 0 && (static_cast<unsigned char>(raw[n]) & 0xC0U) == 0x80U) --n;
  return std::string(raw.substr(0, n)) + "...";
}

void check_unique_members(value object, std::string_view where, lint_report& report) {
  std::set<std::string> names;
  for (const value::member m : object.members()) {
    std::string name = m.key.decoded();
    if (names.contains(name)) {
      report.add("CHAT-36", std::string(where) + " has two members " + shown(m.key) + ".");
      return;
    }
    names.insert(std::move(name));
  }
}

void check_logprobs(value logprobs, lint_report& report) {
  if (!logprobs.given()) return;
  if (!logprobs.is(type::object)) {
    report.add("CHAT-28", "logprobs is " + shown(logprobs) + ", neither null nor an object.");
    return;
  }
  for (const std::string_view key : {"content", "refusal"}) {
    const value list = logprobs[key];
    if (list.is(type::null) || list.is(type::array)) continue;
    report.add("CHAT-28", "logprobs." + std::string(key) + " is " + shown(list) +
                              ", neither null nor an array.");
  }
}

bool holds_no_logprobs(value logprobs) {
  return logprobs["content"].size() == 0 && logprobs["refusal"].size() == 0;
}

bool carries_nothing(value v) {
  return !v.given() || v.equals("") || (v.is(type::array) && v.size() == 0);
}

bool is_nonempty_string(value v) { return v.is(type::string) && !v.equals(""); }

bool is_finish_reason(value v) {
  static constexpr std::array<std::string_view, 5> reasons = {"stop", "length", "tool_calls",
                                                              "content_filter", "function_call"};
  return std::any_of(reasons.begin(), reasons.end(),
                     [&](std::string_view reason) { return v.equals(reason); });
}

void check_envelope(value document, std::string_view object, lint_report& report) {
  const auto wrong = [&](std::string_view key, std::string_view want) {
    report.add("CHAT-1", std::string(key) + " is " + shown(document[key]) + ", not " +
                             std::string(want) + ".");
  };
  if (!document["id"].is(type::string)) {
    wrong("id", "a string");
  } else if (document["id"].equals("")) {
    report.add("CHAT-2", "id is empty.");
  }
  if (!document["object"].equals(object)) wrong("object", object);
  if (const std::optional<std::int64_t> created = document["created"].integer(); !created) {
    wrong("created", "an integer");
  } else if (*created <= 0) {
    report.add("CHAT-2", "created is " + shown(document["created"]) + ".");
  }
  if (!document["model"].is(type::string)) wrong("model", "a string");
  if (!document["choices"].is(type::array)) wrong("choices", "an array");
}

void check_error_envelope(value document, lint_report& report) {
  const value error = document["error"];
  if (document.size() != 1) report.add("CHAT-30", "An error frame has members beside `error`.");
  if (!error.is(type::object)) {
    report.add("CHAT-30", "error is " + shown(error) + ", not an object.");
    return;
  }
  for (const std::string_view key : {"message", "type"}) {
    if (error[key].is(type::string)) continue;
    report.add("CHAT-30",
               "error." + std::string(key) + " is " + shown(error[key]) + ", not a string.");
  }
  const value param = error["param"];
  if (!param.is(type::null) && !param.is(type::string)) {
    report.add("CHAT-30", "error.param is " + shown(param) + ", neither null nor a string.");
  }
  const value code = error["code"];
  if (!code.is(type::null) && !code.is(type::string) && !code.integer()) {
    report.add("CHAT-30",
               "error.code is " + shown(code) + ", neither null nor a string nor an integer.");
  }
}

}  // namespace weir::openai::lint
