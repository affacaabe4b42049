// The stream's side of the machine; the choices' side is chat_machine_choice.cpp.
#include "weir/openai/chat_machine.h"

#include <algorithm>

#include "openai/choice_state.h"
#include "openai/envelope_keeper.h"
#include "weir/base/limits.h"

namespace weir::openai {

chat_machine::chat_machine(const chat_context& context, chat_sink& sink)
    : context_(context),
      sink_(sink),
      envelope_(std::make_unique<envelope_keeper>(context)),
      choices_(std::clamp<std::uint32_t>(context.n, 1, limits::max_choices)),
      top_vendor_(std::make_unique<vendor_text>()),
      usage_chunk_(std::make_unique<held_chunk>()),
      moderation_chunk_(std::make_unique<held_chunk>()) {}

chat_machine::~chat_machine() = default;

void chat_machine::on_chunk(const chat_frame& frame) {
  if (phase_ == phase::closed) return;
  if (phase_ == phase::done_seen) {
    // T4, U14: behind the terminator nothing counts but usage.
    note_usage(frame, false);
    if (!usage_.empty()) complete();
    return;
  }
  frames_seen_ = true;
  envelope_->learn(frame);
  if (frame.choices.empty()) {
    on_empty_chunk(frame);
    return;
  }
  settle_finishes(frame);

  std::size_t position = 0;
  bool has_payload = false;
  const bool copy = copyable(frame);
  // Vendor members ride on the first piece (CHAT-5); what nothing takes waits for the next.
  note_vendor(frame, true);
  for (const frame_choice& choice : frame.choices) {
    const auto i = choice_number(choice, position++);
    if (!i) {
      repairs_.add(clause::chat_15);  // N1: a choice nobody asked for
      continue;
    }
    has_payload = has_payload || brings_payload(choice, *i);
    on_choice(frame, choice, *i, copy && choice.regular);
    if (phase_ == phase::closed) return;
  }
  if (has_payload) ++payload_frames_;
  note_usage(frame, has_payload);
}

/// What the frame as a whole must obey to be copied; counts what it does not.
bool chat_machine::copyable(const chat_frame& frame) {
  bool copy = envelope_->matches(frame, repairs_) && frame.regular && !frame.synthetic &&
              top_vendor_->empty();
  if (frame.choices.size() > 1) {
    copy = false;
    if (!frame.synthetic) repairs_.add(clause::chat_5);
  }
  if (frame.has_error_member) {
    copy = false;
    repairs_.add(clause::chat_6);
  }
  if (frame.obfuscation.present() && !context_.include_obfuscation) copy = false;
  if (frame.moderation.given()) copy = false;
  // CHAT-24, CHAT-25: null is fine where usage was asked for, nothing else is.
  if (frame.usage.present() && (frame.usage.given() || !context_.include_usage)) copy = false;
  return copy;
}

/// A chunk without choices: usage, moderation, or something like Azure's first (CHAT-7).
void chat_machine::on_empty_chunk(const chat_frame& frame) {
  const bool shows_usage = context_.include_usage && frame.usage.is(json::type::object);
  const bool moderates = frame.moderation.given();
  const bool will_be_said = shows_usage || moderates;
  // What has no chunk of its own leaves with the held finish, if there is one.
  if (!will_be_said) note_vendor(frame, false);
  release_finishes();
  note_usage(frame, false);
  if (moderates) moderation_ = frame.moderation.raw();
  if (!will_be_said) {
    if (!frame.usage.given()) repairs_.add(clause::chat_7);
    return;
  }
  const bool copy = frame.regular && !frame.has_error_member && top_vendor_->empty() &&
                    (context_.include_obfuscation || !frame.obfuscation.present()) &&
                    (context_.include_usage || !frame.usage.present()) &&
                    shows_usage != moderates && envelope_->matches(frame, repairs_);
  if (!copy || (shows_usage && usage_ != frame.usage.raw())) {
    note_vendor(frame, true);
    return;
  }
  held_chunk& held = shows_usage ? *usage_chunk_ : *moderation_chunk_;
  held.source = frame.source;
  note_vendor(frame, true);
  held.vendor.clear();
  std::swap(held.vendor, *top_vendor_);
}

/// Usage wherever an upstream puts it (CHAT-26): the last one wins, they are never summed.
void chat_machine::note_usage(const chat_frame& frame, bool has_payload) {
  json::value found = frame.usage.given() ? frame.usage : frame.vendor_usage;
  for (const frame_choice& choice : frame.choices)
    if (choice.usage.given()) found = choice.usage;
  if (!found.is(json::type::object) || found.size() == 0) return;  // U10
  usage_ = found.raw();
  usage_chunk_->source.clear();
  usage_lifted_ = !frame.usage.given();
  // CHAT-29d: usage of its own behind the payload proves that the upstream was through; usage in
  // every chunk proves nothing.
  usage_in_payload_ = usage_in_payload_ || has_payload;
  for (const choice_state& choice : choices_)
    usage_behind_payload_ = usage_behind_payload_ || (choice.payload && !has_payload);
  if (frame.synthetic) return;
  if (!context_.include_usage) {
    if (!context_.usage_asked_upstream) repairs_.add(clause::chat_25);
  } else if (!frame.choices.empty() && !usage_lifted_) {
    repairs_.add(clause::chat_26);
  }
}

void chat_machine::note_vendor(const chat_frame& frame, bool with_obfuscation) {
  for (std::size_t i = frame.top_vendor.first; i < frame.top_vendor.last; ++i)
    top_vendor_->add_bounded(frame.vendor[i].key, frame.vendor[i].raw);
  if (with_obfuscation && frame.obfuscation.present() && context_.include_obfuscation)
    top_vendor_->add("obfuscation", frame.obfuscation.raw());
}

// ---------------------------------------------------------------------------------------------
// The end (CHAT-29)

void chat_machine::on_done() {
  if (phase_ != phase::open) return;
  if (!frames_seen_) {
    fail(errors::upstream_failed("The answer was empty."));
    return;
  }
  conclude(true, errors::upstream_failed("The upstream ended without an answer."));
  if (phase_ == phase::closed) return;
  // SSE-12: usage that was asked for may come a moment late.
  if (context_.include_usage && usage_.empty())
    phase_ = phase::done_seen;
  else
    complete();
}

void chat_machine::on_end(bool lost, const end_errors& errors) {
  if (phase_ == phase::closed) return;
  if (phase_ == phase::done_seen) {
    complete();
    return;
  }
  if (!frames_seen_) {
    fail(errors.empty);
    return;
  }
  const bool proven =
      (usage_behind_payload_ && !usage_in_payload_) || (context_.settings.eof_as_stop && !lost);
  conclude(proven, errors.truncated);
  if (phase_ != phase::open) return;
  repairs_.add(clause::sse_12);  // T1: nobody said [DONE]
  complete();
}

/// Lets every choice finish, or fails. `proven`: what is open and has payload was whole (CHAT-29d).
void chat_machine::conclude(bool proven, const error& otherwise) {
  release_finishes();
  for (const choice_state& choice : choices_) {
    if (choice.at == choice_state::step::finished) continue;
    const bool may_finish =
        choice.at == choice_state::step::open && choice.payload && (proven || choice.audio_over);
    if (!may_finish) {
      fail(otherwise);
      return;
    }
  }
  for (std::uint32_t i = 0; i < choices_.size(); ++i) {
    if (choices_[i].at == choice_state::step::finished) continue;
    repairs_.add(clause::chat_29);
    hold_finish(i, "stop", {});
    release_finish(i);
  }
}

void chat_machine::on_wait_over() {
  if (phase_ == phase::closed) return;
  release_finishes();
  if (phase_ == phase::done_seen || all_finished()) complete();
}

void chat_machine::complete() {
  phase_ = phase::closed;
  if (!moderation_.empty()) say_held(chat_event::kind::moderation, moderation_, *moderation_chunk_);
  if (context_.include_usage && !usage_.empty()) {
    if (usage_lifted_) repairs_.add(clause::chat_26);
    say_held(chat_event::kind::usage, usage_, *usage_chunk_);
  }
  chat_event done;
  done.what = chat_event::kind::done;
  say(done);
}

void chat_machine::say_held(chat_event::kind what, std::string_view value,
                            const held_chunk& chunk) {
  chat_event event;
  event.what = what;
  event.value = value;
  if (top_vendor_->empty()) event.source = chunk.source;
  top_vendor_->add(chunk.vendor);
  say(event);
}

void chat_machine::on_error(const error& why) {
  // The answer was through when the terminator came.
  if (phase_ == phase::done_seen) complete();
  if (phase_ != phase::open) return;
  release_finishes();  // CHAT-29e: an error is the next frame, too
  fail(why);
}

void chat_machine::fail(const error& why) {
  phase_ = phase::closed;
  failure_ = why;
  if (!spoken_) return;
  chat_event event;
  event.what = chat_event::kind::error;
  event.failure = &*failure_;
  say(event);
  chat_event done;
  done.what = chat_event::kind::done;
  say(done);
}

void chat_machine::say(chat_event& event) {
  spoken_ = true;
  envelope_->settle(repairs_);
  event.top_vendor = top_vendor_->text();
  sink_.on_event(event, envelope_->envelope());
  top_vendor_->clear();
}

bool chat_machine::all_finished() const {
  return std::all_of(choices_.begin(), choices_.end(),
                     [](const choice_state& c) { return c.at == choice_state::step::finished; });
}

std::string_view chat_machine::finish_reason() const { return choices_.front().finish; }

bool chat_machine::holds_finish() const {
  return phase_ == phase::open && (!finishing_.empty() || all_finished());
}

}  // namespace weir::openai
