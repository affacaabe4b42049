// One row a deviation of Completions: what the upstream sent, and what a client makes of what weir
// made of it. What both dialects share (framing, JSON, timers) has its rows in chat_repair_test.
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "support/chat_harness.h"
#include "support/completion_texts.h"
#include "weir/base/limits.h"
#include "weir/openai/chat_answer.h"
#include "weir/openai/completion_lint.h"

namespace weir::testing {
namespace {

using namespace std::string_view_literals;
using openai::clause;
using state = openai::chat_answer::state;

constexpr std::string_view hi =
    R"(data: %[{"text":"Hi","index":0,"logprobs":null,"finish_reason":null}]$)";
constexpr std::string_view stop =
    R"(data: %[{"text":"","index":0,"logprobs":null,"finish_reason":"stop"}]$)";
constexpr std::string_view done = "data: [DONE]\n\n";

std::string join(std::initializer_list<std::string_view> parts) {
  std::string out;
  for (const std::string_view part : parts) out += part;
  return dress_completion(out);
}

openai::chat_context whole_completion(std::uint32_t n = 1) {
  openai::chat_context context = completing(false, n);
  context.stream = false;
  return context;
}

struct repair_case {
  std::string name;
  std::string input;
  std::string text = "Hi";
  std::string finish = "stop";
  clause repaired = clause::count_;  ///< a clause that must be counted
  bool include_usage = false;
  std::string usage = "";
};

const repair_case repairs[] = {
    // Chat's members in the place of text
    {"CMPL-1 deltas",
     join(
         {R"(data: %[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]$)",
          R"(data: %[{"index":0,"delta":{"content":"Hi"},"finish_reason":null}]$)",
          R"(data: %[{"index":0,"delta":{},"finish_reason":"stop"}]$)", done}),
     "Hi", "stop", clause::cmpl_1},
    {"CMPL-1 a delta beside the text",
     join({R"(data: %[{"text":"Hi","delta":{"content":"Hi"},"index":0,"finish_reason":null}]$)",
           stop, done}),
     "Hi", "stop", clause::cmpl_1},
    {"CMPL-1 a delta beside an empty text",
     join({R"(data: %[{"text":"","delta":{"content":"Hi"},"index":0,"finish_reason":null}]$)", stop,
           done}),
     "Hi", "stop", clause::cmpl_1},
    {"CMPL-1 messages in a stream",
     join({R"(data: %[{"index":0,"message":{"content":"Hi"},"finish_reason":"stop"}]$)", done}),
     "Hi", "stop", clause::cmpl_1},
    {"CMPL-1 content as parts",
     join({R"(data: %[{"index":0,"delta":{"content":[{"type":"text","text":"Hi"}]},)"
           R"("finish_reason":"stop"}]$)",
           done}),
     "Hi", "stop", clause::cmpl_1},
    {"CMPL-1 a refusal is text",
     join({R"(data: %[{"index":0,"delta":{"refusal":"Hi"},"finish_reason":"stop"}]$)", done}), "Hi",
     "stop", clause::cmpl_1},
    {"CMPL-5 reasoning and calls have no place",
     join({R"(data: %[{"index":0,"delta":{"content":"Hi","reasoning_content":"hm","tool_calls":)"
           R"([{"index":0,"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]},)"
           R"("finish_reason":null}]$)",
           R"(data: %[{"index":0,"delta":{},"finish_reason":"tool_calls"}]$)", done}),
     "Hi", "stop", clause::chat_14},
    {"CMPL-1 a finish without text",
     join({hi, R"(data: %[{"index":0,"finish_reason":"stop"}]$)", done}), "Hi", "stop",
     clause::cmpl_1},
    {"CMPL-1 a finish whose text is null",
     join({hi, R"(data: %[{"index":0,"text":null,"finish_reason":"stop"}]$)", done}), "Hi", "stop",
     clause::cmpl_1},
    {"CMPL-1 logprobs as chat has them",
     join({R"(data: %[{"text":"Hi","index":0,"logprobs":{"content":[{"token":"Hi","logprob":-1,)"
           R"("bytes":null,"top_logprobs":[]}]},"finish_reason":null}]$)",
           stop, done}),
     "Hi", "stop", clause::cmpl_1},
    {"CMPL-1 logprobs that lack lists",
     join({R"(data: %[{"text":"Hi","index":0,"logprobs":{"tokens":["Hi"],"token_logprobs":[-1]},)"
           R"("finish_reason":null}]$)",
           stop, done}),
     "Hi", "stop", clause::cmpl_1},

    // The envelope
    {"CHAT-1 the object of chat",
     R"(data: {"id":"a","object":"chat.completion.chunk","created":5,"model":"m","choices":)"
     R"([{"text":"Hi","index":0,"finish_reason":"stop"}]})"
     "\n\ndata: [DONE]\n\n",
     "Hi", "stop", clause::chat_1},
    {"CHAT-2 nothing but choices",
     "data: {\"choices\":[{\"text\":\"Hi\",\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n", "Hi",
     "stop", clause::chat_2},
    {"CHAT-4 the model is empty",
     R"(data: {"id":"a","object":"text_completion","created":5,"model":"","choices":)"
     R"([{"text":"Hi","index":0,"finish_reason":"stop"}]})"
     "\n\ndata: [DONE]\n\n",
     "Hi", "stop", clause::chat_4},
    {"CHAT-6 error is null",
     join({R"(data: %[{"text":"Hi","index":0,"finish_reason":"stop"}],"error":null$)", done}), "Hi",
     "stop", clause::chat_6},
    {"CHAT-7 a chunk without a choice", join({"data: %[],\"x\":1$", hi, stop, done}), "Hi", "stop",
     clause::chat_7},
    {"CHAT-34 there is no moderation chunk",
     join({hi, stop, "data: %[],\"moderation\":{\"a\":1}$", done}), "Hi", "stop", clause::chat_7},

    // Choices
    {"E11 no index", join({R"(data: %[{"text":"Hi","finish_reason":"stop"}]$)", done}), "Hi",
     "stop", clause::chat_15},
    {"E12 index counts chunks",
     join({R"(data: %[{"text":"H","index":7,"finish_reason":null}]$)",
           R"(data: %[{"text":"i","index":8,"finish_reason":"stop"}]$)", done}),
     "Hi", "stop", clause::chat_15},
    {"N1 choices nobody asked for",
     join({R"(data: %[{"text":"H","index":0,"finish_reason":null}]$)",
           R"(data: %[{"text":"i","index":0,"finish_reason":null}]$)",
           R"(data: %[{"text":"Ho","index":1,"finish_reason":null}]$)",
           R"(data: %[{"text":"","index":1,"finish_reason":"length"}]$)", stop, done}),
     "Hi", "stop", clause::chat_15},
    {"N1 in one chunk",
     join({R"(data: %[{"text":"Hi","index":0,"finish_reason":"stop"},)"
           R"({"text":"Ho","index":1,"finish_reason":"stop"}]$)",
           done}),
     "Hi", "stop", clause::chat_15},

    // Finish
    {"CHAT-13 a finish that is empty",
     join({R"(data: %[{"text":"Hi","index":0,"finish_reason":""}]$)", stop, done}), "Hi", "stop",
     clause::chat_13},
    {"FR2 the key is absent", join({R"(data: %[{"text":"Hi","index":0}]$)", stop, done}), "Hi",
     "stop", clause::chat_13},
    {"FR8 eos beside the text",
     join({R"(data: %[{"text":"Hi","index":0,"finish_reason":"eos_token"}]$)", done}), "Hi", "stop",
     clause::chat_13},
    {"FR8 MAX_TOKENS",
     join({hi, R"(data: %[{"text":"","index":0,"finish_reason":"MAX_TOKENS"}]$)", done}), "Hi",
     "length", clause::chat_13},
    {"FR5 finish twice", join({hi, stop, stop, done}), "Hi", "stop", clause::chat_29},
    {"FR6 stop in every chunk",
     join({R"(data: %[{"text":"H","index":0,"finish_reason":"stop"}]$)",
           R"(data: %[{"text":"i","index":0,"finish_reason":"stop"}]$)", done}),
     "Hi", "stop", clause::chat_29},
    {"FR6, E12 stop in every chunk, and the index counts chunks",
     join({R"(data: %[{"text":"a","index":0,"finish_reason":"stop"}]$)",
           R"(data: %[{"text":"b","index":1,"finish_reason":"stop"}]$)",
           R"(data: %[{"text":"c","index":2,"finish_reason":"stop"}]$)",
           R"(data: %[{"text":"d","index":3,"finish_reason":"stop"}]$)", done}),
     "abcd", "stop", clause::chat_29},
    {"FR6, E12 one finish too early, and the index counts chunks",
     join({R"(data: %[{"text":"a","index":0,"finish_reason":null}]$)",
           R"(data: %[{"text":"b","index":1,"finish_reason":"stop"}]$)",
           R"(data: %[{"text":"c","index":2,"finish_reason":null}]$)",
           R"(data: %[{"text":"d","index":3,"finish_reason":"stop"}]$)", done}),
     "abcd", "stop", clause::chat_29},
    {"FR12 tool_calls",
     join({hi, R"(data: %[{"text":"","index":0,"finish_reason":"tool_calls"}]$)", done}), "Hi",
     "stop", clause::chat_14},
    {"FR12 tool_calls beside the text",
     join({R"(data: %[{"text":"Hi","index":0,"finish_reason":"tool_calls"}]$)", done}), "Hi",
     "stop", clause::chat_14},
    {"CHAT-29d no finish, but [DONE]", join({hi, done}), "Hi", "stop", clause::chat_29},
    {"CHAT-29d no finish, no [DONE], but usage behind the text",
     join({hi, R"(data: %[],"usage":{"prompt_tokens":1}$)"}), "Hi", "stop", clause::chat_29},
    {"T1 no [DONE]", join({hi, stop}), "Hi", "stop", clause::sse_12},
    {"T4 chunks behind [DONE]", join({hi, stop, done, hi, done})},

    // Usage
    {"U5 usage beside the finish",
     join(
         {R"(data: %[{"text":"Hi","index":0,"finish_reason":"stop"}],"usage":{"prompt_tokens":1}$)",
          done}),
     "Hi", "stop", clause::chat_26, true, R"({"prompt_tokens":1})"},
    {"U4 usage in every chunk",
     join({R"(data: %[{"text":"Hi","index":0,"finish_reason":null}],"usage":{"prompt_tokens":1}$)",
           R"(data: %[{"text":"","index":0,"finish_reason":"stop"}],"usage":{"prompt_tokens":2}$)",
           done}),
     "Hi", "stop", clause::chat_26, true, R"({"prompt_tokens":2})"},
    {"U14 usage behind [DONE]", join({hi, stop, done, R"(data: %[],"usage":{"prompt_tokens":1}$)"}),
     "Hi", "stop", clause::count_, true, R"({"prompt_tokens":1})"},
    {"CHAT-25 usage nobody asked for",
     join({R"(data: %[{"text":"Hi","index":0,"finish_reason":null}],"usage":null$)", stop,
           R"(data: %[],"usage":{"prompt_tokens":1}$)", done}),
     "Hi", "stop", clause::chat_25},

    // Bodies
    {"F28 a document a line",
     "{\"choices\":[{\"text\":\"H\",\"finish_reason\":null}]}\n"
     "{\"choices\":[{\"text\":\"i\",\"finish_reason\":\"stop\"}]}\n"},
    {"F29 a document", R"({"id":"a","object":"text_completion","created":5,"model":"m","choices":)"
                       R"([{"text":"Hi","index":0,"finish_reason":"stop"}]})"},
    {"F29 a document over several lines",
     "{\n \"id\": \"a\",\n \"choices\": [\n  {\n   \"text\": \"Hi\",\n   \"finish_reason\": "
     "\"stop\"\n  }\n ]\n}\n"},
    {"F29 a document of chat",
     R"({"id":"a","object":"chat.completion","created":5,"model":"m","choices":)"
     R"([{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}]})",
     "Hi", "stop", clause::cmpl_1},
    {"F30 a document of chat inside an event",
     R"(data: {"id":"a","object":"chat.completion","created":5,"model":"m","choices":)"
     R"([{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}]})"
     "\n\ndata: [DONE]\n\n",
     "Hi", "stop", clause::cmpl_1},
    {"F19 a character cut by the end of a chunk",
     join({"data: %[{\"text\":\"Hi\xE2\x82\",\"index\":0,\"finish_reason\":null}]$",
           "data: %[{\"text\":\"\xAC\",\"index\":0,\"finish_reason\":\"stop\"}]$", done}),
     "Hi\xE2\x82\xAC", "stop", clause::sse_13},
    {"F21 raw U+2028",
     join({"data: %[{\"text\":\"Hi\xE2\x80\xA8\",\"index\":0,\"finish_reason\":\"stop\"}]$", done}),
     "Hi\xE2\x80\xA8", "stop", clause::gen_8},
};

