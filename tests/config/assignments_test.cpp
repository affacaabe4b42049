#include "config/assignments.h"

#include <gtest/gtest.h>

namespace weir::config {
namespace {

TEST(Assignments, AreReadInTheWordsOfTheFile) {
  const auto read = parse_assignments({"mode=relaxed", "eof_as_stop=true", "heartbeat=2s",
                                       "eof_as_stop=false", "echo_model=alias"});
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(openai::stream_settings::conformance::relaxed, read->mode);
  EXPECT_EQ(false, read->eof_as_stop) << "the later counts";
  EXPECT_EQ(millis(2000), read->heartbeat);
  EXPECT_EQ(openai::stream_settings::model_echo::alias, read->echo_model);
  EXPECT_FALSE(read->role_content);
  EXPECT_FALSE(parse_assignments({})->mode);
}

TEST(Assignments, TheFirstMistakeIsNamedWithTheNearestRightWord) {
  const struct {
    std::vector<std::string> texts;
    std::string_view want;
  } cases[] = {
      {{"mode"}, "must be NAME=VALUE, not 'mode'"},
      {{"eof_as_stp=true"}, "unknown key 'eof_as_stp' (did you mean 'eof_as_stop'?)"},
      {{"mode=relaxd"}, "mode: must be 'strict' or 'relaxed' (did you mean 'relaxed'?)"},
      {{"mode="}, "mode: must be 'strict' or 'relaxed', but is empty"},
      {{"mode=a=b"}, "mode: must be 'strict' or 'relaxed'"},
      {{"echo_model=1"}, "echo_model: must be 'upstream' or 'alias', not a number"},
      {{"echo_model=${HOME}"}, "echo_model: must be 'upstream' or 'alias'"},
      {{"think_tags=yes"}, "think_tags: must be true or false (write true)"},
      {{"mode=strict", "validation=ful", "nonsense=1"},
       "validation: must be 'minimal' or 'full' (did you mean 'full'?)"},
  };
  for (const auto& c : cases) {
    const auto read = parse_assignments(c.texts);
    ASSERT_FALSE(read) << c.texts.back();
    EXPECT_EQ(c.want, read.error().message);
  }
}

}  // namespace
}  // namespace weir::config
