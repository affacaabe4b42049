#include "openai/text_calls.h"

#include <gtest/gtest.h>

#include <string>

#include "openai/text_pieces.h"
#include "weir/base/limits.h"

namespace weir::openai {
namespace {

using testing::expect_told;
using testing::said;
using testing::told;

text_rules rules(std::string_view tools = {}) {
  stream_settings settings;
  settings.tools_in_text = true;
  return text_rules(settings, true, tools);
}

struct test_case {
  std::string_view name;
  std::string_view text;
  said want;
};

const test_case calls[] = {
    {"Hermes",
     R"(<tool_call>{"name":"f","arguments":{"a":1}}</tool_call>)",
     {R"(call: f {"a":1})"}},
    {"Hermes over lines",
     "<tool_call>\n{\"name\": \"f\", \"arguments\": {\"a\": [1, 2]}}\n</tool_call>",
     {R"(call: f {"a":[1,2]})"}},
    {"text before and after",
     R"(x <tool_call>{"name":"f","arguments":{}}</tool_call> y)",
     {"text: x ", "call: f {}", "text:  y"}},
    {"several",
     "<tool_call>{\"name\":\"f\",\"arguments\":{}}</tool_call>\n<tool_call>{\"name\":\"g\","
     "\"arguments\":{}}</tool_call>\n",
     {"call: f {}", "call: g {}"}},
    {"several in one block",
     R"(<tool_call>{"name":"f","arguments":{}} {"name":"g","arguments":{}}</tool_call>)",
     {"call: f {}", "call: g {}"}},
    {"text between",
     R"(<tool_call>{"name":"f"}</tool_call> and <tool_call>{"name":"g"}</tool_call>)",
     {"call: f {}", "text:  and ", "call: g {}"}},
    {"parameters in place of arguments",
     R"(<tool_call>{"name":"f","parameters":{"a":1}}</tool_call>)",
     {R"(call: f {"a":1})"}},
    {"arguments as text",
     R"(<tool_call>{"name":"f","arguments":"{\"a\": 1}"}</tool_call>)",
     {R"(call: f {"a":1})"}},
    {"null arguments", R"(<tool_call>{"name":"f","arguments":null}</tool_call>)", {"call: f {}"}},
    {"the end in a string",
     R"(<tool_call>{"name":"f","arguments":{"a":"</tool_call>"}}</tool_call>)",
     {R"(call: f {"a":"</tool_call>"})"}},
    {"numbers keep their spelling",
     R"(<tool_call>{"name":"f","arguments":{"a":1.50,"b":12345678901234567890}}</tool_call>)",
     {R"(call: f {"a":1.50,"b":12345678901234567890})"}},
    {"a raw line end in a string",
     "<tool_call>{\"name\":\"f\",\"arguments\":{\"a\":\"x\ny\"}}</tool_call>",
     {R"(call: f {"a":"x\ny"})"}},
    {"a Python dict",
     "<tool_call>{'name': 'f', 'arguments': {'a': True}}</tool_call>",
     {R"(call: f {"a":true})"}},
    {"a function with JSON", R"(<function=f>{"a": 1}</function>)", {R"(call: f {"a":1})"}},
    {"a function without arguments", "<function=f></function>", {"call: f {}"}},
    {"Qwen Coder",
     "<tool_call>\n<function=f>\n<parameter=a>\nx\n\ny\n</parameter>\n<parameter=b>\n1\n</"
     "parameter>\n"
     "</function>\n</tool_call>",
     {R"(call: f {"a":"x\n\ny","b":1})"}},
    {"Qwen Coder, bare and on one line",
     "<function=f><parameter=a>x</parameter></function>",
     {R"(call: f {"a":"x"})"}},
    {"values where nothing is declared",
     "<function=f><parameter=a>true</parameter><parameter=b>{\"c\": null}</parameter>"
     "<parameter=d>\"quoted\"</parameter><parameter=e></parameter></function>",
     {R"(call: f {"a":true,"b":{"c":null},"d":"\"quoted\"","e":""})"}},
    {"a parameter twice",
     "<function=f><parameter=a>x</parameter><parameter=a>y</parameter></function>",
     {R"(call: f {"a":"y"})"}},
    {"Mistral's list",
     R"([TOOL_CALLS] [{"name": "f", "arguments": {"a": 1}}, {"name": "g", "arguments": {}}])",
     {R"(call: f {"a":1})", "call: g {}"}},
    {"Mistral's names",
     R"([TOOL_CALLS]f{"a": 1}[TOOL_CALLS]g{})",
     {R"(call: f {"a":1})", "call: g {}"}},
    {"Mistral's marks", R"([TOOL_CALLS]f[CALL_ID]abc123def[ARGS]{"a": 1})", {R"(call: f {"a":1})"}},
    {"DeepSeek",
     "<｜DSML｜function_calls>\n<｜DSML｜invoke name=\"f\">\n"
     "<｜DSML｜parameter name=\"a\" string=\"true\">1</｜DSML｜parameter>\n"
     "<｜DSML｜parameter name=\"b\" string=\"false\">[1, 2]</｜DSML｜parameter>\n"
     "</｜DSML｜invoke>\n<｜DSML｜invoke name=\"g\">\n</｜DSML｜invoke>\n</｜DSML｜function_calls>",
     {R"(call: f {"a":"1","b":[1,2]})", "call: g {}"}},
    {"DeepSeek, newer",
     "<｜DSML｜tool_calls><｜DSML｜invoke name=\"f\">{\"a\": "
     "1}</｜DSML｜invoke></｜DSML｜tool_calls>",
     {R"(call: f {"a":1})"}},
    {"behind a tag that was none",
     R"(<tool_call><tool_call>{"name":"f"}</tool_call>)",
     {"text: <tool_call>", "call: f {}"}},
    {"behind half a tag", R"(<<tool_<function=f>{}</function>)", {"text: <<tool_", "call: f {}"}},
};

TEST(TextCalls, WhatReadsAsACallIsOne) {
  for (const test_case& c : calls) {
    SCOPED_TRACE(c.name);
    expect_told([] { return rules(); }, c.text, c.want);
  }
}

TEST(TextCalls, WhatDoesNotReadAsACallIsUntouched) {
  const std::string_view texts[] = {
      "",
      "plain",
      "a < b, [1], <b>, [TOOL",
      "<tool_call>",
      "<tool_call> is how calls begin",
      R"(<tool_call>{"name":"f","arguments":{}})",
      R"(<tool_call>{"name":"f","arguments":{}}</tool_call)",
      R"(<tool_call>{"name":"f","arguments":{}} or so</tool_call>)",
      R"(<tool_call>{"name":"f","arguments":{"a":1})",
      R"(<tool_call>{"name":"f","arguments":[1]}</tool_call>)",
      R"(<tool_call>{"name":"f","arguments":"none"}</tool_call>)",
      R"(<tool_call>{"name":"","arguments":{}}</tool_call>)",
      R"(<tool_call>{"name":7,"arguments":{}}</tool_call>)",
      R"(<tool_call>{"arguments":{}}</tool_call>)",
      R"(<tool_call>{"name":"f" "arguments":{}}</tool_call>)",
      R"(<tool_call>[{"name":"f","arguments":{}}]</tool_call>)",
      "<tool_call></tool_call>",
      "<tool_call>f</tool_call>",
      "<function=f>",
      "<function=>{}</function>",
      "<function=f g>{}</function>",
      "<function=f>{}",
      "<function=f>{}{}</function>",
      "<function=f>x</function>",
      "<function=f>[]</function>",
      "<function=f><parameter=a>x</function>",
      "<function=f><parameter=a>x</parameter>",
      "<function=f><parameter=a>x</parameter>{}</function>",
      "<function=f><parameter=>x</parameter></function>",
      "<tool_call><function=f></function>",
      "[TOOL_CALLS]",
      "[TOOL_CALLS] is a token",
      "[TOOL_CALLS][]",
      "[TOOL_CALLS][1]",
      R"([TOOL_CALLS][{"name":"f","arguments":{}})",
      R"([TOOL_CALLS][{"name":"f","arguments":{}},{}])",
      "[TOOL_CALLS]f",
      "[TOOL_CALLS]f[]",
      "[TOOL_CALLS]f[ARGS]",
      "[TOOL_CALLS]{}",
      "<｜DSML｜function_calls></｜DSML｜function_calls>",
      "<｜DSML｜function_calls><｜DSML｜invoke name=\"f\"></｜DSML｜invoke>",
      "<｜DSML｜function_calls><｜DSML｜invoke name=\"f\"></｜DSML｜invoke></｜DSML｜tool_calls>",
      "<｜DSML｜tool_calls><｜DSML｜invoke name=\"f\"><｜DSML｜parameter name=\"a\">1",
      "<｜DS",
  };
  for (const std::string_view text : texts)
    expect_told([] { return rules(); }, text,
                text.empty() ? said{} : said{"text: " + std::string(text)});
}

TEST(TextCalls, AParameterIsWhatItWasDeclaredAs) {
  constexpr std::string_view tools = R"([{"type":"function","function":{"name":"write","parameters":
    {"type":"object","properties":{"path":{"type":"string"},"lines":{"type":"integer"},
     "force":{"type":"boolean"},"note":{"type":["string","null"]},"any":{"anyOf":[]}}}}}])";
  const auto write = [&](std::string_view parameter, std::string_view value) {
    const std::string text = "<function=write><parameter=" + std::string(parameter) + ">" +
                             std::string(value) + "</parameter></function>";
    return told(rules(tools), testing::pieces{text});
  };
  EXPECT_EQ(write("path", "{\"a\":  1}"), said{R"(call: write {"path":"{\"a\":  1}"})"});
  EXPECT_EQ(write("path", "2024"), said{R"(call: write {"path":"2024"})"});
  EXPECT_EQ(write("lines", "10"), said{R"(call: write {"lines":10})"});
  EXPECT_EQ(write("lines", "ten"), said{R"(call: write {"lines":"ten"})"});
  EXPECT_EQ(write("force", "True"), said{R"(call: write {"force":true})"});
  EXPECT_EQ(write("note", "null"), said{R"(call: write {"note":"null"})"});
  EXPECT_EQ(write("any", "null"), said{R"(call: write {"any":null})"});
  EXPECT_EQ(write("other", "10"), said{R"(call: write {"other":10})"});
  EXPECT_EQ(write("other", "True"), said{R"(call: write {"other":"True"})"});
}