TEST(CompletionRepair, TheClientSeesTheWholeAnswer) {
  for (const repair_case& c : repairs) {
    const openai::chat_context context = completing(c.include_usage);
    const chat_result result = run(context, c.input);
    EXPECT_EQ(result.state, state::complete) << c.name;
    expect_legal(result, context, c.name);
    client_view view = view_of(result.output);
    EXPECT_EQ(view.text[0], c.text) << c.name;
    EXPECT_EQ(view.text.size(), 1U) << c.name;
    EXPECT_EQ(view.finish[0], c.finish) << c.name;
    EXPECT_EQ(view.usage, c.usage) << c.name;
    EXPECT_TRUE(view.done) << c.name;
    if (c.repaired != clause::count_) {
      EXPECT_GT(result.repairs.of(c.repaired), 0U) << c.name << " is not counted";
    }
  }
}

TEST(CompletionRepair, NoSplitChangesTheOutput) {  // P2
  for (const repair_case& c : repairs) {
    const openai::chat_context context = completing(c.include_usage);
    const std::string want = run(context, c.input).output;
    for_some_splits(c.input, [&](const pieces& parts) {
      ASSERT_EQ(run(context, parts).output, want) << c.name;
    });
  }
}

TEST(CompletionRepair, WhatWasRepairedOnceIsLegalAndStays) {  // P3
  for (const repair_case& c : repairs) {
    const openai::chat_context context = completing(c.include_usage);
    const std::string once = run(context, c.input).output;
    const chat_result twice = run(context, once);
    EXPECT_EQ(twice.output, once) << c.name;
    EXPECT_EQ(twice.repairs.total(), 0U) << c.name;
  }
}

