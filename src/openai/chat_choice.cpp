// What a frame's part becomes; finishing and the chunks themselves are chat_choice_said.cpp.
#include "openai/chat_choice.h"

#include <algorithm>

#include "openai/chat_legal.h"
#include "openai/finish_reason.h"
#include "openai/logprobs_form.h"
#include "weir/base/limits.h"
#include "weir/json/writer.h"

namespace weir::openai {

namespace {

constexpr delta_kind kinds_in_order[] = {
    delta_kind::reasoning, delta_kind::text, delta_kind::refusal,  delta_kind::annotations,
    delta_kind::audio,     delta_kind::tool, delta_kind::function, delta_kind::extra,
};

constexpr std::uint32_t bit(delta_kind kind) { return 1U << static_cast<unsigned>(kind); }

bool is_call(delta_kind kind) { return kind == delta_kind::tool || kind == delta_kind::function; }

bool is_text(delta_kind kind) {
  return kind == delta_kind::reasoning || kind == delta_kind::text || kind == delta_kind::refusal;
}

bool carries_reasoning(std::string_view key) {
  return key == "reasoning_details" || key == "thinking_blocks";
}

std::string_view inside_of(std::string_view quoted) { return quoted.substr(1, quoted.size() - 2); }

}  // namespace

chat_machine::choice::choice(chat_machine& stream, std::uint32_t number)
    : stream_(stream),
      number_(number),
      at_(stream.dialect_.opens_with_role ? step::unopened : step::open),
      calls_(stream.ids_, stream.repairs_),
      rules_(stream.context_.settings, stream.context_.offers_tools, stream.context_.tools) {}

chat_machine::choice::choice(choice&&) noexcept = default;
chat_machine::choice::~choice() = default;

chat_machine::choice::telling chat_machine::choice::how_told(const chat_frame& frame,
                                                             const frame_choice& said) const {
  if (!said.whole_message && !frame.synthetic) return telling::fragment;
  return payload_ ? telling::again : telling::whole;
}

bool chat_machine::choice::brings_payload(const chat_frame& frame, const frame_choice& said) const {
  if (said.deltas.empty()) return false;
  if (how_told(frame, said) != telling::again) return true;
  for (std::size_t d = said.deltas.first; d < said.deltas.last; ++d) {
    const delta_member& delta = frame.deltas[d];
    if (is_text(delta.kind)) {
      const auto rest = channel_of(delta.kind).said.rest_of(delta.val.decoded());
      if (rest && !rest->empty()) return true;
    } else if (delta.kind == delta_kind::tool) {
      if (delta.val.size() > calls_.size()) return true;
    } else if ((kinds_ & bit(delta.kind)) == 0) {
      return true;
    }
  }
  return false;
}

void chat_machine::choice::note_vendor(const chat_frame& frame, const frame_choice& said) {
  if (finishing() && !said.vendor.empty()) held_finish_.source.clear();
  for (std::size_t v = said.vendor.first; v < said.vendor.last; ++v)
    vendor_.add_bounded(frame.vendor[v].key, frame.vendor[v].raw);
}

void chat_machine::choice::take(const chat_frame& frame, const frame_choice& said, bool may_pass) {
  if (at_ == step::finished) {
    stream_.repairs_.add(clause::chat_29);  // CHAT-29e: too late
    return;
  }
  const bool own_index = said.index.integer() == std::int64_t{number_};
  if (!own_index && !frame.synthetic) stream_.repairs_.add(clause::chat_15);
  const bool nothing_waits = vendor_.empty();
  note_vendor(frame, said);
  calls_.begin_list();
  if (!(may_pass && own_index && nothing_waits && !frame.ragged && pass(frame, said)))
    rewrite(frame, said);
  if (held_empty_object_ && !calls_.holds_empty_object()) {
    // It was the beginning of arguments: its chunk does not go out, its members do.
    held_empty_object_->vendor.add(vendor_);
    std::swap(vendor_, held_empty_object_->vendor);
    held_empty_object_->top_vendor.add(*stream_.top_vendor_);
    std::swap(*stream_.top_vendor_, held_empty_object_->top_vendor);
    held_empty_object_.reset();
  }
}

// ---------------------------------------------------------------------------------------------
// Passing

bool chat_machine::choice::pass(const chat_frame& frame, const frame_choice& said) {
  if (at_ == step::unopened) {
    if (!legal::role_chunk(said, stream_.context_.settings)) return false;
    chat_event event;
    event.what = chat_event::kind::role;
    event.value = said.content.raw();
    event.source = frame.source;
    at_ = step::open;
    say_delta(event);
    return true;
  }
  if (const std::string_view reason = canonical_finish(said.finish_reason); !reason.empty())
    return pass_finish(frame, said, reason);
  return legal::payload_chunk(frame, said, stream_.dialect_) && pass_payload(frame, said);
}

bool chat_machine::choice::pass_finish(const chat_frame& frame, const frame_choice& said,
                                       std::string_view reason) {
  if (reason == "error" || !legal::finish_chunk(frame, said, reason, stream_.dialect_))
    return false;
  if (!said.deltas.empty()) {
    const delta_member& last = frame.deltas[said.deltas.first];
    if (!pass_text(last)) return false;
    payload_ = true;
    held_finish_.text = last.val.raw();
  }
  if (said.logprobs.given()) held_finish_.logprobs = said.logprobs.raw();
  note_finish(said.finish_reason, reason);
  hold_finish(reason, frame.source);
  return true;
}

bool chat_machine::choice::pass_payload(const chat_frame& frame, const frame_choice& said) {
  chat_event event;
  event.source = frame.source;
  event.logprobs = said.logprobs.given() ? said.logprobs.raw() : std::string_view{};
  event.payload = delta_kind::text;
  event.key = "content";
  event.value = said.content.raw();
  if (!said.deltas.empty()) {
    const delta_member& only = frame.deltas[said.deltas.first];
    event.payload = only.kind;
    event.key = only.key;
    event.value = only.val.raw();
    if (is_text(only.kind)) {
      if (!pass_text(only)) return false;
    } else if (is_call(only.kind)) {
      if (only.kind == delta_kind::tool) event.value = only.val.at(0).raw();
      if (!pass_call(only, frame.source)) return false;
      if (held_empty_object_) return true;
    } else if (only.kind == delta_kind::audio) {
      audio_over_ = audio_over_ || only.val["expires_at"].given();
    } else if (carries_reasoning(only.key) && !passes_reasoning()) {
      return false;
    }
  }
  say_delta(event);
  return true;
}

/// CHAT-22, CHAT-23: no setting wants it otherwise.
bool chat_machine::choice::passes_reasoning() const {
  const stream_settings& settings = stream_.context_.settings;
  return settings.include_reasoning &&
         settings.reasoning_field == stream_settings::reasoning_name::as_is;
}

bool chat_machine::choice::pass_text(const delta_member& delta) {
  const stream_settings& settings = stream_.context_.settings;
  if (settings.cumulative || (delta.kind == delta_kind::text && rules_.active())) return false;
  if (delta.kind == delta_kind::reasoning && !passes_reasoning()) return false;
  channel& into = channel_of(delta.kind);
  if (into.joiner.pending()) return false;
  reasoned_ = reasoned_ || delta.kind == delta_kind::reasoning;
  into.said.add(decoded(delta.val.text()));
  return true;
}

bool chat_machine::choice::pass_call(const delta_member& delta, std::string_view source) {
  const bool legacy = delta.kind == delta_kind::function;
  if (!legacy_) legacy_ = legacy;
  if (legacy != speaks_as_function() || rules_.active()) return false;
  // A `{}` that waits outside a chunk of its own would take this one's members with it.
  if (calls_.holds_empty_object() && !held_empty_object_) return false;
  const call_fragment fragment = legacy ? stream_.call_reader_->read_legacy(delta.val)
                                        : stream_.call_reader_->read(delta.val.at(0));
  switch (calls_.pass(fragment, *this)) {
    case call_list::passing::no:
      return false;
    case call_list::passing::passes:
      return true;
    case call_list::passing::waits:
      payload_ = true;
      kinds_ |= bit(delta.kind);
      held_empty_object_.emplace();
      held_empty_object_->source = source;
      std::swap(held_empty_object_->vendor, vendor_);
      std::swap(held_empty_object_->top_vendor, *stream_.top_vendor_);
      return true;
  }
  return false;
}

// ---------------------------------------------------------------------------------------------
// Rewriting

void chat_machine::choice::rewrite(const chat_frame& frame, const frame_choice& said) {
  const std::string_view reason = canonical_finish(said.finish_reason);
  if (reason == "error") {
    // X9: some say in the choice what went wrong.
    stream_.fail(said.error.given()
                     ? read_error(said.object, 0)
                     : errors::upstream_failed("The upstream finished with an error."));
    return;
  }
  const bool said_so = reason.empty() ? said.finish_reason.is(json::type::null)
                                      : said.finish_reason.text() == reason;
  if (!said_so && (!frame.synthetic || said.finish_reason.given()))
    stream_.repairs_.add(clause::chat_13);
  if (at_ == step::unopened)
    open(frame, said);
  else if (said.role.present() && how_told(frame, said) != telling::again)
    stream_.repairs_.add(clause::chat_8);
  const bool tokens = stream_.dialect_.logprobs.tokens(said.logprobs) != 0;
  const bool brings = brings_payload(frame, said);
  // SYN-2: logprobs without text
  if (brings || tokens || is_empty_fragment(frame, said))
    say_deltas(frame, said);
  else if (reason.empty() && !said.role.present() && !said.logprobs.given() && !frame.synthetic)
    stream_.repairs_.add(clause::chat_11);  // a frame that says nothing
  if (reason.empty()) return;
  if (stream_.dialect_.finish_alone && brings && !frame.synthetic)
    stream_.repairs_.add(clause::chat_12);
  note_finish(said.finish_reason, reason);
  hold_finish(reason, {});
}

/// Where an empty text is a fragment like any other, it has its chunk, and its unknown members stay
/// apart from those of the next.
bool chat_machine::choice::is_empty_fragment(const chat_frame& frame,
                                             const frame_choice& said) const {
  return !stream_.dialect_.empty_says_nothing && said.is_text && said.deltas.empty() &&
         said.finish_reason.is(json::type::null) && !frame.synthetic;
}

void chat_machine::choice::open(const chat_frame& frame, const frame_choice& said) {
  at_ = step::open;
  const auto first = frame.deltas.begin() + static_cast<std::ptrdiff_t>(said.deltas.first);
  const auto last = frame.deltas.begin() + static_cast<std::ptrdiff_t>(said.deltas.last);
  const bool opens_with_call =
      std::any_of(first, last, [](const delta_member& delta) { return is_call(delta.kind); });
  chat_event event;
  event.what = chat_event::kind::role;
  // CHAT-8: the upstream's own content of a role chunk, else null before a call, else "". A
  // document has no role chunk (SYN-1).
  const bool own_null = said.role.present() && said.content.is(json::type::null);
  if (stream_.context_.settings.role_content == stream_settings::role_content_form::omit)
    event.value = {};
  else if (own_null && (opens_with_call || !frame.synthetic))
    event.value = "null";
  else
    event.value = opens_with_call && !said.content.is(json::type::string) ? "null" : "\"\"";
  const bool said_role = said.role.equals("assistant") && said.deltas.empty();
  if (!said_role && !frame.synthetic) stream_.repairs_.add(clause::chat_8);
  say_delta(event);
}

void chat_machine::choice::say_deltas(const chat_frame& frame, const frame_choice& said) {
  const std::size_t members = said.deltas.last - said.deltas.first;
  const telling how = how_told(frame, said);
  if (members > 1 && !frame.synthetic) stream_.repairs_.add(clause::chat_11);
  const logprobs_form& form = stream_.dialect_.logprobs;
  if (!form.regular(said.logprobs)) stream_.repairs_.add(stream_.dialect_.odd_logprobs);
  std::string_view logprobs = form.mended(said.logprobs, token_offset_, stream_.logprobs_);
  token_offset_ += form.characters(said.logprobs);
  const std::uint32_t known_kinds = kinds_;
  for (const delta_kind kind : kinds_in_order) {
    for (std::size_t d = said.deltas.first; d < said.deltas.last; ++d) {
      const delta_member& delta = frame.deltas[d];
      if (delta.kind != kind) continue;
      kinds_ |= bit(kind);
      if (is_text(kind)) {
        say_text(delta, kind == delta_kind::reasoning ? std::string_view{} : logprobs, how);
        if (kind != delta_kind::reasoning) logprobs = {};
      } else if (is_call(kind)) {
        say_calls(delta, how);
      } else if (how == telling::again && (known_kinds & bit(kind)) != 0) {
        continue;
      } else if (kind == delta_kind::audio) {
        say_audio(delta, frame.synthetic);
      } else if (kind == delta_kind::extra) {
        say_extra(delta);
      } else {
        say_annotations(delta);
      }
    }
  }
  if (!logprobs.empty() || is_empty_fragment(frame, said)) {
    chat_event event;  // SYN-2
    event.payload = delta_kind::text;
    event.key = "content";
    event.value = "\"\"";
    event.logprobs = logprobs;
    say_delta(event);
  }
}

void chat_machine::choice::say_text(const delta_member& delta, std::string_view logprobs,
                                    telling how) {
  channel& into = channel_of(delta.kind);
  into.key = delta.key;
  reasoned_ = reasoned_ || delta.kind == delta_kind::reasoning;
  std::string_view inside = delta.val.text();
  if (!delta.val.is(json::type::string)) {  // a number or an object where a text belongs
    own_ = json::quoted(delta.val.raw());
    inside = inside_of(own_);
    stream_.repairs_.add(clause::chat_11);
  }
  if (!inside.empty()) payload_ = true;
  inside = into.joiner.join(inside);
  const bool again = how == telling::again;
  if (again || (stream_.context_.settings.cumulative && delta.kind != delta_kind::refusal)) {
    // CHAT-35, E17: a text that begins with all that was said adds what is behind it.
    const auto rest = into.said.rest_of(decoded(inside));
    if (!rest && again) return;
    if (rest && !into.said.empty()) {
      if (!again) stream_.repairs_.add(clause::chat_35);
      own_ = json::quoted(*rest);
      inside = inside_of(own_);
    }
  }
  into.said.add(decoded(inside));
  if (delta.kind == delta_kind::text && rules_.active())
    say_by_rules(decoded(inside), logprobs);
  else
    write_text(delta.kind, delta.key, inside, logprobs);
}

void chat_machine::choice::say_calls(const delta_member& delta, telling how) {
  const bool legacy = delta.kind == delta_kind::function;
  const auto from =
      how == telling::fragment ? call_list::source::stream : call_list::source::document;
  rules_.finish(pieces_);
  say_pieces({});
  std::size_t position = 0;
  const auto take = [&](json::value entry) {
    if (!entry.is(json::type::object) || position == limits::max_tool_calls) {
      stream_.repairs_.add(clause::chat_18);
      return;  // nothing a client could call; and no list of trifles becomes a flood of chunks
    }
    const call_fragment fragment =
        legacy ? stream_.call_reader_->read_legacy(entry) : stream_.call_reader_->read(entry);
    if (how == telling::again)
      calls_.repeat(position, fragment, *this);
    else
      take_call(fragment, from);
    ++position;
  };
  if (!delta.val.is(json::type::array)) return take(delta.val);  // K24: an object is one entry
  for (const json::value entry : delta.val.elements()) take(entry);
}

void chat_machine::choice::take_call(const call_fragment& fragment, call_list::source from) {
  payload_ = true;
  if (!legacy_) legacy_ = fragment.legacy;
  if (fragment.legacy != speaks_as_function()) stream_.repairs_.add(clause::chat_20);
  calls_.take(fragment, from, *this);
}

/// CHAT-20: in which of its two forms the client expects calls; without a word of the request, in
/// the one that comes.
bool chat_machine::choice::speaks_as_function() const {
  const chat_context& context = stream_.context_;
  if (context.offers_tools != context.offers_functions) return context.offers_functions;
  return legacy_.value_or(false);
}

}  // namespace weir::openai
