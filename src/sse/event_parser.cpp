#include "weir/sse/event_parser.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "sse/idle_buffer.h"

namespace weir::sse {
namespace {

constexpr std::string_view bom = "\xEF\xBB\xBF";

bool all_digits(std::string_view s) {
  return !s.empty() && std::all_of(s.begin(), s.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

event_parser::event_parser(std::size_t max_line_bytes, std::size_t max_event_bytes)
    : max_line_bytes_(max_line_bytes), max_event_bytes_(max_event_bytes) {}

void event_parser::reset() { *this = event_parser(max_line_bytes_, max_event_bytes_); }

event_parser::status event_parser::parse(std::string_view& input) {
  if (too_large_) return status::too_large;
  empty_out(delivered_data_);
  empty_out(delivered_type_);
  for (;;) {
    switch (scanner_.next(input, room())) {
      case line_scanner::status::need_input:
        data_.keep();
        type_.keep();
        return status::need_input;
      case line_scanner::status::too_long:
        too_large_ = true;
        return status::too_large;
      case line_scanner::status::line_ready:
        break;
    }
    std::string_view line = scanner_.line();
    if (at_start_) {
      at_start_ = false;
      if (line.starts_with(bom)) line.remove_prefix(bom.size());  // SSE-1
    }
    if (!line.empty()) {
      take_field(line);
    } else if (dispatch()) {
      return status::event_ready;
    }
  }
}

// SSE-9: what is held and the line being read stay within one event.
std::size_t event_parser::room() const {
  const std::size_t held = data_.size() + (data_.open() ? 1 : 0) + type_.size() + id_.size();
  return std::min(max_line_bytes_, max_event_bytes_ - std::min(held, max_event_bytes_));
}

// SSE-3, SSE-4. A comment is a field without a name.
void event_parser::take_field(std::string_view line) {
  const std::size_t colon = line.find(':');
  const std::string_view name = line.substr(0, colon);
  std::string_view value =
      colon == std::string_view::npos ? line.substr(line.size()) : line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);

  if (name == "data") {
    if (data_.open())
      data_.append_line(value);
    else
      data_.start(scanner_, value);
  } else if (name == "event") {
    type_.start(scanner_, value);
  } else if (name == "id") {
    if (value.find('\0') == std::string_view::npos) id_.assign(value);
  } else if (name == "retry" && all_digits(value)) {
    retry_ms_ = std::numeric_limits<std::uint64_t>::max();
    std::from_chars(value.data(), value.data() + value.size(), retry_ms_);
  }
}

// SSE-5
bool event_parser::dispatch() {
  if (!data_.open()) {
    type_.clear();
    return false;
  }
  current_.data = data_.release(delivered_data_);
  current_.type = type_.size() == 0 ? std::string_view("message") : type_.release(delivered_type_);
  type_.clear();
  current_.last_id = id_;
  return true;
}

}  // namespace weir::sse