TEST(CompletionRepair, AsADocumentTheAnswerIsTheSame) {  // CMPL-4, SSE-11
  json::reader reader;
  for (const repair_case& c : repairs) {
    const chat_result result = run(whole_completion(), c.input);
    ASSERT_EQ(result.state, state::complete) << c.name;
    ASSERT_EQ(reader.parse(result.output), json::reader::status::ok) << c.name;
    const json::value choice = reader.root()["choices"].at(0);
    EXPECT_EQ(choice["text"].decoded(), c.text) << c.name;
    EXPECT_EQ(choice["finish_reason"].decoded(), c.finish) << c.name;
    EXPECT_TRUE(openai::is_legal(openai::lint_completion(result.output, {}))) << c.name;
  }
}

TEST(CompletionRepair, AChoiceNobodyAskedForCountsOnceAChunk) {  // CHAT-15
  const struct {
    const char* name;
    std::string_view more;
  } rows[] = {
      {"beside text that shows the finish came too early",
       R"(data: %[{"text":"Hi","index":0,"finish_reason":null},)"
       R"({"text":"Ho","index":1,"finish_reason":null}]$)"},
      {"beside the finish again", R"(data: %[{"index":0,"text":"","finish_reason":"stop"},)"
                                  R"({"text":"Ho","index":1,"finish_reason":null}]$)"},
  };
  for (const auto& r : rows)
    EXPECT_EQ(run(completing(), join({hi, stop, r.more, stop, done})).repairs.of(clause::chat_15),
              1U)
        << r.name;
}

