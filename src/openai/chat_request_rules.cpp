#include "openai/chat_request_rules.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <string>
#include <string_view>

namespace weir::openai {
namespace {

using json::value;

/// The note on `audio` in section 2.1.
fault check_modalities(value root) {
  for (const value modality : root["modalities"].elements())
    if (modality.equals("audio") && !root["audio"].given())
      return errors::missing_parameter("audio");
  return std::nullopt;
}

/// In any case of its letters.
bool says_json(std::string_view text) {
  constexpr std::string_view word = "json";
  const auto same = [](char t, char w) { return (t >= 'A' && t <= 'Z' ? t - 'A' + 'a' : t) == w; };
  return std::search(text.begin(), text.end(), word.begin(), word.end(), same) != text.end();
}

// ERR-20
fault check_word_json(value root) {
  if (!root["response_format"]["type"].equals("json_object")) return std::nullopt;
  for (const value message : root["messages"].elements()) {
    const value content = message["content"];
    if (says_json(content.decoded())) return std::nullopt;
    for (const value part : content.elements())
      if (says_json(part["text"].decoded())) return std::nullopt;
  }
  return errors::word_json_missing();
}

/// The calls of one assistant message, and which of them wait for their answers.
class open_calls {
 public:
  explicit open_calls(value calls = {}) : calls_(calls) {
    for (const value call : calls.elements()) ids_.insert(call["id"].decoded());
    waiting_ = ids_;
  }

  [[nodiscard]] bool all_answered() const { return waiting_.empty(); }
  /// False when no call has this id.
  [[nodiscard]] bool answer(const std::string& id) {
    waiting_.erase(id);
    return ids_.count(id) != 0;
  }
  /// Those without an answer, in the order of the calls.
  [[nodiscard]] std::string unanswered() const {
    std::string out;
    for (const value call : calls_.elements()) {
      const std::string id = call["id"].decoded();
      if (waiting_.count(id) != 0) out += (out.empty() ? "" : ", ") + id;
    }
    return out;
  }

 private:
  value calls_;
  std::set<std::string> ids_;
  std::set<std::string> waiting_;
};

// REQ-15: ERR-16, ERR-17
fault check_calls(value root) {
  open_calls calls;
  std::size_t index = 0;
  for (const value message : root["messages"].elements()) {
    if (message["role"].equals("tool")) {
      if (!calls.answer(message["tool_call_id"].decoded()))
        return errors::orphan_tool_message(index);
    } else if (!calls.all_answered()) {
      return errors::unanswered_calls(calls.unanswered(), index);
    } else if (message["role"].equals("assistant") && message["tool_calls"].given()) {
      calls = open_calls(message["tool_calls"]);
    }
    ++index;
  }
  if (calls.all_answered()) return std::nullopt;
  return errors::unanswered_calls(calls.unanswered(), std::nullopt);
}

/// Whether a message may stand without content; a `developer` has it (chat_request_fields.cpp).
bool needs_no_content(value message) {
  if (message["role"].equals("function")) return true;
  if (!message["role"].equals("assistant")) return false;
  constexpr std::string_view substitutes[] = {"tool_calls", "function_call", "refusal", "audio"};
  return std::any_of(std::begin(substitutes), std::end(substitutes),
                     [&](std::string_view member) { return message[member].given(); });
}

// ERR-18
fault check_content(value root) {
  std::size_t index = 0;
  for (const value message : root["messages"].elements()) {
    if (!message["content"].given() && !needs_no_content(message))
      return errors::content_missing(index);
    ++index;
  }
  return std::nullopt;
}

}  // namespace

fault check_chat_rules(value root) {
  for (const auto rule : {check_modalities, check_word_json, check_calls, check_content})
    if (fault wrong = rule(root)) return wrong;
  return std::nullopt;
}

}  // namespace weir::openai
