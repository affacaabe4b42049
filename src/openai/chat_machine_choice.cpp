// The choices' side of the machine; the stream's side is chat_machine.cpp.
#include <algorithm>

#include "openai/chat_legal.h"
#include "openai/choice_state.h"
#include "openai/envelope_keeper.h"
#include "openai/finish_reason.h"
#include "weir/base/limits.h"
#include "weir/json/writer.h"
#include "weir/openai/chat_machine.h"

namespace weir::openai {

namespace {

constexpr delta_kind kinds_in_order[] = {
    delta_kind::reasoning, delta_kind::text, delta_kind::refusal,  delta_kind::annotations,
    delta_kind::audio,     delta_kind::tool, delta_kind::function, delta_kind::extra,
};

bool calls(delta_kind kind) { return kind == delta_kind::tool || kind == delta_kind::function; }

bool is_text(delta_kind kind) {
  return kind == delta_kind::reasoning || kind == delta_kind::text || kind == delta_kind::refusal;
}

}  // namespace

/// CHAT-15 and E11, E12, K34 (docs/clauses.md): which choice an element of `choices` speaks of.
std::optional<std::uint32_t> chat_machine::choice_number(const frame_choice& choice,
                                                         std::size_t position) const {
  if (choices_.size() == 1) return 0;  // a chunk counter or a stray second choice: all is choice 0
  const std::int64_t i = choice.index.integer().value_or(static_cast<std::int64_t>(position));
  if (i < 0 || i >= static_cast<std::int64_t>(choices_.size())) return std::nullopt;
  return static_cast<std::uint32_t>(i);
}

/// CHAT-35: a whole message only repeats what deltas already told.
bool chat_machine::brings_payload(const frame_choice& choice, std::uint32_t i) const {
  return !choice.deltas.empty() && !(choice.whole_message && choices_[i].payload);
}

// ---------------------------------------------------------------------------------------------
// Finish: held until the next frame shows that it was meant (CHAT-29e)

void chat_machine::settle_finishes(const chat_frame& frame) {
  if (finishing_.empty()) return;
  std::size_t position = 0;
  for (const frame_choice& choice : frame.choices) {
    const auto i = choice_number(choice, position++);
    if (i && choices_[*i].at == choice_state::step::finishing && brings_payload(choice, *i))
      cancel_finish(*i);
  }
  release_finishes();
}

void chat_machine::release_finishes() {
  const std::vector<std::uint32_t> held = std::move(finishing_);
  finishing_.clear();
  for (const std::uint32_t i : held) release_finish(i);
}

void chat_machine::release_finish(std::uint32_t i) {
  choice_state& state = choices_[i];
  if (state.at != choice_state::step::finishing) return;
  state.at = choice_state::step::finished;
  chat_event event;
  event.what = chat_event::kind::finish;
  event.choice = i;
  event.finish = state.finish;
  event.choice_vendor = state.held_vendor.text();
  if (top_vendor_->empty()) event.source = state.held_source;
  state.held_top_vendor.add(*top_vendor_);
  std::swap(state.held_top_vendor, *top_vendor_);
  say(event);
  state.held_source = {};
  state.held_vendor = {};
  state.held_top_vendor = {};
}

void chat_machine::cancel_finish(std::uint32_t i) {
  choice_state& state = choices_[i];
  state.at = choice_state::step::open;
  state.finish = {};
  state.held_source.clear();
  state.held_top_vendor.add(*top_vendor_);
  std::swap(state.held_top_vendor, *top_vendor_);
  state.held_top_vendor.clear();
  finishing_.erase(std::find(finishing_.begin(), finishing_.end(), i));
  repairs_.add(clause::chat_29);
}

void chat_machine::hold_finish(std::uint32_t i, std::string_view reason, std::string_view source) {
  choice_state& state = choices_[i];
  state.at = choice_state::step::finishing;
  state.finish = reason_for(i, reason);
  state.held_source = source;
  std::swap(state.held_top_vendor, *top_vendor_);
  top_vendor_->clear();
  finishing_.push_back(i);
}

/// CHAT-14: a reason that fits what the choice did.
std::string_view chat_machine::reason_for(std::uint32_t i, std::string_view reason) {
  const choice_state::called call = choices_[i].call;
  std::string_view fitting = reason;
  if (reason == "stop" && !context_.names_tool) {
    if (call == choice_state::called::tool) fitting = "tool_calls";
    if (call == choice_state::called::function) fitting = "function_call";
  }
  if (reason == "tool_calls" && call == choice_state::called::nothing) fitting = "stop";
  if (fitting != reason) repairs_.add(clause::chat_14);
  return fitting;
}

// ---------------------------------------------------------------------------------------------
// Frames

void chat_machine::on_choice(const chat_frame& frame, const frame_choice& choice, std::uint32_t i,
                             bool copy) {
  choice_state& state = choices_[i];
  if (state.at == choice_state::step::finished) {
    repairs_.add(clause::chat_29);  // CHAT-29e: too late
    return;
  }
  const bool own_index = choice.index.integer() == std::int64_t{i};
  if (!own_index && !frame.synthetic) repairs_.add(clause::chat_15);
  const bool nothing_waits = state.held_vendor.empty();
  for (std::size_t v = choice.vendor.first; v < choice.vendor.last; ++v)
    state.held_vendor.add_bounded(frame.vendor[v].key, frame.vendor[v].raw);
  if (!(copy && own_index && nothing_waits && copy_choice(frame, choice, i)))
    rewrite_choice(frame, choice, i);
}

/// Passes the frame on as it is if the choice's state allows just that chunk (P3).
bool chat_machine::copy_choice(const chat_frame& frame, const frame_choice& choice,
                               std::uint32_t i) {
  choice_state& state = choices_[i];
  chat_event event;
  event.source = frame.source;
  event.logprobs = choice.logprobs.given() ? choice.logprobs.raw() : std::string_view{};
  if (state.at == choice_state::step::unopened) {
    if (!legal::role_chunk(choice, context_.settings)) return false;
    event.what = chat_event::kind::role;
    event.value = choice.content.raw();
    state.at = choice_state::step::open;
    say_delta(i, event);
    return true;
  }
  if (const std::string_view reason = canonical_finish(choice.finish_reason); !reason.empty()) {
    if (reason == "error" || !legal::finish_chunk(choice, reason)) return false;
    hold_finish(i, reason, frame.source);
    if (state.finish != reason) state.held_source.clear();
    return true;
  }
  if (!legal::payload_chunk(frame, choice)) return false;
  event.key = "content";
  event.value = choice.content.raw();
  event.payload = delta_kind::text;
  if (!choice.deltas.empty()) {
    const delta_member& only = frame.deltas[choice.deltas.first];
    event.payload = only.kind;
    event.key = only.key;
    event.value = only.kind == delta_kind::tool ? only.val.at(0).raw() : only.val.raw();
    state.audio_over =
        state.audio_over || (only.kind == delta_kind::audio && only.val["expires_at"].given());
  }
  say_delta(i, event);
  return true;
}

/// Says what the frame holds in chunks of our own: role, payloads in the order of CHAT-11, finish.
void chat_machine::rewrite_choice(const chat_frame& frame, const frame_choice& choice,
                                  std::uint32_t i) {
  choice_state& state = choices_[i];
  const std::string_view reason = canonical_finish(choice.finish_reason);
  if (reason == "error") {
    fail(errors::upstream_failed("The upstream finished with an error."));
    return;
  }
  const bool said_so = reason.empty() ? choice.finish_reason.is(json::type::null)
                                      : choice.finish_reason.text() == reason;
  if (!said_so && (!frame.synthetic || choice.finish_reason.given())) repairs_.add(clause::chat_13);
  if (state.at == choice_state::step::unopened)
    open_choice(frame, choice, i);
  else if (choice.role.present())
    repairs_.add(clause::chat_8);
  if (brings_payload(choice, i))
    say_deltas(frame, choice, i);
  else if (reason.empty() && !choice.role.present() && !choice.logprobs.given())
    repairs_.add(clause::chat_11);  // a frame that says nothing
  else if (choice.logprobs["content"].size() + choice.logprobs["refusal"].size() != 0)
    say_deltas(frame, choice, i);  // SYN-2: logprobs without text
  if (reason.empty()) return;
  if (!choice.deltas.empty() && !frame.synthetic) repairs_.add(clause::chat_12);
  hold_finish(i, reason, {});
}

void chat_machine::open_choice(const chat_frame& frame, const frame_choice& choice,
                               std::uint32_t i) {
  choice_state& state = choices_[i];
  state.at = choice_state::step::open;
  bool opens_with_call = false;
  for (std::size_t d = choice.deltas.first; d < choice.deltas.last; ++d)
    opens_with_call = opens_with_call || calls(frame.deltas[d].kind);
  chat_event event;
  event.what = chat_event::kind::role;
  // CHAT-8: the upstream's own content of a role chunk, else null before a call, else "".
  if (context_.settings.role_content == stream_settings::role_content_form::omit)
    event.value = {};
  else if (choice.role.present() && choice.content.is(json::type::null))
    event.value = "null";
  else
    event.value = opens_with_call && !choice.content.is(json::type::string) ? "null" : "\"\"";
  const bool said_role = choice.role.equals("assistant") && choice.deltas.empty();
  if (!said_role && !frame.synthetic) repairs_.add(clause::chat_8);
  say_delta(i, event);
}

void chat_machine::say_deltas(const chat_frame& frame, const frame_choice& choice,
                              std::uint32_t i) {
  const std::size_t members = choice.deltas.last - choice.deltas.first;
  if (members > 1 && !frame.synthetic) repairs_.add(clause::chat_11);
  std::string_view logprobs = normal_logprobs(choice.logprobs);
  bool said_text = false;
  for (const delta_kind kind : kinds_in_order) {
    for (std::size_t d = choice.deltas.first; d < choice.deltas.last; ++d) {
      const delta_member& delta = frame.deltas[d];
      if (delta.kind != kind) continue;
      if (is_text(kind)) {
        const bool carries = kind != delta_kind::reasoning && !said_text;
        say_text(i, delta, carries ? logprobs : std::string_view{});
        said_text = said_text || carries;
      } else if (kind == delta_kind::tool) {
        say_tools(i, delta);
      } else {
        choices_[i].audio_over = choices_[i].audio_over ||
                                 (kind == delta_kind::audio && delta.val["expires_at"].given());
        chat_event event;
        event.payload = kind;
        event.key = delta.key;
        event.value = delta.val.raw();
        say_delta(i, event);
      }
    }
  }
  if (!said_text && !logprobs.empty()) {
    chat_event event;  // SYN-2
    event.payload = delta_kind::text;
    event.key = "content";
    event.value = "\"\"";
    event.logprobs = logprobs;
    say_delta(i, event);
  }
}

void chat_machine::say_text(std::uint32_t i, const delta_member& delta, std::string_view logprobs) {
  chat_event event;
  event.payload = delta.kind;
  event.key = delta.key;
  event.value = delta.val.raw();
  event.logprobs = logprobs;
  std::string own;
  if (!delta.val.is(json::type::string)) {  // a number or an object where a text belongs
    own = json::quoted(delta.val.raw());
    event.value = own;
    repairs_.add(clause::chat_11);
  }
  // What a chunk of our own holds beside the text stays well below this.
  constexpr std::size_t room_for_the_rest = 16 * limits::kib;
  constexpr std::size_t most = limits::max_output_line_bytes - room_for_the_rest;
  if (event.value.size() <= most || !logprobs.empty()) {
    say_delta(i, event);
    return;
  }
  std::string_view inside = event.value.substr(1, event.value.size() - 2);
  std::string piece;
  while (!inside.empty()) {
    const std::size_t length = json::split_point(inside, most);
    piece.assign(1, '"').append(inside.substr(0, length)).append(1, '"');
    inside.remove_prefix(length);
    event.value = piece;
    say_delta(i, event);
  }
}

/// One entry of `tool_calls` a chunk (contract 3.3); an object in place of the list is one entry.
void chat_machine::say_tools(std::uint32_t i, const delta_member& delta) {
  chat_event event;
  event.payload = delta_kind::tool;
  event.key = "tool_calls";
  if (!delta.val.is(json::type::array)) {
    event.value = delta.val.raw();
    say_delta(i, event);
    return;
  }
  std::size_t position = 0;
  for (const json::value entry : delta.val.elements()) {
    if (!entry.is(json::type::object) || position == limits::max_tool_calls) {
      repairs_.add(clause::chat_18);
      continue;  // nothing a client could call; and no list of trifles becomes a flood of chunks
    }
    std::string indexed;
    event.value = entry.raw();
    if (!entry["index"].present()) {  // CHAT-18
      indexed = "{\"index\":" + std::to_string(position);
      indexed += entry.size() == 0 ? "" : ",";
      indexed += entry.raw().substr(1);
      event.value = indexed;
    }
    ++position;
    say_delta(i, event);
  }
}

/// Says one chunk of a choice; the members that waited for one leave with it.
void chat_machine::say_delta(std::uint32_t i, chat_event event) {
  choice_state& state = choices_[i];
  event.choice = i;
  event.choice_vendor = state.held_vendor.text();
  if (event.what == chat_event::kind::delta) {
    state.payload = true;
    if (event.payload == delta_kind::tool) state.call = choice_state::called::tool;
    if (event.payload == delta_kind::function) state.call = choice_state::called::function;
  }
  say(event);
  state.held_vendor.clear();
}

/// CHAT-28: null, or an object with both lists. The view dies with the next call.
std::string_view chat_machine::normal_logprobs(json::value logprobs) {
  if (!logprobs.given()) return {};
  if (legal::logprobs(logprobs)) {
    const bool empty = logprobs["content"].size() == 0 && logprobs["refusal"].size() == 0;
    return empty ? std::string_view{} : logprobs.raw();
  }
  repairs_.add(clause::chat_28);
  if (!logprobs.is(json::type::object)) return {};
  const auto list = [&](std::string_view key) {
    const json::value v = logprobs[key];
    return v.is(json::type::array) ? v.raw() : std::string_view("null");
  };
  logprobs_ = "{\"content\":";
  logprobs_ += list("content");
  logprobs_ += ",\"refusal\":";
  logprobs_ += list("refusal");
  for (const auto [key, val] : logprobs.members()) {
    if (key.equals("content") || key.equals("refusal")) continue;
    logprobs_ += ",";
    logprobs_ += key.raw();
    logprobs_ += ":";
    logprobs_ += val.raw();
  }
  logprobs_ += "}";
  return logprobs_;
}

}  // namespace weir::openai
