// A whole completion in place of a stream; chunks are chat_decoder.cpp.
#include "openai/member_names.h"
#include "weir/base/limits.h"
#include "weir/openai/chat_decoder.h"

namespace weir::openai {

bool chat_decoder::begin_completion(json::value root) {
  completion_choices_ = root["choices"];
  if (completion_choices_.size() > limits::max_choices) return false;
  parts_ = 2 * completion_choices_.size();
  part_ = 0;
  completion_regular_ = root["object"].equals("chat.completion") &&
                        root["id"].is(json::type::string) && !root["id"].text().empty() &&
                        root["created"].integer().value_or(0) > 0 &&
                        root["model"].is(json::type::string) && !root["error"].present();
  std::int64_t position = 0;
  for (json::value choice : completion_choices_.elements()) {
    const json::value message = choice["message"];
    const json::value content = message["content"];
    completion_regular_ = completion_regular_ &&
                          choice["index"].integer().value_or(-1) == position++ &&
                          message["role"].equals("assistant") &&
                          (content.is(json::type::string) || content.is(json::type::null)) &&
                          !(message["tool_calls"].present() && message["tool_calls"].size() == 0);
  }
  return next_part();
}

bool chat_decoder::next_part() {
  if (part_ == parts_) return false;
  const json::value root = reader_.root();
  const json::value choice = completion_choices_.at(part_ / 2);
  const bool finish_part = part_ % 2 == 1;
  ++part_;
  frame_.choices.clear();
  frame_.deltas.clear();
  frame_.vendor.clear();
  frame_.synthetic = true;
  frame_.id = root["id"];
  frame_.object = root["object"];
  frame_.created = root["created"];
  frame_.model = root["model"];
  frame_.service_tier = root["service_tier"];
  frame_.system_fingerprint = root["system_fingerprint"];
  frame_.obfuscation = {};
  frame_.usage = part_ == parts_ ? root["usage"] : json::value{};
  frame_.moderation = part_ == parts_ ? root["moderation"] : json::value{};
  if (part_ == parts_)
    for (const auto [key, val] : root.members())
      if (look_up(top_names, key).key == top_key::unknown) add_vendor(key.text(), val.raw());
  frame_.top_vendor = {0, frame_.vendor.size()};

  frame_choice into;
  into.object = choice;
  into.index = choice["index"];
  into.vendor.first = frame_.vendor.size();
  if (finish_part) {
    into.finish_reason = choice["finish_reason"];
    for (const auto [key, val] : choice.members())
      if (look_up(choice_names, key).key == choice_key::unknown) add_vendor(key.text(), val.raw());
    into.usage = choice["usage"];
  } else {
    into.logprobs = choice["logprobs"];
    decode_delta(choice["message"], into);
  }
  into.vendor.last = frame_.vendor.size();
  into.deltas.last = frame_.deltas.size();
  frame_.choices.push_back(into);
  return true;
}

}  // namespace weir::openai
