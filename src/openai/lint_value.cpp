#include "openai/lint_value.h"

#include <algorithm>
#include <array>
#include <set>

namespace weir::openai::lint {

using json::type;
using json::value;

namespace {

bool null_or(type kind, value v) { return v.is(type::null) || v.is(kind); }

void check_details(value usage, std::string_view key, lint_report& report) {
  const value details = usage[key];
  const std::string name = "usage." + std::string(key);
  if (details.given() && !details.is(type::object)) {
    report.add(rule::usage_member_type, name + " is " + shown(details) + ", not an object.",
               details);
  }
  static constexpr std::array<std::string_view, 6> counts = {
      "cached_tokens",    "cache_write_tokens",         "audio_tokens",
      "reasoning_tokens", "accepted_prediction_tokens", "rejected_prediction_tokens"};
  for (const std::string_view count : counts) {
    const value v = details[count];
    if (!v.given() || v.is(type::number)) continue;
    report.add(rule::usage_member_type,
               name + "." + std::string(count) + " is " + shown(v) + ", not a number.", v);
  }
}

}  // namespace

std::string shown(value v) {
  constexpr std::size_t longest = 60;
  if (!v.present()) return "nothing";
  const std::string_view raw = v.raw();
  if (raw.size() <= longest) return std::string(raw);
  std::size_t n = longest;
  while (n > 0 && (static_cast<unsigned char>(raw[n]) & 0xC0U) == 0x80U) --n;
  return std::string(raw.substr(0, n)) + "...";
}

std::string asked_for(std::uint32_t choices) {
  return std::to_string(choices) + (choices == 1 ? " choice was" : " choices were") + " asked for";
}

void check_unique_members(value object, std::string_view where, lint_report& report) {
  std::set<std::string> names;
  for (const value::member m : object.members()) {
    std::string name = m.key.decoded();
    if (names.contains(name)) {
      report.add(rule::member_doubled,
                 std::string(where) + " has two members " + shown(m.key) + ".", m.key);
      return;
    }
    names.insert(std::move(name));
  }
}

bool carries_nothing(value v) {
  return !v.given() || v.equals("") || (v.is(type::array) && v.size() == 0);
}

bool is_nonempty_string(value v) { return v.is(type::string) && !v.equals(""); }

bool is_no_error(value error) {
  return !error.given() || error.equals("") || error.boolean() == false;
}

void check_finish_word(value holder, lint_report& report) {
  static constexpr std::array<std::string_view, 5> reasons = {"stop", "length", "tool_calls",
                                                              "content_filter", "function_call"};
  const value finish = holder["finish_reason"];
  if (!finish.present()) {
    report.add(rule::finish_key_missing, "finish_reason is missing.", holder);
  } else if (finish.equals("")) {
    report.add(rule::finish_empty, "finish_reason is \"\".", finish);
  } else if (finish.equals("error")) {
    report.add(rule::finish_error, "finish_reason is \"error\".", finish);
  } else if (finish.given() && std::none_of(reasons.begin(), reasons.end(),
                                            [&](auto reason) { return finish.equals(reason); })) {
    report.add(rule::finish_word, "finish_reason is " + shown(finish) + ".", finish);
  }
}

void check_envelope(value document, std::string_view object, lint_report& report) {
  const auto wrong = [&](rule broken, std::string_view key, std::string_view want) {
    report.add(
        broken,
        std::string(key) + " is " + shown(document[key]) + ", not " + std::string(want) + ".",
        document[key]);
  };
  if (!document["id"].is(type::string)) {
    wrong(rule::id_type, "id", "a string");
  } else if (document["id"].equals("")) {
    report.add(rule::id_empty, "id is empty.", document["id"]);
  }
  if (!document["object"].equals(object)) wrong(rule::object_wrong, "object", object);
  const value created = document["created"];
  if (!created.integer()) {
    wrong(rule::created_type, "created", "an integer");
  } else if (*created.integer() <= 0) {
    report.add(rule::created_zero, "created is " + shown(created) + ".", created);
  }
  if (!document["model"].is(type::string)) wrong(rule::model_type, "model", "a string");
  if (!document["choices"].is(type::array)) wrong(rule::choices_type, "choices", "an array");
}

void check_error_envelope(value document, lint_report& report) {
  const value error = document["error"];
  if (document.size() != 1) {
    report.add(rule::error_beside, "An error frame has members beside `error`.");
  }
  if (!error.is(type::object)) {
    report.add(rule::error_type, "error is " + shown(error) + ", not an object.", error);
    return;
  }
  const auto wrong = [&](std::string_view key, std::string_view want) {
    report.add(
        rule::error_member_type,
        "error." + std::string(key) + " is " + shown(error[key]) + ", " + std::string(want) + ".",
        error[key]);
  };
  if (!error["message"].is(type::string)) wrong("message", "not a string");
  if (!error["type"].is(type::string)) wrong("type", "not a string");
  if (!null_or(type::string, error["param"])) wrong("param", "neither null nor a string");
  const value code = error["code"];
  if (!null_or(type::string, code) && !code.integer()) {
    wrong("code", "neither null nor a string nor an integer");
  }
}

void check_error_frame(value frame, lint_report& report) {
  check_error_envelope(frame, report);
  report.add(rule::error_event,
             "The stream ends with an error: " + shown(frame["error"]["message"]) + ".",
             frame["error"]);
}

bool is_foreign_error(value document) {
  if (document["object"].equals("error")) return true;
  static constexpr std::array<std::string_view, 6> names = {"message", "detail",    "errors",
                                                            "msg",     "base_resp", "fault"};
  return std::any_of(names.begin(), names.end(),
                     [&](std::string_view name) { return document[name].given(); });
}

void check_usage(value usage, lint_report& report) {
  if (!usage.is(type::object) || usage.size() == 0) {  // U10
    report.add(rule::usage_type, "usage is " + shown(usage) + ", not an object with counts.",
               usage);
    return;
  }
  bool incomplete = false;
  for (const std::string_view key : {"prompt_tokens", "completion_tokens", "total_tokens"}) {
    const value count = usage[key];
    incomplete = incomplete || !count.given();
    if (!count.given() || count.is(type::number)) continue;
    report.add(rule::usage_member_type,
               "usage." + std::string(key) + " is " + shown(count) + ", not a number.", count);
  }
  check_details(usage, "prompt_tokens_details", report);
  check_details(usage, "completion_tokens_details", report);
  if (incomplete) {
    report.add(rule::usage_incomplete,
               "usage lacks one of prompt_tokens, completion_tokens and total_tokens.", usage);
    return;
  }
  const std::int64_t prompt = usage["prompt_tokens"].integer().value_or(-1);
  const std::int64_t completion = usage["completion_tokens"].integer().value_or(-1);
  const std::int64_t total = usage["total_tokens"].integer().value_or(-1);
  if (prompt < 0 || completion < 0 || total < 0) return;
  if (total < prompt || total - prompt != completion) {  // their sum might not fit
    report.add(rule::usage_sum,
               "total_tokens is " + shown(usage["total_tokens"]) + ", not the sum of " +
                   shown(usage["prompt_tokens"]) + " and " + shown(usage["completion_tokens"]) +
                   ".",
               usage);
  }
}

}  // namespace weir::openai::lint
