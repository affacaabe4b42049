// What a frame becomes, delta for delta: which ones leave, in which order, and how they are
// written.
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "support/chat_harness.h"
#include "weir/base/limits.h"
#include "weir/openai/chat_answer.h"

namespace weir::testing {
namespace {

/// A stream of frames, each with one choice; its inside is given.
std::string stream_of(const std::vector<std::string>& choices) {
  std::string out;
  for (const std::string& choice : choices)
    out += R"(data: {"id":"c","object":"chat.completion.chunk","created":1760000000,"model":"m",)"
           R"("choices":[{"index":0,)" +
           choice + "}]}\n\n";
  return out + "data: [DONE]\n\n";
}
std::string says(std::string_view delta, std::string_view finish = "null") {
  return R"("delta":{)" + std::string(delta) + R"(},"finish_reason":)" + std::string(finish);
}
const std::string opens = says(R"("role":"assistant","content":"")");
const std::string stops = says("", R"("stop")");
constexpr std::string_view call =
    R"("tool_calls":[{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":""}}])";
constexpr std::string_view call_arguments =
    R"("tool_calls":[{"index":0,"function":{"arguments":"{}"}}])";

std::string document_of(std::string_view message, std::string_view more = "") {
  return R"({"id":"c","object":"chat.completion","created":1760000000,"model":"m","choices":)"
         R"([{"index":0,"message":{"role":"assistant",)" +
         std::string(message) + R"(},"finish_reason":"stop")" + std::string(more) + "}]}";
}

/// The inside of every delta, then of the finish.
std::vector<std::string> deltas_in(std::string_view stream) {
  std::vector<std::string> out;
  sse::event_parser parser;
  json::reader reader;
  while (parser.parse(stream) == sse::event_parser::status::event_ready) {
    const std::string data(parser.current().data);
    if (data == "[DONE]") continue;
    EXPECT_EQ(reader.parse(data), json::reader::status::ok) << data;
    const json::value choice = reader.root()["choices"].at(0);
    const std::string_view delta = choice["delta"].raw();
    if (delta.size() > 2) out.emplace_back(delta.substr(1, delta.size() - 2));
    if (choice["finish_reason"].given()) out.push_back(choice["finish_reason"].decoded());
  }
  return out;
}

/// A role chunk that weir writes.
const std::string opened = R"("role":"assistant","content":"","refusal":null)";
const std::string opened_with_null = R"("role":"assistant","content":null,"refusal":null)";

struct frames_case {
  const char* name;
  std::string input;
  std::vector<std::string> want;
};

const frames_case cases[] = {
    {"CHAT-8 the upstream's own empty content",
     stream_of({opens, says(R"("content":"x")"), stops}),
     {R"("role":"assistant","content":"")", R"("content":"x")", "stop"}},
    {"CHAT-8 the upstream's own null",
     stream_of({says(R"("role":"assistant","content":null)"), says(R"("content":"x")"), stops}),
     {R"("role":"assistant","content":null)", R"("content":"x")", "stop"}},
    {"CHAT-8 a text opens the choice",
     stream_of({says(R"("content":"x")"), stops}),
     {opened, R"("content":"x")", "stop"}},
    {"CHAT-8 a call opens it and nothing is said of content",
     stream_of({says(call), says(call_arguments), says("", R"("tool_calls")")}),
     {opened_with_null, std::string(call), std::string(call_arguments), "tool_calls"}},
    {"CHAT-8 a call opens it beside an empty content",
     stream_of({says(R"("role":"assistant","content":"",)" + std::string(call)),
                says(call_arguments), says("", R"("tool_calls")")}),
     {opened, std::string(call), std::string(call_arguments), "tool_calls"}},
    {"CHAT-11 kinds of payload in one frame, in the order of the clause",
     stream_of({opens,
                says(R"("x":1,)" + std::string(call) +
                     R"(,"audio":{"id":"u"},"annotations":[{"type":"url_citation"}],)"
                     R"("refusal":"no","content":"yes","reasoning_content":"hm")"),
                says(call_arguments), says("", R"("tool_calls")")}),
     {R"("role":"assistant","content":"")", R"("reasoning_content":"hm")", R"("content":"yes")",
      R"("refusal":"no")", R"("annotations":[{"type":"url_citation"}])", R"("audio":{"id":"u"})",
      std::string(call), R"("x":1)", std::string(call_arguments), "tool_calls"}},
    {"SYN-1 a call of a document",
     document_of(
         R"("content":null,"tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}}])"),
     {opened_with_null, std::string(call), std::string(call_arguments), "tool_calls"}},
    {"SYN-1 audio of a document",
     document_of(
         R"("content":null,"audio":{"id":"u","transcript":"t","data":"AA","expires_at":9})"),
     {opened, R"("audio":{"id":"u"})", R"("audio":{"transcript":"t"})", R"("audio":{"data":"AA"})",
      R"("audio":{"expires_at":9})", "stop"}},
};