// -----------------------------------------------------------------------------------------------

struct failure_case {
  std::string name;
  std::string input;
  ending how;
  std::string code;
  bool in_stream;  ///< an error frame, since the client had seen an event
};

const failure_case failures[] = {
    {"[DONE] only", "data: [DONE]\n\n", ending::closed, "upstream_error", false},
    {"half a document", R"({"id":"a","choices":[{"tex)", ending::closed,
     "upstream_stream_truncated", false},
    {"an error as a document", R"({"error":{"message":"no","code":401}})", ending::closed, "401",
     false},
    {"an error midway", join({hi, "data: {\"error\":{\"message\":\"no\"}}\n\n"}), ending::closed,
     "upstream_error", true},
    {"finish_reason error",
     join({hi, R"(data: %[{"text":"","index":0,"finish_reason":"abort"}]$)"}), ending::closed,
     "upstream_error", true},
    {"end behind the text", join({hi}), ending::closed, "upstream_stream_truncated", true},
    {"loss behind the text", join({hi}), ending::lost, "upstream_stream_truncated", true},
    {"the first line of several", R"({"choices":[{"text":"Hi","index":0,"finish_reason":null}]})",
     ending::closed, "upstream_stream_truncated", true},
};

TEST(CompletionRepair, FailuresAreToldOnceAndTruthfully) {  // P6, CHAT-29, CHAT-30, GEN-6
  for (const failure_case& c : failures) {
    const openai::chat_context context = completing();
    const chat_result result = run(context, c.input, c.how);
    EXPECT_EQ(result.state, state::failed) << c.name;
    ASSERT_TRUE(result.failure.has_value()) << c.name;
    EXPECT_EQ(result.failure->code, c.code) << c.name;
    expect_legal(result, context, c.name);
    const client_view view = view_of(result.output);
    EXPECT_EQ(view.error.empty(), !c.in_stream) << c.name;
    EXPECT_EQ(view.done, c.in_stream) << c.name;
    EXPECT_TRUE(view.finish.empty()) << c.name << ": a failure is not a finish";
  }
}

