#include "config/discover.h"

#include <gtest/gtest.h>

#include "config/loading.h"
#include "config/values.h"

namespace weir::config {
namespace {

using found = std::vector<std::string>;

found names_and_urls(const std::vector<upstream>& upstreams) {
  found out;
  for (const upstream& u : upstreams) out.push_back(u.name + ' ' + to_text(u.url));
  return out;
}

TEST(Discover, EachKeyIsAnUpstream) {
  const auto all = upstreams_from_environment([](const std::string& name) {
    return name.ends_with("_API_KEY") ? std::optional<std::string>("k-" + name) : std::nullopt;
  });
  ASSERT_TRUE(all);
  EXPECT_EQ((found{"openai https://api.openai.com/v1", "groq https://api.groq.com/openai/v1",
                   "mistral https://api.mistral.ai/v1", "deepseek https://api.deepseek.com/v1",
                   "openrouter https://openrouter.ai/api/v1", "xai https://api.x.ai/v1",
                   "together https://api.together.xyz/v1",
                   "gemini https://generativelanguage.googleapis.com/v1beta/openai"}),
            names_and_urls(*all));
  EXPECT_EQ("k-OPENAI_API_KEY", all->front().key.reveal());
  EXPECT_EQ("k-GEMINI_API_KEY", all->back().key.reveal());
}

TEST(Discover, NoKeyIsNoUpstream) {
  EXPECT_TRUE(upstreams_from_environment(variables({}))->empty());
  EXPECT_TRUE(upstreams_from_environment(variables({{"GROQ_API_KEY", ""}}))->empty());
  EXPECT_TRUE(upstreams_from_environment(variables({{"OPENAI_BASE_URL", "http://h"}}))->empty());
}

TEST(Discover, TheBaseUrlMovesOpenai) {
  const auto moved = upstreams_from_environment(
      variables({{"OPENAI_API_KEY", "k"}, {"OPENAI_BASE_URL", "http://127.0.0.1:1234/v1/"}}));
  EXPECT_EQ(found{"openai http://127.0.0.1:1234/v1"}, names_and_urls(*moved));
  const auto empty =
      upstreams_from_environment(variables({{"OPENAI_API_KEY", "k"}, {"OPENAI_BASE_URL", ""}}));
  EXPECT_EQ(found{"openai https://api.openai.com/v1"}, names_and_urls(*empty));
}

TEST(Discover, AVariableThatCannotBeUsedIsNamedAndNotShown) {
  const auto bad = upstreams_from_environment(variables({{"OPENAI_API_KEY", "k"},
                                                         {"OPENAI_BASE_URL", "http://u:hunter2@h"},
                                                         {"XAI_API_KEY", "hunter2\n"}}));
  ASSERT_FALSE(bad);
  found lines;
  for (const problem& p : bad.error()) lines.push_back(to_string(p));
  EXPECT_EQ((found{"OPENAI_BASE_URL: a url must not hold credentials ('@'): write them as 'key:' "
                   "or 'headers:'",
                   "XAI_API_KEY: holds a character that cannot be sent in a header"}),
            lines);
}

TEST(Discover, LocalServersAreProbedOnTheirUsualPorts) {
  EXPECT_EQ((found{"ollama http://127.0.0.1:11434/v1", "lm-studio http://127.0.0.1:1234/v1",
                   "vllm http://127.0.0.1:8000/v1", "llama.cpp http://127.0.0.1:8080/v1"}),
            names_and_urls(local_candidates()));
}

}  // namespace
}  // namespace weir::config
