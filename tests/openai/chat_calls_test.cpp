// Tool calls: what an upstream sent of them, and fragment by fragment what the client gets.
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "support/chat_harness.h"
#include "weir/base/limits.h"
#include "weir/openai/chat_answer.h"

namespace weir::testing {
namespace {

/// A stream that says each of `deltas` (the inside of a delta object), then finishes.
std::string stream_of(const std::vector<std::string>& deltas,
                      std::string_view finish = "tool_calls") {
  const auto chunk = [](const std::string& delta, const std::string& reason) {
    return R"(data: {"id":"c","object":"chat.completion.chunk","created":1760000000,"model":"m",)"
           R"("choices":[{"index":0,"delta":{)" +
           delta + R"(},"finish_reason":)" + reason + "}]}\n\n";
  };
  std::string out = chunk(R"("role":"assistant","content":null)", "null");
  for (const std::string& delta : deltas) out += chunk(delta, "null");
  return out + chunk("", '"' + std::string(finish) + '"') + "data: [DONE]\n\n";
}

std::string entry(std::string_view inside) {
  return R"("tool_calls":[{)" + std::string(inside) + "}]";
}

/// Every fragment as `index id name arguments` with `-` for what is not there; the finish at the
/// end. Ids that weir made up are `*`.
std::vector<std::string> heard(std::string_view stream) {
  std::vector<std::string> out;
  sse::event_parser parser;
  json::reader reader;
  const auto word = [](json::value v) { return v.present() ? v.decoded() : std::string("-"); };
  while (parser.parse(stream) == sse::event_parser::status::event_ready) {
    const std::string data(parser.current().data);
    if (data == "[DONE]") continue;
    EXPECT_EQ(reader.parse(data), json::reader::status::ok) << data;
    const json::value choice = reader.root()["choices"].at(0);
    for (const json::value call : choice["delta"]["tool_calls"].elements()) {
      const json::value body = call["function"].present() ? call["function"] : call["custom"];
      std::string id = word(call["id"]);
      if (id.size() == std::string_view("call_").size() + 24) id = "*";
      out.push_back(std::string(call["index"].raw()) + ' ' + id + ' ' + word(body["name"]) + ' ' +
                    word(body["arguments"].present() ? body["arguments"] : body["input"]));
    }
    if (const json::value call = choice["delta"]["function_call"]; call.present())
      out.push_back("function " + word(call["name"]) + ' ' + word(call["arguments"]));
    if (choice["finish_reason"].given()) out.push_back(choice["finish_reason"].decoded());
  }
  return out;
}

struct calls_case {
  const char* name;
  std::vector<std::string> deltas;
  std::vector<std::string> want;
  std::string finish = "tool_calls";
};

const calls_case cases[] = {
    {"the reference form",
     {entry(R"("index":0,"id":"a","type":"function","function":{"name":"f","arguments":""})"),
      entry(R"("index":0,"function":{"arguments":"{\"x\":"})"),
      entry(R"("index":0,"function":{"arguments":"1}"})"),
      entry(R"("index":1,"id":"b","type":"function","function":{"name":"g","arguments":""})"),
      entry(R"("index":1,"function":{"arguments":"{}"})")},
     {"0 a f ", R"(0 - - {"x":)", "0 - - 1}", "1 b g ", "1 - - {}", "tool_calls"}},
    {"K1 no index, one call",
     {entry(R"("id":"a","type":"function","function":{"name":"f","arguments":""})"),
      entry(R"("function":{"arguments":"{\"x\":"})"), entry(R"("function":{"arguments":"1}"})")},
     {"0 a f ", R"(0 - - {"x":)", "0 - - 1}", "tool_calls"}},
    {"K1 no index, a pair",
     {entry(R"("id":"a","type":"function","function":{"name":"f","arguments":"{}"})"),
      entry(R"("id":"b","type":"function","function":{"name":"g","arguments":"{\"y\":2}"})")},
     {"0 a f ", "0 - - {}", "1 b g ", R"(1 - - {"y":2})", "tool_calls"}},
    {"K1 no index, a pair, the first without an id",
     {entry(R"("type":"function","function":{"name":"f","arguments":"{}"})"),
      entry(R"("id":"b","type":"function","function":{"name":"g","arguments":"{}"})")},
     {"0 * f ", "0 - - {}", "1 b g ", "1 - - {}", "tool_calls"}},
    {"K2 always index 0, whole calls without ids in one list",
     {R"("tool_calls":[{"index":0,"type":"function","function":{"name":"f","arguments":"{}"}},)"
      R"({"index":0,"type":"function","function":{"name":"f","arguments":"{}"}}])"},
     {"0 * f ", "0 - - {}", "1 * f ", "1 - - {}", "tool_calls"}},
    {"K2 always index 0, in fragments",
     {entry(R"("index":0,"id":"a","type":"function","function":{"name":"f","arguments":""})"),
      entry(R"("index":0,"function":{"arguments":"{\"x\":1}"})"),
      entry(R"("index":0,"id":"b","type":"function","function":{"name":"g","arguments":""})"),
      entry(R"("index":0,"function":{"arguments":"{\"y\":2}"})")},
     {"0 a f ", R"(0 - - {"x":1})", "1 b g ", R"(1 - - {"y":2})", "tool_calls"}},
    {"K3 indexes begin at 1 and have holes",
     {entry(R"("index":1,"id":"a","type":"function","function":{"name":"f","arguments":"{}"})"),
      entry(R"("index":4,"id":"b","type":"function","function":{"name":"g","arguments":"{}"})")},
     {"0 a f ", "0 - - {}", "1 b g ", "1 - - {}", "tool_calls"}},
    {"K5 the index is a text",
     {entry(R"("index":"0","id":"a","type":"function","function":{"name":"f","arguments":"{}"})")},
     {"0 a f ", "0 - - {}", "tool_calls"}},
    {"K6 no id, an empty one, a number, the word null",
     {entry(R"("index":0,"type":"function","function":{"name":"a","arguments":"{}"})"),
      entry(R"("index":1,"id":"","type":"function","function":{"name":"b","arguments":"{}"})"),
      entry(R"("index":2,"id":17,"type":"function","function":{"name":"c","arguments":"{}"})"),
      entry(R"("index":3,"id":"null","type":"function","function":{"name":"d","arguments":"{}"})")},
     {"0 * a ", "0 - - {}", "1 * b ", "1 - - {}", "2 17 c ", "2 - - {}", "3 * d ", "3 - - {}",
      "tool_calls"}},
    {"K7 the id comes late",
     {entry(R"("index":0,"type":"function","function":{"name":"f","arguments":""})"),
      entry(R"("index":0,"id":"a","function":{"arguments":"{}"})")},
     {"0 * f ", "0 - - {}", "tool_calls"}},
    {"K8 id, name and type again and again",
     {entry(R"("index":0,"id":"a","type":"function","function":{"name":"f","arguments":"{\"x\""})"),
      entry(R"("index":0,"id":"a","type":"function","function":{"name":"f","arguments":":1"})"),
      entry(R"("index":0,"id":"a","type":"function","function":{"name":"f","arguments":"}"})")},
     {"0 a f ", R"(0 - - {"x")", "0 - - :1", "0 - - }", "tool_calls"}},
    {"K8 the same without an index",
     {entry(R"("type":"function","function":{"name":"f","arguments":"{\"x\""})"),
      entry(R"("type":"function","function":{"name":"f","arguments":":1}"})")},
     {"0 * f ", R"(0 - - {"x")", "0 - - :1}", "tool_calls"}},
    {"K9 another id on each fragment",
     {entry(R"("index":0,"id":"a","type":"function","function":{"name":"f","arguments":"{"})"),
      entry(R"("index":0,"id":"b","function":{"arguments":"}"})")},
     {"0 a f ", "0 - - {", "0 - - }", "tool_calls"}},
    {"K9 another id and another index on each fragment",
     {entry(R"("index":0,"id":"a","type":"function","function":{"name":"f","arguments":"{\"x\""})"),
      entry(R"("index":1,"id":"b","function":{"arguments":":\"y"})"),
      entry(R"("index":2,"id":"c","function":{"arguments":"\"}"})")},
     {"0 a f ", R"(0 - - {"x")", R"(0 - - :"y"})", "tool_calls"}},
    {"K9 the same in front of another call",
     {entry(R"("index":0,"id":"a","type":"function","function":{"name":"f","arguments":"{\"x\""})"),
      entry(R"("index":1,"id":"b","function":{"arguments":":1}"})"),
      entry(R"("index":2,"id":"c","type":"function","function":{"name":"g","arguments":"{}"})")},
     {"0 a f ", R"(0 - - {"x")", "0 - - :1}", "1 c g ", "1 - - {}", "tool_calls"}},
    {"CHAT-17 a call without a name behind one that is whole is left out",
     {entry(R"("index":0,"id":"a","type":"function","function":{"name":"f","arguments":"{}"})"),
      entry(R"("index":1,"id":"b","function":{"arguments":"{\"x\":1}"})")},
     {"0 a f ", "0 - - {}", "tool_calls"}},
    {"K10 empty id, name and type in later fragments",
     {entry(R"("index":0,"id":"a","type":"function","function":{"name":"f","arguments":""})"),
      entry(R"("index":0,"id":"","type":"","function":{"name":"","arguments":"{}"})")},
     {"0 a f ", "0 - - {}", "tool_calls"}},
    {"K11 the name comes behind an empty one",
     {entry(R"("index":0,"id":"a","type":"function","function":{"name":""})"),
      entry(R"("index":0,"function":{"name":"f","arguments":"{}"})")},
     {"0 a f ", "0 - - {}", "tool_calls"}},
    {"K12 the name in pieces",
     {entry(R"("index":0,"id":"a","type":"function","function":{"name":"get"})"),
      entry(R"("index":0,"function":{"name":"_weather"})"),
      entry(R"("index":0,"function":{"arguments":"{}"})")},
     {"0 a get_weather ", "0 - - {}", "tool_calls"}},
    {"K14 arguments as an object",
     {entry(
         R"("index":0,"id":"a","type":"function","function":{"name":"f","arguments":{ "x" : [1, "a b"] }})")},
     {"0 a f ", R"(0 - - {"x":[1,"a b"]})", "tool_calls"}},
    {"K15 no arguments at all",
     {entry(R"("index":0,"id":"a","type":"function","function":{"name":"f"})"),
      entry(R"("index":1,"id":"b","type":"function","function":{"name":"g","arguments":null})")},
     {"0 a f ", "0 - - {}", "1 b g ", "1 - - {}", "tool_calls"}},
    {"CHAT-17 a first {} before the arguments",
     {entry(R"("index":0,"id":"a","type":"function","function":{"name":"f","arguments":"{}"})"),
      entry(R"("index":0,"function":{"arguments":"{\"x\":"})"),
      entry(R"("index":0,"function":{"arguments":"1}"})")},
     {"0 a f ", R"(0 - - {"x":)", "0 - - 1}", "tool_calls"}},
    {"K18 the whole repeated at the end",
     {entry(R"("index":0,"id":"a","type":"function","function":{"name":"f","arguments":""})"),
      entry(R"("index":0,"function":{"arguments":"{\"x\":"})"),
      entry(R"("index":0,"function":{"arguments":"1}"})"),
      entry(R"("index":0,"function":{"arguments":"{\"x\":1}"})")},
     {"0 a f ", R"(0 - - {"x":)", "0 - - 1}", "tool_calls"}},
    {"K18 a whole that begins with what came",
     {entry(R"("index":0,"id":"a","type":"function","function":{"name":"f","arguments":""})"),
      entry(R"("index":0,"function":{"arguments":"{\"city\":"})"),
      entry(R"("index":0,"function":{"arguments":"{\"city\":\"Paris\"}"})")},
     {"0 a f ", R"(0 - - {"city":)", R"(0 - - "Paris"})", "tool_calls"}},
    {"K21 no type, K24 an object in place of the list",
     {R"("tool_calls":{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}})"},
     {"0 a f ", "0 - - {}", "tool_calls"}},
    {"K31 one id for two calls",
     {entry(R"("index":0,"id":"a","type":"function","function":{"name":"f","arguments":"{}"})"),
      entry(R"("index":1,"id":"a","type":"function","function":{"name":"g","arguments":"{}"})")},
     {"0 a f ", "0 - - {}", "1 * g ", "1 - - {}", "tool_calls"}},
    {"K33 interleaved calls are put in order",
     {entry(
          R"("index":0,"id":"a","type":"function","function":{"name":"f","arguments":"{\"x\":"})"),
      entry(
          R"("index":1,"id":"b","type":"function","function":{"name":"g","arguments":"{\"y\":"})"),
      entry(R"("index":0,"function":{"arguments":"1}"})"),
      entry(R"("index":1,"function":{"arguments":"2}"})")},
     {"0 a f ", R"(0 - - {"x":)", "0 - - 1}", "1 b g ", R"(1 - - {"y":)", "1 - - 2}",
      "tool_calls"}},
    {"a call without function, name and arguments beside the id",
     {entry(R"("index":0,"id":"a","name":"f","arguments":"{}")")},
     {"0 a f ", "0 - - {}", "tool_calls"}},
    {"FR11 stop behind a call",
     {entry(R"("index":0,"id":"a","type":"function","function":{"name":"f","arguments":"{}"})")},
     {"0 a f ", "0 - - {}", "tool_calls"},
     "stop"},
    {"K20 truncated arguments stay",
     {entry(
         R"("index":0,"id":"a","type":"function","function":{"name":"f","arguments":"{\"x\":"})")},
     {"0 a f ", R"(0 - - {"x":)", "length"},
     "length"},
    {"custom tools",
     {entry(R"("index":0,"id":"a","type":"custom","custom":{"name":"f","input":"free text"})"),
      entry(R"("index":0,"custom":{"input":" and more"})")},
     {"0 a f ", "0 - - free text", "0 - -  and more", "tool_calls"}},
    {"an entry nobody could call is no call",
     {R"("tool_calls":[17,{"index":0,"id":"a"}])"},
     {"stop"}},
};

