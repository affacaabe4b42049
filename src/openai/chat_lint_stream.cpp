#include "openai/chat_lint_stream.h"

#include "openai/chat_lint_value.h"

namespace weir::openai {

using json::type;
using json::value;
using lint::shown;

void lint_stream::take(value document, lint_report& report) {
  if (failed_) {
    report.add("CHAT-30", "A frame follows the error frame.");
    return;
  }
  lint::check_unique_members(document, "A frame", report);
  const bool chunk = document["choices"].present() || document["object"].present();
  const value error = document["error"];
  // SSE-14: an error that is something ends the stream for its readers, whatever stands beside it.
  const bool nothing = !error.given() || error.equals("") || error.boolean() == false;
  if (error.present() && (!chunk || !nothing)) {
    failed_ = true;
    lint::check_error_envelope(document, report);
    return;
  }
  if (error.present()) report.add("CHAT-6", "A chunk has a member `error`.");
  lint::check_envelope(document, "chat.completion.chunk", report);
  check_constants(document, report);
  check_usage(document, report);
  if (!request_.include_obfuscation && document["obfuscation"].present()) {
    report.add("CHAT-27", "A chunk has a member `obfuscation`.");
  }

  const value choices = document["choices"];
  if (!choices.is(type::array)) return;
  if (choices.size() == 0) {
    take_choiceless(document, report);
    return;
  }
  if (usage_seen_) report.add("CHAT-24", "A chunk with a choice follows the usage chunk.");
  if (choices.size() > 1) {
    report.add("CHAT-5", "A chunk has " + std::to_string(choices.size()) + " choices.");
  }
  for (const value choice : choices.elements()) take_choice(choice, report);
}

// CHAT-2, CHAT-3, CHAT-4
void lint_stream::check_constants(value chunk, lint_report& report) {
  if (const value id = chunk["id"]; id.is(type::string)) {
    if (!id_) id_ = id.decoded();
    if (!id.equals(*id_)) report.add("CHAT-2", "id changes to " + shown(id) + ".");
  }
  if (const std::optional<std::int64_t> created = chunk["created"].integer()) {
    if (!created_) created_ = created;
    if (created_ != created) {
      report.add("CHAT-2", "created changes to " + shown(chunk["created"]) + ".");
    }
  }
  if (const value model = chunk["model"]; model.is(type::string)) {
    if (!model_) model_ = model.decoded();
    if (!model.equals(*model_)) report.add("CHAT-4", "model changes to " + shown(model) + ".");
    if (model_->empty()) report.add("CHAT-4", "model is empty.");  // E5
  }
  check_repeated("service_tier", service_tier_, chunk, report);
  check_repeated("system_fingerprint", system_fingerprint_, chunk, report);
}

/// null or absent until it is first given, from then on given and the same.
void lint_stream::check_repeated(std::string_view key, std::optional<std::string>& first,
                                 value chunk, lint_report& report) const {
  const value v = chunk[key];
  if (!first && !v.given()) return;
  if (!first && v.is(type::string)) first = v.decoded();
  if (!first || !v.is(type::string)) {
    report.add("CHAT-3", std::string(key) + " is " + shown(v) + ".");
  } else if (!v.equals(*first)) {
    report.add("CHAT-3", std::string(key) + " changes to " + shown(v) + ".");
  }
}

// CHAT-24, CHAT-25
void lint_stream::check_usage(value chunk, lint_report& report) const {
  const bool usage_chunk = chunk["choices"].is(type::array) && chunk["choices"].size() == 0;
  if (!request_.include_usage) {
    if (chunk["usage"].present()) report.add("CHAT-25", "A chunk has a member `usage`.");
  } else if (!usage_chunk && chunk["usage"].given()) {
    report.add("CHAT-24", "A chunk with a choice carries usage.");
  }
  for (const value choice : chunk["choices"].elements()) {
    const value usage = choice["usage"];
    if (!request_.include_usage && usage.present()) {
      report.add("CHAT-25", "A choice has a member `usage`.");
    } else if (usage.given()) {
      report.add("CHAT-24", "A choice carries usage.");
    }
  }
}

void lint_stream::take_choiceless(value chunk, lint_report& report) {
  const value usage = chunk["usage"];
  if (!usage.given()) {
    if (!chunk["moderation"].given()) {
      report.add("CHAT-7", "A chunk has neither a choice nor usage.");
    } else if (usage_seen_) {
      report.add("CHAT-34", "The moderation chunk follows the usage chunk.");
    }
    return;
  }
  if (!request_.include_usage) return;  // CHAT-25 told it
  if (usage_seen_) report.add("CHAT-24", "There is a second usage chunk.");
  usage_seen_ = true;
  if (!usage.is(type::object) || usage.size() == 0) {
    report.add("CHAT-24", "usage is " + shown(usage) + ".");
  }
  if (!all_finished()) {
    report.add("CHAT-24", "The usage chunk comes before the last finish chunk.");
  }
}

void lint_stream::take_choice(value choice, lint_report& report) {
  if (!choice.is(type::object)) {
    report.add("CHAT-1", "A choice is " + shown(choice) + ", not an object.");
    return;
  }
  const std::optional<std::int64_t> index = choice["index"].integer();
  if (!index || *index < 0 || *index >= static_cast<std::int64_t>(request_.n)) {
    report.add("CHAT-15", "The index of a choice is " + shown(choice["index"]) + "; " +
                              std::to_string(request_.n) + " choices were asked for.");
    return;
  }
  choices_.try_emplace(*index, request_).first->second.take(choice, report);
}

bool lint_stream::all_finished() const {
  if (choices_.size() != request_.n) return false;
  for (const auto& [index, choice] : choices_) {
    if (!choice.finished()) return false;
  }
  return true;
}

void lint_stream::finish(lint_report& report) {
  if (failed_) return;
  for (const auto& [index, choice] : choices_) {
    if (!choice.finished()) {
      report.add("CHAT-29", "Choice " + std::to_string(index) + " was not finished.");
    }
  }
  if (choices_.size() != request_.n) {
    report.add("CHAT-29", std::to_string(request_.n) + " choices were asked for, " +
                              std::to_string(choices_.size()) + " came.");
  }
  if (request_.include_usage && !usage_seen_ && !request_.usage_may_be_missing) {
    report.add("CHAT-24", "There is no usage chunk.");
  }
}

}  // namespace weir::openai
