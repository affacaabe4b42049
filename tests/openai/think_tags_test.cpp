#include <gtest/gtest.h>

#include <string>

#include "openai/text_pieces.h"
#include "weir/base/limits.h"

namespace weir::openai {
namespace {

using testing::expect_told;
using testing::said;
using testing::told;

text_rules rules(bool opened = false) {
  stream_settings settings;
  settings.think_tags = true;
  settings.think_opened = opened;
  return text_rules(settings, false);
}

struct test_case {
  std::string_view name;
  std::string_view text;
  said want;
};

TEST(ThinkTags, ALeadingThoughtIsReasoning) {
  const test_case cases[] = {
      {"a thought, then text", "<think>a</think>b", {"reasoning: a", "text: b"}},
      {"its line ends stay", "<think>\na\n</think>\n\nb", {"reasoning: \na\n", "text: \n\nb"}},
      {"space in front is the thought's", " \n<think>a</think>b", {"reasoning:  \na", "text: b"}},
      {"an empty thought", "<think></think>b", {"text: b"}},
      {"a thought without an end", "<think>a", {"reasoning: a"}},
      {"that ends in half a tag", "<think>a</thi", {"reasoning: a</thi"}},
      {"other tags in it",
       "<think>a<think></b></thinking></think>c",
       {"reasoning: a<think></b></thinking>", "text: c"}},
      {"a second thought is text",
       "<think>a</think>b<think>c</think>d",
       {"reasoning: a", "text: b<think>c</think>d"}},
      {"also at once",
       "<think>a</think><think>c</think>",
       {"reasoning: a", "text: <think>c</think>"}},
      {"no thought at the start", "b<think>a</think>", {"text: b<think>a</think>"}},
      {"another tag", "<thinking>a</thinking>", {"text: <thinking>a</thinking>"}},
      {"capitals", "<THINK>a</THINK>", {"text: <THINK>a</THINK>"}},
      {"half a tag", "<thi", {"text: <thi"}},
      {"space only", " \n", {"text:  \n"}},
      {"nothing", "", {}},
      {"the end of a thought begun in the prompt, at the start",
       "\n</think>b",
       {"reasoning: \n", "text: b"}},
      {"and later", "a</think>b", {"text: a</think>b"}},
      {"text before < in pieces", "a<b<</c", {"text: a<b<</c"}},
  };
  for (const test_case& c : cases) {
    SCOPED_TRACE(c.name);
    expect_told([] { return rules(); }, c.text, c.want);
  }
}

TEST(ThinkTags, WhereThePromptOpensTheThoughtTheTextBeginsInIt) {
  const test_case cases[] = {
      {"a thought, then text", "a\n</think>b", {"reasoning: a\n", "text: b"}},
      {"opened once more", "\n<think>a</think>b", {"reasoning: \na", "text: b"}},
      {"the end at once", "</think>b", {"text: b"}},
      {"a second end is text", "a</think>b</think>c", {"reasoning: a", "text: b</think>c"}},
      {"without an end", "a <thi", {"reasoning: a <thi"}},
      {"nothing but space", " ", {"reasoning:  "}},
  };
  for (const test_case& c : cases) {
    SCOPED_TRACE(c.name);
    expect_told([] { return rules(true); }, c.text, c.want);
  }
}

TEST(ThinkTags, NothingWaitsThatIsNoTag) {
  text_rules r = rules();
  std::vector<text_piece> out;
  r.take("<think>step one <", out);
  EXPECT_EQ(testing::merged(out), said{"reasoning: step one "});
  out.clear();
  r.take("b", out);
  EXPECT_EQ(testing::merged(out), said{"reasoning: <b"});
  out.clear();
  r.take("</think", out);
  EXPECT_TRUE(out.empty());
  r.take(">", out);
  EXPECT_TRUE(out.empty());
  r.take("a < b", out);
  EXPECT_EQ(testing::merged(out), said{"text: a < b"});
}

TEST(ThinkTags, SpaceInFrontIsBounded) {
  const std::string most(limits::max_held_space_bytes, ' ');
  const std::string more = most + " ";
  for (const std::size_t length : {std::size_t{1}, std::size_t{7}, std::size_t{5000}}) {
    const auto cut = [&](const std::string& text) {
      std::vector<std::string_view> parts;
      for (std::size_t at = 0; at < text.size(); at += length)
        parts.push_back(std::string_view(text).substr(at, length));
      return told(rules(), parts);
    };
    EXPECT_EQ(cut(most + "<think>a</think>b"), (said{"reasoning: " + most + "a", "text: b"}));
    EXPECT_EQ(cut(more + "<think>a</think>b"), said{"text: " + more + "<think>a</think>b"});
  }
}

}  // namespace
}  // namespace weir::openai
