#include "weir/openai/chat_decoder.h"

#include <algorithm>

#include "openai/dialect_rules.h"
#include "openai/finish_reason.h"
#include "openai/member_names.h"
#include "openai/vendor_text.h"
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

chat_decoder::chat_decoder(dialect d) : dialect_(rules_of(d)) {}

/// What of the text is to be copied: without the space that parts it from other documents (F25).
std::string_view chat_decoder::document_of(std::string_view text) const {
  const std::string_view document = reader_.root().raw();
  if (!rest_.empty()) return document;
  return text.substr(static_cast<std::size_t>(document.data() - text.data()));
}

bool chat_decoder::read(std::string_view text) {
  truncated_ = false;
  ragged_ = false;
  rest_ = {};
  using status = json::reader::status;
  const status first = reader_.parse(text);
  if (first == status::ok && !reader_.has_line_separator() && !reader_.has_lone_surrogate() &&
      !reader_.has_line_break()) {
    rest_ = reader_.rest();
    frame_.source = document_of(text);
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
  frame_.source = document_of(mended_);
  return true;
}

chat_decoder::kind chat_decoder::decode(std::string_view text, framing how) {
  frame_.choices.clear();
  frame_.deltas.clear();
  frame_.vendor.clear();
  part_ = parts_ = 0;
  if (!read(text)) return kind::unreadable;
  return classify(reader_.root(), how);
}

chat_decoder::kind chat_decoder::classify(json::value root, framing how) {
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
  if (is_whole(how) && begin_completion(root)) return kind::completion;
  repairs_.add(dialect_.odd_choice, odd_choices_);
  return kind::chunk;
}

/// Whether the frame is all of an answer: messages, or texts that have come to their finish. A
/// chunk of Completions looks the same; but it stands in an event.
bool chat_decoder::is_whole(framing how) const {
  // A chunk that carries `message` is a chunk (CHAT-35).
  if (frame_.choices.empty() || frame_.object.equals("chat.completion.chunk")) return false;
  return std::all_of(frame_.choices.begin(), frame_.choices.end(), [&](const frame_choice& said) {
    const bool text = said.is_text && !canonical_finish(said.finish_reason).empty();
    // In an event, a choice that has a delta, if only an empty one, is that of a chunk.
    const bool message = said.whole_message &&
                         (how == framing::alone || !said.object["delta"].is(json::type::object));
    return message || (text && how == framing::alone);
  });
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
  has_choices_ = doubled_ = false;
  first_vendor_ = 0;
  seen_keys seen;
  json::value choice_list;
  for (const auto [key, val] : root.members()) {
    const auto [meaning, place] = look_up(top_names, key);
    if (meaning != top_key::unknown && seen.again(place)) {
      frame_.regular = false;
      doubled_ = true;
    }
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
        if (dialect_.moderates)
          frame_.moderation = val;
        else
          add_vendor(key.text(), val.raw());
        break;
      case top_key::unknown:
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

/// An unknown member of the top level or of a choice. One that comes twice cannot be copied.
void chat_decoder::add_vendor(std::string_view key, std::string_view raw) {
  const auto first = frame_.vendor.begin() + static_cast<std::ptrdiff_t>(first_vendor_);
  // Members are looked up among each other: without a bound one object could stop a worker.
  const bool full = frame_.vendor.size() - first_vendor_ == limits::max_vendor_members;
  const bool again = std::any_of(first, frame_.vendor.end(), [&](const vendor_member& other) {
    return same_name(other.key, key);
  });
  if (full || again) frame_.regular = false;
  doubled_ = doubled_ || full || again;
  if (full)
    repairs_.add(clause::chat_36);  // left out
  else
    frame_.vendor.push_back({key, raw});
}

void chat_decoder::decode_choice(json::value choice) {
  frame_choice into;
  into.object = choice;
  first_delta_ = frame_.deltas.size();
  first_vendor_ = frame_.vendor.size();
  seen_keys seen;
  said_members said;
  for (const auto [key, val] : choice.members()) {
    const auto [meaning, place] = look_up(choice_names, key);
    if (meaning != choice_key::unknown && seen.again(place)) {
      into.regular = false;
      doubled_ = true;
    }
    switch (meaning) {
      case choice_key::index:
        into.index = val;
        break;
      case choice_key::delta:
        said.delta = val;
        break;
      case choice_key::message:
        said.message = val;
        break;
      case choice_key::text:
        said.text = val;
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
      case choice_key::error:
        into.error = val;
        break;
      case choice_key::unknown:
        add_vendor(key.text(), val.raw());
        break;
    }
  }
  decode_said(said, into);
  into.deltas = {first_delta_, frame_.deltas.size()};
  into.vendor = {first_vendor_, frame_.vendor.size()};
  if (into.usage.present()) into.regular = false;
  frame_.choices.push_back(into);
}

}  // namespace weir::openai
