#include "weir/openai/chat_decoder.h"

#include <array>

#include "weir/json/mend.h"

namespace weir::openai {

namespace {

enum class top_key : std::uint8_t {
  id,
  object,
  created,
  model,
  choices,
  usage,
  error,
  service_tier,
  system_fingerprint,
  obfuscation,
  moderation,
  unknown,
};

template <class Key>
struct name {
  std::string_view text;
  Key key;
};

constexpr std::array top_names = {
    name<top_key>{"id", top_key::id},
    name<top_key>{"object", top_key::object},
    name<top_key>{"created", top_key::created},
    name<top_key>{"model", top_key::model},
    name<top_key>{"choices", top_key::choices},
    name<top_key>{"usage", top_key::usage},
    name<top_key>{"error", top_key::error},
    name<top_key>{"service_tier", top_key::service_tier},
    name<top_key>{"system_fingerprint", top_key::system_fingerprint},
    name<top_key>{"obfuscation", top_key::obfuscation},
    name<top_key>{"moderation", top_key::moderation},
};

enum class choice_key : std::uint8_t {
  index,
  delta,
  message,
  text,
  finish_reason,
  logprobs,
  usage,
  unknown,
};

constexpr std::array choice_names = {
    name<choice_key>{"index", choice_key::index},
    name<choice_key>{"delta", choice_key::delta},
    name<choice_key>{"message", choice_key::message},
    name<choice_key>{"text", choice_key::text},
    name<choice_key>{"finish_reason", choice_key::finish_reason},
    name<choice_key>{"logprobs", choice_key::logprobs},
    name<choice_key>{"usage", choice_key::usage},
};

enum class delta_key : std::uint8_t {
  role,
  content,
  refusal,
  reasoning,
  tool_calls,
  function_call,
  audio,
  annotations,
  unknown,
};

constexpr std::array delta_names = {
    name<delta_key>{"role", delta_key::role},
    name<delta_key>{"content", delta_key::content},
    name<delta_key>{"refusal", delta_key::refusal},
    name<delta_key>{"reasoning_content", delta_key::reasoning},
    name<delta_key>{"reasoning", delta_key::reasoning},
    name<delta_key>{"thinking", delta_key::reasoning},
    name<delta_key>{"tool_calls", delta_key::tool_calls},
    name<delta_key>{"function_call", delta_key::function_call},
    name<delta_key>{"audio", delta_key::audio},
    name<delta_key>{"annotations", delta_key::annotations},
};

/// The key's meaning and its place in the table, which serves as its bit in a set of seen keys.
template <class Key, std::size_t N>
struct found {
  Key key;
  std::size_t place;
};

template <class Key, std::size_t N>
found<Key, N> look_up(const std::array<name<Key>, N>& names, json::value key) {
  for (std::size_t i = 0; i < N; ++i)
    if (key.equals(names[i].text)) return {names[i].key, i};
  return {Key::unknown, N};
}

/// Remembers which known keys an object had, so that a doubled one is seen.
class seen_keys {
 public:
  /// True when the key was there before.
  bool again(std::size_t place) {
    const std::uint32_t bit = 1U << place;
    const bool before = (bits_ & bit) != 0;
    bits_ |= bit;
    return before;
  }