TEST(ChatFrames, LeaveAsTheClausesSay) {
  for (const frames_case& c : cases) {
    const openai::chat_context context = streaming();
    const chat_result result = run(context, c.input);
    EXPECT_EQ(deltas_in(result.output), c.want) << c.name;
    expect_legal(result, context, c.name);
  }
}

TEST(ChatFrames, ADocumentEndsWithModerationAndUsage) {  // SYN-3
  std::string document = document_of(R"("content":"x")");
  document.insert(document.size() - 1,
                  R"(,"moderation":{"flagged":false},"usage":{"prompt_tokens":1,)"
                  R"("completion_tokens":2,"total_tokens":3})");
  const openai::chat_context context = streaming(true);
  const chat_result result = run(context, document);
  expect_legal(result, context, document);
  const std::size_t finish = result.output.find(R"("finish_reason":"stop")");
  const std::size_t moderation = result.output.find(R"("moderation":{"flagged":false})");
  const std::size_t usage = result.output.find(R"("usage":{"prompt_tokens":1)");
  std::size_t unused = 0;  // CHAT-24: of every chunk before the usage
  for (std::size_t at = 0; (at = result.output.find(R"("usage":null)", at)) != std::string::npos;
       ++at)
    ++unused;
  EXPECT_EQ(unused, 4U) << result.output;
  EXPECT_LT(finish, moderation) << result.output;
  EXPECT_LT(moderation, usage) << result.output;
  EXPECT_LT(usage, result.output.find("[DONE]")) << result.output;
}

TEST(ChatFrames, ModerationBesideAChoiceHasAChunkOfItsOwn) {  // CHAT-34
  std::string input = stream_of({opens, says(R"("content":"x")"), stops});
  input.insert(input.find(R"("choices")"), R"("moderation":{"flagged":true},)");
  const openai::chat_context context = streaming();
  const chat_result result = run(context, input);
  expect_legal(result, context, input);
  EXPECT_NE(result.output.find(R"("choices":[],"moderation":{"flagged":true}})"), std::string::npos)
      << result.output;
  EXPECT_EQ(view_of(result.output).text.at(0), "x");
  EXPECT_NE(run(whole(), input).output.find(R"("moderation":{"flagged":true})"), std::string::npos);
}

/// One event of `input` with a member more in front of its choices.
std::string with_member(std::string input, std::size_t event, std::string_view member) {
  std::size_t at = 0;
  for (; event > 0; --event) at = input.find("\n\n", at) + 2;
  return input.insert(input.find(R"("choices")", at), std::string(member) + ",");
}

/// `input` with one event more, which has no choice.
std::string with_event(std::string input, std::size_t before, std::string_view member) {
  std::size_t at = 0;
  for (; before > 0; --before) at = input.find("\n\n", at) + 2;
  return input.insert(
      at, R"(data: {"id":"c","object":"chat.completion.chunk","created":1760000000,"model":"m",)"
          R"("choices":[],)" +
              std::string(member) + "}\n\n");
}

TEST(ChatFrames, ModerationIsSaidOnceInItsPlaceWhereverItCame) {  // CHAT-34
  const openai::chat_context context = streaming(true);
  const std::string plain = stream_of({opens, says(R"("content":"x")"), stops});
  const std::string finished_twice = stream_of({opens, says(R"("content":"x")"), stops, stops});
  constexpr std::string_view moderation = R"("moderation":{"a":1})";
  constexpr std::string_view usage = R"("usage":{"prompt_tokens":1,"completion_tokens":2,)"
                                     R"("total_tokens":3})";
  const struct {
    const char* name;
    std::string input;
    bool in_place = false;
  } rows[] = {
      {"behind the finish", with_event(plain, 3, moderation), true},
      {"before the usage", with_event(with_event(plain, 3, usage), 3, moderation), true},
      {"beside the role", with_member(plain, 0, moderation)},
      {"beside the text", with_member(plain, 1, moderation)},
      {"beside the finish", with_member(plain, 2, moderation)},
      {"beside the finish again", with_member(finished_twice, 3, moderation)},
      {"before the text", with_event(plain, 1, moderation)},
      {"before the finish", with_event(plain, 2, moderation)},
      {"beside the usage",
       with_event(plain, 3, std::string(moderation) + "," + std::string(usage))},
      {"behind the usage", with_event(with_event(plain, 3, moderation), 3, usage)},
      {"twice: the last one counts",
       with_event(with_event(plain, 3, moderation), 3, R"("moderation":{"a":0})")},
  };
  for (const auto& r : rows) {
    const chat_result result = run(context, r.input);
    expect_legal(result, context, r.name);
    const std::size_t said = result.output.find(R"("choices":[],"moderation":{"a":1})");
    EXPECT_NE(said, std::string::npos) << r.name << '\n' << result.output;
    EXPECT_EQ(result.output.find(R"("moderation")"), result.output.rfind(R"("moderation")"))
        << r.name;
    EXPECT_LT(result.output.find(R"("finish_reason":"stop")"), said) << r.name;
    EXPECT_EQ(view_of(result.output).text.at(0), "x") << r.name;
    // The judge and the machine agree.
    EXPECT_EQ(result.output == r.input, r.in_place) << r.name;
    EXPECT_EQ(findings_of(r.input, context).find("CHAT-34") == std::string::npos, r.in_place)
        << r.name;
    EXPECT_EQ(result.repairs.of(openai::clause::chat_34), r.in_place ? 0U : 1U) << r.name;
  }
}

