#include "openai/repeated_text.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <string>
#include <vector>

namespace weir::openai {
namespace {

std::vector<std::string> news_of(const std::vector<std::string>& texts) {
  repeated_text repeated;
  std::vector<std::string> out;
  for (const std::string& text : texts) out.emplace_back(repeated.news(text));
  return out;
}

TEST(RepeatedText, OnlyWhatIsNewIsLeft) {
  struct test_case {
    std::string_view name;
    std::vector<std::string> texts;
    std::vector<std::string> want;
  };
  const test_case cases[] = {
      {"each repeats what was before",
       {"Hello", "Hello, w", "Hello, world"},
       {"Hello", ", w", "orld"}},
      {"the whole again", {"Hello", "Hello", "Hello!"}, {"Hello", "", "!"}},
      {"nothing first", {"", "a", "ab"}, {"", "a", "b"}},
      {"plain deltas", {"Hel", "lo", " world"}, {"Hel", "lo", " world"}},
      {"a plain delta, then the whole", {"a", "b", "abc"}, {"a", "b", "c"}},
      {"a whole that differs", {"abcd", "abXdefgh"}, {"abcd", "abXdefgh"}},
      {"a whole that goes back", {"abcd", "abc"}, {"abcd", "abc"}},
      {"words longer than the hash reads at once",
       {"0123456789", "0123456789abcdefgh"},
       {"0123456789", "abcdefgh"}},
  };
  for (const test_case& c : cases) EXPECT_EQ(news_of(c.texts), c.want) << c.name;
}

TEST(RepeatedTextProperty, TheNewsOfAGrowingTextAreItsPieces) {
  EXPECT_TRUE(rc::check([](const std::vector<std::string>& pieces, std::uint8_t plain) {
    repeated_text repeated;
    std::string so_far;
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      const std::string grown = so_far + pieces[i];
      // Now and then an upstream sends the piece alone.
      const bool alone = (plain >> (i % 8) & 1) != 0 && !pieces[i].starts_with(so_far);
      RC_ASSERT(repeated.news(alone ? pieces[i] : grown) == pieces[i]);
      so_far = grown;
    }
  }));
}

TEST(RepeatedTextProperty, ATextThatDiffersInOneByteIsAllNew) {
  EXPECT_TRUE(rc::check([] {
    const auto text = *rc::gen::nonEmpty<std::string>();
    const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
    std::string other = text + "more";
    other[at] = static_cast<char>(other[at] ^ (1 << *rc::gen::inRange(0, 8)));
    repeated_text repeated;
    RC_ASSERT(repeated.news(text) == text);
    RC_ASSERT(repeated.news(other) == other);
  }));
}

}  // namespace
}  // namespace weir::openai
