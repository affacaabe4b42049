#include <set>
#include <string>

#include "openai/chat_lint_framing.h"
#include "openai/chat_lint_report.h"
#include "openai/chat_lint_value.h"
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
  explicit completion_judge(const lint_request& request) : request_(request) {}

  [[nodiscard]] std::vector<finding> judge(std::string_view body) {
    report_.at(0, 0);
    const bool valid_utf8 = lint::is_valid_utf8(body);
    if (!valid_utf8) report_.add("CHAT-36", "The text is not valid UTF-8.");
    json::reader reader;
    if (reader.parse(body) != json::reader::status::ok) {
      if (valid_utf8) {
        report_.add("CHAT-1", "The body is not JSON: byte " + std::to_string(reader.fault()) + ".");
      }
      return report_.take();
    }
    if (!reader.rest().empty() || !reader.root().is(type::object)) {
      report_.add("CHAT-1", "The body is not one JSON object.");
      return report_.take();
    }
    if (reader.has_lone_surrogate()) {
      report_.add("CHAT-36", "Half of a surrogate pair stands alone.");
    }
    take(reader.root());
    return report_.take();
  }

 private:
  void take(value document) {
    lint::check_unique_members(document, "The completion", report_);
    if (document["error"].present()) {
      report_.add("CHAT-6", "A completion has a member `error`.");
    }
    lint::check_envelope(document, "chat.completion", report_);
    for (const std::string_view key : {"service_tier", "system_fingerprint"}) {
      if (document[key].given() && !document[key].is(type::string)) {
        report_.add("CHAT-3", std::string(key) + " is " + shown(document[key]) + ".");
      }
    }
    const value usage = document["usage"];
    if (usage.given() && !usage.is(type::object)) {
      report_.add("CHAT-24", "usage is " + shown(usage) + ", not an object.");
    }
    if (!document["choices"].is(type::array)) return;
    std::int64_t next = 0;
    for (const value choice : document["choices"].elements()) take_choice(choice, next++);
    if (next != static_cast<std::int64_t>(request_.n)) {
      report_.add("CHAT-15", std::to_string(request_.n) + " choices were asked for, " +
                                 std::to_string(next) + " came.");
    }
  }

  void take_choice(value choice, std::int64_t index) {
    if (!choice.is(type::object)) {
      report_.add("CHAT-1", "A choice is " + shown(choice) + ", not an object.");
      return;
    }
    lint::check_unique_members(choice, "A choice", report_);
    if (choice["index"].integer() != index) {
      report_.add("CHAT-15", "The index of choice " + std::to_string(index) + " is " +
                                 shown(choice["index"]) + ".");
    }
    lint::check_logprobs(choice["logprobs"], report_);
    for (const std::string_view key : {"delta", "text"}) {
      if (choice[key].present()) {
        report_.add("CHAT-35", "A choice has a member `" + std::string(key) + "`.");
      }
    }
    const value finish = choice["finish_reason"];
    if (!lint::is_finish_reason(finish)) {
      report_.add("CHAT-13", "finish_reason is " + shown(finish) + ".");
    }
    const value message = choice["message"];
    if (!message.is(type::object)) {
      report_.add("CHAT-35", "message is " + shown(message) + ", not an object.");
      return;
    }
    take_message(message);
    const bool called = message["tool_calls"].size() > 0;
    if (finish.equals("tool_calls") && !called) {
      report_.add("CHAT-14", "finish_reason is tool_calls, but there is no tool call.");
    }
    if (finish.equals("stop") && called && !request_.names_tool) {
      report_.add("CHAT-14", "finish_reason is stop, but there are tool calls.");
    }
  }

  void take_message(value message) {
    lint::check_unique_members(message, "A message", report_);
    if (!message["role"].equals("assistant")) {
      report_.add("CHAT-8", "The role is " + shown(message["role"]) + ".");
    }
    const value content = message["content"];
    if (!content.present()) {
      report_.add("CHAT-1", "content is missing.");
    } else if (!null_or_string(content)) {
      report_.add(content.is(type::array) ? "CHAT-22" : "CHAT-1",
                  "content is " + shown(content) + ", not a string.");
    }
    if (message["refusal"].present() && !null_or_string(message["refusal"])) {
      report_.add("CHAT-21", "refusal is " + shown(message["refusal"]) + ", not a string.");
    }
    if (message["annotations"].given() && !message["annotations"].is(type::array)) {
      report_.add("CHAT-33", "annotations is " + shown(message["annotations"]) + ".");
    }
    if (message["audio"].given() && !message["audio"].is(type::object)) {
      report_.add("CHAT-32", "audio is " + shown(message["audio"]) + ".");
    }
    if (message["logprobs"].present()) report_.add("CHAT-28", "logprobs stands inside a message.");
    if (message["tool_calls"].present()) take_tool_calls(message["tool_calls"]);
    const value function = message["function_call"];
    if (function.given() &&
        (!lint::is_nonempty_string(function["name"]) || !function["arguments"].is(type::string))) {
      report_.add("CHAT-20", "function_call is " + shown(function) + ".");
    }
  }

  void take_tool_calls(value calls) {
    if (!calls.is(type::array) || calls.size() == 0) {
      report_.add("CHAT-36", "tool_calls is " + shown(calls) + ", not an array of calls.");
      return;
    }
    std::set<std::string> ids;
    for (const value call : calls.elements()) {
      lint::check_unique_members(call, "A tool call", report_);
      if (!lint::is_nonempty_string(call["id"])) {
        report_.add("CHAT-16", "A tool call has the id " + shown(call["id"]) + ".");
      } else if (!ids.insert(call["id"].decoded()).second) {
        report_.add("CHAT-17", "Two tool calls have the id " + shown(call["id"]) + ".");
      }
      const bool custom = call["type"].equals("custom");
      if (!custom && !call["type"].equals("function")) {
        report_.add("CHAT-16", "A tool call has the type " + shown(call["type"]) + ".");
      }
      const value body = call[custom ? "custom" : "function"];
      if (!lint::is_nonempty_string(body["name"])) {
        report_.add("CHAT-16", "A tool call has the name " + shown(body["name"]) + ".");
      }
      const value arguments = body[custom ? "input" : "arguments"];
      if (!arguments.is(type::string)) {
        report_.add("CHAT-17", "The arguments of a tool call are " + shown(arguments) + ".");
      }
    }
  }

  lint_request request_;
  lint_report report_;
};

}  // namespace

std::vector<finding> lint_chat_completion(std::string_view body, const lint_request& request) {
  return completion_judge(request).judge(body);
}

}  // namespace weir::openai
