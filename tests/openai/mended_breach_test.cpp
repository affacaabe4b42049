// P1: what leaves weir is legal. Whatever the judge calls a fault, an upstream may send; each
// breach in the tables of the judge's own tests is sent here, and none comes out.
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "openai/chat_lint_streams.h"
#include "support/played_answer.h"
#include "weir/openai/completion_lint.h"

namespace weir::openai {
namespace {

using namespace lint_streams;  // NOLINT: the test's own words

/// The request of the breach, as the machine hears of it.
chat_context asked_by(const lint_request& request, dialect d, bool stream) {
  chat_context context;
  context.dialect = d;
  context.stream = stream;
  context.n = request.n;
  context.include_usage = request.include_usage;
  context.include_obfuscation = request.include_obfuscation;
  context.names_tool = request.names_tool;
  context.offers_tools = request.offers_tools;
  context.offers_functions = request.offers_functions;
  context.settings.include_reasoning = request.include_reasoning;
  context.settings.reasoning_field = request.reasoning_field;
  context.requested_model = "m-1";
  context.arrival = unix_seconds{1760000001};
  context.id_seed = 7;
  return context;
}

/// The answer to a body, judged: rules of the faults that are in it, and what it was.
std::string faults_in(std::string_view body, const lint_request& request, dialect d, bool stream) {
  const chat_context context = asked_by(request, d, stream);
  const testing::played answer = testing::play(context, {body}, "close");
  if (answer.failure && answer.output.empty()) {
    const std::vector<finding> found = lint_error(to_json(*answer.failure));
    return is_legal(found) ? "" : told(found);
  }
  lint_request judged = request;
  judged.usage_may_be_missing = true;  // an upstream may have none (CHAT-26)
  const auto judge = d == dialect::chat ? (stream ? lint_chat_stream : lint_chat_completion)
                                        : (stream ? lint_completion_stream : lint_completion);
  const std::vector<finding> found = judge(answer.output, judged);
  return is_legal(found) ? "" : told(found) + answer.output;
}

void expect_mended(const std::vector<breach>& breaches, dialect d) {
  for (const breach& b : breaches)
    for (const bool stream : {true, false})
      EXPECT_EQ("", faults_in(joined(b.stream), b.request, d, stream))
          << b.rules << ", " << b.name << (stream ? " in a stream" : " folded");
}

void expect_mended(const std::vector<document_breach>& breaches, dialect d) {
  for (const document_breach& b : breaches)
    for (const bool stream : {true, false})
      EXPECT_EQ("", faults_in(b.body, {}, d, stream))
          << b.rules << (stream ? " made a stream: " : " in a document: ") << b.body;
}

TEST(MendedBreach, NoneOfAChunkOfChatLeavesWeir) { expect_mended(frame_breaches(), dialect::chat); }

TEST(MendedBreach, NoneOfAStreamOfChatLeavesWeir) {
  expect_mended(stream_breaches(), dialect::chat);
}

TEST(MendedBreach, NoneOfACallLeavesWeir) { expect_mended(call_breaches(), dialect::chat); }

TEST(MendedBreach, WhatIsOnlyHintedAtStaysFree) { expect_mended(hinted_streams(), dialect::chat); }

TEST(MendedBreach, NoneOfADocumentOfChatLeavesWeir) {
  expect_mended(completion_breaches(), dialect::chat);
}

TEST(MendedBreach, NoneOfAStreamOfCompletionsLeavesWeir) {
  expect_mended(text_breaches(), dialect::completions);
}

TEST(MendedBreach, NoneOfADocumentOfCompletionsLeavesWeir) {
  expect_mended(text_document_breaches(), dialect::completions);
}

}  // namespace
}  // namespace weir::openai
