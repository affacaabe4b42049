#include "weir/openai/completion_lint.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <string>

#include "openai/lint_constant.h"
#include "openai/lint_report.h"
#include "openai/lint_stream.h"
#include "openai/lint_value.h"
#include "weir/json/reader.h"

namespace weir::openai {
namespace {

using json::type;
using json::value;
using lint::shown;

/// The members that chunks and documents share (contract 5.1).
void check_envelope(value document, lint_report& report) {
  const auto wrong = [&](std::string_view key) {
    report.add(rule::completion_envelope, std::string(key) + " is " + shown(document[key]) + ".",
               document[key]);
  };
  if (!lint::is_nonempty_string(document["id"])) wrong("id");
  if (!document["object"].equals("text_completion")) wrong("object");
  if (document["created"].integer().value_or(0) <= 0) wrong("created");
  if (!lint::is_nonempty_string(document["model"])) wrong("model");
  if (!document["choices"].is(type::array)) wrong("choices");
}

/// null, or four lists of one length.
void check_logprobs(value logprobs, lint_report& report) {
  if (!logprobs.given()) return;
  bool whole = logprobs.is(type::object);
  for (const std::string_view key : {"tokens", "token_logprobs", "top_logprobs", "text_offset"}) {
    const value list = logprobs[key];
    // Nobody asked for alternatives: then there is no list of them.
    whole = whole && (list.is(type::array) || (key == "top_logprobs" && list.is(type::null)));
  }
  if (whole) return;
  report.add(rule::completion_logprobs,
             "logprobs is " + shown(logprobs) + ", neither null nor the four lists.", logprobs);
}

void check_finish(value finish, lint_report& report) {
  static constexpr std::array<std::string_view, 3> reasons = {"stop", "length", "content_filter"};
  const bool known = std::any_of(reasons.begin(), reasons.end(),
                                 [&](std::string_view reason) { return finish.equals(reason); });
  if (known || finish.is(type::null)) return;
  report.add(rule::completion_finish, "finish_reason is " + shown(finish) + ".", finish);
}

/// What holds for a choice in a chunk and in a document. Returns its index, -1 if it has none.
std::int64_t check_choice(value choice, const lint_request& request, lint_report& report) {
  if (!choice.is(type::object)) {
    report.add(rule::completion_text, "A choice is " + shown(choice) + ", not an object.", choice);
    return -1;
  }
  lint::check_unique_members(choice, "A choice", report);
  if (!choice["text"].is(type::string)) {
    report.add(rule::completion_text, "text is " + shown(choice["text"]) + ", not a string.",
               choice);
  }
  for (const std::string_view key : {"delta", "message"}) {
    if (!choice[key].present()) continue;
    report.add(rule::completion_chat_member, "A choice has a member `" + std::string(key) + "`.",
               choice[key]);
  }
  check_logprobs(choice["logprobs"], report);
  check_finish(choice["finish_reason"], report);
  const std::int64_t index = choice["index"].integer().value_or(-1);
  if (index >= 0 && index < static_cast<std::int64_t>(request.n)) return index;
  report.add(rule::completion_index,
             "The index of a choice is " + shown(choice["index"]) + "; " +
                 lint::asked_for(request.n) + ".",
             choice["index"]);
  return -1;
}

/// The frames of a stream: each index goes on until its finish, usage comes last (CMPL-1..3).
class completion_frames final : public frame_judge {
 public:
  explicit completion_frames(const lint_request& request) : request_(request) {}

  void take(value frame, lint_report& report) override {
    if (failed_) {
      report.add(rule::after_error, "A frame follows the error frame.");
      return;
    }
    lint::check_unique_members(frame, "A frame", report);
    if (!lint::is_no_error(frame["error"]) ||
        (frame["error"].present() && !frame["choices"].present())) {
      failed_ = true;
      lint::check_error_frame(frame, report);
      return;
    }
    if (frame["error"].present()) {
      report.add(rule::error_member, "A chunk has a member `error`.", frame["error"]);
    }
    check_envelope(frame, report);
    constants_.check(frame, report);
    check_usage(frame, report);
    if (!request_.include_obfuscation && frame["obfuscation"].present()) {
      report.add(rule::obfuscation_declined, "A chunk has a member `obfuscation`.",
                 frame["obfuscation"]);
    }
    const value choices = frame["choices"];
    if (choices.size() > 1) {
      report.add(rule::choices_several,
                 "A chunk has " + std::to_string(choices.size()) + " choices.", choices);
    }
    for (const value choice : choices.elements()) take_choice(choice, report);
  }