TEST(CompletionRepair, ALostFinishOfADocumentIsStopWhereADocumentWasAskedFor) {  // AGG-3
  const std::string input =
      R"({"id":"a","object":"text_completion","created":5,"model":"m","choices":)"
      R"([{"text":"Hi","index":0,"logprobs":null,"finish_reason":null}]})";
  const chat_result result = run(whole_completion(), input);
  EXPECT_NE(result.output.find(R"("finish_reason":"stop")"), std::string::npos);
  EXPECT_EQ(result.repairs.of(clause::chat_29), 1U);
  EXPECT_EQ(run(whole_completion(), input + "\n{\"choices\":[{\"text\":").state, state::failed)
      << "a line of several that stop is no document";
}

TEST(CompletionRepair, ADocumentThatLacksAChoiceIsNoAnswer) {  // CHAT-29d
  const std::string input =
      R"({"id":"a","object":"text_completion","created":5,"model":"m","choices":)"
      R"([{"text":"Hi","index":0,"logprobs":null,"finish_reason":"stop"}]})";
  EXPECT_EQ(run(whole_completion(1), input).output, input);
  EXPECT_EQ(run(whole_completion(2), input).state, state::failed);
  EXPECT_EQ(run(completing(false, 2), input).state, state::failed);
}

TEST(CompletionRepair, LogprobsOfChatBecomeTheFourLists) {  // llama.cpp
  const auto chunk = [](std::string_view text, std::string_view tokens) {
    return join({R"(data: %[{"text":")", text, R"(","index":0,"logprobs":{"content":[)", tokens,
                 R"(]},"finish_reason":null}]$)"});
  };
  const std::string input =
      chunk("H\u00e9", R"({"id":5,"token":"H","logprob":-1.50,"bytes":[72],"top_logprobs":[)"
                       R"({"token":"H","logprob":-1.50},{"token":"h","logprob":-3},)"
                       R"({"token":"h","logprob":-9}]},{"token":"\u00e9","logprob":-2})") +
      chunk("y", R"({"token":"y","logprob":null,"top_logprobs":[]})") + join({stop, done});
  const chat_result stream = run(completing(), input);
  expect_legal(stream, completing(), "logprobs of chat");
  EXPECT_NE(stream.output.find(
                R"("logprobs":{"tokens":["H","\u00e9"],"token_logprobs":[-1.50,-2],)"
                R"("top_logprobs":[{"H":-1.50,"h":-3},null],"text_offset":[0,1],"content":[)"),
            std::string::npos)
      << stream.output;
  EXPECT_NE(stream.output.find(R"("tokens":["y"],"token_logprobs":[null],"top_logprobs":[{}],)"
                               R"("text_offset":[2])"),
            std::string::npos)
      << stream.output;
  EXPECT_NE(run(whole_completion(), input).output.find(R"("text_offset":[0,1,2])"),
            std::string::npos);
}

