// The stream's side of the machine; the choices' side is chat_choice.cpp.
#include "weir/openai/chat_machine.h"

#include <algorithm>

#include "openai/chat_choice.h"
#include "openai/dialect_rules.h"
#include "openai/envelope_keeper.h"
#include "openai/usage_form.h"
#include "weir/base/limits.h"

namespace weir::openai {

namespace {

bool tells_usage(json::value v) { return v.is(json::type::object) && v.size() != 0; }

/// CHAT-26: where a frame tells what was counted; else where it tells nothing in its place (U10).
json::value told_usage(const chat_frame& frame) {
  json::value found = frame.usage;
  if (!tells_usage(found) && frame.vendor_usage.given()) found = frame.vendor_usage;
  for (const frame_choice& said : frame.choices)
    if (said.usage.given() && !(tells_usage(found) && !tells_usage(said.usage))) found = said.usage;
  return found;
}

}  // namespace

/// A usage or moderation chunk that waits for the end.
struct chat_machine::held_chunk {
  std::string source;  ///< as it came, if it may be copied
  vendor_text vendor;  ///< its unknown members
};

chat_machine::chat_machine(const chat_context& context, chat_sink& sink)
    : context_(context),
      dialect_(rules_of(context.dialect)),
      sink_(sink),
      envelope_(std::make_unique<envelope_keeper>(context)),
      ids_(~context.id_seed),
      call_reader_(std::make_unique<call_reader>()),
      top_vendor_(std::make_unique<vendor_text>()),
      usage_chunk_(std::make_unique<held_chunk>()),
      moderation_chunk_(std::make_unique<held_chunk>()) {
  const std::uint32_t n = std::clamp<std::uint32_t>(context.n, 1, limits::max_prompt_choices);
  choices_.reserve(n);
  for (std::uint32_t i = 0; i < n; ++i) choices_.emplace_back(*this, i);
}

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
  find_choices(frame);
  if (only_repeats_finish(frame)) return;
  settle_finishes(frame);

  bool has_payload = false;
  const bool copy = copyable(frame);
  // Vendor members ride on the first piece (CHAT-5); what nothing takes waits for the next.
  note_vendor(frame, true);
  for (std::size_t i = 0; i < spoken_of_.size(); ++i) {
    choice* const one = spoken_of_[i];
    const frame_choice& said = frame.choices[i];
    if (one == nullptr) continue;
    has_payload = has_payload || one->brings_payload(frame, said);
    one->take(frame, said, copy && said.regular);
    if (phase_ == phase::closed) return;
  }
  if (has_payload) {
    ++payload_frames_;
    for (const delta_member& member : frame.deltas) {
      if (member.kind == delta_kind::extra || member.kind == delta_kind::audio) continue;
      (member.kind == delta_kind::reasoning ? said_.reasoning : said_.text) +=
          member.val.raw().size();
    }
  }
  note_beside(frame, has_payload);
}

/// Once a frame: each look at an index teaches what the next ones mean.
void chat_machine::find_choices(const chat_frame& frame) {
  spoken_of_.clear();
  for (const frame_choice& said : frame.choices) {
    spoken_of_.push_back(find_choice(frame, said, spoken_of_.size()));
    if (spoken_of_.back() == nullptr) repairs_.add(clause::chat_15);  // N1: nobody asked for it
  }
}

/// CHAT-15: which choice an element of `choices` speaks of.
chat_machine::choice* chat_machine::find_choice(const chat_frame& frame, const frame_choice& said,
                                                std::size_t position) {
  if (choices_.size() == 1) return only_choice(frame, said, position);
  const std::int64_t i = said.index.integer().value_or(static_cast<std::int64_t>(position));
  if (i < 0 || i >= static_cast<std::int64_t>(choices_.size())) return nullptr;
  return &choices_[static_cast<std::size_t>(i)];
}

/// Where one choice was asked for, another index is a counter of chunks (E12), the calls of the
/// same answer (K34), or a second answer that nobody asked for (N1).
chat_machine::choice* chat_machine::only_choice(const chat_frame& frame, const frame_choice& said,
                                                std::size_t position) {
  choice* const one = &choices_.front();
  const bool says_text =
      std::any_of(frame.deltas.begin() + static_cast<std::ptrdiff_t>(said.deltas.first),
                  frame.deltas.begin() + static_cast<std::ptrdiff_t>(said.deltas.last),
                  [](const delta_member& d) { return d.kind <= delta_kind::refusal; });
  const bool only_calls = !said.deltas.empty() && !says_text;
  const std::int64_t index = said.index.integer().value_or(main_index_.value_or(0));
  const bool known_stray = std::find(strays_.begin(), strays_.end(), index) != strays_.end();
  if (known_stray && index != main_index_) return only_calls ? one : nullptr;
  if (position > 0) {
    // The answer itself may stand behind its calls, but not behind itself.
    const bool behind_calls =
        said.index.integer() == main_index_ && frame.choices.front().index.integer() != main_index_;
    if (only_calls || behind_calls) return one;
    if (said.index.integer() && index != main_index_ && strays_.size() < limits::max_choices)
      strays_.push_back(index);
    return nullptr;
  }
  if (main_index_ && index != *main_index_) {
    if (only_calls) return one;
    // Another answer opens with another role; without roles, a counter never stands still.
    const bool another = dialect_.opens_with_role
                             ? said.role.present() && one->opened() && !repeats_role_
                             : index_stays_;
    // The first of two answers has the index 0; what begins elsewhere and grows counts chunks.
    const bool counts = index_counts_ && index > *main_index_;
    if (another && !counts) {
      if (strays_.size() < limits::max_choices) strays_.push_back(index);
      return nullptr;
    }
  } else {
    repeats_role_ = repeats_role_ || (said.role.present() && one->opened());
    index_stays_ = index_stays_ || main_index_.has_value();
  }
  index_counts_ = main_index_ ? index_counts_ : index != 0;
  main_index_ = index;
  return one;
}

