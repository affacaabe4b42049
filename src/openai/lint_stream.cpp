#include "openai/lint_stream.h"

#include <limits>
#include <string>

#include "openai/lint_framing.h"
#include "weir/base/limits.h"
#include "weir/sse/event_parser.h"

namespace weir::openai {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

class stream_pass {
 public:
  stream_pass(std::string_view body, frame_judge& frames)
      : body_(body),
        rest_(body),
        events_(std::numeric_limits<std::size_t>::max(), std::numeric_limits<std::size_t>::max()),
        frames_(frames),
        report_(body) {}

  [[nodiscard]] std::vector<finding> judge() {
    report_.at(0, body_.substr(0, byte_order_mark.size()));
    if (body_.starts_with(byte_order_mark)) {
      report_.add(rule::byte_order_mark, "The stream begins with a byte order mark.");
    }
    while (!done_) {
      const std::size_t begin = offset();
      if (events_.parse(rest_) != sse::event_parser::status::event_ready) {
        take_tail(begin);
        break;
      }
      take_event(begin);
    }
    if (done_) {
      // A CR that ended the last blank line took no LF with it.
      if (rest_.starts_with('\n') && body_[offset() - 1] == '\r') rest_.remove_prefix(1);
      if (!rest_.empty()) {
        report_.at(number_, rest_);
        report_.add(rule::after_terminator, "Something follows [DONE].");
      }
    } else {
      report_.at(number_, body_.substr(body_.size()));
      report_.add(rule::terminator_missing, "There is no [DONE].");
      frames_.finish(report_);
    }
    return report_.take();
  }

 private:
  [[nodiscard]] std::size_t offset() const { return body_.size() - rest_.size(); }

  void take_event(std::size_t begin) {
    take_bytes(body_.substr(begin, offset() - begin));
    take_data(events_.current().data);
    ++number_;
  }

  /// What follows the last event: an event that nobody closed is read as if somebody had.
  void take_tail(std::size_t begin) {
    const std::string_view tail = body_.substr(begin);
    if (tail.empty()) return;
    take_bytes(tail);
    if (!tail.ends_with("\n\n")) {
      report_.add(rule::stream_unclosed, "The stream does not end with a blank line.");
    }
    std::string_view closing = "\n\n";
    if (events_.parse(closing) == sse::event_parser::status::event_ready) {
      take_data(events_.current().data);
      ++number_;
    }
  }

  void take_bytes(std::string_view bytes) {
    // The CR of a CRLF ended the event before.
    if (number_ != 0 && bytes.starts_with('\n') && *(bytes.data() - 1) == '\r') {
      bytes.remove_prefix(1);
    }
    report_.at(number_, bytes.substr(lint::heartbeat_length(bytes)));
    if (number_ == 0 && bytes.data() == body_.data() && bytes.starts_with(byte_order_mark)) {
      bytes.remove_prefix(byte_order_mark.size());
    }
    data_lines_ = lint::check_lines(bytes, report_);
    lint::check_text(bytes, report_);
  }

  void take_data(std::string_view data) {
    const std::size_t line = std::string_view("data: ").size() + data.size();
    bool first = true;
    while (!done_) {
      if (lint::looks_like_terminator(data)) {  // other spellings were told with the lines
        done_ = true;
        frames_.finish(report_);
        return;
      }
      const std::size_t begin = data.find_first_not_of(" \t");
      if (begin == std::string_view::npos || data[begin] != '{') return;  // told with the lines
      if (reader_.parse(data) != json::reader::status::ok) {
        if (lint::is_valid_utf8(data)) report_.add(rule::data_not_json, "The data is not JSON.");
        return;
      }
      data = reader_.rest();
      if (first) check_whole(line, data);
      first = false;
      if (reader_.has_lone_surrogate()) {
        report_.add(rule::surrogate_alone, "Half of a surrogate pair stands alone.");
      }
      frames_.take(reader_.root(), report_);
      if (data.empty()) return;
    }
  }

  /// The data of one event as a whole; `behind` is what follows its first document.
  void check_whole(std::size_t line, std::string_view behind) {
    if (behind.empty() && data_lines_ > 1) {
      report_.add(rule::data_lines, "An event has several `data:` lines.");
    } else if (!behind.empty() && data_lines_ > 1) {
      report_.add(rule::single_line_end, "Two events are not parted by a blank line.");
    } else if (!behind.empty()) {
      report_.add(rule::documents_glued, "The data is more than one JSON document.");
    }
    check_length(line);
  }

  void check_length(std::size_t line) {
    constexpr std::size_t one_character = 12;  // \ud83d\ude00
    if (line < limits::max_output_line_bytes || data_lines_ > 1) return;
    const std::size_t text = frames_.splittable(reader_.root()).text().size();
    // What remains when almost all of the text goes into other chunks.
    if (text <= one_character || line - text + one_character >= limits::max_output_line_bytes)
      return;
    report_.add(rule::line_too_long,
                "A line has " + std::to_string(line) + " bytes and could be split.");
  }

  std::string_view body_;
  std::string_view rest_;
  sse::event_parser events_;
  json::reader reader_;
  frame_judge& frames_;
  lint_report report_;
  std::size_t number_ = 0;
  std::size_t data_lines_ = 0;  ///< of the current event
  bool done_ = false;
};

}  // namespace

std::vector<finding> judge_stream(std::string_view body, frame_judge& frames) {
  return stream_pass(body, frames).judge();
}

json::value judged_document(std::string_view body, json::reader& reader, lint_report& report) {
  report.at(0, body);
  const bool valid_utf8 = lint::is_valid_utf8(body);
  if (!valid_utf8) report.add(rule::utf8_invalid, "The text is not valid UTF-8.");
  if (reader.parse(body) != json::reader::status::ok) {
    if (valid_utf8) {
      report.add(rule::document_not_json,
                 "The body is not JSON: byte " + std::to_string(reader.fault()) + ".");
    }
    return {};
  }
  if (!reader.rest().empty() || !reader.root().is(json::type::object)) {
    report.add(rule::document_not_object, "The body is not one JSON object.");
    return {};
  }
  if (reader.has_lone_surrogate()) {
    report.add(rule::surrogate_alone, "Half of a surrogate pair stands alone.");
  }
  return reader.root();
}

}  // namespace weir::openai