TEST(CompletionRepair, ListsThatLogprobsLackAreMadeUpFromTheTokens) {
  const std::string input =
      join({R"(data: %[{"text":"ab","index":0,"logprobs":{"tokens":["a","b"],"x":1,)"
            R"("token_logprobs":[-1,-2.0]},"finish_reason":null}]$)",
            stop, done});
  const std::string output = run(completing(), input).output;
  EXPECT_NE(output.find(R"("logprobs":{"tokens":["a","b"],"token_logprobs":[-1,-2.0],)"
                        R"("top_logprobs":[null,null],"text_offset":[0,1],"x":1})"),
            std::string::npos)
      << output;
}

TEST(CompletionRepair, ATextThatWaitedWithAPrematureFinishKeepsItsMembers) {  // CHAT-29e, P4
  const std::string input =
      join({R"(data: %[{"text":"H","index":0,"finish_reason":"stop","a":1e2}],"b":1.0$)",
            R"(data: %[{"text":"i","index":0,"finish_reason":"stop","a":2}],"b":2$)", done});
  EXPECT_EQ(
      run(completing(), input).output,
      join(
          {R"(data: %[{"text":"H","index":0,"logprobs":null,"finish_reason":null,"a":1e2}],"b":1.0$)",
           R"(data: %[{"text":"i","index":0,"finish_reason":"stop","a":2}],"b":2$)", done}));
}

TEST(CompletionRepair, EmptyFragmentsKeepTheirMembersWhereChunksAreWrittenAnew) {  // P4
  // vLLM: text that is not whole yet, with its tokens, and a usage nobody asked for.
  const std::string input = join(
      {R"(data: %[{"index":0,"text":"","finish_reason":null,"token_ids":[1]}],"usage":null$)",
       R"(data: %[{"index":0,"text":"","finish_reason":null,"token_ids":[2]}],"usage":null$)",
       R"(data: %[{"index":0,"text":"Hi","finish_reason":"stop","token_ids":[3]}],"usage":null$)",
       done});
  openai::chat_context context = completing();
  context.usage_asked_upstream = true;
  const chat_result result = run(context, input);
  expect_legal(result, context, "empty fragments");
  EXPECT_EQ(result.repairs.total(), result.repairs.of(clause::chat_25));
  for (const std::string_view kept : {"[1]"sv, "[2]"sv, "[3]"sv})
    EXPECT_NE(result.output.find(kept), std::string::npos) << kept;
}

