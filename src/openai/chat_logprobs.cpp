#include "openai/json_tree.h"
#include "openai/logprobs_form.h"

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

void write_token(std::string& out, json::value token) {
  bool first = true;
  const auto add = [&](std::string_view key, std::string_view raw) {
    out.append(first ? "{" : ",").append(key).append(":").append(raw);
    first = false;
  };
  for (const auto [key, val] : token.members())
    if (!key.equals("top_logprobs") || val.is(json::type::array)) add(key.raw(), val.raw());
  if (!token["bytes"].present()) add("\"bytes\"", "null");
  if (!token["top_logprobs"].is(json::type::array)) add("\"top_logprobs\"", "[]");
  out += '}';
}

void write_list(std::string& out, json::value list) {
  if (!list.is(json::type::array)) {
    out += "null";
    return;
  }
  out += '[';
  bool first = true;
  for (const json::value token : list.elements()) {
    if (!token.is(json::type::object)) continue;
    if (!first) out += ',';
    first = false;
    write_token(out, token);
  }
  out += ']';
}

class chat_form final : public logprobs_form {
 public:
  [[nodiscard]] bool regular(json::value logprobs) const override {
    if (!logprobs.given()) return true;
    return logprobs.is(json::type::object) && regular_list(logprobs["content"]) &&
           regular_list(logprobs["refusal"]);
  }

  [[nodiscard]] std::size_t tokens(json::value logprobs) const override {
    return logprobs["content"].size() + logprobs["refusal"].size();
  }

  void append(json_tree& into, const json_tree& more) const override { merge(into, more); }

 private:
  void write(std::string& out, json::value logprobs, std::size_t /*begin*/) const override {
    out += "{\"content\":";
    write_list(out, logprobs["content"]);
    out += ",\"refusal\":";
    write_list(out, logprobs["refusal"]);
    for (const auto [key, val] : logprobs.members()) {
      if (key.equals("content") || key.equals("refusal")) continue;
      out.append(",").append(key.raw()).append(":").append(val.raw());
    }
    out += "}";
  }
};

}  // namespace

const logprobs_form& chat_logprobs() {
  static const chat_form form;
  return form;
}

std::string_view logprobs_form::mended(json::value logprobs, std::size_t begin,
                                       std::string& room) const {
  if (!logprobs.is(json::type::object)) return {};
  if (regular(logprobs)) return tokens(logprobs) == 0 ? std::string_view{} : logprobs.raw();
  room.clear();
  write(room, logprobs, begin);
  return room;
}

}  // namespace weir::openai
