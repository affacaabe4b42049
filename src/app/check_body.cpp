#include "app/check_body.h"

#include <algorithm>
#include <utility>

#include "app/check_rules.h"
#include "weir/json/reader.h"
#include "weir/openai/chat_lint.h"
#include "weir/openai/completion_lint.h"

namespace weir::app {

namespace {

enum class shape : std::uint8_t { nothing, compressed, events, document, lines, text };

constexpr std::string_view blank = " \t\r\n";

/// Whether some line could belong to an event stream, however it is spelled (F14, F16).
bool has_field_line(std::string_view body) {
  while (!body.empty()) {
    const std::size_t end = std::min(body.find_first_of("\r\n"), body.size());
    std::string_view line = body.substr(0, end);
    body.remove_prefix(std::min(end + 1, body.size()));
    line.remove_prefix(std::min(line.find_first_not_of(" \t\xEF\xBB\xBF"), line.size()));
    if (line.starts_with(':') || line.starts_with("event:") || line.starts_with("error:"))
      return true;
    std::string word(line.substr(0, std::string_view("data").size()));
    for (char& c : word) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if (word == "data") return true;
  }
  return false;
}

shape shape_of(std::string_view body) {
  const std::size_t begin = body.find_first_not_of(blank);
  if (begin == std::string_view::npos) return shape::nothing;
  if (body.starts_with("\x1F\x8B")) return shape::compressed;  // F34
  if (body[begin] != '{' && body[begin] != '[')
    return has_field_line(body) ? shape::events : shape::text;
  json::reader reader;
  if (reader.parse(body) != json::reader::status::ok)
    return reader.truncated() ? shape::document : shape::text;
  return reader.rest().empty() ? shape::document : shape::lines;
}

/// SYN-5: a document that answers nothing and speaks of an error in one way or another.
bool is_error_document(std::string_view body) {
  json::reader reader;
  if (reader.parse(body) != json::reader::status::ok) return false;
  const json::value root = reader.root();
  if (root["choices"].present()) return false;
  return root["error"].given() || root["detail"].given() || root["message"].given() ||
         root["errors"].given() || root["object"].equals("error");
}

std::vector<openai::finding> judge_events(std::string_view body, const asked& by) {
  return by.completions ? openai::lint_completion_stream(body, by.answer)
                        : openai::lint_chat_stream(body, by.answer);
}

std::vector<openai::finding> judge_document(std::string_view body, const asked& by) {
  return by.completions ? openai::lint_completion(body, by.answer)
                        : openai::lint_chat_completion(body, by.answer);
}

}  // namespace

openai::finding whole_finding(const openai::lint_rule& broken, std::string detail,
                              std::size_t shown) {
  openai::finding f;
  f.rule = broken.name;
  f.clause = broken.clause;
  f.severity = broken.severity;
  f.end = shown;
  f.detail = std::move(detail);
  return f;
}

std::vector<openai::finding> judge_body(std::string_view body, const asked& by) {
  const auto only = [&](const openai::lint_rule& broken, std::string detail) {
    return std::vector{whole_finding(broken, std::move(detail), body.size())};
  };
  switch (shape_of(body)) {
    case shape::nothing:
      return only(check_rules::body_empty, "The body is empty.");
    case shape::compressed:
      return only(check_rules::body_compressed, "The body is compressed, and no header says so.");
    case shape::text:
      return only(check_rules::body_text, "The body is neither events nor JSON.");
    case shape::lines:
      return only(by.stream ? check_rules::lines_for_stream : check_rules::lines_for_document,
                  "The body is several JSON documents in a row.");
    case shape::document:
      if (is_error_document(body))
        return only(check_rules::error_as_success, "An error is sent as if it were an answer.");
      if (by.stream)
        return only(check_rules::document_for_stream,
                    "A stream was asked for, and one JSON document came.");
      return judge_document(body, by);
    case shape::events:
      break;
  }
  if (!by.stream)
    return only(check_rules::stream_for_document,
                "One JSON document was asked for, and a stream came.");
  return judge_events(body, by);
}

}  // namespace weir::app
