// What a choice says; the chunk around it is chat_decoder.cpp.
#include "openai/dialect_rules.h"
#include "openai/member_names.h"
#include "openai/vendor_text.h"
#include "weir/base/limits.h"
#include "weir/openai/chat_decoder.h"

namespace weir::openai {

namespace {

/// Nothing a client could use: null, "" and empty lists are not payload (CHAT-11).
bool empty_payload(json::value v) {
  return !v.given() || (v.is(json::type::string) && v.text().empty()) ||
         (v.is(json::type::array) && v.size() == 0);
}

/// Nothing but a role, or members without payload.
bool says_nothing(json::value said) {
  for (const auto [key, val] : said.members())
    if (!key.equals("role") && !empty_payload(val)) return false;
  return true;
}

}  // namespace

/// CHAT-35, CMPL-1: the member in which the dialect speaks wins over the others, which then only
/// repeat it; each may stand alone. A delta that says nothing does not silence a message.
void chat_decoder::decode_said(const said_members& said, frame_choice& into) {
  const bool speaks_in_message = said.message.is(json::type::object) &&
                                 !says_nothing(said.message) && says_nothing(said.delta);
  const bool has_delta = said.delta.is(json::type::object) && !speaks_in_message;
  const bool has_object = has_delta || said.message.is(json::type::object);
  const bool has_text = said.text.is(json::type::string);
  const bool speaks_otherwise =
      said.message.present() || (dialect_.says_text ? said.delta : said.text).present();
  if (speaks_otherwise || !(dialect_.says_text ? has_text : has_delta)) {
    into.regular = false;
    ++odd_choices_;
  }
  if (has_text && (!has_object || (dialect_.says_text && !said.text.text().empty()))) {
    into.is_text = true;
    into.content = said.text;
    into.delta_members = 1;
    add_delta(delta_kind::text, "content", said.text);
  } else if (has_delta) {
    decode_delta(said.delta, into);
  } else if (has_object) {
    into.whole_message = true;
    decode_delta(said.message, into);
  }
}

void chat_decoder::decode_delta(json::value delta, frame_choice& into) {
  seen_keys seen;
  for (const auto [key, val] : delta.members()) {
    ++into.delta_members;
    const auto [meaning, place] = look_up(delta_names, key);
    if (meaning != delta_key::unknown && seen.again(place)) {
      into.regular = false;
      doubled_ = true;
    }
    switch (meaning) {
      case delta_key::role:
        if (dialect_.opens_with_role) into.role = val;
        break;
      case delta_key::content:
        into.content = val;
        add_text(delta_kind::text, key.text(), val, into);
        break;
      case delta_key::refusal:
        into.refusal = val;
        // Where there is but text, a refusal is one.
        add_text(dialect_.says_text ? delta_kind::text : delta_kind::refusal, key.text(), val,
                 into);
        break;
      case delta_key::logprobs:  // CHAT-28: its place is beside the delta
        into.regular = false;
        repairs_.add(clause::chat_28);
        if (!into.logprobs.given()) into.logprobs = val;
        break;
      case delta_key::reasoning: {
        if (!val.is(json::type::string)) {
          add_text(delta_kind::reasoning, key.text(), val, into);
          break;
        }
        // CHAT-22: the same text under two names is one text, under the name that more clients
        // read.
        bool repeated = false;
        for (std::size_t i = first_delta_; i < frame_.deltas.size(); ++i) {
          delta_member& earlier = frame_.deltas[i];
          if (earlier.kind != delta_kind::reasoning || earlier.val.raw() != val.raw()) continue;
          repeated = true;
          if (key.equals("reasoning_content")) earlier.key = key.text();
        }
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
        add_audio(key.text(), val, into);
        break;
      case delta_key::annotations:
        add_list(key.text(), val, into);
        break;
      case delta_key::unknown:
        for (std::size_t i = first_delta_; i < frame_.deltas.size(); ++i)
          if (same_name(frame_.deltas[i].key, key.text())) {
            into.regular = false;
            doubled_ = true;
          }
        add_extra(key, val);
        break;
    }
  }
}

/// CHAT-33: one annotation is a list of one; what is neither is left out.
void chat_decoder::add_list(std::string_view key, json::value val, frame_choice& into) {
  if (val.given() && !val.is(json::type::array)) {
    into.regular = false;
    repairs_.add(clause::chat_33);
    if (!val.is(json::type::object)) return;
  }
  add_delta(delta_kind::annotations, key, val);
}

/// CHAT-32: a text is the data; what is neither that nor a piece of audio is left out.
void chat_decoder::add_audio(std::string_view key, json::value val, frame_choice& into) {
  const bool piece = val.is(json::type::object) && val.size() != 0;
  if (val.given() && !piece) {
    into.regular = false;
    repairs_.add(clause::chat_32);
    if (!val.is(json::type::string)) return;
  }
  add_delta(delta_kind::audio, key, val);
}

/// A member of a delta that nobody knows. Where a choice is but text, it becomes one of the choice.
void chat_decoder::add_extra(json::value key, json::value val) {
  if (!dialect_.says_text)
    add_delta(delta_kind::extra, key.text(), val);
  else if (look_up(choice_names, key).key == choice_key::unknown)
    add_vendor(key.text(), val.raw());
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
  if (dialect_.says_text && what != delta_kind::text) return;  // CMPL-5: there is no place for it
  if (frame_.deltas.size() - first_delta_ == limits::max_vendor_members) {
    frame_.regular = false;
    return;
  }
  frame_.deltas.push_back({what, key, val});
}

}  // namespace weir::openai
