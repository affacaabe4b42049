#include "openai/call_list.h"

#include <algorithm>
#include <utility>

#include "weir/base/limits.h"
#include "weir/json/text_joiner.h"
#include "weir/json/writer.h"

namespace weir::openai {

struct call_list::call {
  std::optional<std::int64_t> index;  ///< the upstream's
  std::string their_id;               ///< likewise
  std::string id;                     ///< what the client hears, from the opening on
  std::string name;
  std::string last_name_piece;
  bool custom = false;
  bool name_whole = false;
  bool opened = false;
  bool closed = false;
  bool empty_object = false;  ///< a first `{}` waits for what follows
  std::uint64_t list = 0;     ///< the last list that spoke of it
  std::uint32_t number = 0;   ///< the client's index, from the opening on
  arguments_text arguments;
  std::string unsaid;  ///< of the arguments
  vendor_text entry_vendor;
  vendor_text body_vendor;
  json::text_joiner joiner;

  /// Nothing has to follow: the next call may begin.
  [[nodiscard]] bool whole() const {
    if (custom) return !arguments.empty();
    return empty_object || arguments.complete();
  }
};

namespace {

constexpr std::string_view entry_members[] = {"index", "id", "type", "function", "custom"};
constexpr std::string_view body_members[] = {"name", "arguments", "input"};

template <std::size_t N>
bool is_one_of(json::value key, const std::string_view (&names)[N]) {
  return std::any_of(std::begin(names), std::end(names),
                     [&](std::string_view name) { return key.equals(name); });
}

std::string inside_of(const std::string& quoted) { return quoted.substr(1, quoted.size() - 2); }

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\n\r") == std::string_view::npos;
}

}  // namespace

call_list::call_list(id_source& ids, repair_counts& repairs) : ids_(ids), repairs_(repairs) {}
call_list::call_list(call_list&&) noexcept = default;
call_list::~call_list() = default;

// ---------------------------------------------------------------------------------------------
// Fragments in the form of CHAT-16

call_list::passing call_list::pass(const call_fragment& f, call_sink& sink) {
  if (!f.regular || !f.index) return passing::no;
  const bool mid_call = !calls_.empty() && current_ + 1 == calls_.size();
  call* const last = mid_call ? calls_.back().get() : nullptr;
  if (last != nullptr && (!last->opened || last->joiner.pending() || !last->unsaid.empty() ||
                          !last->entry_vendor.empty() || !last->body_vendor.empty()))
    return passing::no;
  const json::value type = f.entry["type"];
  if (!f.name.empty()) {
    // The opening of the next call.
    const bool quiet = calls_.empty() || (last != nullptr && last->whole());
    const bool its_form =
        f.legacy ? calls_.empty() : type.present() && !f.id.empty() && with_id(f.id) == nullptr;
    if (!quiet || !its_form || !f.has_arguments || !f.arguments.empty() || *f.index != said_)
      return passing::no;
    if (last != nullptr) close(*last, sink);  // says a `{}` that waited
    call& next = open(f);
    next.their_id = next.id = f.id;
    next.name = f.name;
    next.name_whole = next.opened = true;
    next.number = said_++;
    current_ = calls_.size() - 1;
    return passing::passes;
  }
  if (last == nullptr || last->empty_object || *f.index != last->number || last->index != f.index ||
      !f.id.empty() || type.present() || f.custom != last->custom || f.arguments.empty())
    return passing::no;
  decoded_.clear();
  json::append_unescaped(decoded_, f.arguments);
  if (!last->custom && last->arguments.news_in(decoded_).size() != decoded_.size())
    return passing::no;
  if (!last->custom && last->arguments.empty() && decoded_ == "{}") {
    last->empty_object = true;
    return passing::waits;
  }
  last->arguments.append(decoded_);
  return passing::passes;
}

// ---------------------------------------------------------------------------------------------
// Fragments of any form

void call_list::take(const call_fragment& fragment, source from, call_sink& sink) {
  call& into = find(fragment, from);
  into.list = list_;
  learn(into, fragment, from);
  if (into.closed && !fragment.arguments.empty()) {
    repairs_.add(clause::chat_19);  // said too late, or repeated (K18)
  } else if (!fragment.arguments.empty()) {
    add_arguments(into, into.joiner.join(fragment.arguments));
  }
  speak(sink);
}

void call_list::repeat(std::size_t position, const call_fragment& fragment, call_sink& sink) {
  if (position >= calls_.size()) return take(fragment, source::document, sink);
  call& known = *calls_[position];
  if (known.closed || fragment.arguments.empty()) return;
  add_arguments(known, fragment.arguments);
  speak(sink);
}

call_list::call* call_list::with_id(std::string_view id) {
  const auto found = std::find_if(calls_.rbegin(), calls_.rend(),
                                  [&](const auto& c) { return c->their_id == id; });
  return found == calls_.rend() || id.empty() ? nullptr : found->get();
}

call_list::call* call_list::with_index(std::int64_t index) {
  const auto found = std::find_if(calls_.rbegin(), calls_.rend(),
                                  [&](const auto& c) { return c->index == index; });
  return found == calls_.rend() ? nullptr : found->get();
}

