#include "weir/sse/gathered_text.h"

#include "sse/idle_buffer.h"

namespace weir::sse {

void gathered_text::start(line_scanner& scanner, std::string_view tail) {
  clear();
  open_ = true;
  if (!scanner.straddles()) {
    view_ = tail;
    return;
  }
  begin_ = scanner.line().size() - tail.size();
  owned_ = true;
  scanner.exchange(bytes_);
}

void gathered_text::append_line(std::string_view line) {
  keep();
  bytes_ += '\n';
  bytes_ += line;
}

void gathered_text::keep() {
  if (!open_ || owned_) return;
  bytes_.assign(view_);
  view_ = {};
  begin_ = 0;
  owned_ = true;
}

void gathered_text::clear() {
  view_ = {};
  open_ = false;
  if (!owned_) return;
  owned_ = false;
  begin_ = 0;
  empty_out(bytes_);
}

std::string_view gathered_text::release(std::string& storage) {
  std::string_view text = view_;
  if (owned_) {
    storage.swap(bytes_);
    text = std::string_view(storage).substr(begin_);
  }
  clear();
  return text;
}

}  // namespace weir::sse