TEST(TextCalls, OnlyWhatTheClientOfferedIsCalled) {
  constexpr std::string_view tools = R"([{"type":"function","function":{"name":"f"}}])";
  const std::string_view text = R"(<tool_call>{"name":"g","arguments":{}}</tool_call>)";
  EXPECT_EQ(told(rules(tools), testing::pieces{text}), said{"text: " + std::string(text)});
  EXPECT_EQ(told(rules(tools), testing::pieces{"<function=f></function>"}), said{"call: f {}"});
  EXPECT_EQ(told(rules("not JSON"), testing::pieces{"<function=h></function>"}),
            said{"call: h {}"});
}

TEST(TextCalls, WithoutToolsInTheRequestNothingIsACall) {
  stream_settings settings;
  settings.tools_in_text = true;
  EXPECT_FALSE(text_rules(settings, false).active());
}

TEST(TextCalls, TextIsHeldOnlyWhileItMayBecomeACall) {
  const auto at_once = [](std::string_view delta) {
    text_rules r = rules();
    std::vector<text_piece> out;
    r.take(delta, out);
    return testing::merged(out);
  };
  EXPECT_EQ(at_once("plain"), said{"text: plain"});
  EXPECT_EQ(at_once("a <tool"), said{"text: a "});
  EXPECT_EQ(at_once("a <toolbox"), said{"text: a <toolbox"});
  EXPECT_EQ(at_once("<tool_call> "), said{});
  EXPECT_EQ(at_once("<tool_call> is"), said{"text: <tool_call> is"});
  EXPECT_EQ(at_once("<function=f>{} x"), said{"text: <function=f>{} x"});
  EXPECT_EQ(at_once("[TOOL_CALLS] token"), said{});
  EXPECT_EQ(at_once("[TOOL_CALLS] token then"), said{"text: [TOOL_CALLS] token then"});
}