TEST(ChatCalls, EveryFormBecomesTheReferenceForm) {  // CHAT-14, CHAT-16..19
  for (const calls_case& c : cases) {
    const std::string input = stream_of(c.deltas, c.finish);
    const openai::chat_context context = streaming();
    const chat_result result = run(context, input);
    EXPECT_EQ(heard(result.output), c.want) << c.name << '\n' << result.output;
    expect_legal(result, context, c.name);
    const chat_result again = run(context, result.output);
    EXPECT_EQ(again.output, result.output) << c.name;
    EXPECT_EQ(again.repairs.total(), 0U) << c.name;
    for_each_split(input, [&](const pieces& parts) {
      ASSERT_EQ(run(context, parts).output, result.output) << c.name;
    });
  }
}

TEST(ChatCalls, LegacyFunctionsAndToolsBecomeWhatTheRequestSpeaks) {  // CHAT-20
  const std::string tool = stream_of(
      {entry(R"("index":0,"id":"a","type":"function","function":{"name":"f","arguments":"{}"})"),
       entry(R"("index":1,"id":"b","type":"function","function":{"name":"g","arguments":"{}"})")});
  const std::string function = stream_of(
      {R"("function_call":{"name":"f","arguments":""})", R"("function_call":{"arguments":"{}"})"},
      "function_call");
  openai::chat_context functions = streaming();
  functions.offers_functions = true;
  openai::chat_context tools = streaming();
  tools.offers_tools = true;
  const std::vector<std::string> as_function = {"function f ", "function - {}", "function_call"};
  EXPECT_EQ(heard(run(functions, tool).output), as_function);
  EXPECT_EQ(heard(run(functions, function).output), as_function);
  EXPECT_EQ(heard(run(tools, function).output),
            (std::vector<std::string>{"0 * f ", "0 - - {}", "tool_calls"}));
  EXPECT_EQ(run(functions, function).output, function);
  EXPECT_EQ(run(streaming(), function).output, function);
}

