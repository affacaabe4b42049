#include <string>
#include <vector>

#include "openai/chat_lint_calls.h"
#include "openai/chat_lint_payload.h"
#include "openai/chat_lint_reasoning.h"
#include "openai/chat_lint_text.h"
#include "openai/lint_report.h"
#include "openai/lint_stream.h"
#include "openai/lint_value.h"
#include "weir/json/reader.h"
#include "weir/openai/chat_lint.h"

// Section 3.1 gives its rows no numbers: a breach is told under the clause that says the same of a
// chunk, a required member that is missing under CHAT-1.
namespace weir::openai {
namespace {

using json::type;
using json::value;
using lint::shown;

bool null_or_string(value v) { return v.is(type::null) || v.is(type::string); }

class completion_judge {
 public:
  completion_judge(std::string_view body, const lint_request& request)
      : request_(request), report_(body), body_(body) {}

  [[nodiscard]] std::vector<finding> judge() {
    json::reader reader;
    const value document = judged_document(body_, reader, report_);
    if (document.present()) take(document);
    return report_.take();
  }

 private:
  void take(value document) {
    lint::check_unique_members(document, "The completion", report_);
    if (document["error"].present()) {
      report_.add(rule::error_member, "A completion has a member `error`.", document["error"]);
    }
    lint::check_envelope(document, "chat.completion", report_);
    if (document["model"].equals("")) report_.add(rule::model_empty, "model is empty.");
    check_text_or_null(document["service_tier"], "service_tier", rule::tier_varies);
    check_text_or_null(document["system_fingerprint"], "system_fingerprint",
                       rule::fingerprint_varies);
    if (document["usage"].given()) lint::check_usage(document["usage"], report_);
    if (!document["choices"].is(type::array)) return;
    std::int64_t next = 0;
    for (const value choice : document["choices"].elements()) take_choice(choice, next++);
    if (next != static_cast<std::int64_t>(request_.n)) {
      report_.add(rule::choices_count,
                  lint::asked_for(request_.n) + ", " + std::to_string(next) + " came.");
    }
  }

  void check_text_or_null(value v, std::string_view name, rule broken) {
    if (!v.given() || v.is(type::string)) return;
    report_.add(broken, std::string(name) + " is " + shown(v) + ".", v);
  }

  void take_choice(value choice, std::int64_t index) {
    if (!choice.is(type::object)) {
      report_.add(rule::choice_type, "A choice is " + shown(choice) + ", not an object.", choice);
      return;
    }
    lint::check_unique_members(choice, "A choice", report_);
    if (choice["index"].integer() != index) {
      report_.add(
          choice["index"].integer() ? rule::choice_not_asked_for : rule::choice_index_type,
          "The index of choice " + std::to_string(index) + " is " + shown(choice["index"]) + ".",
          choice["index"]);
    }
    lint::check_logprobs(choice["logprobs"], report_);
    if (choice["delta"].present()) {
      report_.add(rule::delta_in_document, "A choice has a member `delta`.", choice["delta"]);
    }
    if (choice["text"].present()) {
      report_.add(rule::text_in_chat, "A choice has a member `text`.", choice["text"]);
    }
    lint::check_finish_word(choice, report_);
    if (choice["finish_reason"].is(type::null)) {
      report_.add(rule::finish_word, "finish_reason is null.", choice["finish_reason"]);
    }
    const value message = choice["message"];
    if (!message.is(type::object)) {
      report_.add(rule::message_type, "message is " + shown(message) + ", not an object.", message);
      return;
    }
    take_message(message);
    take_calls(message, choice["finish_reason"]);
  }

  void take_message(value message) {
    lint::check_unique_members(message, "A message", report_);
    if (const value role = message["role"]; !role.present()) {
      report_.add(rule::role_missing, "The message has no role.", message);
    } else if (!role.equals("assistant")) {
      report_.add(rule::role_word, "The role is " + shown(role) + ", not \"assistant\".", role);
    }
    const value content = message["content"];
    if (!content.present()) {
      report_.add(rule::content_missing, "content is missing.", message);
    } else if (!null_or_string(content)) {
      report_.add(content.is(type::array) ? rule::content_parts : rule::content_type,
                  "content is " + shown(content) + ", not a string.", content);
    }
    const value refusal = message["refusal"];
    if (refusal.present() && !null_or_string(refusal)) {
      report_.add(rule::refusal_type, "refusal is " + shown(refusal) + ", not a string.", refusal);
    }
    if (message["annotations"].given()) lint::check_annotations(message["annotations"], report_);
    if (message["audio"].given()) lint::check_audio(message["audio"], report_);
    if (message["logprobs"].present()) {
      report_.add(rule::logprobs_in_delta, "logprobs stands inside a message.",
                  message["logprobs"]);
    }
    lint_reasoning reasoning(request_);
    reasoning.take(message, report_);
    reasoning.end(report_);
    lint_text text(request_);
    for (const std::string_view name : {"content", "refusal", "reasoning_content", "reasoning"}) {
      if (message[name].is(type::string)) text.take(name, message[name], report_);
    }
  }

  void take_calls(value message, value finish) {
    const bool cut = finish.equals("length") || finish.equals("content_filter");
    if (message["tool_calls"].present()) take_tool_calls(message["tool_calls"], cut);
    if (message["function_call"].given()) take_function_call(message["function_call"], cut);
    lint::check_finish_fits(finish,
                            {message["tool_calls"].size() > 0, message["function_call"].given()},
                            request_, report_);
  }

  void take_tool_calls(value calls, bool cut) {
    if (!calls.is(type::array) || calls.size() == 0) {
      report_.add(rule::calls_empty, "tool_calls is " + shown(calls) + ", not an array of calls.",
                  calls);
      return;
    }
    lint::check_call_form(false, request_, report_);
    std::vector<std::string> ids;
    for (const value call : calls.elements()) {
      lint::check_unique_members(call, "A tool call", report_);
      lint::check_call_id(call["id"], {ids.begin(), ids.end()}, report_);
      ids.push_back(call["id"].decoded());
      const bool custom = call["type"].equals("custom");
      if (!custom && !call["type"].equals("function")) {
        report_.add(rule::call_type_wrong, "A tool call has the type " + shown(call["type"]) + ".",
                    call);
      }
      const value body = call[custom ? "custom" : "function"];
      lint::check_unique_members(body, "A function", report_);
      if (!lint::is_nonempty_string(body["name"])) {
        report_.add(rule::call_name_missing,
                    "A tool call has the name " + shown(body["name"]) + ".", call);
      }
      const value arguments = body[custom ? "input" : "arguments"];
      if (!arguments.is(type::string)) {
        report_.add(rule::call_arguments_type,
                    "The arguments of a tool call are " + shown(arguments) + ", not a string.",
                    arguments.present() ? arguments : call);
      } else if (!custom) {
        lint::check_arguments("call " + std::to_string(ids.size() - 1), arguments.decoded(), cut,
                              report_);
      }
    }
  }

  void take_function_call(value function, bool cut) {
    lint::check_call_form(true, request_, report_);
    lint::check_unique_members(function, "A function_call", report_);
    if (!lint::is_nonempty_string(function["name"]) || !function["arguments"].is(type::string)) {
      report_.add(rule::function_opening, "function_call is " + shown(function) + ".", function);
      return;
    }
    lint::check_arguments("the function call", function["arguments"].decoded(), cut, report_);
  }

  lint_request request_;
  lint_report report_;
  std::string_view body_;
};

}  // namespace

std::vector<finding> lint_chat_completion(std::string_view body, const lint_request& request) {
  return completion_judge(body, request).judge();
}

}  // namespace weir::openai