TEST(ChatFrames, AMessageThatRepeatsBesideTheFinishIsNoPayload) {  // CHAT-12, CHAT-35
  const openai::chat_context context = streaming();
  const auto finishing_with = [&](std::string_view content) {
    return run(context, stream_of({opens, says(R"("content":"x")"),
                                   R"("delta":{},"message":{"role":"assistant","content":")" +
                                       std::string(content) + R"("},"finish_reason":"stop")"}));
  };
  const chat_result repeats = finishing_with("x");
  EXPECT_EQ(view_of(repeats.output).text.at(0), "x");
  EXPECT_EQ(repeats.repairs.of(openai::clause::chat_35), 1U);
  EXPECT_EQ(repeats.repairs.of(openai::clause::chat_12), 0U);
  const chat_result adds = finishing_with("xy");
  EXPECT_EQ(view_of(adds.output).text.at(0), "xy");
  EXPECT_EQ(adds.repairs.of(openai::clause::chat_12), 1U);
}

TEST(ChatFrames, AnErrorOfAChoiceIsNoMemberOfItsFinish) {  // X9
  const openai::chat_context context = streaming();
  const std::string input =
      stream_of({opens, says(R"("content":"x")"), stops,
                 says("", R"("error")") + R"(,"x_kept":1,"error":{"message":"no"})"});
  const chat_result result = run(context, input);
  expect_legal(result, context, input);
  EXPECT_EQ(view_of(result.output).finish.at(0), "stop");
  EXPECT_NE(result.output.find(R"("x_kept":1)"), std::string::npos) << result.output;
  EXPECT_EQ(result.output.find("error"), std::string::npos) << result.output;
}

TEST(ChatFrames, TheEndOfTheAudioIsTheEndOfTheChoice) {  // CHAT-32
  const openai::chat_context context = streaming();
  const struct {
    const char* last;  // the last delta before the upstream closes the body
    bool over;
  } rows[] = {{R"("audio":{"expires_at":9})", true},
              {R"("content":"x","audio":{"expires_at":9})", true},
              {R"("audio":{"data":"AA"})", false},
              {R"("content":"x","audio":{"data":"AA"})", false}};
  for (const auto& r : rows) {
    std::string input = stream_of({opens, says(R"("audio":{"id":"u"})"), says(r.last)});
    input.resize(input.size() - std::string_view("data: [DONE]\n\n").size());
    const chat_result result = run(context, input);
    expect_legal(result, context, r.last);
    EXPECT_EQ(view_of(result.output).finish.count(0), r.over ? 1U : 0U) << r.last;
    EXPECT_EQ(view_of(result.output).error.empty(), r.over) << r.last;
  }
}

TEST(ChatFrames, LogprobsInADeltaStandBesideIt) {  // CHAT-28
  const std::string tokens =
      R"("logprobs":{"content":[{"token":"x","logprob":-0.5,"bytes":[120],"top_logprobs":[]}],)"
      R"("refusal":null})";
  const std::string input =
      stream_of({opens, says(R"("content":"x",)" + tokens), says("", R"("stop")")});
  const openai::chat_context context = streaming();
  const chat_result result = run(context, input);
  expect_legal(result, context, input);
  EXPECT_NE(result.output.find(R"("delta":{"content":"x"},)" + tokens), std::string::npos)
      << result.output;
  EXPECT_NE(run(whole(), input).output.find(tokens), std::string::npos);
}

