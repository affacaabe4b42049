#include "weir/sse/payload_reader.h"

#include <algorithm>

#include "sse/idle_buffer.h"
#include "sse/payload_text.h"
#include "sse/upstream_line.h"

namespace weir::sse {

using kind = upstream_line::kind;

namespace {
constexpr std::string_view data_prefix = "data: ";
constexpr std::string_view regular_begin = "data: {";
}  // namespace

payload_reader::payload_reader(std::size_t max_line_bytes, std::size_t max_event_bytes)
    : max_line_bytes_(max_line_bytes), max_event_bytes_(max_event_bytes) {}

payload_reader::status payload_reader::parse(std::string_view& input) {
  while (!too_large_) {
    bool ready = deliver_waiting() || take_regular_event(input);
    if (!ready) {
      const line_scanner::status found = scanner_.next(input, room());
      if (found == line_scanner::status::need_input) {
        text_.keep();
        return status::need_input;
      }
      too_large_ = found == line_scanner::status::too_long;
      ready = !too_large_ && take_line();
    }
    if (ready) {
      text_.keep();  // the caller may take away the input before the next call
      return status::ready;
    }
  }
  return status::too_large;
}

/// The common case without the machinery, which comes to the same: one event of one data line,
/// whole inside the input.
bool payload_reader::take_regular_event(std::string_view& input) {
  if (!clean_ || single_lf_ || text_.open() || !scanner_.between_lines()) return false;
  if (saw_field_ || !event_.empty()) return false;  // a field waits for the data it belongs to
  if (!input.starts_with(regular_begin)) return false;
  const std::size_t end = line_scanner::find_line_end(input);
  if (end >= input.size() - 1 || end > room()) return false;
  if (input[end] != '\n' || input[end + 1] != '\n') return false;
  const std::string_view text = input.substr(data_prefix.size(), end - data_prefix.size());
  if (may_be_glued(text) || is_nothing(text)) return false;
  input.remove_prefix(end + 2);
  at_start_ = false;
  saw_sse_ = true;
  current_ = {payload::kind::json, text, {}, true, false};
  return true;
}

payload_reader::status payload_reader::finish() {
  while (!too_large_) {
    if (deliver_waiting()) return status::ready;
    if (scanner_.finish()) {
      if (take_line()) return status::ready;
    } else if (text_.open()) {
      text_is_lenient_ = text_is_lenient_ || origin_ != origin::bare;  // SSE-7
      if (end_by_blank_line(false)) return status::ready;
    } else {
      return status::need_input;
    }
  }
  return status::too_large;
}

bool payload_reader::may_be_whole() const {
  const std::string_view held = scanner_.unended().empty() ? text_.view() : scanner_.unended();
  return !held.empty() && (held.back() == '}' || held.back() == ']');
}

bool payload_reader::whole() const {
  if (!may_be_whole()) return false;
  json_extent extent;
  if (text_.open() && (text_is_json_ || text_is_done_)) extent.scan(text_.view());
  if (scanner_.unended().empty()) return text_is_done_ || (text_is_json_ && extent.closed());
  const upstream_line line = read_line(scanner_.unended());
  if (line.what == upstream_line::kind::done) return true;
  const bool more = text_.open() && text_is_json_ && !extent.closed();
  if (line.what != upstream_line::kind::json && line.what != upstream_line::kind::data && !more)
    return false;
  if (!more && !begins_json(line.value)) return false;
  extent.scan(line.value);
  return extent.closed();
}

/// With the LF that would join another line.
std::size_t payload_reader::gathered() const {
  return text_.size() + (text_.open() ? 1 : 0) + event_.size() + late_event_.size();
}

// SSE-9: what is held and the line being read stay within one event.
std::size_t payload_reader::room() const {
  return std::min(max_line_bytes_, max_event_bytes_ - std::min(gathered(), max_event_bytes_));
}

// --- Lines. True when a payload is ready -----------------------------------------------------

bool payload_reader::take_line() {
  std::string_view line = scanner_.line();
  const bool has_bom = line.starts_with(bom);
  const bool bom_is_legal = at_start_;  // SSE-1; anywhere else it is F16
  at_start_ = false;
  if (has_bom) {
    while (line.starts_with(bom)) line.remove_prefix(bom.size());
    clean_ = false;
    text_is_regular_ = false;
  }
  if (line.empty()) return take_blank_line();

  upstream_line content = read_line(line);
  content.lenient = content.lenient || (has_bom && !bom_is_legal);
  const bool regular = clean_ && !text_.open() && !scanner_.ended_by_cr() &&
                       (line.starts_with(regular_begin) || line == "data: [DONE]");
  const bool aside = content.what == kind::comment || content.what == kind::event ||
                     content.what == kind::other_field || content.what == kind::blank ||
                     content.what == kind::text;
  bool ready = false;
  if (text_.open()) {
    text_is_regular_ = false;
    if (goes_on_with(content)) {
      append(content);
      return false;
    }
    if (!aside || origin_ == origin::bare) ready = end_by_next_line();
  }
  if (aside)
    take_aside(content);
  else
    begin(content, regular);
  return ready;
}

bool payload_reader::take_blank_line() {
  if (!text_.open()) {
    if (saw_field_) ++counters_.comments;
    saw_field_ = false;
    if (!single_lf_) clean_ = false;  // else it ends the last payload's event
    single_lf_ = false;
    empty_out(event_);
    return false;
  }
  if (origin_ == origin::bare) {  // a pretty-printed document may hold blank lines
    too_large_ = gathered() > max_event_bytes_;
    if (!too_large_) text_.append_line({});
    return false;
  }
  return end_by_blank_line(text_is_regular_ && !scanner_.ended_by_cr());
}

/// Whether `line` is more of the text that is open; the table stands in the header.
bool payload_reader::goes_on_with(const upstream_line& line) {
  const bool bare = origin_ == origin::bare;
  if (!text_is_json_)
    return !text_is_done_ && line.what == kind::data && !begins_json(line.value) &&
           !is_done(line.value) && !is_done_word(line.value);
  if (!brackets_open()) return false;
  if (extent_.in_string()) return true;  // a raw line end within a string (F22)
  switch (line.what) {
    case kind::data:
      return !bare && !is_done(line.value);
    case kind::done:
      return line.value.front() != '[';  // `"[DONE]"` may be an element
    case kind::json:
    case kind::text:
    case kind::blank:
      return true;
    case kind::comment:
      return bare;
    case kind::error:
    case kind::event:
    case kind::other_field:
      return false;
  }
  return false;
}

void payload_reader::append(const upstream_line& line) {
  const bool data = line.what == kind::data && origin_ != origin::bare;
  if (!text_is_json_ || !extent_.in_string())
    text_.append_line(line.value);
  else
    text_.append_line(data ? line.strict_value : line.whole);
  if (origin_ != origin::bare && (!data || line.lenient)) text_is_lenient_ = true;
  text_is_whole_ = ends_with_its_line();
}

/// A line that is no part of a text.
void payload_reader::take_aside(const upstream_line& line) {
  clean_ = false;
  switch (line.what) {
    case kind::comment:
      ++counters_.comments;
      saw_sse_ = true;
      break;
    case kind::event:
      (text_.open() ? late_event_ : event_).assign(line.value);
      [[fallthrough]];
    case kind::other_field:
      saw_field_ = !text_.open();
      saw_sse_ = true;
      break;
    case kind::text:
      drop(line.whole);
      break;
    default:
      break;
  }
}

// --- Texts -----------------------------------------------------------------------------------

void payload_reader::begin(const upstream_line& line, bool regular) {
  origin_ = line.what == kind::data    ? origin::data
            : line.what == kind::error ? origin::error
                                       : origin::bare;
  text_is_lenient_ = line.lenient || (origin_ == origin::bare && saw_sse_);
  const bool standard_done = origin_ == origin::data && line.strict_value == "[DONE]";
  text_.start(scanner_, line.value);  // `line` is gone from here on
  text_is_json_ = begins_json(text_.view());
  text_is_done_ = is_done(text_.view()) || (origin_ == origin::data && is_done_word(text_.view()));
  if (text_is_done_ && !standard_done) text_is_lenient_ = true;  // SSE-12
  text_is_regular_ = regular;
  extent_ = {};
  extent_read_ = 0;
  saw_field_ = false;
  saw_sse_ = saw_sse_ || origin_ != origin::bare;
  text_is_whole_ = ends_with_its_line();
}

bool payload_reader::brackets_open() {
  extent_.scan(text_.view().substr(extent_read_));
  extent_read_ = text_.size();
  return !extent_.closed();
}

bool payload_reader::ends_with_its_line() {
  if (origin_ != origin::bare && !single_lf_) return false;
  return text_is_done_ || (text_is_json_ && !brackets_open());
}

bool payload_reader::end_by_blank_line(bool exact) {
  single_lf_ = false;
  // A name may follow its data, but a ping names nothing that is worth a name (F3, F9).
  if (!late_event_.empty() && !equal_in_any_case(late_event_, "ping")) event_.swap(late_event_);
  empty_out(late_event_);
  return end_text(exact);
}

bool payload_reader::end_by_next_line() {
  single_lf_ = origin_ != origin::bare && (text_is_done_ || (text_is_json_ && !brackets_open()));
  text_is_lenient_ = true;
  return end_text(false);
}

bool payload_reader::end_text(bool exact) {
  const std::string_view trimmed = trim(text_.view());
  const std::size_t end = may_be_glued(trimmed) ? first_payload_end(trimmed) : trimmed.size();
  const bool glued = end < trimmed.size();
  if (glued) text_.keep();  // what is behind the first payload waits in delivered_text_
  delivered_is_lenient_ = text_is_lenient_ || glued || (text_is_whole_ && origin_ != origin::bare);
  delivered_origin_ = origin_;
  delivered_event_.swap(event_);
  event_.swap(late_event_);
  empty_out(late_event_);
  text_is_whole_ = false;

  const std::string_view text = text_.release(delivered_text_);
  if (!glued) return deliver(text, exact);
  const std::string_view all = trim(text);
  const auto begin = static_cast<std::size_t>(all.data() - delivered_text_.data());
  delivered_text_.resize(begin + all.size());
  glued_at_ = begin + end;
  return deliver(std::string_view(delivered_text_).substr(begin, end), false);
}

// --- Payloads. True when there is one for the caller -------------------------------------------

/// Delivers what was complete before the next line is to be read.
bool payload_reader::deliver_waiting() {
  while (glued_at_ != 0 || text_is_whole_) {
    if (glued_at_ != 0 ? deliver_glued() : end_text(false)) return true;
  }
  empty_out(delivered_text_);
  empty_out(delivered_event_);
  return false;
}

bool payload_reader::deliver_glued() {
  std::string_view rest = std::string_view(delivered_text_).substr(glued_at_);
  rest = without_prefixes(trim_left(rest));
  const std::size_t end = first_payload_end(rest);
  glued_at_ = end < rest.size() ? delivered_text_.size() - rest.size() + end : 0;
  delivered_origin_ = origin::data;
  delivered_is_lenient_ = true;
  return deliver(rest.substr(0, end), false);
}

bool payload_reader::deliver(std::string_view text, bool exact) {
  const std::string_view trimmed = trim(text);
  if (equal_in_any_case(delivered_event_, "ping")) return leave_out(counters_.comments);
  if (is_nothing(trimmed)) return leave_out(counters_.empty);
  if (is_done(trimmed) || (delivered_origin_ != origin::bare && is_done_word(trimmed))) {
    current_.what = payload::kind::done;
  } else if (delivered_origin_ == origin::error || equal_in_any_case(delivered_event_, "error")) {
    current_.what = payload::kind::error;
  } else if (begins_json(trimmed)) {
    current_.what = payload::kind::json;
  } else {
    drop(trimmed);
    return false;
  }
  current_.text = exact ? text : trimmed;
  current_.event = delivered_event_;
  current_.exact = exact;
  current_.bare = delivered_origin_ == origin::bare;
  if (delivered_is_lenient_) ++counters_.lenient;
  clean_ = true;
  return true;
}

bool payload_reader::leave_out(std::uint64_t& counter) {
  ++counter;
  clean_ = false;
  return false;
}

void payload_reader::drop(std::string_view text) {
  ++counters_.dropped;
  clean_ = false;
  if (dropped_text_.size() >= limits::max_dropped_text_bytes) return;
  const std::size_t left = limits::max_dropped_text_bytes - dropped_text_.size();
  dropped_text_.append(text.substr(0, left - 1));
  dropped_text_ += '\n';
}

}  // namespace weir::sse