/// CHAT-18: a fragment that seems to speak of a known call, but opens another one (K2, K31).
bool call_list::begins_anew(const call& known, const call_fragment& f) const {
  if (f.name.empty() || !known.name_whole) return false;
  if (known.list == list_) return true;
  const bool other_id = !f.id.empty() && !known.their_id.empty() && f.id != known.their_id;
  if (other_id) return true;
  if (!known.arguments.empty() && !known.whole()) return false;
  if (f.name != known.name) return true;
  // The same name again: a repetition (K8), unless it brings a whole of its own.
  std::string text;
  json::append_unescaped(text, f.arguments);
  return known.whole() && !is_blank(text) && text != known.arguments.text() &&
         is_whole_object(text);
}

/// CHAT-18.
call_list::call& call_list::find(const call_fragment& f, source from) {
  if (calls_.empty()) return open(f);
  if (f.legacy) return *calls_.front();
  call& latest = *calls_.back();
  call* const same_id = with_id(f.id);
  if (from == source::document) return open(f);
  if (f.index) {
    if (same_id != nullptr && same_id->index == f.index && !begins_anew(*same_id, f))
      return *same_id;
    if (call* const known = with_index(*f.index)) return begins_anew(*known, f) ? open(f) : *known;
    if (!f.name.empty()) return open(f);
    // A counter in place of an index (E12): it is a fragment of a call all the same.
    if (f.id.empty() && !f.has_arguments) return open(f);
    // Its own id tells it from that, where the latest call has one, too (K11).
    if (same_id == nullptr && !f.id.empty() && !latest.their_id.empty()) return open(f);
    repairs_.add(clause::chat_18);
    if (same_id != nullptr) return *same_id;
    return latest.whole() && !f.id.empty() ? open(f) : latest;
  }
  if (same_id != nullptr) return begins_anew(*same_id, f) ? open(f) : *same_id;
  const bool mid_arguments = !latest.arguments.empty() && !latest.whole();
  if (!f.id.empty()) {
    // An id that comes late, or is another on each fragment (K7, K9).
    const bool same_call = f.name.empty() && (latest.their_id.empty() || mid_arguments);
    return same_call ? latest : open(f);
  }
  if (f.name.empty() || !latest.name_whole) return latest;
  return f.name == latest.name && mid_arguments ? latest : open(f);
}

call_list::call& call_list::open(const call_fragment& f) {
  calls_.push_back(std::make_unique<call>());
  call& c = *calls_.back();
  c.index = f.index;
  c.custom = f.custom;
  return c;
}

/// Takes everything but the arguments, and counts what should not be there (CHAT-16..18).
void call_list::learn(call& into, const call_fragment& f, source from) {
  const bool streamed = from == source::stream;
  if (f.serialised) repairs_.add(clause::chat_17);
  if (f.doubled) repairs_.add(clause::chat_36);
  if (streamed && !f.index) repairs_.add(clause::chat_18);
  if (into.their_id.empty()) {
    into.their_id = f.id;
    if (into.opened && !f.id.empty()) repairs_.add(clause::chat_17);
  } else if (into.opened && !f.id.empty()) {
    repairs_.add(clause::chat_17);
  }
  if (!into.name_whole) {
    const bool repeated = f.name == into.last_name_piece || f.name == into.name;
    if (!repeated) into.name += f.name;
    if (!f.name.empty()) into.last_name_piece = f.name;
    into.custom = into.custom || f.custom;
    into.name_whole = !into.name.empty() && f.has_arguments;
    const bool typed =
        f.legacy || !f.entry.present() || f.entry["type"].equals(f.custom ? "custom" : "function");
    const bool opening = f.has_arguments && f.arguments.empty();
    if (!typed || (streamed && !opening)) repairs_.add(clause::chat_16);
  } else if (f.entry["type"].present() || f.body["name"].present()) {
    repairs_.add(clause::chat_17);
  }
  note_vendor(into, f);
}

void call_list::note_vendor(call& into, const call_fragment& f) const {
  const bool flat = f.body.raw().data() == f.entry.raw().data();
  for (const auto [key, val] : f.body.members()) {
    if (is_one_of(key, body_members) || (flat && is_one_of(key, entry_members))) continue;
    into.body_vendor.add_bounded(key.text(), val.raw());
  }
  if (flat) return;
  for (const auto [key, val] : f.entry.members())
    if (!is_one_of(key, entry_members)) into.entry_vendor.add_bounded(key.text(), val.raw());
}

void call_list::add_arguments(call& into, std::string_view inside) {
  if (inside.empty()) return;
  decoded_.clear();
  json::append_unescaped(decoded_, inside);
  if (!into.custom && into.arguments.empty() && decoded_ == "{}") {
    if (into.empty_object) repairs_.add(clause::chat_17);
    into.empty_object = true;
    return;
  }
  if (into.empty_object) {
    // CHAT-17: the first `{}` was no arguments, but a beginning.
    if (is_blank(decoded_)) return;
    into.empty_object = false;
    repairs_.add(clause::chat_17);
  }
  const std::string_view news =
      into.custom ? std::string_view(decoded_) : into.arguments.news_in(decoded_);
  if (news.size() == decoded_.size()) {
    wait_with(into, inside);
  } else {
    repairs_.add(clause::chat_17);
    wait_with(into, inside_of(json::quoted(news)));
  }
  into.arguments.append(news);
}

