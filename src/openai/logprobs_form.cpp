#include "openai/logprobs_form.h"

#include <algorithm>

namespace weir::openai {

namespace {

bool regular_token(json::value token) {
  return token.is(json::type::object) && token["bytes"].present() &&
         token["top_logprobs"].is(json::type::array);
}

bool regular_list(json::value list) {
  if (list.is(json::type::null)) return true;
  if (!list.is(json::type::array)) return false;
  for (const json::value token : list.elements())
    if (!regular_token(token)) return false;
  return true;
}

}  // namespace

bool logprobs_form::regular(json::value logprobs) {
  if (!logprobs.given()) return true;
  return logprobs.is(json::type::object) && regular_list(logprobs["content"]) &&
         regular_list(logprobs["refusal"]);
}

std::string_view logprobs_form::of(json::value logprobs, repair_counts& repairs) {
  if (!logprobs.given()) return {};
  if (!regular(logprobs)) repairs.add(clause::chat_28);
  if (!logprobs.is(json::type::object)) return {};
  if (regular(logprobs)) {
    const bool empty = logprobs["content"].size() == 0 && logprobs["refusal"].size() == 0;
    return empty ? std::string_view{} : logprobs.raw();
  }
  own_ = "{\"content\":";
  append_list(logprobs["content"]);
  own_ += ",\"refusal\":";
  append_list(logprobs["refusal"]);
  for (const auto [key, val] : logprobs.members()) {
    if (key.equals("content") || key.equals("refusal")) continue;
    own_.append(",").append(key.raw()).append(":").append(val.raw());
  }
  own_ += "}";
  return own_;
}

void logprobs_form::append_list(json::value list) {
  if (!list.is(json::type::array)) {
    own_ += "null";
    return;
  }
  own_ += '[';
  bool first = true;
  for (const json::value token : list.elements()) {
    if (!token.is(json::type::object)) continue;
    if (!first) own_ += ',';
    first = false;
    own_ += '{';
    bool first_member = true;
    const auto add = [&](std::string_view key, std::string_view raw) {
      own_.append(first_member ? "" : ",").append(key).append(":").append(raw);
      first_member = false;
    };
    for (const auto [key, val] : token.members())
      if (!key.equals("top_logprobs") || val.is(json::type::array)) add(key.raw(), val.raw());
    if (!token["bytes"].present()) add("\"bytes\"", "null");
    if (!token["top_logprobs"].is(json::type::array)) add("\"top_logprobs\"", "[]");
    own_ += '}';
  }
  own_ += ']';
}

}  // namespace weir::openai
