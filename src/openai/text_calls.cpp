#include "openai/text_calls.h"

#include "openai/partial_match.h"
#include "weir/base/limits.h"

namespace weir::openai {

using kind = text_piece::kind;

void text_calls::take(const text_part& part) {
  if (part.what != kind::text || (part.control_token && !open_)) {
    release();
    next_.take(part);
    return;
  }
  if (held_.empty() && !behind_call_ && find_call_opening(part.text, 0).at == part.text.size()) {
    next_.take(part);
    return;
  }
  held_ += part.text;
  settle();
}

/// Hands on what is decided; the rest waits.
void text_calls::settle() {
  bool decided = true;
  while (decided && at_ < held_.size()) decided = open_ ? settle_calls() : settle_text();
  held_.erase(0, at_);
  at_ = 0;
  if (held_.empty() && held_.capacity() > limits::max_idle_buffer_bytes) std::string().swap(held_);
}

bool text_calls::settle_text() {
  const std::string_view rest = std::string_view(held_).substr(at_);
  const std::size_t space = behind_call_ ? space_at_start(rest) : 0;
  const call_opening opening = find_call_opening(rest, space);
  if (opening.at > space || space > limits::max_held_space_bytes) {
    pass(opening.at);
    return true;
  }
  if (!opening.whole) return false;
  at_ += space;
  open_ = true;
  parser_.start();
  return true;
}

bool text_calls::settle_calls() {
  const std::string_view rest = std::string_view(held_).substr(at_, limits::max_text_call_bytes);
  switch (parser_.read(rest)) {
    case text_call_parser::status::open:
      if (rest.size() < limits::max_text_call_bytes) return false;
      pass(rest.size());
      return true;
    case text_call_parser::status::wrong:
      pass(parser_.end());
      return true;
    case text_call_parser::status::complete:
      break;
  }
  for (const text_call& call : parser_.calls())
    next_.take({kind::call, call.name, call.arguments, false});
  at_ += parser_.end();
  open_ = false;
  behind_call_ = true;
  return true;
}

/// So many bytes are text.
void text_calls::pass(std::size_t bytes) {
  next_.take({kind::text, std::string_view(held_).substr(at_, bytes), {}, false});
  at_ += bytes;
  open_ = behind_call_ = false;
}

/// What is held did not become a call.
void text_calls::release() {
  if (!held_.empty()) pass(held_.size());
  held_.clear();
  at_ = 0;
  behind_call_ = false;
}

void text_calls::finish() {
  const bool only_space = behind_call_ && space_at_start(held_) == held_.size();
  if (only_space) held_.clear();
  release();
  next_.finish();
}

}  // namespace weir::openai
