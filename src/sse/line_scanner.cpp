#include "weir/sse/line_scanner.h"

#include <algorithm>
#include <cstring>

#include "sse/idle_buffer.h"

namespace weir::sse {
namespace {

constexpr std::size_t none = std::string_view::npos;

}  // namespace

// The LF is looked for in windows, so that a stream of short lines that all end in CR is not
// searched to its end for every one of them.
std::size_t line_scanner::find_line_end(std::string_view text) {
  if (text.empty()) return none;
  if (text.front() == '\n' || text.front() == '\r') return 0;
  std::size_t window = 1024;
  for (std::size_t at = 0; at < text.size(); window *= 2) {
    const char* const begin = text.data() + at;
    const std::size_t size = std::min(window, text.size() - at);
    const void* const lf = std::memchr(begin, '\n', size);
    const std::size_t before =
        lf == nullptr ? size : static_cast<std::size_t>(static_cast<const char*>(lf) - begin);
    if (const void* const cr = std::memchr(begin, '\r', before))
      return static_cast<std::size_t>(static_cast<const char*>(cr) - text.data());
    if (lf != nullptr) return at + before;
    at += size;
  }
  return none;
}

line_scanner::status line_scanner::next(std::string_view& input, std::size_t room) {
  forget_spent();
  if (after_cr_ && !input.empty()) {
    after_cr_ = false;
    if (input.front() == '\n') input.remove_prefix(1);
  }
  const std::size_t end = find_line_end(input);
  const std::string_view piece = input.substr(0, end);
  if (piece.size() > room || pending_.size() > room - piece.size()) return status::too_long;
  if (end == none) {
    pending_.append(piece);
    input = {};
    return status::need_input;
  }
  ended_by_cr_ = input[end] == '\r';
  after_cr_ = ended_by_cr_;
  if (pending_.empty()) {
    line_ = piece;
  } else {
    pending_.append(piece);
    line_ = pending_;
    spent_ = true;
  }
  input.remove_prefix(end + 1);
  return status::line_ready;
}

bool line_scanner::finish() {
  forget_spent();
  if (pending_.empty()) return false;
  line_ = pending_;
  spent_ = true;
  ended_by_cr_ = false;
  return true;
}

void line_scanner::forget_spent() {
  if (!spent_) return;
  empty_out(pending_);
  spent_ = false;
}

void line_scanner::exchange(std::string& bytes) {
  pending_.swap(bytes);
  pending_.clear();
  line_ = {};
  spent_ = false;
}

void line_scanner::reset() { *this = line_scanner(); }

}  // namespace weir::sse
