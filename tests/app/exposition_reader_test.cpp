#include "app/exposition_reader.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <string>

#include "weir/base/limits.h"

namespace weir::app {
namespace {

std::string told(const exposition_read& read) {
  std::string out;
  for (const exposition_sample& s : read.samples) {
    out += s.name;
    for (const auto& [name, value] : s.labels) out += "|" + name + "=" + value;
    out.append(" ").append(std::isnan(s.value) ? "nan" : std::to_string(s.value)).append(";");
  }
  return out + std::to_string(read.skipped);
}

TEST(ExpositionReader, ReadsSamplesAndPassesOverTheRest) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "0"},
      {"\n\n", "0"},
      {"# HELP a b\n# TYPE a counter\n#\n", "0"},
      {"a 1\n", "a 1.000000;0"},
      {"a 1", "a 1.000000;0"},
      {"a 1\r\n", "a 1.000000;0"},
      {"  a\t 1 \n", "a 1.000000;0"},
      {"a:b_c9 2.5e1\n", "a:b_c9 25.000000;0"},
      {"a 1 1790000000000\n", "a 1.000000;0"},
      {"a{} 1\n", "a 1.000000;0"},
      {"a{b=\"c\"} 1\n", "a|b=c 1.000000;0"},
      {"a{b=\"c\",d=\"e\"} 1\n", "a|b=c|d=e 1.000000;0"},
      {"a{b=\"c\",} 1\n", "a|b=c 1.000000;0"},
      {"a { b = \"c\" , d = \"e\" } 1\n", "a|b=c|d=e 1.000000;0"},
      {"a{b=\"x\\\\y\\\"z\\n\"} 1\n", "a|b=x\\y\"z\n 1.000000;0"},
      {"a{b=\"}, {\"} 1\n", "a|b=}, { 1.000000;0"},
      {"a{b=\"\"} 1\n", "a|b= 1.000000;0"},
      {"a +Inf\nb -Inf\nc NaN\n", "a inf;b -inf;c nan;0"},
      {"a\n", "1"},
      {"a x\n", "1"},
      {"a 1x\n", "1"},
      {"a ++1\n", "1"},
      {"9a 1\n", "1"},
      {"a{b=c} 1\n", "1"},
      {"a{b=\"c} 1\n", "1"},
      {"a{b=\"c\"d=\"e\"} 1\n", "1"},
      {"a{b=\"c\" 1\n", "1"},
      {"a{=\"c\"} 1\n", "1"},
      {"a{b=\"c\\", "1"},
      {"<html>\na 1\n", "a 1.000000;1"},
  };
  for (const auto& [text, want] : cases) EXPECT_EQ(want, told(read_exposition(text))) << text;
}

TEST(ExpositionReader, ALabelThatIsNotThereIsEmpty) {
  const exposition_read read = read_exposition("a{b=\"c\"} 1\n");
  ASSERT_EQ(1U, read.samples.size());
  EXPECT_EQ("c", read.samples[0].label("b"));
  EXPECT_EQ("", read.samples[0].label("c"));
}

TEST(ExpositionReader, KeepsNoMoreSamplesThanItsBound) {
  std::string text;
  for (std::size_t i = 0; i < limits::max_exposition_samples + 3; ++i) text += "a 1\n";
  const exposition_read read = read_exposition(text);
  EXPECT_EQ(limits::max_exposition_samples, read.samples.size());
  EXPECT_EQ(3U, read.skipped);
}

RC_GTEST_PROP(ExpositionReader, EveryLineIsASampleACommentOrSkipped, ()) {
  const auto text = *rc::gen::container<std::string>(
      rc::gen::weightedOneOf<char>({{8, rc::gen::elementOf(std::string("a{}=\"\\, 1.#\nNI+-\r\t"))},
                                    {1, rc::gen::arbitrary<char>()}}));
  const exposition_read read = read_exposition(text);
  std::size_t lines = 1;
  for (const char c : text) lines += c == '\n' ? 1 : 0;
  RC_ASSERT(read.samples.size() + read.skipped <= lines);
}

}  // namespace
}  // namespace weir::app
