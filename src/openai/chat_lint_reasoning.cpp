#include "openai/chat_lint_reasoning.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "openai/lint_value.h"

namespace weir::openai {

using json::type;
using json::value;
using lint::shown;

namespace {

using demand = stream_settings::reasoning_name;

constexpr std::array<std::string_view, 3> names = {"reasoning_content", "reasoning", "thinking"};

/// The member that a kind of entry says its part in (CHAT-23); "" for an entry of some vendor's.
std::string_view part_of(value entry) {
  if (entry["type"].equals("reasoning.text")) return "text";
  if (entry["type"].equals("reasoning.summary")) return "summary";
  if (entry["type"].equals("reasoning.encrypted")) return "data";
  return "";
}

bool is_entry(value entry) {
  const std::string_view part = part_of(entry);
  if (part.empty()) return entry["type"].is(type::string);
  // A signature may follow its text in an entry of its own.
  return entry[part].is(type::string) || entry["signature"].is(type::string);
}

bool is_readable(value entry) {
  const std::string_view part = part_of(entry);
  return !part.empty() && part != "data" && lint::is_nonempty_string(entry[part]);
}

bool is_one_text(value holder) {
  return lint::is_nonempty_string(holder["reasoning_content"]) &&
         holder["reasoning_content"].decoded() == holder["reasoning"].decoded();
}

/// Whether the setting wants reasoning in the member `name` of this delta or message.
bool has_its_place(demand wanted, std::string_view name, value holder) {
  switch (wanted) {
    case demand::as_is:
      return true;
    case demand::reasoning_content:
      return name == "reasoning_content";
    case demand::reasoning:
      return name == "reasoning";
    case demand::both:
      return name != "thinking" && is_one_text(holder);
    case demand::none:
      break;
  }
  return false;
}

}  // namespace

bool lint_reasoning::is_name(value key) {
  return std::any_of(names.begin(), names.end(),
                     [&](std::string_view name) { return key.equals(name); });
}

std::size_t lint_reasoning::take(value holder, lint_report& report) {
  const auto texts = static_cast<std::size_t>(
      std::count_if(names.begin(), names.end(),
                    [&](std::string_view name) { return !lint::carries_nothing(holder[name]); }));
  if (texts != 0) check_names(holder, report);
  if (texts > 1 && !(request_.reasoning_field == demand::both && texts == 2)) {
    report.add(rule::reasoning_twice, "The reasoning stands in several members.");
  }
  text_seen_ = text_seen_ || texts != 0;
  if (const value details = holder["reasoning_details"]; !lint::carries_nothing(details)) {
    take_details(details, report);
  }
  return texts;
}

void lint_reasoning::check_names(value holder, lint_report& report) const {
  for (const std::string_view name : names) {
    const value text = holder[name];
    if (lint::carries_nothing(text)) continue;
    if (!text.is(type::string)) {
      report.add(rule::reasoning_type, std::string(name) + " is " + shown(text) + ", not a string.",
                 text);
    } else if (!has_its_place(request_.reasoning_field, name, holder)) {
      report.add(rule::reasoning_other_name,
                 "The reasoning stands in " + std::string(name) +
                     ", where reasoning_field does not want it.",
                 text);
    } else if (request_.reasoning_field == demand::as_is && name != "reasoning_content" &&
               !holder["reasoning_content"].given()) {
      report.add(rule::reasoning_unread,
                 "The reasoning stands in " + std::string(name) + ", not in reasoning_content.",
                 text);
    }
  }
}

void lint_reasoning::take_details(value details, lint_report& report) {
  if (!request_.include_reasoning) {
    report.add(rule::reasoning_details_declined, "reasoning_details is there though declined.",
               details);
  }
  bool known = details.is(type::array);
  for (const value entry : details.elements()) {
    known = known && is_entry(entry);
    if (!readable_details_ && is_readable(entry)) readable_details_ = report.here(entry);
  }
  if (known) return;
  report.add(rule::reasoning_details_form,
             "reasoning_details is " + shown(details) + ", not entries of a known form.", details);
}

void lint_reasoning::end(lint_report& report) const {
  if (text_seen_ || !readable_details_) return;
  report.add_at(*readable_details_, rule::reasoning_details_alone,
                "The reasoning stands in reasoning_details and nowhere else.");
}

}  // namespace weir::openai
