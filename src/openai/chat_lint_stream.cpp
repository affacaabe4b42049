#include "openai/chat_lint_stream.h"

#include "openai/lint_value.h"

namespace weir::openai {

using json::type;
using json::value;
using lint::shown;

void chat_lint_stream::take(value frame, lint_report& report) {
  if (failed_) {
    report.add(rule::after_error, "A frame follows the error frame.");
    return;
  }
  lint::check_unique_members(frame, "A frame", report);
  const value object = frame["object"];
  const bool chunk = frame["choices"].present() || (object.present() && !object.equals("error"));
  const value error = frame["error"];
  // SSE-14: an error that is something ends the stream for its readers, whatever stands beside it.
  if (error.present() && (!chunk || !lint::is_no_error(error))) {
    failed_ = true;
    lint::check_error_frame(frame, report);
  } else if (!chunk && lint::is_foreign_error(frame)) {
    failed_ = true;
    report.add(rule::error_foreign, "An error has a shape of its own: " + shown(frame) + ".");
  } else if (!chunk && !frame["id"].present() && !frame["usage"].present()) {
    report.add(rule::chunk_foreign, "An object is no chunk: " + shown(frame) + ".");
  } else {
    take_chunk(frame, report);
  }
}

void chat_lint_stream::take_chunk(value chunk, lint_report& report) {
  if (chunk["error"].present()) {
    report.add(rule::error_member, "A chunk has a member `error`.", chunk["error"]);
  }
  lint::check_envelope(chunk, "chat.completion.chunk", report);
  constants_.check(chunk, report);
  if (chunk["model"].equals("")) report.add(rule::model_empty, "model is empty.", chunk["model"]);
  check_usage(chunk, report);
  take_moderation(chunk, report);
  if (!request_.include_obfuscation && chunk["obfuscation"].present()) {
    report.add(rule::obfuscation_declined, "A chunk has a member `obfuscation`.",
               chunk["obfuscation"]);
  }

  const value choices = chunk["choices"];
  if (!choices.is(type::array)) return;
  if (choices.size() == 0) {
    take_choiceless(chunk, report);
    return;
  }
  if (usage_seen_) {
    report.add(rule::choice_after_usage, "A chunk with a choice follows the usage chunk.");
  }
  if (choices.size() > 1) {
    report.add(rule::choices_several, "A chunk has " + std::to_string(choices.size()) + " choices.",
               choices);
  }
  std::int64_t position = 0;
  for (const value choice : choices.elements()) take_choice(choice, position++, report);
}

// CHAT-24, CHAT-25
void chat_lint_stream::check_usage(value chunk, lint_report& report) const {
  const value usage = chunk["usage"];
  const bool usage_chunk = chunk["choices"].is(type::array) && chunk["choices"].size() == 0;
  if (!request_.include_usage && usage.present()) {
    report.add(rule::usage_not_asked_for, "A chunk has a member `usage`.", usage);
  } else if (request_.include_usage && !usage_chunk && usage.given()) {
    report.add(rule::usage_in_chunk, "A chunk with a choice carries usage.", usage);
  }
  for (const value choice : chunk["choices"].elements()) {
    const value own = choice["usage"];
    if (!request_.include_usage && own.present()) {
      report.add(rule::usage_not_asked_for, "A choice has a member `usage`.", own);
    } else if (own.given()) {
      report.add(rule::usage_in_choice, "A choice carries usage.", own);
    }
  }
}

// CHAT-34
void chat_lint_stream::take_moderation(value chunk, lint_report& report) {
  const value moderation = chunk["moderation"];
  if (!moderation.given()) return;
  if (moderation_seen_) report.add(rule::moderation_twice, "There is a second moderation.");
  moderation_seen_ = true;
  if (chunk["choices"].size() != 0) {
    report.add(rule::moderation_place, "A chunk with a choice carries moderation.", moderation);
  } else if (request_.include_usage && chunk["usage"].given()) {
    report.add(rule::moderation_place, "The usage chunk carries moderation.", moderation);
  } else if (!all_finished()) {
    report.add(rule::moderation_place, "The moderation chunk comes before the last finish chunk.");
  } else if (usage_seen_) {
    report.add(rule::moderation_late, "The moderation chunk follows the usage chunk.");
  }
}

void chat_lint_stream::take_choiceless(value chunk, lint_report& report) {
  const value usage = chunk["usage"];
  if (!usage.given()) {
    if (!chunk["moderation"].given())
      report.add(rule::choices_empty, "A chunk has neither a choice nor usage.");
    return;
  }
  if (!request_.include_usage) return;  // CHAT-25 told it
  if (usage_seen_) report.add(rule::usage_twice, "There is a second usage chunk.", usage);
  usage_seen_ = true;
  lint::check_usage(usage, report);
  if (!all_finished()) {
    report.add(rule::usage_early, "The usage chunk comes before the last finish chunk.");
  }
}

/// One without an index is taken for the one of its place.
void chat_lint_stream::take_choice(value choice, std::int64_t position, lint_report& report) {
  if (!choice.is(type::object)) {
    report.add(rule::choice_type, "A choice is " + shown(choice) + ", not an object.", choice);
    return;
  }
  const std::int64_t index = choice["index"].integer().value_or(position);
  if (!choice["index"].integer()) {
    report.add(rule::choice_index_type,
               "The index of a choice is " + shown(choice["index"]) + ", not an integer.", choice);
  }
  if (index < 0 || index >= static_cast<std::int64_t>(request_.n)) {
    report.add(rule::choice_not_asked_for,
               "The index of a choice is " + std::to_string(index) + "; " +
                   lint::asked_for(request_.n) + ".",
               choice["index"]);
    return;
  }
  choices_.try_emplace(index, request_).first->second.take(choice, report);
}

bool chat_lint_stream::all_finished() const {
  if (choices_.size() != request_.n) return false;
  for (const auto& [index, choice] : choices_) {
    if (!choice.finished()) return false;
  }
  return true;
}

void chat_lint_stream::finish(lint_report& report) {
  for (const auto& [index, choice] : choices_) choice.end(report);
  if (failed_) return;
  for (const auto& [index, choice] : choices_) {
    if (!choice.finished()) {
      report.add(rule::finish_missing, "Choice " + std::to_string(index) + " was not finished.");
    }
  }
  if (choices_.size() != request_.n) {
    report.add(rule::choice_missing,
               lint::asked_for(request_.n) + ", " + std::to_string(choices_.size()) + " came.");
  }
  if (!request_.include_usage || usage_seen_) return;
  report.add(request_.usage_may_be_missing ? rule::usage_unknown : rule::usage_missing,
             "There is no usage chunk.");
}

/// Not beside logprobs, which belong to the whole of the text. Images, audio, annotations and
/// members we do not know cannot be split.
value chat_lint_stream::splittable(value frame) const {
  const value choice = frame["choices"].at(0);
  if (frame["choices"].size() != 1 || choice["logprobs"].given()) return {};
  const value delta = choice["delta"];
  for (const std::string_view key :
       {"content", "refusal", "reasoning_content", "reasoning", "thinking"}) {
    if (const value text = delta[key]; lint::is_nonempty_string(text)) return text;
  }
  const value call = delta["tool_calls"].at(0);
  for (const value text : {call["function"]["arguments"], call["custom"]["input"]}) {
    if (lint::is_nonempty_string(text)) return text;
  }
  return delta["function_call"]["arguments"];
}

}  // namespace weir::openai
