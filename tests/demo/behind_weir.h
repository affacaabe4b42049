#pragma once
#include <string>
#include <string_view>

#include "demo/harness.h"
#include "support/chat_harness.h"
#include "weir/json/reader.h"
#include "weir/openai/error.h"

namespace weir::testing {

/// What a client of weir gets for an answer of the demo upstream.
struct client_answer {
  std::string outcome;  ///< in the words of the table in docs/demo.md
  std::string bytes;    ///< a stream or document; or `HTTP STATUS`, a line end and the document
  chat_result result;   ///< of the chat path; not for HTTP errors of the upstream
};

struct demo_call {
  std::string_view model;
  bool stream = true;
  bool include_usage = false;
  unsigned n = 1;
};

inline openai::chat_context context_of(const demo_call& call) {
  openai::chat_context context =
      call.stream ? streaming(call.include_usage, call.n) : whole(call.n);
  context.usage_asked_upstream = call.stream;  // REQ-13
  return context;
}

/// As weir asks: usage always, whatever the client asked for (REQ-13).
inline demo_response upstream_answer(const demo_call& call) {
  return replay_of(call.model, call.stream, call.stream, call.n);
}

inline client_answer refused(const openai::error& why) {
  const std::string status = std::to_string(why.status);
  return {"error " + status, "HTTP " + status + "\n" + openai::to_json(why), {}};
}

inline client_answer behind_weir(const demo_call& call, const demo_response& from,
                                 const pieces& body) {
  if (from.status != 200) {
    json::reader reader;
    return refused(reader.parse(from.body) == json::reader::status::ok
                       ? openai::read_error(reader.root(), from.status)
                       : openai::read_error_text(from.body, from.status));
  }
  client_answer answer;
  answer.result = run(context_of(call), body, from.whole ? ending::closed : ending::lost);
  const chat_result& result = answer.result;
  if (result.failure && result.output.empty()) {
    answer = refused(*result.failure);
    answer.result.failure = result.failure;
    return answer;
  }
  answer.bytes = result.output;
  answer.outcome = result.failure ? "text, then an error event"
                   : call.stream  ? "legal stream"
                                  : "legal JSON";
  return answer;
}

inline client_answer behind_weir(const demo_call& call, const demo_response& from) {
  return behind_weir(call, from, pieces{from.body});
}
inline client_answer behind_weir(const demo_call& call) {
  return behind_weir(call, upstream_answer(call));
}

}  // namespace weir::testing
