#include "weir/openai/chat_lint.h"

#include <limits>

#include "openai/chat_lint_framing.h"
#include "openai/chat_lint_report.h"
#include "openai/chat_lint_stream.h"
#include "openai/chat_lint_value.h"
#include "weir/base/limits.h"
#include "weir/json/reader.h"
#include "weir/sse/event_parser.h"

namespace weir::openai {
namespace {

using json::value;

/// The text of a chunk that SYN-1 would split: not beside logprobs, which belong to the whole of
/// it. Images, audio, annotations and members we do not know cannot be split.
value splittable_text(value chunk) {
  const value choice = chunk["choices"].at(0);
  if (chunk["choices"].size() != 1 || choice["logprobs"].given()) return {};
  const value delta = choice["delta"];
  for (const std::string_view key :
       {"content", "refusal", "reasoning_content", "reasoning", "thinking"}) {
    if (const value text = delta[key]; lint::is_nonempty_string(text)) return text;
  }
  const value call = delta["tool_calls"].at(0)["function"]["arguments"];
  return lint::is_nonempty_string(call) ? call : delta["function_call"]["arguments"];
}

void check_length(std::size_t line, value chunk, lint_report& report) {
  constexpr std::size_t one_character = 12;  // \ud83d\ude00
  if (line < limits::max_output_line_bytes) return;
  const std::size_t text = splittable_text(chunk).text().size();
  // What remains when almost all of the text goes into other chunks.
  if (text <= one_character || line - text + one_character >= limits::max_output_line_bytes) return;
  report.add("CHAT-36", "A line has " + std::to_string(line) + " bytes and could be split.");
}

/// One pass over a body: framing by the raw bytes of each event, meaning by its data.
class stream_judge {
 public:
  stream_judge(std::string_view body, const lint_request& request)
      : body_(body),
        rest_(body),
        events_(std::numeric_limits<std::size_t>::max(), std::numeric_limits<std::size_t>::max()),
        stream_(request) {}

  [[nodiscard]] std::vector<finding> judge() {
    if (body_.starts_with("\xEF\xBB\xBF")) {
      report_.add("SSE-15", "The stream begins with a byte order mark.");
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
        report_.at(number_, offset());
        report_.add("CHAT-31", "Something follows [DONE].");
      }
    } else {
      report_.at(number_, body_.size());
      report_.add("SSE-16", "There is no [DONE].");
      stream_.finish(report_);
    }
    return report_.take();
  }

 private:
  [[nodiscard]] std::size_t offset() const { return body_.size() - rest_.size(); }

  void take_event(std::size_t begin) {
    take_bytes(body_.substr(begin, offset() - begin), begin);
    take_data(events_.current().data);
    ++number_;
  }

  /// What follows the last event: an event that nobody closed is read as if somebody had.
  void take_tail(std::size_t begin) {
    const std::string_view tail = body_.substr(begin);
    if (tail.empty()) return;
    take_bytes(tail, begin);
    if (!tail.ends_with("\n\n")) {
      report_.add("SSE-6", "The stream does not end with a blank line.");
    }
    std::string_view closing = "\n\n";
    if (events_.parse(closing) == sse::event_parser::status::event_ready) {
      take_data(events_.current().data);
      ++number_;
    }
  }

  void take_bytes(std::string_view bytes, std::size_t begin) {
    report_.at(number_, begin + lint::heartbeat_length(bytes));
    if (begin == 0 && bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);
    lint::check_lines(bytes, report_);
    lint::check_text(bytes, report_);
  }

  void take_data(std::string_view data) {
    if (lint::looks_like_terminator(data)) {  // other spellings were told with the lines
      done_ = true;
      stream_.finish(report_);
      return;
    }
    const std::size_t begin = data.find_first_not_of(" \t");
    if (begin == std::string_view::npos || data[begin] != '{') return;  // told with the lines
    if (reader_.parse(data) != json::reader::status::ok) {
      if (lint::is_valid_utf8(data)) report_.add("SSE-15", "The data is not JSON.");
      return;
    }
    if (!reader_.rest().empty()) {
      report_.add("SSE-15", "The data is more than one JSON document.");
    }
    if (reader_.has_lone_surrogate()) {
      report_.add("CHAT-36", "Half of a surrogate pair stands alone.");
    }
    check_length(std::string_view("data: ").size() + data.size(), reader_.root(), report_);
    stream_.take(reader_.root(), report_);
  }

  std::string_view body_;
  std::string_view rest_;
  sse::event_parser events_;
  json::reader reader_;
  lint_stream stream_;
  lint_report report_;
  std::size_t number_ = 0;
  bool done_ = false;
};

}  // namespace

std::vector<finding> lint_chat_stream(std::string_view body, const lint_request& request) {
  return stream_judge(body, request).judge();
}

}  // namespace weir::openai
