#pragma once
#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "weir/json/reader.h"
#include "weir/json/writer.h"
#include "weir/sse/event_parser.h"

namespace weir::testing {

/// What a strict client makes of an answer, without any of weir's own folding: deltas are joined by
/// the index of their choice and of their call, and a text that comes twice is there twice, be it
/// an id, a name, a role or a finish reason (as openai-python and LangChain do it).
struct call_view {
  std::string id;
  std::string type;
  std::string name;
  std::string arguments;
};

struct choice_view {
  std::string role;
  std::string content;
  std::string reasoning;
  std::string refusal;
  std::string finish;
  std::map<std::int64_t, call_view> calls;
  std::optional<call_view> function_call;
};

struct failure_view {
  std::string status;  ///< of the HTTP answer; "" inside a stream
  std::string code;    ///< raw JSON
  std::string message;
};

struct answer_view {
  std::map<std::int64_t, choice_view> choices;
  std::string usage;  ///< canonical, "" when there is none
  std::optional<failure_view> failure;
  bool done = false;  ///< the terminator came, or the document was one
};

/// A value in one spelling: members sorted, those that are null left out, numbers as they are.
inline std::string canonical(json::value v) {
  if (v.is(json::type::string)) return json::quoted(v.decoded());
  std::string out;
  if (v.is(json::type::array)) {
    for (const json::value element : v.elements())
      out += (out.empty() ? "" : ",") + canonical(element);
    return "[" + out + "]";
  }
  if (!v.is(json::type::object)) return std::string(v.raw());
  std::map<std::string, std::string> members;
  for (const auto [key, value] : v.members())
    if (value.given()) members[key.decoded()] = canonical(value);
  for (const auto& [key, value] : members)
    out += (out.empty() ? "" : ",") + json::quoted(key) + ":" + value;
  return "{" + out + "}";
}

namespace sdk_detail {

/// Under whatever name it comes; the same text under two names in one piece is one text.
inline std::string reasoning_of(json::value piece) {
  std::string all;
  std::set<std::string> seen;
  for (const std::string_view key : {"reasoning_content", "reasoning", "thinking"}) {
    const std::string text = piece[key].decoded();
    if (seen.insert(text).second) all += text;
  }
  return all;
}

inline void add_call(call_view& into, json::value piece) {
  into.id += piece["id"].decoded();
  if (piece["type"].given()) into.type = piece["type"].decoded();
  into.name += piece["function"]["name"].decoded();
  const json::value arguments = piece["function"]["arguments"];
  into.arguments += arguments.is(json::type::string) || !arguments.given()
                        ? arguments.decoded()
                        : "(no text) " + std::string(arguments.raw());
}

/// The texts of a delta or a message.
inline void add_texts(choice_view& into, json::value piece) {
  into.role += piece["role"].decoded();
  into.content += piece["content"].decoded();
  into.reasoning += reasoning_of(piece);
  into.refusal += piece["refusal"].decoded();
  if (const json::value legacy = piece["function_call"]; legacy.given()) {
    if (!into.function_call) into.function_call.emplace();
    into.function_call->name += legacy["name"].decoded();
    into.function_call->arguments += legacy["arguments"].decoded();
  }
}

inline failure_view failure_of(json::value error) {
  return {"", std::string(error["code"].raw()), error["message"].decoded()};
}

}  // namespace sdk_detail

inline answer_view view_of_stream(std::string_view stream) {
  answer_view view;
  sse::event_parser parser;
  json::reader reader;
  while (parser.parse(stream) == sse::event_parser::status::event_ready) {
    const std::string data(parser.current().data);
    EXPECT_FALSE(view.done) << "behind the terminator: " << data;
    view.done = data == "[DONE]";
    if (view.done) continue;
    EXPECT_EQ(reader.parse(data), json::reader::status::ok) << data;
    const json::value frame = reader.root();
    if (frame["error"].present()) view.failure = sdk_detail::failure_of(frame["error"]);
    if (frame["usage"].given()) view.usage += canonical(frame["usage"]);
    for (const json::value choice : frame["choices"].elements()) {
      choice_view& into = view.choices[choice["index"].integer().value_or(-1)];
      sdk_detail::add_texts(into, choice["delta"]);
      for (const json::value call : choice["delta"]["tool_calls"].elements())
        sdk_detail::add_call(into.calls[call["index"].integer().value_or(-1)], call);
      into.finish += choice["finish_reason"].decoded();
    }
  }
  EXPECT_TRUE(stream.empty()) << "an event nobody ended: " << stream;
  return view;
}

inline answer_view view_of_document(std::string_view document) {
  answer_view view;
  json::reader reader;
  EXPECT_EQ(reader.parse(document), json::reader::status::ok) << document;
  EXPECT_EQ(reader.rest(), "") << document;
  const json::value root = reader.root();
  if (root["error"].present()) view.failure = sdk_detail::failure_of(root["error"]);
  if (root["usage"].given()) view.usage = canonical(root["usage"]);
  for (const json::value choice : root["choices"].elements()) {
    choice_view& into = view.choices[choice["index"].integer().value_or(-1)];
    sdk_detail::add_texts(into, choice["message"]);
    std::int64_t position = 0;
    for (const json::value call : choice["message"]["tool_calls"].elements())
      sdk_detail::add_call(into.calls[position++], call);
    into.finish = choice["finish_reason"].decoded();
  }
  view.done = true;
  return view;
}

/// The view that `expect` or `document` of a case describes. What needs not be said: every choice
/// has the role once, every call is a function; a call without an id has any.
inline answer_view view_of_expectation(std::string_view text) {
  answer_view view;
  json::reader reader;
  EXPECT_EQ(reader.parse(text), json::reader::status::ok) << text;
  const json::value root = reader.root();
  view.done = true;
  if (root["usage"].given()) view.usage = canonical(root["usage"]);
  if (const json::value error = root["error"]; error.present()) {
    view.failure = sdk_detail::failure_of(error);
    view.failure->status = root["status"].raw();
  }
  std::int64_t index = 0;
  for (const json::value choice : root["choices"].elements()) {
    choice_view& into = view.choices[index++];
    into.role = "assistant";
    into.content = choice["content"].decoded();
    into.reasoning = choice["reasoning"].decoded();
    into.refusal = choice["refusal"].decoded();
    into.finish = choice["finish"].decoded();
    std::int64_t position = 0;
    for (const json::value call : choice["calls"].elements())
      into.calls[position++] = {call["id"].decoded(), "function", call["name"].decoded(),
                                call["arguments"].decoded()};
    if (const json::value legacy = choice["function_call"]; legacy.given())
      into.function_call = {"", "", legacy["name"].decoded(), legacy["arguments"].decoded()};
  }
  return view;
}

/// `seen` with that left out which `expected` leaves open: the ids of calls, if they are usable and
/// their own; the rest of an error's message; the status of an error inside a stream.
inline answer_view without_what_is_open(answer_view seen, const answer_view& expected) {
  constexpr std::size_t longest_id = 40;  // K8: longer ones are refused when they come back
  for (auto& [index, choice] : seen.choices) {
    const auto wanted = expected.choices.find(index);
    std::set<std::string> ids;
    for (auto& [number, call] : choice.calls) {
      const bool own = ids.insert(call.id).second;
      if (wanted == expected.choices.end()) continue;
      const auto described = wanted->second.calls.find(number);
      if (described == wanted->second.calls.end() || !described->second.id.empty()) continue;
      if (own && !call.id.empty() && call.id.size() <= longest_id)
        call.id.clear();
      else
        call.id = "(not usable) " + call.id;
    }
  }
  if (seen.failure && expected.failure) {
    if (seen.failure->message.find(expected.failure->message) != std::string::npos)
      seen.failure->message = expected.failure->message;
    if (seen.failure->status.empty()) seen.failure->status = expected.failure->status;
  }
  return seen;
}

/// For people, and to compare by.
inline std::string shown(const answer_view& view) {
  std::string out;
  const auto line = [&](std::string_view what, std::string_view value) {
    if (!value.empty()) out += "  " + std::string(what) + " " + json::quoted(value) + "\n";
  };
  const auto call_line = [&](std::string_view what, const call_view& call) {
    out += "  " + std::string(what) + " " + call.type + " " + json::quoted(call.name) + " " +
           json::quoted(call.arguments) + " id " + json::quoted(call.id) + "\n";
  };
  for (const auto& [index, choice] : view.choices) {
    out += "choice " + std::to_string(index) + ":\n";
    line("role", choice.role);
    line("reasoning", choice.reasoning);
    line("content", choice.content);
    line("refusal", choice.refusal);
    for (const auto& [number, call] : choice.calls) call_line(std::to_string(number), call);
    if (choice.function_call) call_line("function_call", *choice.function_call);
    line("finish", choice.finish);
  }
  if (!view.usage.empty()) out += "usage " + view.usage + "\n";
  if (view.failure)
    out += "error " + view.failure->status + " " + view.failure->code + " " +
           json::quoted(view.failure->message) + "\n";
  if (!view.done) out += "not ended\n";
  return out;
}

}  // namespace weir::testing