 private:
  std::uint32_t bits_ = 0;
};

bool truthy(json::value v) {
  switch (v.kind()) {
    case json::type::absent:
    case json::type::null:
      return false;
    case json::type::boolean:
      return v.raw() == "true";
    case json::type::number:
      return v.real().value_or(0) != 0;
    case json::type::string:
      return !v.text().empty();
    case json::type::array:
    case json::type::object:
      return true;
  }
  return false;
}

/// Nothing a client could use: null, "" and empty lists are not payload (CHAT-11).
bool empty_payload(json::value v) {
  return !v.given() || (v.is(json::type::string) && v.text().empty()) ||
         (v.is(json::type::array) && v.size() == 0);
}

/// An object without `choices` and `error` that tells of a failure all the same (X4, X8).
bool tells_of_failure(json::value root) {
  if (root["object"].equals("error")) return true;
  if (root["usage"].given() || root["object"].is(json::type::string)) return false;
  return truthy(root["detail"]) || root["message"].is(json::type::string) ||
         root["msg"].is(json::type::string) || truthy(root["errors"]) ||
         truthy(root["base_resp"]) || truthy(root["fault"]);
}

}  // namespace

bool chat_decoder::read(std::string_view text) {
  truncated_ = false;
  rest_ = {};
  using status = json::reader::status;
  const status first = reader_.parse(text);
  if (first == status::ok && !reader_.has_line_separator() && !reader_.has_lone_surrogate() &&
      !reader_.has_line_break()) {
    rest_ = reader_.rest();
    frame_.source = text.substr(0, text.size() - rest_.size());
    return true;
  }
  // Pretty-printed text is fine where no SSE line has to carry it: the whole document of a JSON
  // answer. mend() changes only the whitespace then.
  const bool stops_early = first != status::ok && reader_.truncated();
  json::mended mended = json::mend(text);
  if (mended.text.empty()) {
    truncated_ = stops_early;
    return false;
  }
  if (mended.control_character || mended.not_a_number || mended.invalid_utf8)
    repairs_.add(clause::sse_13);
  if (mended.lone_surrogate || mended.line_separator) repairs_.add(clause::gen_8);
  if (mended.line_break) repairs_.add(clause::sse_15);
  mended_ = std::move(mended.text);
  rest_ = text.substr(mended.consumed);
  if (reader_.parse(mended_) != status::ok) return false;
  frame_.source = mended_;
  return true;
}

chat_decoder::kind chat_decoder::decode(std::string_view text) {
  frame_.choices.clear();
  frame_.deltas.clear();
  frame_.vendor.clear();
  part_ = parts_ = 0;
  if (!read(text)) return kind::unreadable;
  return classify(reader_.root());
}

chat_decoder::kind chat_decoder::classify(json::value root) {
  if (root.is(json::type::array)) {
    // Gemini's 4xx arrays inside a 200 (X8).
    return truthy(root.at(0)["error"]) ? kind::error : kind::ignored;
  }
  if (!root.is(json::type::object)) return kind::ignored;
  decode_top(root);
  if (truthy(error_)) return kind::error;
  if (!has_choices_) {
    if (tells_of_failure(root)) return kind::error;
    const bool envelope = frame_.id.present() || frame_.object.present();
    return envelope || frame_.usage.given() ? kind::chunk : kind::ignored;
  }
  // A chunk that carries `message` is a chunk (CHAT-35), not the whole answer.
  bool whole = !frame_.choices.empty() && !frame_.object.equals("chat.completion.chunk");
  for (const frame_choice& choice : frame_.choices) whole = whole && choice.whole_message;
  return whole && begin_completion(root) ? kind::completion : kind::chunk;
}

void chat_decoder::decode_top(json::value root) {
  const std::string_view source = frame_.source;
  std::vector<frame_choice> choices = std::move(frame_.choices);
  std::vector<delta_member> deltas = std::move(frame_.deltas);
  std::vector<vendor_member> vendor = std::move(frame_.vendor);
  frame_ = chat_frame{};
  frame_.source = source;
  frame_.choices = std::move(choices);
  frame_.deltas = std::move(deltas);
  frame_.vendor = std::move(vendor);

  error_ = {};
  has_choices_ = false;
  seen_keys seen;
  json::value choice_list;
  for (const auto [key, val] : root.members()) {
    const auto [meaning, place] = look_up(top_names, key);
    if (meaning != top_key::unknown && seen.again(place)) frame_.regular = false;
    switch (meaning) {
      case top_key::id:
        frame_.id = val;
        break;
      case top_key::object:
        frame_.object = val;
        break;
      case top_key::created:
        frame_.created = val;
        break;
      case top_key::model:
        frame_.model = val;
        break;
      case top_key::choices:
        choice_list = val;
        has_choices_ = true;
        break;
      case top_key::usage:
        frame_.usage = val;
        break;
      case top_key::error:
        error_ = val;
        frame_.has_error_member = true;
        break;
      case top_key::service_tier:
        frame_.service_tier = val;
        break;
      case top_key::system_fingerprint:
        frame_.system_fingerprint = val;
        break;
      case top_key::obfuscation:
        frame_.obfuscation = val;
        break;
      case top_key::moderation:
        frame_.moderation = val;
        break;
      case top_key::unknown:
        for (const vendor_member& other : frame_.vendor)
          if (other.key == key.text()) frame_.regular = false;
        add_vendor(key.text(), val.raw());
        if (key.equals("x_groq") && !frame_.usage.given()) frame_.usage = val["usage"];
        break;
    }
  }
  frame_.top_vendor = {0, frame_.vendor.size()};
  if (!choice_list.is(json::type::array)) frame_.regular = false;
  for (json::value choice : choice_list.elements()) {
    if (choice.is(json::type::object))
      decode_choice(choice);
    else
      frame_.regular = false;
  }
}

void chat_decoder::add_vendor(std::string_view key, std::string_view raw) {
  frame_.vendor.push_back({key, raw});
}

void chat_decoder::decode_choice(json::value choice) {
  frame_choice into;
  into.deltas = {frame_.deltas.size(), frame_.deltas.size()};
  into.vendor.first = frame_.vendor.size();
  seen_keys seen;
  json::value delta;
  json::value message;
  json::value text;
  for (const auto [key, val] : choice.members()) {
    const auto [meaning, place] = look_up(choice_names, key);
    if (meaning != choice_key::unknown && seen.again(place)) into.regular = false;
    switch (meaning) {
      case choice_key::index:
        into.index = val;
        break;
      case choice_key::delta:
        delta = val;
        break;
      case choice_key::message:
        message = val;
        break;
      case choice_key::text:
        text = val;
        break;
      case choice_key::finish_reason:
        into.finish_reason = val;
        break;
      case choice_key::logprobs:
        into.logprobs = val;
        break;
      case choice_key::usage:
        into.usage = val;
        break;
      case choice_key::unknown:
        for (std::size_t i = into.vendor.first; i < frame_.vendor.size(); ++i)
          if (frame_.vendor[i].key == key.text()) into.regular = false;
        add_vendor(key.text(), val.raw());
        break;
    }
  }
  into.vendor.last = frame_.vendor.size();
  // CHAT-35: a delta wins over `message`, which then only repeats it; each may stand alone.
  if (!delta.is(json::type::object)) {
    into.regular = false;
    repairs_.add(clause::chat_35);
    into.whole_message = message.is(json::type::object);
  } else if (message.present() || text.present()) {
    into.regular = false;
    repairs_.add(clause::chat_35);
  }
  if (delta.is(json::type::object))
    decode_delta(delta, into);
  else if (message.is(json::type::object))
    decode_delta(message, into);
  else if (text.is(json::type::string) && !text.text().empty())
    add_delta(delta_kind::text, "content", text);
  into.deltas.last = frame_.deltas.size();
  if (into.usage.present()) into.regular = false;
  frame_.choices.push_back(into);
}

void chat_decoder::decode_delta(json::value delta, frame_choice& into) {
  const std::size_t first = frame_.deltas.size();
  seen_keys seen;
  for (const auto [key, val] : delta.members()) {
    ++into.delta_members;
    const auto [meaning, place] = look_up(delta_names, key);
    if (meaning != delta_key::unknown && seen.again(place)) into.regular = false;
    switch (meaning) {
      case delta_key::role:
        into.role = val;
        break;
      case delta_key::content:
        into.content = val;
        if (val.is(json::type::array)) {
          into.regular = false;
          decode_content_parts(val);
        } else {
          add_delta(delta_kind::text, key.text(), val);
          if (!val.is(json::type::string)) into.regular = false;
        }
        break;
      case delta_key::refusal:
        into.refusal = val;
        add_delta(val.is(json::type::string) ? delta_kind::refusal : delta_kind::extra, key.text(),
                  val);
        break;
      case delta_key::reasoning: {
        if (!val.is(json::type::string)) {
          add_delta(delta_kind::extra, key.text(), val);
          break;
        }
        // CHAT-22: the same text under two names is one text.
        bool repeated = false;
        for (std::size_t i = first; i < frame_.deltas.size(); ++i)
          if (frame_.deltas[i].kind == delta_kind::reasoning &&
              frame_.deltas[i].val.raw() == val.raw())
            repeated = true;
        if (repeated)
          repairs_.add(clause::chat_22);
        else
          add_delta(delta_kind::reasoning, key.text(), val);
        break;
      }
      case delta_key::tool_calls:
        add_delta(delta_kind::tool, key.text(), val);
        break;
      case delta_key::function_call:
        add_delta(delta_kind::function, key.text(), val);
        break;
      case delta_key::audio:
        add_delta(delta_kind::audio, key.text(), val);
        break;
      case delta_key::annotations:
        add_delta(delta_kind::annotations, key.text(), val);
        break;
      case delta_key::unknown:
        for (std::size_t i = first; i < frame_.deltas.size(); ++i)
          if (frame_.deltas[i].key == key.text()) into.regular = false;
        add_delta(delta_kind::extra, key.text(), val);
        break;
    }
  }
}

/// Mistral's parts (C3, CHAT-22): texts are content, thoughts are reasoning.
void chat_decoder::decode_content_parts(json::value parts) {
  repairs_.add(clause::chat_22);
  for (json::value part : parts.elements()) {
    const json::value thinking = part["thinking"];
    if (part["text"].is(json::type::string)) {
      add_delta(delta_kind::text, "content", part["text"]);
    } else if (thinking.is(json::type::string)) {
      add_delta(delta_kind::reasoning, "reasoning_content", thinking);
    } else {
      for (json::value thought : thinking.elements())
        add_delta(delta_kind::reasoning, "reasoning_content", thought["text"]);
    }
  }
}

void chat_decoder::add_delta(delta_kind what, std::string_view key, json::value val) {
  if (empty_payload(val)) return;
  frame_.deltas.push_back({what, key, val});
}

// ---------------------------------------------------------------------------------------------
// A whole completion (SYN-1): two frames a choice.

bool chat_decoder::begin_completion(json::value root) {
  completion_choices_ = root["choices"];
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