TEST(TextCalls, WhatMayBecomeACallIsBounded) {
  const auto of_size = [](std::size_t bytes) {
    std::string text = "<function=f><parameter=a>";
    const std::string_view end = "</parameter></function>";
    text.append(bytes - text.size() - end.size(), 'x');
    return text + std::string(end);
  };
  for (const std::size_t length : {std::size_t{1000}, std::size_t{1} << 20}) {
    const auto cut = [&](const std::string& text) {
      std::vector<std::string_view> parts;
      for (std::size_t at = 0; at < text.size(); at += length)
        parts.push_back(std::string_view(text).substr(at, length));
      return told(rules(), parts);
    };
    const said whole = cut(of_size(limits::max_text_call_bytes) + "!");
    ASSERT_EQ(whole.size(), 2U);
    EXPECT_EQ(whole[0].substr(0, 7), "call: f");
    EXPECT_EQ(whole[1], "text: !");
    const std::string longer = of_size(limits::max_text_call_bytes + 1) + "<function=g></function>";
    EXPECT_EQ(cut(longer),
              (said{"text: " + of_size(limits::max_text_call_bytes + 1), "call: g {}"}));
  }
}

TEST(TextCalls, NamesAndCallsAreCounted) {
  const auto named = [](std::size_t bytes) {
    return "<function=" + std::string(bytes, 'f') + "></function>";
  };
  const auto of = [](const std::string& text) { return told(rules(), testing::pieces{text}); };
  EXPECT_EQ(of(named(limits::max_text_call_name_bytes))[0].substr(0, 7), "call: f");
  EXPECT_EQ(of(named(limits::max_text_call_name_bytes + 1)),
            said{"text: " + named(limits::max_text_call_name_bytes + 1)});

  const auto list = [](std::size_t n) {
    std::string text = "[TOOL_CALLS][{\"name\":\"f\"}";
    for (std::size_t i = 1; i < n; ++i) text += ",{\"name\":\"f\"}";
    return text + "]";
  };
  EXPECT_EQ(of(list(limits::max_tool_calls)).size(), limits::max_tool_calls);
  EXPECT_EQ(of(list(limits::max_tool_calls + 1)),
            said{"text: " + list(limits::max_tool_calls + 1)});

  const auto parameters = [](std::size_t n) {
    std::string text = "<function=f>";
    for (std::size_t i = 0; i < n; ++i)
      text += "<parameter=p" + std::to_string(i) + ">x</parameter>";
    return text + "</function>";
  };
  EXPECT_EQ(of(parameters(limits::max_vendor_members))[0].substr(0, 7), "call: f");
  EXPECT_EQ(of(parameters(limits::max_vendor_members + 1)),
            said{"text: " + parameters(limits::max_vendor_members + 1)});
}

TEST(TextCalls, SpaceBehindACallIsBounded) {
  const std::string most(limits::max_held_space_bytes, '\n');
  const auto of = [](const std::string& text) { return told(rules(), testing::pieces{text}); };
  EXPECT_EQ(of("<function=f></function>" + most), said{"call: f {}"});
  EXPECT_EQ(of("<function=f></function>" + most + "\n"),
            (said{"call: f {}", "text: " + most + "\n"}));
}

}  // namespace
}  // namespace weir::openai
