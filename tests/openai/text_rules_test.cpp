#include "openai/text_rules.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <string>
#include <utility>
#include <vector>

#include "openai/text_pieces.h"

namespace weir::openai {
namespace {

using testing::said;
using testing::told;

stream_settings every_rule() {
  stream_settings settings;
  settings.think_tags = true;
  settings.tools_in_text = true;
  settings.strip_tokens = true;
  return settings;
}

stream_settings cut_blind_rules() {
  stream_settings settings;
  settings.think_tags = true;
  settings.tools_in_text = true;
  return settings;
}

TEST(TextRules, AreInactiveWithoutASetting) {
  text_rules rules(stream_settings{}, true);
  EXPECT_FALSE(rules.active());
  std::vector<text_piece> out;
  rules.take("<think>a</think>", out);
  rules.take("", out);
  rules.finish(out);
  EXPECT_EQ(testing::merged(out), said{"text: <think>a</think>"});
  for (bool stream_settings::*setting :
       {&stream_settings::think_tags, &stream_settings::tools_in_text,
        &stream_settings::strip_tokens}) {
    stream_settings settings;
    settings.*setting = true;
    EXPECT_TRUE(text_rules(settings, true).active());
  }
}

TEST(TextRules, WhatNoRuleTouchesIsOnePieceEqualToTheInput) {
  text_rules rules(every_rule(), true);
  std::vector<text_piece> out;
  rules.take("Hello", out);
  ASSERT_EQ(out.size(), 1U);
  EXPECT_EQ(out[0].text, "Hello");
  out.clear();
  rules.take(" world, a < b [1]", out);
  ASSERT_EQ(out.size(), 1U);
  EXPECT_EQ(out[0].text, " world, a < b [1]");
}

TEST(TextRules, ApplyInTheirOrder) {
  struct test_case {
    std::string_view name;
    std::vector<std::string_view> deltas;
    said want;
  };
  const test_case cases[] = {
      {"a thought, text, a call, a token",
       {"<think>hm</think>", "I look.", "<tool_call>{\"name\":\"f\"}</tool_call>", "<|im_end|>"},
       {"reasoning: hm", "text: I look.", "call: f {}"}},
      {"a token, then a call in the text",
       {"a", "<|im_end|>", "<function=f>", "</function>"},
       {"text: a", "call: f {}"}},
      {"a token, then what only looks like one",
       {"a", "<|im_end|>", "<function=f>", "!"},
       {"text: a<|im_end|><function=f>!"}},
      {"a token between two calls",
       {"<function=f></function>", "<|call|>", "<function=g></function>"},
       {"call: f {}", "call: g {}"}},
      {"a token inside a call",
       {"<function=f><parameter=a>x", "</s>", "</parameter></function>"},
       {"call: f {\"a\":\"x</s>\"}"}},
      {"a token inside what does not become a call",
       {"<function=f><parameter=a>", "</s>"},
       {"text: <function=f><parameter=a></s>"}},
      {"a token behind half a tag", {"a<tool", "</s>"}, {"text: a<tool"}},
      {"a call in a thought is a thought",
       {"<think><function=f></function></think>a"},
       {"reasoning: <function=f></function>", "text: a"}},
      {"a token in a thought",
       {"<think>a", "</s>", "b</think>c"},
       {"reasoning: a</s>b", "text: c"}},
      {"a token at the end of a thought", {"<think>a", "</s>"}, {"reasoning: a"}},
      {"a token before a thought", {"</s>", "<think>a</think>"}, {"text: </s><think>a</think>"}},
      {"a thought that a call follows",
       {"<think>a</think>\n", "<function=f></function>\n"},
       {"reasoning: a", "text: \n", "call: f {}"}},
  };
  for (const test_case& c : cases)
    EXPECT_EQ(told(text_rules(every_rule(), true), c.deltas), c.want) << c.name;
}

TEST(TextRules, GoOnAfterAFinish) {
  text_rules rules(every_rule(), true);
  std::vector<text_piece> out;
  rules.take("a<function=f><par", out);
  rules.finish(out);
  EXPECT_EQ(testing::merged(out), said{"text: a<function=f><par"});
  rules.take("</s>", out);
  rules.take("b<function=g></function>", out);
  rules.finish(out);
  EXPECT_EQ(testing::merged(out), (said{"text: a<function=f><par</s>b", "call: g {}"}));
}

TEST(TextRules, MoveWithTheirState) {
  text_rules rules(every_rule(), true);
  std::vector<text_piece> out;
  rules.take("<think>a</thi", out);
  text_rules moved = std::move(rules);
  moved.take("nk>b", out);
  moved.finish(out);
  EXPECT_EQ(testing::merged(out), (said{"reasoning: a", "text: b"}));
}

/// Text made of what the rules look for.
rc::Gen<std::string> tagged_text() {
  static const std::vector<std::string> words = {
      "<function=f>{}</function>",
      "<tool_call>{\"name\":\"f\"}</tool_call>",
      "[TOOL_CALLS]f{\"a\":[1]}",
      "<tool_call>\n<function=f>\n<parameter=a>\nx\n</parameter>\n</function>\n</tool_call>",
      "<think>",
      "</think>",
      "<tool_call>",
      "</tool_call>",
      "<function=f>",
      "</function>",
      "<parameter=a>",
      "</parameter>",
      "[TOOL_CALLS]",
      "[ARGS]",
      "f",
      "{}",
      "{\"name\":\"f\"}",
      "[{\"name\":\"g\",\"arguments\":{\"a\":\"<\"}}]",
      "{\"name\":\"f\",\"arguments\":{",
      "}",
      "<",
      "[",
      "\n",
      " ",
      "text",
      "</s>",
      "<｜DSML｜tool_calls>",
      "<｜DSML｜invoke name=\"f\">",
      "<｜DSML｜parameter name=\"a\" string=\"true\">",
      "</｜DSML｜parameter>",
      "</｜DSML｜invoke>",
      "</｜DSML｜tool_calls>",
      "\"",
      "{"};
  return rc::gen::map(rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(words)),
                      [](const std::vector<std::string>& chosen) {
                        std::string text;
                        for (const std::string& word : chosen) text += word;
                        return text;
                      });
}

std::vector<std::string> cut_anywhere(const std::string& text) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at < text.size();) {
    const auto length = *rc::gen::inRange<std::size_t>(1, 12);
    parts.push_back(text.substr(at, length));
    at += length;
  }
  return parts;
}

TEST(TextRulesProperty, ItMakesNoDifferenceWhereTheTextIsCut) {
  std::size_t with_calls = 0;
  EXPECT_TRUE(rc::check([&] {
    const std::string text = *tagged_text();
    const said want = told(text_rules(cut_blind_rules(), true), std::vector<std::string>{text});
    for (const std::string& piece : want)
      if (piece.starts_with("call")) ++with_calls;
    RC_ASSERT(told(text_rules(cut_blind_rules(), true), cut_anywhere(text)) == want);
  }));
  EXPECT_GT(with_calls, 0U);
}

TEST(TextRulesProperty, WhereNothingIsACallNoByteOfTheTextIsLost) {
  EXPECT_TRUE(rc::check([] {
    const std::string text = *tagged_text();
    stream_settings settings;
    settings.tools_in_text = true;
    std::vector<text_piece> out;
    text_rules rules(settings, true);
    for (const std::string& part : cut_anywhere(text)) rules.take(part, out);
    rules.finish(out);
    std::string joined;
    for (const text_piece& piece : out) {
      if (piece.what == text_piece::kind::call) return;
      joined += piece.text;
    }
    RC_ASSERT(joined == text);
  }));
}

}  // namespace
}  // namespace weir::openai
