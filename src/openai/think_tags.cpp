#include "openai/think_tags.h"

#include <utility>

#include "openai/partial_match.h"
#include "weir/base/limits.h"

namespace weir::openai {

using kind = text_piece::kind;

namespace {
constexpr std::string_view opening = "<think>";
constexpr std::string_view closing = "</think>";
}  // namespace

void think_tags::take(const text_part& part) {
  if (part.what != kind::text || part.control_token) {
    release();
    text_part placed = part;
    if (placed.what == kind::text && at_ == place::thought) placed.what = kind::reasoning;
    next_.take(placed);
    return;
  }
  if (at_ == place::answer) {
    next_.take(part);
    return;
  }
  const std::string before = std::exchange(held_, {});
  const std::string joined = before.empty() ? before : before + std::string(part.text);
  std::string_view text = before.empty() ? part.text : std::string_view(joined);
  if (at_ == place::start) text = leave_start(text);
  if (at_ == place::thought) text = leave_thought(text);
  if (at_ == place::answer) pass(kind::text, text);
}

/// Returns what comes behind the start, which is over unless `text` may still become a tag.
std::string_view think_tags::leave_start(std::string_view text) {
  const std::size_t space = space_at_start(text);
  const std::string_view rest = text.substr(space);
  const bool opens = rest.starts_with(opening);
  if (space <= limits::max_held_space_bytes) {
    if (begins(rest, opening) || begins(rest, closing)) {
      held_ = text;
      return {};
    }
    if (opens || rest.starts_with(closing)) {
      pass(kind::reasoning, text.substr(0, space));
      at_ = opens ? place::thought : place::answer;
      return rest.substr(opens ? opening.size() : closing.size());
    }
  }
  at_ = opened_ ? place::thought : place::answer;
  return text;
}

/// Returns what comes behind the thought, which is over when its end is in `text`.
std::string_view think_tags::leave_thought(std::string_view text) {
  const std::size_t end = find_or_begin(text, closing);
  pass(kind::reasoning, text.substr(0, end));
  const std::string_view rest = text.substr(end);
  if (!rest.starts_with(closing)) {
    held_ = rest;
    return {};
  }
  at_ = place::answer;
  return rest.substr(closing.size());
}

void think_tags::pass(text_piece::kind what, std::string_view text) {
  if (!text.empty()) next_.take({what, text, {}, false});
}

/// What is held did not become a tag.
void think_tags::release() {
  if (at_ == place::start) at_ = opened_ ? place::thought : place::answer;
  const std::string held = std::exchange(held_, {});
  pass(at_ == place::thought ? kind::reasoning : kind::text, held);
}

void think_tags::finish() {
  if (!held_.empty()) release();
  next_.finish();
}

}  // namespace weir::openai