void call_list::wait_with(call& into, std::string_view inside) {
  into.unsaid += inside;
  held_ += inside.size();
}

// ---------------------------------------------------------------------------------------------
// What the client hears

void call_list::speak(call_sink& sink) {
  for (; current_ < calls_.size(); ++current_) {
    call& c = *calls_[current_];
    const bool next_waits = current_ + 1 < calls_.size();
    if (next_waits && !c.name.empty()) c.name_whole = true;
    if (c.name_whole && !c.opened) say_opening(c, sink);
    if (c.opened) say_arguments(c, sink);
    if (!next_waits) return;
    const bool over = (c.opened && c.whole()) || held_ > limits::max_held_calls_bytes;
    if (!over) return;
    close(c, sink);
  }
}

void call_list::say_opening(call& c, call_sink& sink) {
  c.opened = true;
  c.number = said_++;
  c.id = unused_id(c);
  call_piece piece;
  piece.index = c.number;
  piece.opens = true;
  piece.custom = c.custom;
  piece.id = c.id;
  piece.name = c.name;
  piece.entry_vendor = c.entry_vendor.text();
  piece.body_vendor = c.body_vendor.text();
  sink.on_call_piece(piece);
  c.entry_vendor.clear();
  c.body_vendor.clear();
}

/// K6, K31.
std::string call_list::unused_id(const call& of) {
  const bool taken = std::any_of(calls_.begin(), calls_.end(), [&](const auto& other) {
    return other->opened && other.get() != &of && other->id == of.their_id;
  });
  if (!of.their_id.empty() && !taken) return of.their_id;
  repairs_.add(clause::chat_17);
  return ids_.alphanumeric("call_", 24);
}

void call_list::say_arguments(call& c, call_sink& sink) {
  if (c.unsaid.empty()) return;  // unknown members wait for arguments, too
  call_piece piece;
  piece.arguments = c.unsaid;
  say_later(c, piece, sink);
  held_ -= c.unsaid.size();
  c.unsaid.clear();
}

/// Says a piece behind the opening; the unknown members that waited leave with it.
void call_list::say_later(call& c, call_piece piece, call_sink& sink) {
  piece.index = c.number;
  piece.custom = c.custom;
  piece.entry_vendor = c.entry_vendor.text();
  piece.body_vendor = c.body_vendor.text();
  sink.on_call_piece(piece);
  c.entry_vendor.clear();
  c.body_vendor.clear();
}

/// Nothing more is said of it. Arguments that never came are an empty object (CHAT-19).
void call_list::close(call& c, call_sink& sink) {
  c.closed = true;
  if (!c.opened) {
    if (c.name.empty()) repairs_.add(clause::chat_17);  // nobody could call it
    held_ -= c.unsaid.size();
    c.unsaid.clear();
    return;
  }
  wait_with(c, c.joiner.flush());
  say_arguments(c, sink);
  call_piece piece;
  if (!c.custom && c.arguments.empty()) {
    if (!c.empty_object) repairs_.add(clause::chat_19);
    piece.arguments = "{}";
    piece.waited = c.empty_object;
    c.empty_object = false;
  } else if (c.entry_vendor.empty() && c.body_vendor.empty()) {
    return;
  }
  say_later(c, piece, sink);
}

/// CHAT-18: what never got a name, behind a call that is not whole, was the rest of its arguments
/// under another id and index (K9).
void call_list::take_nameless(call& into) {
  for (std::size_t i = current_ + 1; i < calls_.size() && calls_[i]->name.empty(); ++i) {
    if (!into.opened || into.arguments.empty() || into.whole()) return;
    const std::string rest = std::exchange(calls_[i]->unsaid, {});
    held_ -= rest.size();
    add_arguments(into, into.joiner.join(rest));
  }
}

void call_list::finish(at_end how, call_sink& sink) {
  for (; current_ < calls_.size(); ++current_) {
    call& c = *calls_[current_];
    if (!c.opened && !c.name.empty()) say_opening(c, sink);
    take_nameless(c);
    if (how == at_end::close_arguments && !c.custom && !c.arguments.empty()) {
      const std::string end = c.arguments.missing_end();
      if (!end.empty()) {
        repairs_.add(clause::chat_19);
        wait_with(c, c.joiner.flush());
        wait_with(c, inside_of(json::quoted(end)));
      }
    }
    close(c, sink);
  }
}

bool call_list::any() const {
  return std::any_of(calls_.begin(), calls_.end(), [](const auto& c) { return !c->name.empty(); });
}

bool call_list::holds_empty_object() const {
  return current_ < calls_.size() && calls_[current_]->empty_object;
}

}  // namespace weir::openai