TEST(ChatCalls, ArgumentsStreamAsTheyCome) {  // CHAT-17, CHAT-19
  openai::chat_answer answer(streaming());
  const std::string input =
      stream_of({R"("tool_calls":[{"function":{"name":"f","arguments":"{\"x\":"}}])",
                 R"("tool_calls":[{"function":{"arguments":"1"}}])"});
  const std::size_t finish = input.find(R"({},"finish_reason":"tool_calls")");
  answer.feed(std::string_view(input).substr(0, input.rfind("data: ", finish)));
  EXPECT_EQ(heard(answer.output()),
            (std::vector<std::string>{"0 * f ", R"(0 - - {"x":)", "0 - - 1"}));
}

TEST(ChatCalls, WhatWaitsBehindAnOpenCallIsBounded) {
  const std::string big(64 * limits::kib, 'x');
  std::vector<std::string> deltas = {
      entry(R"("index":0,"id":"a","type":"function","function":{"name":"f","arguments":"{"})"),
      entry(R"("index":1,"id":"b","type":"function","function":{"name":"g","arguments":"\""})")};
  for (std::size_t held = 0; held <= limits::max_held_calls_bytes; held += big.size())
    deltas.push_back(entry(R"("index":1,"function":{"arguments":")" + big + R"("})"));
  const std::string input = stream_of(deltas);
  openai::chat_answer answer(streaming());
  answer.feed(std::string_view(input).substr(0, input.rfind("data: {")));
  // The second call spoke although the first was never whole.
  EXPECT_NE(answer.output().find(R"("index":1,"id":"b")"), std::string_view::npos);
}

TEST(ChatCalls, ClosesArgumentsOnlyWhereTheSettingSaysSo) {  // CHAT-19, K19
  const std::string input = stream_of({entry(
      R"("index":0,"id":"a","type":"function","function":{"name":"f","arguments":"{\"x\":[\"1"})")});
  openai::chat_context context = streaming();
  EXPECT_EQ(heard(run(context, input).output).at(1), R"(0 - - {"x":["1)");
  context.settings.close_arguments = true;
  EXPECT_EQ(
      heard(run(context, input).output),
      (std::vector<std::string>{"0 a f ", R"(0 - - {"x":["1)", R"(0 - - "]})", "tool_calls"}));
}

TEST(ChatCalls, UnknownMembersStayWithTheirCall) {  // P4, K35
  const std::string input = stream_of({entry(
      R"("index":0,"id":"a","function":{"name":"f","arguments":"{}","x":1e2},"extra_content":{"google":{"thought_signature":"s"}})")});
  const chat_result result = run(streaming(), input);
  EXPECT_NE(
      result.output.find(
          R"([{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":"","x":1e2},"extra_content":{"google":{"thought_signature":"s"}}}])"),
      std::string::npos)
      << result.output;
}

TEST(ChatCalls, AnyNumberOfUnknownMembersLeavesAsItCame) {  // P3, P4
  for (const std::size_t many : {10U, 17U, 40U, 300U}) {
    std::string members;
    for (std::size_t i = 0; i < many; ++i) members += ",\"v" + std::to_string(i) + "\":null";
    const std::string input = stream_of(
        {entry(R"("index":0,"id":"a","type":"function","function":{"name":"f","arguments":"")" +
               members + "}" + members),
         entry(R"("index":0,"function":{"arguments":"{}"})" + members)});
    const chat_result result = run(streaming(), input);
    EXPECT_EQ(result.output, input) << many;
    EXPECT_EQ(result.repairs.total(), 0U) << many;

    std::string doubled = input;
    doubled.insert(doubled.find(",\"v9\""), R"(,"\u0076":1,"v":2)");
    const chat_result mended = run(streaming(), doubled);
    expect_legal(mended, streaming(), "a doubled member");
    EXPECT_NE(mended.output.find(R"("v":2)"), std::string::npos) << many;
    EXPECT_NE(mended.output.find(R"("v9":null)"), std::string::npos) << many;
  }
}

}  // namespace
}  // namespace weir::testing
