#include "app/bench_answer.h"

#include <utility>

#include "weir/base/limits.h"

namespace weir::app {

namespace {

std::string message_of(const json::value& error) {
  if (error.is(json::type::string)) return error.decoded();
  std::string message = error["message"].decoded();
  return message.empty() ? std::string(error.raw()) : message;
}

}  // namespace

bench_answer::bench_answer(const bench_expectation& want, bench_counts& counts)
    : want_(want), counts_(counts) {
  if (want.emitter_events) emitter_hash_ = bench::text_hash::of_stream(*want.emitter_events);
}

void bench_answer::begin(std::uint64_t now_ns) {
  status_ = 0;
  is_event_stream_ = false;
  begun_ns_ = now_ns;
  events_ = 0;
  spoke_ = false;
  done_ = false;
  hash_ = {};
  texts_ = 0;
  document_.clear();
  parser_.reset();
}

void bench_answer::head(unsigned status, std::string_view content_type) {
  status_ = status;
  is_event_stream_ = content_type.starts_with("text/event-stream");
  content_type_ = content_type;
}

std::optional<bench_fault> bench_answer::body(std::string_view part, std::uint64_t now_ns) {
  counts_.bytes += part.size();
  if (status_ != 200 || !want_.stream || !is_event_stream_) {
    if (document_.size() + part.size() > limits::max_body_bytes)
      return bench_fault{"too large", "a body of more than can be held"};
    document_ += part;
    return {};
  }
  for (;;) {
    switch (parser_.parse(part)) {
      case sse::event_parser::status::need_input:
        return {};
      case sse::event_parser::status::too_large:
        return bench_fault{"too large", "an event of more than can be held"};
      case sse::event_parser::status::event_ready:
        if (auto fault = take_event(parser_.current().data, now_ns)) return fault;
    }
  }
}

std::optional<bench_fault> bench_answer::take_event(std::string_view data, std::uint64_t now_ns) {
  if (done_) return bench_fault{"text behind [DONE]", std::string(data)};
  if (data == "[DONE]") {
    done_ = true;
    return {};
  }
  if (events_++ > 0) counts_.gap.add(now_ns - last_event_ns_);
  last_event_ns_ = now_ns;
  ++counts_.events;
  if (in_time_) ++counts_.events_in_time;
  if (data.find("\"error\"") != std::string_view::npos &&
      reader_.parse(data) == json::reader::status::ok && reader_.root()["error"].given())
    return bench_fault{"error event", message_of(reader_.root()["error"])};
  if (!spoke_ && speaks(data)) {
    spoke_ = true;
    counts_.first_token.add(now_ns - begun_ns_);
  }
  if (want_.emitter_events) {
    const std::string_view text = bench::string_after(data, bench::emitter_text);
    if (text.empty()) return {};
    hash_.add(text);
    ++texts_;
    const std::uint64_t sent_ns = bench::sent_ns_of(data);
    if (sent_ns != 0) counts_.delay.add(now_ns > sent_ns ? now_ns - sent_ns : 0);
  }
  return {};
}

/// Whether there is something in it for whoever reads the answer.
bool bench_answer::speaks(std::string_view data) {
  if (reader_.parse(data) != json::reader::status::ok) return false;
  const json::value delta = reader_.root()["choices"].at(0)["delta"];
  for (const char* const member : {"content", "reasoning_content", "reasoning", "refusal"})
    if (!delta[member].text().empty()) return true;
  return delta["tool_calls"].size() > 0 || delta["function_call"].given();
}

std::optional<bench_fault> bench_answer::end(std::uint64_t now_ns) {
  if (status_ != 200) return refused();
  if (want_.stream) {
    if (!is_event_stream_)
      return bench_fault{"no stream", content_type_.empty() ? "no content type" : content_type_};
    if (events_ == 0) return bench_fault{"empty stream", ""};
    if (!done_) return bench_fault{"no [DONE]", "the stream ended without it"};
  } else if (auto fault = judge_document()) {
    return fault;
  }
  if (want_.emitter_events &&
      (hash_.value() != emitter_hash_ || (want_.stream && texts_ != *want_.emitter_events)))
    return bench_fault{"wrong text", "not what the emitter says"};
  counts_.whole.add(now_ns - begun_ns_);
  ++counts_.ok;
  if (in_time_) ++counts_.ok_in_time;
  return {};
}

std::optional<bench_fault> bench_answer::judge_document() {
  if (reader_.parse(document_) != json::reader::status::ok)
    return bench_fault{"no JSON", std::string(reader_.reason())};
  const json::value root = reader_.root();
  if (root["error"].given()) return bench_fault{"error in a 200", message_of(root["error"])};
  if (root["choices"].size() == 0) return bench_fault{"no choices", document_};
  if (want_.emitter_events) hash_.add(bench::string_after(document_, bench::emitter_text));
  return {};
}

bench_fault bench_answer::refused() {
  const bool readable = reader_.parse(document_) == json::reader::status::ok;
  return {"HTTP " + std::to_string(status_), readable && reader_.root()["error"].given()
                                                 ? message_of(reader_.root()["error"])
                                                 : document_};
}

}  // namespace weir::app