TEST(ChatFrames, TokensHaveTheMembersThatClientsRead) {  // CHAT-28
  const std::string input = stream_of(
      {opens,
       says(R"("content":"x")") + R"(,"logprobs":{"content":[{"token":"x","logprob":-0.5}]})",
       stops});
  const openai::chat_context context = streaming();
  const chat_result result = run(context, input);
  expect_legal(result, context, input);
  constexpr std::string_view tokens =
      R"("logprobs":{"content":[{"token":"x","logprob":-0.5,"bytes":null,"top_logprobs":[]}],)"
      R"("refusal":null})";
  EXPECT_NE(result.output.find(tokens), std::string::npos) << result.output;
  EXPECT_NE(run(whole(), input).output.find(tokens), std::string::npos);
}

TEST(ChatFrames, TheLongestLineThatIsLegalLeavesAsItCame) {  // CHAT-36, P3
  const openai::chat_context context = streaming();
  const std::size_t rest = stream_of({says(R"("content":"")")}).find("\n\n") + 1;
  std::size_t kept = 0;
  // Of each `line` the last byte is its end, which does not count.
  for (std::size_t line = limits::max_output_line_bytes - 4;
       line <= limits::max_output_line_bytes + 4; ++line) {
    const std::string text(line - rest, 'x');
    const std::string input = stream_of({opens, says(R"("content":")" + text + '"'), stops});
    const chat_result result = run(context, input);
    expect_legal(result, context, "a long line");
    EXPECT_EQ(findings_of(input, context).empty(), result.output == input) << line;
    EXPECT_EQ(view_of(result.output).text.at(0), text);
    if (result.output == input) ++kept;
  }
  EXPECT_EQ(kept, 5U) << "the limit is in the middle";
}

TEST(ChatFrames, ARoleChunkWithoutContentLeavesAsItCameWhereThatIsWanted) {  // CHAT-8, P3
  openai::chat_context context = streaming();
  context.settings.role_content = openai::stream_settings::role_content_form::omit;
  for (const char* const role :
       {R"( "role" : "assistant" )", R"("refusal":null,"role":"assistant")"}) {
    const std::string input = stream_of({says(role), says(R"("content":"x")"), stops});
    EXPECT_EQ(run(context, input).output, input);
  }
}

TEST(ChatFrames, WhatIsMendedInADocumentIsCountedOnce) {
  const struct {
    const char* message;
    openai::clause clause;
  } rows[] = {{R"("content":"x","audio":{})", openai::clause::chat_32},
              {R"("content":"x","annotations":{"type":"t"})", openai::clause::chat_33},
              {R"("content":[{"type":"text","text":"x"}])", openai::clause::chat_22}};
  for (const auto& r : rows)
    for (const openai::chat_context& context : {streaming(), whole()})
      EXPECT_EQ(run(context, document_of(r.message)).repairs.of(r.clause), 1U) << r.message;
}

TEST(ChatFrames, NullsOfVendorsSurvive) {  // GEN-9
  std::string input = stream_of({opens + R"(,"x_choice":null)", says(R"("content":"x")"), stops});
  const auto say_at_the_top = [&input](std::size_t chunk, std::string_view member) {
    std::size_t at = 0;
    for (; chunk > 0; --chunk) at = input.find("\n\n", at) + 2;
    input.insert(input.find(R"("choices")", at), member);
  };
  say_at_the_top(2, R"("x_late":null,)");
  say_at_the_top(1, R"("x_late":1,)");
  say_at_the_top(0, R"("x_top":null,)");
  const std::string document = run(whole(), input).output;
  for (const char* const kept : {R"("x_choice":null)", R"("x_top":null)", R"("x_late":1)"})
    EXPECT_NE(document.find(kept), std::string::npos) << kept << ' ' << document;
}

TEST(ChatFrames, AnEmptyContentIsNullBesideACallAlone) {  // AGG-1
  const auto folded = [](const std::vector<std::string>& choices) {
    const std::string document = run(whole(), stream_of(choices)).output;
    json::reader reader;
    EXPECT_EQ(reader.parse(document), json::reader::status::ok) << document;
    return std::string(reader.root()["choices"].at(0)["message"]["content"].raw());
  };
  EXPECT_EQ(folded({opens, stops}), R"("")");
  EXPECT_EQ(folded({opens, says(call), says(call_arguments), says("", R"("tool_calls")")}), "null");
  EXPECT_EQ(folded({opens, says(R"("refusal":"no")"), stops}), "null");
  EXPECT_EQ(folded({opens, says(R"("content":"x")"), says(R"("refusal":"no")"), stops}), R"("x")");
}

}  // namespace
}  // namespace weir::testing
