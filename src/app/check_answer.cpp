#include "app/check_answer.h"

#include <algorithm>
#include <array>
#include <utility>

#include "app/check_body.h"
#include "app/check_rules.h"
#include "http/ascii.h"
#include "http/message.h"
#include "weir/base/limits.h"
#include "weir/openai/chat_lint.h"

namespace weir::app {

namespace {

using findings = std::vector<openai::finding>;
using end = http_record::end;

/// The type without its parameters.
std::string_view media_type(std::string_view content_type) {
  return http::ascii::trim_ows(content_type.substr(0, content_type.find(';')));
}

bool is_type(const http_answer& answer, std::string_view wanted) {
  return http::ascii::equal_ignoring_case(media_type(answer.content_type), wanted);
}

std::string told_type(const http_answer& answer) {
  return answer.content_type.empty() ? std::string("There is no Content-Type")
                                     : "Content-Type is " + answer.content_type;
}

void judge_end(const http_record& record, const stream_watch& seen, findings& out) {
  const auto add = [&](const openai::lint_rule& broken, std::string detail) {
    out.push_back(whole_finding(broken, std::move(detail)));
  };
  switch (record.ended) {
    case end::complete:
    case end::left:
      break;
    case end::lost:
      return add(check_rules::answer_cut, "The connection ended inside the answer.");
    case end::malformed:
      return add(check_rules::answer_malformed, "It is no HTTP/1.1: " + record.detail + ".");
    case end::too_large:
      return add(check_rules::answer_too_large, "The answer is larger than what is read of it.");
    case end::unreachable:
      return add(check_rules::answer_late, "No connection: " + record.detail + ".");
    case end::late:
      if (seen.done())
        return add(check_rules::open_after_terminator, "The body does not end after [DONE].");
      if (seen.finished())
        return add(check_rules::open_after_finish,
                   "Neither [DONE] nor the end of the body follows the last finish.");
      return add(check_rules::answer_late, record.answer.status == 0
                                               ? "Nothing came in time."
                                               : "The answer did not go on in time.");
  }
  if (seen.too_large())
    add(check_rules::answer_too_large, "The answer is larger than what is read of it.");
}

bool is_encoded(const http_answer& answer) {
  const std::string_view encoding = answer.get("content-encoding");
  return !encoding.empty() && !http::ascii::equal_ignoring_case(encoding, "identity");
}

/// What the head says of a body that is what was asked for.
void judge_labels(const http_answer& answer, const asked& by, findings& out) {
  if (by.stream && !is_type(answer, "text/event-stream"))
    out.push_back(whole_finding(check_rules::content_type_wrong,
                                told_type(answer) + ", not text/event-stream."));
  if (!by.stream && !is_type(answer, "application/json"))
    out.push_back(whole_finding(check_rules::document_type_wrong,
                                told_type(answer) + ", not application/json."));
  if (by.stream && answer.has("content-length"))
    out.push_back(whole_finding(check_rules::content_length,
                                "The stream has a Content-Length: it was held until its end."));
}

/// What an answer lacks because it was cut or left is told by that alone.
bool speaks_of_the_end(const openai::finding& f) {
  static constexpr std::array<std::string_view, 10> rules = {
      "stream-unclosed",       "terminator-missing",
      "finish-missing",        "choice-missing",
      "usage-missing",         "usage-unknown",
      "completion-unfinished", "completion-usage-unknown",
      "completion-choices",    "document-not-json"};
  return std::find(rules.begin(), rules.end(), f.rule) != rules.end();
}

}  // namespace

void star_out(std::string& text, std::string_view key) {
  constexpr std::size_t shortest = 8;  // a shorter one would tear texts apart
  if (key.size() < shortest) return;
  for (std::size_t at = 0; (at = text.find(key, at)) != std::string::npos; at += key.size())
    std::fill_n(text.begin() + static_cast<std::ptrdiff_t>(at), key.size(), '*');
}

void star_out(http_answer& answer, std::string_view key) {
  star_out(answer.body, key);
  star_out(answer.content_type, key);
  for (auto& [name, value] : answer.headers) star_out(value, key);
}

reading stream_watch::take(std::string_view part) {
  if (body_.size() + part.size() > limits::max_body_bytes) {
    too_large_ = true;
    return {true};
  }
  body_ += part;
  while (events_.parse(part) == sse::event_parser::status::event_ready)
    take_event(events_.current().data);
  if (done_) return {false, limits::check_end_wait};
  if (finished()) return {false, limits::check_finish_wait};
  return {};
}

void stream_watch::take_event(std::string_view data) {
  if (data == "[DONE]") {
    done_ = true;
    return;
  }
  if (reader_.parse(data) != json::reader::status::ok) return;
  for (const json::value choice : reader_.root()["choices"].elements()) {
    const json::value delta = choice["delta"];
    called_ = called_ || delta["tool_calls"].size() != 0;
    payloads_ += delta.size() != 0 || choice["text"].given() ? 1U : 0U;
    const json::value reason = choice["finish_reason"];
    if (!reason.given() || reason.equals("")) continue;
    ++finishes_;
    if (finish_reason_.empty() && choice["index"].integer().value_or(0) == 0)
      finish_reason_ = reason.decoded();
  }
}

findings judge_answer(const http_record& record, const stream_watch& seen, const asked& by) {
  findings out;
  judge_end(record, seen, out);
  if (record.answer.status == 0) return out;
  if (is_encoded(
          record.answer)) {  // packed bytes say nothing to a client that asked for plain ones
    out.push_back(whole_finding(check_rules::content_encoded,
                                "Content-Encoding is " +
                                    std::string(record.answer.get("content-encoding")) +
                                    ", which was not asked for."));
    return out;
  }
  const bool cut = record.ended == end::lost || record.ended == end::late ||
                   record.ended == end::malformed || seen.too_large();
  if (cut && seen.body().empty()) return out;
  findings of_body = judge_body(seen.body(), by);
  const bool other_body = of_body.size() == 1 && check_rules::is_own(of_body.front().rule);
  if (!other_body) judge_labels(record.answer, by, out);
  for (openai::finding& f : of_body) {
    if (!cut || !speaks_of_the_end(f)) out.push_back(std::move(f));
  }
  return out;
}

findings judge_error(const http_answer& answer) {
  findings out;
  if (!is_type(answer, "application/json"))
    out.push_back(whole_finding(check_rules::document_type_wrong,
                                told_type(answer) + ", not application/json."));
  if (is_encoded(answer)) return out;
  for (openai::finding& f : openai::lint_error(answer.body)) out.push_back(std::move(f));
  return out;
}

std::string error_message(const http_answer& answer) {
  json::reader reader;
  if (reader.parse(answer.body) == json::reader::status::ok) {
    const json::value root = reader.root();
    for (const json::value text :
         {root["error"]["message"], root["error"], root["message"], root["detail"]}) {
      if (text.is(json::type::string)) return text.decoded();
    }
  }
  return std::string(http::reason_phrase(answer.status));
}

}  // namespace weir::app