  void finish(lint_report& report) override {
    if (failed_) return;
    for (const auto& [index, finished] : finished_) {
      if (finished) continue;
      report.add(rule::completion_unfinished,
                 "Choice " + std::to_string(index) + " was not finished.");
    }
    if (finished_.size() != request_.n) {
      report.add(rule::completion_choices,
                 lint::asked_for(request_.n) + ", " + std::to_string(finished_.size()) + " came.");
    }
    if (!request_.include_usage || usage_seen_) return;
    report.add(request_.usage_may_be_missing ? rule::completion_usage_unknown
                                             : rule::completion_usage_missing,
               "There is no usage chunk.");
  }

  [[nodiscard]] value splittable(value frame) const override {
    const value choice = frame["choices"].at(0);
    if (frame["choices"].size() != 1 || choice["logprobs"].given()) return {};
    return choice["text"];
  }

 private:
  void take_choice(value choice, lint_report& report) {
    const std::int64_t index = check_choice(choice, request_, report);
    if (index < 0) return;
    bool& finished = finished_.try_emplace(index, false).first->second;
    if (finished) {
      report.add(rule::completion_after_finish, "A chunk follows the finish of its choice.",
                 choice);
    }
    finished = finished || choice["finish_reason"].given();
  }

  void check_usage(value frame, lint_report& report) {
    const value usage = frame["usage"];
    const bool alone = frame["choices"].is(type::array) && frame["choices"].size() == 0;
    if (!request_.include_usage && usage.present()) {
      report.add(rule::completion_usage_not_asked_for, "A chunk has a member `usage`.", usage);
    } else if (alone && !usage.given()) {
      report.add(rule::completion_choices_empty, "A chunk has neither a choice nor usage.");
    } else if (!usage.given()) {
      if (usage_seen_) {
        report.add(rule::completion_usage_place, "A chunk follows the usage chunk.");
      }
    } else if (!alone || usage_seen_ || !all_finished()) {
      report.add(rule::completion_usage_place, "Usage stands elsewhere than in the last chunk.",
                 usage);
    } else {
      usage_seen_ = true;
      lint::check_usage(usage, report);
    }
  }

  [[nodiscard]] bool all_finished() const {
    return finished_.size() == request_.n &&
           std::all_of(finished_.begin(), finished_.end(), [](const auto& c) { return c.second; });
  }

  lint_request request_;
  lint_constants constants_;
  std::map<std::int64_t, bool> finished_;
  bool usage_seen_ = false;
  bool failed_ = false;
};

}  // namespace

std::vector<finding> lint_completion_stream(std::string_view body, const lint_request& request) {
  completion_frames frames(request);
  return judge_stream(body, frames);
}

std::vector<finding> lint_completion(std::string_view body, const lint_request& request) {
  lint_report report(body);
  json::reader reader;
  const value document = judged_document(body, reader, report);
  if (!document.present()) return report.take();
  lint::check_unique_members(document, "The completion", report);
  if (document["error"].present()) {
    report.add(rule::error_member, "A completion has a member `error`.", document["error"]);
  }
  check_envelope(document, report);
  if (document["usage"].given()) lint::check_usage(document["usage"], report);
  std::int64_t next = 0;
  for (const value choice : document["choices"].elements()) {
    const std::int64_t index = check_choice(choice, request, report);
    if (index >= 0 && index != next) {
      report.add(rule::completion_index, "Choice " + std::to_string(next) + " has the index " +
                                             std::to_string(index) + ".");
    }
    if (choice["finish_reason"].is(type::null)) {
      report.add(rule::completion_unfinished,
                 "Choice " + std::to_string(next) + " was not finished.");
    }
    ++next;
  }
  if (document["choices"].is(type::array) && next != static_cast<std::int64_t>(request.n)) {
    report.add(rule::completion_choices,
               lint::asked_for(request.n) + ", " + std::to_string(next) + " came.");
  }
  return report.take();
}

}  // namespace weir::openai
