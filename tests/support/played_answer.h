#pragma once
#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "support/sdk_view.h"
#include "support/splits.h"
#include "weir/openai/chat_answer.h"
#include "weir/openai/chat_lint.h"
#include "weir/openai/error.h"

namespace weir::testing {

/// What the chat path made of one answer of an upstream.
struct played {
  std::string output;
  std::optional<openai::error> failure;
  std::uint32_t repairs = 0;

  friend bool operator==(const played& a, const played& b) {
    return a.output == b.output && a.repairs == b.repairs &&
           a.failure.has_value() == b.failure.has_value() &&
           (!a.failure || to_json(*a.failure) == to_json(*b.failure));
  }
};

/// Runs one answer as the gateway would: `end` is that of a case. Where the upstream stays silent,
/// every wait goes by, and at last the owner's timer.
inline played play(const openai::chat_context& context, const pieces& input, std::string_view end) {
  openai::chat_answer answer(context);
  played result;
  const auto take = [&] {
    result.output += answer.output();
    answer.consume(answer.output().size());
  };
  for (const std::string_view piece : input) {
    answer.feed(piece);
    take();
  }
  if (end == "open") {
    while (answer.waiting() != openai::chat_answer::wait::none) answer.on_wait_over();
    if (answer.current() == openai::chat_answer::state::open)
      answer.fail(openai::errors::upstream_timeout("idle"));
  } else {
    answer.end(end == "reset");
  }
  take();
  EXPECT_NE(answer.current(), openai::chat_answer::state::open);
  if (answer.failure() != nullptr) result.failure = *answer.failure();
  result.repairs = answer.repairs().total();
  return result;
}

inline openai::lint_request judged_as(const openai::chat_context& context) {
  openai::lint_request request;
  request.n = context.n;
  request.include_usage = context.include_usage;
  request.include_obfuscation = context.include_obfuscation;
  request.names_tool = context.names_tool;
  request.offers_tools = context.offers_tools;
  request.offers_functions = context.offers_functions;
  request.include_reasoning = context.settings.include_reasoning;
  request.reasoning_field = context.settings.reasoning_field;
  request.usage_may_be_missing = true;
  return request;
}

/// What the judge finds at fault in an answer; an answer that failed before its first event has
/// nothing to be judged.
inline std::string faults_of(const played& answer, const openai::chat_context& context) {
  if (answer.output.empty()) return answer.failure ? "" : "neither an answer nor an error";
  std::string all;
  for (const openai::finding& f : context.stream
                                      ? lint_chat_stream(answer.output, judged_as(context))
                                      : lint_chat_completion(answer.output, judged_as(context)))
    if (f.severity == openai::severity::fault)
      all += std::string(f.clause) + " event " + std::to_string(f.event) + ": " + f.detail + "\n";
  return all;
}

inline answer_view view_of(const played& answer, const openai::chat_context& context) {
  if (!answer.output.empty())
    return context.stream ? view_of_stream(answer.output) : view_of_document(answer.output);
  answer_view view;
  if (!answer.failure) return view;
  view = view_of_document(to_json(*answer.failure));
  view.failure->status = std::to_string(answer.failure->status);
  return view;
}

}  // namespace weir::testing
