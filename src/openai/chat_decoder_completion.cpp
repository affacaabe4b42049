// A whole answer in place of a stream; chunks are chat_decoder.cpp.
#include "openai/dialect_rules.h"
#include "openai/member_names.h"
#include "weir/base/limits.h"
#include "weir/openai/chat_decoder.h"

namespace weir::openai {

namespace {

bool regular_message(json::value choice) {
  const json::value message = choice["message"];
  const json::value content = message["content"];
  const json::value calls = message["tool_calls"];
  return message["role"].equals("assistant") &&
         (content.is(json::type::string) || content.is(json::type::null)) &&
         !(calls.present() && calls.size() == 0) && !choice["delta"].present() &&
         !choice["text"].present();
}

bool regular_text(json::value choice) {
  return choice["text"].is(json::type::string) && !choice["delta"].present() &&
         !choice["message"].present();
}

bool is_text_or_null(json::value v) { return !v.given() || v.is(json::type::string); }

bool is_vendor(json::value key, const dialect_rules& rules) {
  const top_key meaning = look_up(top_names, key).key;
  return meaning == top_key::unknown || (meaning == top_key::moderation && !rules.moderates);
}

}  // namespace

bool chat_decoder::begin_completion(json::value root) {
  completion_choices_ = root["choices"];
  if (completion_choices_.size() > limits::max_prompt_choices) return false;
  parts_ = 2 * completion_choices_.size();
  part_ = 0;
  // A message is what a choice of chat has in a document; and text what one of Completions has.
  for (const frame_choice& said : frame_.choices)
    if (said.is_text != dialect_.says_text) repairs_.add(dialect_.odd_choice);
  // CHAT-3: what is no text is left out.
  for (const char* const member : {"service_tier", "system_fingerprint"})
    if (!is_text_or_null(root[member])) repairs_.add(clause::chat_3);
  completion_regular_ = is_regular(root);
  return next_part();
}

bool chat_decoder::is_regular(json::value root) const {
  if (!root["object"].equals(dialect_.document_object) || !root["id"].is(json::type::string) ||
      root["id"].text().empty() || root["created"].integer().value_or(0) <= 0 ||
      !root["model"].is(json::type::string) || root["error"].present() ||
      !is_text_or_null(root["service_tier"]) || !is_text_or_null(root["system_fingerprint"]) ||
      doubled_)
    return false;
  std::int64_t position = 0;
  for (const json::value choice : completion_choices_.elements()) {
    if (choice["index"].integer().value_or(-1) != position++) return false;
    if (!(dialect_.says_text ? regular_text(choice) : regular_message(choice))) return false;
  }
  return true;
}

bool chat_decoder::next_part() {
  if (part_ == parts_) return false;
  const repair_counts counted = repairs_;  // what is odd was counted when the answer was classified
  const json::value root = reader_.root();
  const json::value choice = completion_choices_.at(part_ / 2);
  const bool finish_part = part_ % 2 == 1;
  ++part_;
  frame_.choices.clear();
  frame_.deltas.clear();
  frame_.vendor.clear();
  first_delta_ = first_vendor_ = 0;
  frame_.synthetic = true;
  frame_.id = root["id"];
  frame_.object = root["object"];
  frame_.created = root["created"];
  frame_.model = root["model"];
  frame_.service_tier = root["service_tier"];
  frame_.system_fingerprint = root["system_fingerprint"];
  frame_.obfuscation = {};
  const bool last = part_ == parts_;
  frame_.usage = last ? root["usage"] : json::value{};
  frame_.moderation = last && dialect_.moderates ? root["moderation"] : json::value{};
  if (last)
    for (const auto [key, val] : root.members())
      if (is_vendor(key, dialect_)) add_vendor(key.text(), val.raw());
  frame_.top_vendor = {0, frame_.vendor.size()};

  frame_choice into;
  into.object = choice;
  into.index = choice["index"];
  first_vendor_ = frame_.vendor.size();
  if (finish_part) {
    into.finish_reason = choice["finish_reason"];
    for (const auto [key, val] : choice.members())
      if (look_up(choice_names, key).key == choice_key::unknown) add_vendor(key.text(), val.raw());
    into.usage = choice["usage"];
  } else {
    into.logprobs = choice["logprobs"];
    decode_said({{}, choice["message"], choice["text"]}, into);
  }
  into.vendor = {first_vendor_, frame_.vendor.size()};
  into.deltas.last = frame_.deltas.size();
  frame_.choices.push_back(into);
  repairs_ = counted;
  return true;
}

}  // namespace weir::openai
