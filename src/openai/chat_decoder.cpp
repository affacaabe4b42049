#include "weir/openai/chat_decoder.h"

#include "openai/member_names.h"
#include "weir/base/limits.h"
#include "weir/json/mend.h"

namespace weir::openai {

namespace {

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

/// The texts whose pieces are joined: a piece may be cut inside a character (F19, F20).
constexpr std::string_view joined_texts[] = {"content",   "refusal",  "reasoning_content",
                                             "reasoning", "thinking", "text",
                                             "arguments", "input"};

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
  ragged_ = false;
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
  json::mended mended = json::mend(text, {joined_texts});
  if (mended.text.empty()) {
    truncated_ = stops_early;
    return false;
  }
  if (mended.control_character || mended.not_a_number || mended.invalid_utf8 ||
      mended.ragged_edge || mended.python || mended.undefined || mended.trailing_comma)
    repairs_.add(clause::sse_13);
  if (mended.lone_surrogate || mended.line_separator) repairs_.add(clause::gen_8);
  if (mended.line_break) repairs_.add(clause::sse_15);
  ragged_ = mended.ragged_edge;
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
  // Gemini's 4xx arrays inside a 200 (X8); and frames as a list (SSE-10).
  if (root.is(json::type::array)) return truthy(root.at(0)["error"]) ? kind::error : kind::list;
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
  if (whole && begin_completion(root)) return kind::completion;
  repairs_.add(clause::chat_35, odd_choices_);
  return kind::chunk;
}

void chat_decoder::decode_top(json::value root) {
  const std::string_view source = frame_.source;
  std::vector<frame_choice> choices = std::move(frame_.choices);
  std::vector<delta_member> deltas = std::move(frame_.deltas);
  std::vector<vendor_member> vendor = std::move(frame_.vendor);
  frame_ = chat_frame{};
  frame_.source = source;
  frame_.ragged = ragged_;
  frame_.choices = std::move(choices);
  frame_.deltas = std::move(deltas);
  frame_.vendor = std::move(vendor);

  error_ = {};
  odd_choices_ = 0;
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
        if (key.equals("x_groq")) frame_.vendor_usage = val["usage"];
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
  if (frame_.vendor.size() == limits::max_vendor_members) {
    // Members are looked up among each other: without a bound one frame could stop a worker.
    frame_.regular = false;
    return;
  }
  frame_.vendor.push_back({key, raw});
}

void chat_decoder::decode_choice(json::value choice) {
  frame_choice into;
  into.object = choice;
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
    ++odd_choices_;
    into.whole_message = message.is(json::type::object);
  } else if (message.present() || text.present()) {
    into.regular = false;
    ++odd_choices_;
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
        add_text(delta_kind::text, key.text(), val, into);
        break;
      case delta_key::refusal:
        into.refusal = val;
        add_text(delta_kind::refusal, key.text(), val, into);
        break;
      case delta_key::logprobs:  // CHAT-28: its place is beside the delta
        into.regular = false;
        if (val.given()) repairs_.add(clause::chat_28);
        if (!into.logprobs.given()) into.logprobs = val;
        break;
      case delta_key::reasoning: {
        if (!val.is(json::type::string)) {
          add_text(delta_kind::reasoning, key.text(), val, into);
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

/// A text; or parts in its place (C3, CHAT-22): texts are what the member is, thoughts are
/// reasoning.
void chat_decoder::add_text(delta_kind what, std::string_view key, json::value val,
                            frame_choice& into) {
  if (val.is(json::type::array)) {
    into.regular = false;
    repairs_.add(clause::chat_22);
    for (const json::value part : val.elements()) add_part(what, key, part);
  } else if (val.is(json::type::object)) {
    into.regular = false;
    repairs_.add(clause::chat_22);
    add_part(what, key, val);
  } else {
    if (val.given() && !val.is(json::type::string)) into.regular = false;
    add_delta(what, key, val);
  }
}

void chat_decoder::add_part(delta_kind what, std::string_view key, json::value part) {
  const json::value thinking = part["thinking"];
  const json::value type = part["type"];
  const bool thought = type.equals("thinking") || type.equals("reasoning");
  if (thought && what == delta_kind::text) {
    what = delta_kind::reasoning;
    key = "reasoning_content";
  }
  if (part.is(json::type::string)) {
    add_delta(what, key, part);
  } else if (part["refusal"].is(json::type::string)) {
    add_delta(delta_kind::refusal, "refusal", part["refusal"]);
  } else if (thinking.is(json::type::string)) {
    add_delta(delta_kind::reasoning, "reasoning_content", thinking);
  } else if (thinking.is(json::type::array)) {
    for (const json::value inner : thinking.elements())
      add_delta(delta_kind::reasoning, "reasoning_content", inner["text"]);
  } else {
    for (const std::string_view member : {"text", "content", "summary"}) {
      if (!part[member].is(json::type::string)) continue;
      add_delta(what, key, part[member]);
      return;
    }
  }
}

void chat_decoder::add_delta(delta_kind what, std::string_view key, json::value val) {
  if (empty_payload(val)) return;
  if (frame_.deltas.size() == limits::max_vendor_members) {
    frame_.regular = false;
    return;
  }
  frame_.deltas.push_back({what, key, val});
}

}  // namespace weir::openai
