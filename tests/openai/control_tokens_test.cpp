#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "openai/text_pieces.h"
#include "weir/base/limits.h"

namespace weir::openai {
namespace {

using testing::said;
using testing::told;

text_rules rules() {
  stream_settings settings;
  settings.strip_tokens = true;
  return text_rules(settings, true);
}

TEST(ControlTokens, ATokenAtTheEndIsLeftOut) {
  struct test_case {
    std::string_view name;
    std::vector<std::string_view> deltas;
    said want;
  };
  const test_case cases[] = {
      {"ChatML", {"Hi", "<|im_end|>"}, {"text: Hi"}},
      {"Llama 2", {"Hi", "</s>"}, {"text: Hi"}},
      {"Gemma", {"Hi", "<eos>"}, {"text: Hi"}},
      {"DeepSeek", {"Hi", "<｜end▁of▁sentence｜>"}, {"text: Hi"}},
      {"several", {"Hi", "<|eot_id|>", "<|end_of_text|>"}, {"text: Hi"}},
      {"nothing else", {"<|endoftext|>"}, {}},
      {"text follows", {"a", "</s>", "b"}, {"text: a</s>b"}},
      {"space follows", {"a", "</s>", "\n"}, {"text: a</s>\n"}},
      {"an empty delta follows", {"a", "</s>", ""}, {"text: a"}},
      {"text follows several", {"</s>", "<eos>", "b", "</s>"}, {"text: </s><eos>b"}},
      {"not the whole delta", {"Hi</s>"}, {"text: Hi</s>"}},
      {"in two deltas", {"Hi", "</", "s>"}, {"text: Hi</s>"}},
      {"no token", {"Hi", "<b>"}, {"text: Hi<b>"}},
  };
  for (const test_case& c : cases) EXPECT_EQ(told(rules(), c.deltas), c.want) << c.name;
}

TEST(ControlTokens, WhatFollowsCallsIsDecidedAnew) {
  text_rules r = rules();
  std::vector<text_piece> out;
  r.take("a", out);
  r.take("<|im_end|>", out);
  r.finish(out);  // calls
  r.take("b", out);
  r.take("<|im_end|>", out);
  r.take("c", out);
  r.finish(out);
  EXPECT_EQ(testing::merged(out), said{"text: ab<|im_end|>c"});
}

TEST(ControlTokens, NoMoreThanAFewWait) {
  for (const std::size_t n : {limits::max_held_tokens, limits::max_held_tokens + 1}) {
    text_rules r = rules();
    std::vector<text_piece> out;
    std::string all;
    for (std::size_t i = 0; i < n; ++i) {
      r.take("</s>", out);
      all += "</s>";
    }
    EXPECT_EQ(testing::merged(out), n == limits::max_held_tokens ? said{} : said{"text: " + all});
  }
}

}  // namespace
}  // namespace weir::openai
