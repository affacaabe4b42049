#include "weir/openai/chat_lint.h"

#include <string>

#include "openai/chat_lint_stream.h"
#include "openai/lint_report.h"
#include "openai/lint_stream.h"
#include "openai/lint_value.h"
#include "weir/json/reader.h"

namespace weir::openai {

std::vector<finding> lint_chat_stream(std::string_view body, const lint_request& request) {
  chat_lint_stream frames(request);
  return judge_stream(body, frames);
}

std::vector<finding> lint_error(std::string_view body) {
  lint_report report(body);
  json::reader reader;
  const json::value document = judged_document(body, reader, report);
  if (!document.present()) return report.take();
  lint::check_unique_members(document, "The document", report);
  if (document["error"].present()) {
    lint::check_error_envelope(document, report);
  } else {
    report.add(rule::error_foreign,
               "The error has a shape of its own: " + lint::shown(document) + ".");
  }
  return report.take();
}

}  // namespace weir::openai