TEST(CompletionRepair, UnknownMembersOfADeltaBecomeThoseOfTheChoice) {  // P4
  const std::string input =
      join({R"(data: %[{"index":0,"delta":{"content":"Hi","x":1e3,"text":"no","index":7},)"
            R"("finish_reason":null}],"moderation":{"y":1.0}$)",
            stop, done});
  const chat_result result = run(completing(), input);
  expect_legal(result, completing(), "unknown members");
  EXPECT_NE(result.output.find(R"("finish_reason":null,"x":1e3}],"moderation":{"y":1.0}})"),
            std::string::npos)
      << result.output;
}

TEST(CompletionRepair, LongTextIsCutIntoLinesThatEveryClientCanRead) {  // CHAT-36, SYN-1
  std::string text;
  for (int i = 0; i < 50000; ++i) text += "\xE2\x82\xAC\\n";
  std::string want;
  for (int i = 0; i < 50000; ++i) want += "\xE2\x82\xAC\n";
  for (const std::string_view finish : {"null"sv, "\"stop\""sv}) {
    const std::string input = join({R"(data: %[{"index":0,"text":")", text, R"(","finish_reason":)",
                                    finish, "}]$", stop, done});
    const chat_result result = run(completing(), input);
    expect_legal(result, completing(), "long text");
    EXPECT_EQ(view_of(result.output).text[0], want);
  }
}

TEST(CompletionRepair, CumulativeTextIsToldOnceWhereTheOperatorSaysSo) {  // CHAT-35, E17
  openai::chat_context context = completing();
  context.settings.cumulative = true;
  const std::string input =
      join({R"(data: %[{"text":"H","index":0,"finish_reason":null}]$)",
            R"(data: %[{"text":"Hi","index":0,"finish_reason":"stop"}]$)", done});
  EXPECT_EQ(view_of(run(context, input).output).text[0], "Hi");
  EXPECT_EQ(view_of(run(completing(), input).output).text[0], "HHi");
}

TEST(CompletionRepair, ObfuscationLeavesOnlyIfItWasNotRefused) {  // CHAT-27
  openai::chat_context context = completing();
  context.include_obfuscation = false;
  const std::string input = join(
      {R"(data: %[{"text":"Hi","index":0,"finish_reason":"stop"}],"obfuscation":"xx"$)", done});
  const chat_result result = run(context, input);
  expect_legal(result, context, "obfuscation");
  EXPECT_EQ(result.output.find("obfuscation"), std::string::npos);
}

TEST(CompletionRepair, IdsAreOfTheirOwnKind) {  // contract 5.1
  const std::string input =
      "data: {\"choices\":[{\"text\":\"Hi\",\"finish_reason\":\"stop\"}]}\n\n"
      "data: [DONE]\n\n";
  EXPECT_TRUE(run(completing(), input).output.starts_with(R"(data: {"id":"cmpl-)"));
}

// --- Chat that gets texts ----------------------------------------------------------------------

TEST(CompletionRepair, ADocumentOfTextsIsAnAnswerOfChatToo) {  // E16, SSE-11
  const std::string input =
      R"({"id":"a","object":"text_completion","created":5,"model":"m","choices":)"
      R"([{"text":"Hi","index":0,"logprobs":null,"finish_reason":"stop"}],)"
      R"("usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}})";
  const chat_result stream = run(streaming(true), input);
  expect_legal(stream, streaming(true), "a text");
  client_view view = view_of(stream.output);
  EXPECT_EQ(view.text[0], "Hi");
  EXPECT_EQ(view.finish[0], "stop");
  EXPECT_EQ(stream.repairs.of(clause::chat_35), 1U);
  const chat_result document = run(whole(), input);
  EXPECT_TRUE(openai::is_legal(openai::lint_chat_completion(document.output, {})));
  EXPECT_EQ(document.repairs.of(clause::sse_11), 0U);
}

}  // namespace
}  // namespace weir::testing