/// Finish: held until the next frame shows that it was meant (CHAT-29e). One that says nothing of
/// any choice is no such frame; what stands in it beside the choices leaves with the finish (P4).
bool chat_machine::only_repeats_finish(const chat_frame& frame) {
  if (finishing_.empty()) return false;
  for (std::size_t i = 0; i < spoken_of_.size(); ++i) {
    const choice* const one = spoken_of_[i];
    if (one == nullptr || one->finished()) continue;
    if (!one->finishing() || one->brings_payload(frame, frame.choices[i])) return false;
  }
  for (std::size_t i = 0; i < spoken_of_.size(); ++i) {
    if (spoken_of_[i] == nullptr) continue;
    repairs_.add(clause::chat_29);
    spoken_of_[i]->note_vendor(frame, frame.choices[i]);
  }
  note_vendor(frame, false);
  note_beside(frame, false);
  return true;
}

void chat_machine::settle_finishes(const chat_frame& frame) {
  if (finishing_.empty()) return;
  for (std::size_t i = 0; i < spoken_of_.size(); ++i) {
    choice* const one = spoken_of_[i];
    const frame_choice& said = frame.choices[i];
    if (one != nullptr && one->finishing() && one->brings_payload(frame, said))
      one->cancel_finish();
  }
  release_finishes();
}

void chat_machine::release_finishes() {
  const std::vector<std::uint32_t> held = std::move(finishing_);
  finishing_.clear();
  for (const std::uint32_t i : held) choices_[i].release_finish();
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
  const bool counts = frame.usage.is(json::type::object) && counts_tokens(frame.usage);
  if (moderates || counts) release_finishes();  // else it is no next frame (CHAT-29e)
  note_beside(frame, false);
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

/// What a frame says of the answer as a whole, whatever it says of choices.
void chat_machine::note_beside(const chat_frame& frame, bool has_payload) {
  note_usage(frame, has_payload);
  note_moderation(frame);
}

/// CHAT-34: one, in a chunk of its own between the last finish and the usage, wherever it came.
void chat_machine::note_moderation(const chat_frame& frame) {
  if (!frame.moderation.given()) return;
  const bool alone = frame.choices.empty() && !(context_.include_usage && frame.usage.given());
  const bool in_place = alone && all_finish() && usage_chunk_->source.empty();
  if (!frame.synthetic && !(in_place && moderation_.empty())) repairs_.add(clause::chat_34);
  moderation_ = frame.moderation.raw();
  moderation_chunk_->source.clear();
}

/// Usage wherever an upstream puts it (CHAT-26): the last one wins, they are never summed.
void chat_machine::note_usage(const chat_frame& frame, bool has_payload) {
  const json::value found = told_usage(frame);
  const bool unasked = !context_.include_usage && !context_.usage_asked_upstream;
  if (!tells_usage(found)) {  // U10
    if (found.given() && unasked) repairs_.add(clause::chat_25);
    if (found.given() && context_.include_usage) repairs_.add(clause::chat_26);
    return;
  }
  const bool counts = counts_tokens(found);
  if (usage_counts_ && !counts) return;  // U7: zeros take nothing back
  usage_counts_ = counts;
  std::optional<std::string> mended = mended_usage(found);
  if (mended && context_.include_usage) repairs_.add(clause::chat_26);
  usage_ = mended ? *std::move(mended) : std::string(found.raw());
  usage_chunk_->source.clear();
  usage_lifted_ = found.raw().data() != frame.usage.raw().data();
  // CHAT-29d: usage of its own behind the payload proves that the upstream was through; usage in
  // every chunk proves nothing.
  usage_in_payload_ = usage_in_payload_ || has_payload;
  for (const choice& one : choices_)
    usage_behind_payload_ = usage_behind_payload_ || (one.has_payload() && !has_payload);
  if (frame.synthetic) return;
  if (unasked) repairs_.add(clause::chat_25);
  if (context_.include_usage && !frame.choices.empty() && !usage_lifted_)
    repairs_.add(clause::chat_26);
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
  for (const choice& one : choices_) {
    if (one.finished() || one.may_stop(proven)) continue;
    fail(otherwise);
    return;
  }
  for (choice& one : choices_)
    if (!one.finished()) one.stop();
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
    extend_usage();
    say_held(chat_event::kind::usage, usage_, *usage_chunk_);
  }
  chat_event done;
  done.what = chat_event::kind::done;
  say(done);
}

/// Once, at the end: an upstream may have repeated its usage many times.
void chat_machine::extend_usage() {
  if (!context_.extends_usage || context_.settings.mode == stream_settings::conformance::relaxed)
    return;
  json::reader reader;
  if (reader.parse(usage_) != json::reader::status::ok) return;
  const std::string members = context_.extends_usage->members(read_usage(reader.root()));
  if (members.empty()) return;
  usage_ = extended_usage(reader.root(), members);
  usage_chunk_->source.clear();
  rephrased_ = true;
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
                     [](const choice& one) { return one.finished(); });
}

bool chat_machine::all_finish() const {
  return std::all_of(choices_.begin(), choices_.end(),
                     [](const choice& one) { return one.finished() || one.finishing(); });
}

std::string_view chat_machine::finish_reason() const { return choices_.front().finish_reason(); }
std::string_view chat_machine::native_finish() const { return choices_.front().native_finish(); }

bool chat_machine::holds_finish() const {
  return phase_ == phase::open && (!finishing_.empty() || all_finished());
}

}  // namespace weir::openai
