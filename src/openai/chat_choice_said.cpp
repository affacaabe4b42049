// What a choice says, chunk by chunk, and how it finishes; what a frame becomes is chat_choice.cpp.
#include <algorithm>

#include "openai/chat_choice.h"
#include "openai/masking.h"
#include "weir/base/limits.h"
#include "weir/json/writer.h"

namespace weir::openai {

namespace {

using reasoning_name = stream_settings::reasoning_name;

// What a chunk of our own holds beside the text stays well below this.
constexpr std::size_t room_for_the_rest = 16 * limits::kib;
constexpr std::size_t max_piece = limits::max_output_line_bytes - room_for_the_rest;

std::string_view inside_of(std::string_view quoted) { return quoted.substr(1, quoted.size() - 2); }

/// Calls `f` with one part after the other, each short enough for a line (CHAT-36, SYN-1).
template <class F>
void for_each_piece(std::string_view inside, std::size_t most, F&& f) {
  do {
    const std::size_t length = json::split_point(inside, most);
    f(inside.substr(0, length));
    inside.remove_prefix(length);
  } while (!inside.empty());
}

}  // namespace

chat_machine::choice::channel& chat_machine::choice::channel_of(delta_kind kind) {
  return channels_[static_cast<std::size_t>(kind)];
}
const chat_machine::choice::channel& chat_machine::choice::channel_of(delta_kind kind) const {
  return channels_[static_cast<std::size_t>(kind)];
}

/// The text of the inside of a JSON string; the view dies with the next call.
std::string_view chat_machine::choice::decoded(std::string_view inside) {
  if (inside.find('\\') == std::string_view::npos) return inside;
  decoded_.clear();
  json::append_unescaped(decoded_, inside);
  return decoded_;
}

// ---------------------------------------------------------------------------------------------
// Texts

void chat_machine::choice::write_text(delta_kind kind, std::string_view key,
                                      std::string_view inside, std::string_view logprobs) {
  if (inside.empty() && logprobs.empty()) return;
  if (kind == delta_kind::reasoning) return write_reasoning(key, inside);
  chat_event event;
  event.payload = kind;
  event.key = key;
  event.logprobs = logprobs;
  const std::size_t most = logprobs.empty() ? max_piece : inside.size();
  for_each_piece(inside, most, [&](std::string_view piece) {
    event.value = value_.assign(1, '"').append(piece).append(1, '"');
    say_delta(event);
  });
}

/// CHAT-22, CHAT-23: under the name the client is to read.
void chat_machine::choice::write_reasoning(std::string_view key, std::string_view inside) {
  const stream_settings& settings = stream_.context_.settings;
  const reasoning_name name = settings.reasoning_field;
  stream_.rephrased_ = stream_.rephrased_ || name != reasoning_name::as_is;
  if (!settings.include_reasoning || name == reasoning_name::none) {
    stream_.rephrased_ = true;
    return;
  }
  chat_event event;
  event.payload = delta_kind::reasoning;
  event.key = name == reasoning_name::as_is       ? key
              : name == reasoning_name::reasoning ? "reasoning"
                                                  : "reasoning_content";
  if (name == reasoning_name::both) event.second_key = "reasoning";
  const std::size_t most = name == reasoning_name::both ? max_piece / 2 : max_piece;
  for_each_piece(inside, most, [&](std::string_view piece) {
    event.value = value_.assign(1, '"').append(piece).append(1, '"');
    say_delta(event);
  });
}

void chat_machine::choice::say_by_rules(std::string_view decoded, std::string_view logprobs) {
  stream_.rephrased_ = true;
  rules_.take(decoded, pieces_);
  say_pieces(logprobs);
}

void chat_machine::choice::say_pieces(std::string_view logprobs) {
  const std::vector<text_piece> pieces = std::move(pieces_);
  pieces_.clear();
  for (const text_piece& piece : pieces) {
    if (piece.what == text_piece::kind::call) {
      const std::string name = json::quoted(piece.name);
      const std::string arguments = json::quoted(piece.arguments);
      call_fragment call;
      call.name = inside_of(name);
      call.arguments = inside_of(arguments);
      call.has_arguments = true;
      take_call(call, call_list::source::document);
      continue;
    }
    const bool thought = piece.what == text_piece::kind::reasoning;
    const std::string quoted = json::quoted(piece.text);
    write_text(thought ? delta_kind::reasoning : delta_kind::text,
               thought ? "reasoning_content" : "content", inside_of(quoted),
               thought ? std::string_view{} : logprobs);
    if (!thought) logprobs = {};
  }
  if (!logprobs.empty()) write_text(delta_kind::text, "content", {}, logprobs);
}

/// Says what texts held back: half characters, and what a rule still hoped to understand.
void chat_machine::choice::flush_texts() {
  for (const delta_kind kind : {delta_kind::reasoning, delta_kind::text, delta_kind::refusal}) {
    channel& text = channel_of(kind);
    const std::string_view rest = text.joiner.flush();
    if (kind == delta_kind::text && rules_.active())
      say_by_rules(decoded(rest), {});
    else
      write_text(kind, text.key, rest, {});
  }
  rules_.finish(pieces_);
  say_pieces({});
}

// ---------------------------------------------------------------------------------------------
// Other payload

/// CHAT-32, SYN-1. Data may be long, and base64 can be cut anywhere.
void chat_machine::choice::say_audio(const delta_member& delta, bool in_pieces) {
  audio_over_ = audio_over_ || delta.val["expires_at"].given();
  const auto say_piece = [&](std::string_view key, json::value val) {
    const std::string head = "{" + std::string(key) + ":";
    if (!val.is(json::type::string))
      return say_member(delta_kind::audio, delta.key, head + std::string(val.raw()) + "}");
    for_each_piece(val.text(), max_piece, [&](std::string_view piece) {
      say_member(delta_kind::audio, delta.key, head + '"' + std::string(piece) + "\"}");
    });
  };
  if (delta.val.is(json::type::string)) return say_piece("\"data\"", delta.val);
  if (!in_pieces && delta.val.raw().size() <= max_piece)
    return say_member(delta_kind::audio, delta.key, delta.val.raw());
  for (const auto [key, val] : delta.val.members()) say_piece(key.raw(), val);
}

/// CHAT-33: one of them is a list of one.
void chat_machine::choice::say_annotations(const delta_member& delta) {
  const std::string raw(delta.val.raw());
  say_member(delta_kind::annotations, delta.key,
             delta.val.is(json::type::array) ? raw : "[" + raw + "]");
}

/// A member nobody knows; and the blocks of reasoning that are to be replayed (CHAT-23).
void chat_machine::choice::say_extra(const delta_member& delta) {
  const stream_settings& settings = stream_.context_.settings;
  if (delta.key == "reasoning_details" || delta.key == "thinking_blocks") {
    if (!settings.include_reasoning) {
      stream_.rephrased_ = true;
      return;
    }
    // G4: the text stands in the blocks alone.
    if (!reasoned_ && settings.reasoning_field != reasoning_name::as_is)
      for (const json::value block : delta.val.elements())
        for (const std::string_view member : {"text", "summary", "thinking"})
          write_text(delta_kind::reasoning, "reasoning_content", block[member].text(), {});
  }
  say_member(delta_kind::extra, delta.key, delta.val.raw());
}

void chat_machine::choice::say_member(delta_kind kind, std::string_view key,
                                      std::string_view value) {
  chat_event event;
  event.payload = kind;
  event.key = key;
  event.value = whole_characters(value, value_);
  say_delta(event);
}

void chat_machine::choice::on_call_piece(const call_piece& piece) {
  const bool function = speaks_as_function();
  if (function && piece.index != 0) {
    stream_.repairs_.add(clause::chat_20);  // there is no room for a second call
    return;
  }
  const std::string_view body_key = piece.custom ? "custom" : "function";
  const std::string_view text_key = piece.custom ? "input" : "arguments";
  std::string_view entry_vendor = piece.entry_vendor;
  std::string_view body_vendor = piece.body_vendor;
  for_each_piece(piece.arguments, max_piece, [&](std::string_view arguments) {
    std::string text;
    const auto add = [&text](const auto&... parts) { (text.append(parts), ...); };
    if (!function) {
      add("{\"index\":", std::to_string(piece.index));
      if (piece.opens) add(",\"id\":\"", piece.id, "\",\"type\":\"", body_key, "\"");
      add(",\"", body_key, "\":");
    }
    add("{");
    if (piece.opens) add("\"name\":\"", piece.name, "\",");
    add("\"", text_key, "\":\"", arguments, "\"", body_vendor, "}");
    if (!function) add(entry_vendor, "}");
    entry_vendor = body_vendor = {};
    chat_event event;
    event.payload = function ? delta_kind::function : delta_kind::tool;
    event.key = function ? "function_call" : "tool_calls";
    event.value = text;
    if (piece.waited && held_empty_object_)
      say_waited(event);
    else
      say_delta(event);
  });
}

/// Says the chunk that held_empty_object_ is, with its own members and no others.
void chat_machine::choice::say_waited(chat_event event) {
  held_chunk own = std::move(*held_empty_object_);
  held_empty_object_.reset();
  event.source = own.source;
  std::swap(own.vendor, vendor_);
  std::swap(own.top_vendor, *stream_.top_vendor_);
  say_delta(event);
  std::swap(own.vendor, vendor_);
  std::swap(own.top_vendor, *stream_.top_vendor_);
}

/// Says one chunk of the choice; the members that waited for one leave with it.
void chat_machine::choice::say_delta(chat_event event) {
  event.choice = number_;
  event.choice_vendor = vendor_.text();
  if (event.what == chat_event::kind::delta) {
    payload_ = true;
    kinds_ |= 1U << static_cast<unsigned>(event.payload);
  }
  stream_.say(event);
  vendor_.clear();
}

// ---------------------------------------------------------------------------------------------
// Finish

/// For the record; most spell it as the API does, and then nothing is copied.
void chat_machine::choice::note_finish(json::value said, std::string_view reason) {
  said_finish_ = reason;
  native_finish_.clear();
  const std::string_view spelled = said.is(json::type::string) ? said.text() : said.raw();
  if (spelled != reason) native_finish_ = cut_utf8(spelled, limits::max_native_finish_bytes);
}

void chat_machine::choice::hold_finish(std::string_view reason, std::string_view source) {
  at_ = step::finishing;
  finish_ = reason;
  held_finish_.source = source;
  std::swap(held_finish_.top_vendor, *stream_.top_vendor_);
  stream_.top_vendor_->clear();
  stream_.finishing_.push_back(number_);
}

void chat_machine::choice::cancel_finish() {
  at_ = step::open;
  finish_ = said_finish_ = {};
  native_finish_.clear();
  held_finish_.top_vendor.add(*stream_.top_vendor_);
  std::swap(held_finish_.top_vendor, *stream_.top_vendor_);
  auto& waiting = stream_.finishing_;
  waiting.erase(std::find(waiting.begin(), waiting.end(), number_));
  stream_.repairs_.add(clause::chat_29);
  say_held_text();
  held_finish_ = {};
}

/// What came in the chunk of a finish and cannot leave together with it.
void chat_machine::choice::say_held_text() {
  if (held_finish_.text.empty() && held_finish_.logprobs.empty()) return;
  chat_event event;
  event.payload = delta_kind::text;
  event.key = "content";
  event.value = held_finish_.text.empty() ? "\"\"" : std::string_view(held_finish_.text);
  event.logprobs = held_finish_.logprobs;
  say_delta(event);
}

void chat_machine::choice::release_finish() {
  if (at_ != step::finishing) return;
  vendor_text since;  // members that came behind the finish leave with it, not with what is flushed
  vendor_text own;
  std::swap(since, *stream_.top_vendor_);
  std::swap(own, vendor_);
  flush_texts();
  const bool may_close = stream_.context_.settings.close_arguments && finish_ != "length";
  calls_.finish(may_close ? call_list::at_end::close_arguments : call_list::at_end::leave_arguments,
                *this);
  at_ = step::finished;
  const std::string_view said = finish_;
  finish_ = fitting_reason();
  chat_event event;
  event.what = chat_event::kind::finish;
  event.choice = number_;
  event.finish = finish_;
  event.choice_vendor = own.text();
  if (since.empty() && finish_ == said) event.source = held_finish_.source;
  if (event.source.empty()) {
    say_held_text();
  } else {
    event.value = held_finish_.text;
    event.logprobs = held_finish_.logprobs;
  }
  held_finish_.top_vendor.add(since);
  std::swap(held_finish_.top_vendor, *stream_.top_vendor_);
  stream_.say(event);
  held_finish_ = {};
}

/// CHAT-14: a reason that fits what the choice did.
std::string_view chat_machine::choice::fitting_reason() {
  const bool called = calls_.any();
  const std::string_view calling = speaks_as_function() ? "function_call" : "tool_calls";
  const bool names_calls = finish_ == "tool_calls" || finish_ == "function_call";
  std::string_view fitting = finish_;
  if (called && (names_calls || (finish_ == "stop" && !stream_.context_.names_tool)))
    fitting = calling;
  if (!called && names_calls) fitting = "stop";
  if (fitting != finish_) stream_.repairs_.add(clause::chat_14);
  return fitting;
}

bool chat_machine::choice::may_stop(bool proven) const {
  return at_ == step::open && payload_ && (proven || audio_over_);
}

void chat_machine::choice::stop() {
  stream_.repairs_.add(clause::chat_29);
  hold_finish("stop", {});
  release_finish();
}

}  // namespace weir::openai
