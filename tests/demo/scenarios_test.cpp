#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "demo/harness.h"
#include "demo/reply.h"
#include "demo/scenario.h"

namespace weir::testing {
namespace {

using framing = demo::recording::framing;

std::string body_of(const demo::reply& r) {
  std::string all;
  for (const demo::reply::part& part : r.body) all += part.bytes;
  return all;
}

/// The answer with what differs from time to time made equal.
std::string without_stamp(std::string text) {
  constexpr std::size_t id_length = 38;  // chatcmpl- and 29 characters
  for (std::size_t at = 0; (at = text.find("chatcmpl-", at)) != std::string::npos; at += 2)
    text.replace(at, id_length, "ID");
  const std::string created = R"("created":)";
  for (std::size_t at = 0; (at = text.find(created, at)) != std::string::npos;) {
    at += created.size();
    text.erase(at, text.find_first_not_of("0123456789", at) - at);
  }
  return text;
}

TEST(DemoScenarios, NamesAreUniqueAndEveryFaultIsOneSentence) {
  std::set<std::string_view> names;
  for (const demo::scenario& s : demo::make_scenarios()) {
    EXPECT_TRUE(s.model.starts_with("demo/")) << s.model;
    EXPECT_TRUE(names.insert(s.model).second) << s.model;
    EXPECT_TRUE(s.fault.ends_with('.')) << s.model;
    EXPECT_EQ(s.fault.find('\n'), std::string_view::npos) << s.model;
  }
  for (const char* promised :
       {"demo/clean", "demo/no-role", "demo/no-done", "demo/json-only", "demo/sse-only",
        "demo/crlf", "demo/truncated", "demo/error-midway", "demo/tools"})
    EXPECT_TRUE(names.contains(promised)) << promised;  // docs/demo.md
}

TEST(DemoScenarios, NoPlaceholderIsLeftInAnyAnswer) {
  for (const demo::scenario& s : demo::make_scenarios())
    for (const bool stream : {true, false})
      for (const bool usage : {true, false})
        for (const std::uint32_t n : {1U, 4U}) {
          const demo::reply r =
              demo::answer(s, {std::string(s.model), stream, usage, n}, {"chatcmpl-1", 1});
          EXPECT_EQ(body_of(r).find('$'), std::string::npos) << s.model << '\n' << body_of(r);
        }
}

TEST(DemoScenarios, EveryModelAnswersAsItsTableSays) {
  for (const demo::scenario& s : demo::make_scenarios()) {
    for (const bool stream : {true, false}) {
      const demo::recording& table = stream ? s.stream : s.document;
      const demo::reply want = demo::answer(s, {std::string(s.model), stream, false, 1},
                                            {"chatcmpl-AAAAAAAAAAAAAAAAAAAAAAAAAAAAA", 1});
      const demo_response got = replay_of(s.model, stream);
      EXPECT_EQ(got.status, table.status) << s.model;
      EXPECT_EQ(got.content_type, table.content_type) << s.model;
      EXPECT_EQ(without_stamp(got.body), without_stamp(body_of(want))) << s.model;
      EXPECT_EQ(got.whole, table.how != framing::cut) << s.model;
      EXPECT_EQ(got.keep_alive, table.how != framing::cut) << s.model;
      for (const auto& [name, value] : table.headers) {
        ASSERT_EQ(name, "Retry-After");
        EXPECT_EQ(got.retry_after, value) << s.model;
      }
    }
  }
}

TEST(DemoScenarios, EveryAnswerSaysThatItIsCanned) {
  for (const demo::scenario& s : demo::make_scenarios()) {
    if (s.stream.status != 200 || s.model == "demo/tools") continue;
    for (const bool stream : {true, false}) {
      const std::string body = replay_of(s.model, stream).body;
      if (body.find("\"choices\":[{") == std::string::npos) continue;  // an error, or nothing
      EXPECT_NE(body.find(" canned answer"), std::string::npos) << s.model << '\n' << body;
    }
  }
}

TEST(DemoScenarios, EachChoiceIsAnsweredWhenSeveralAreAskedFor) {
  for (const std::string_view model : {"demo/clean", "demo/no-role", "demo/json-only",
                                       "demo/unterminated", "demo/tools", "demo/empty-finish"}) {
    for (const bool stream : {true, false}) {
      const std::string body = replay_of(model, stream, false, 4).body;
      for (const char* index : {"0", "1", "2", "3"})
        EXPECT_NE(body.find("{\"index\":" + std::string(index) + ",\""), std::string::npos)
            << model << ' ' << index;
      EXPECT_EQ(body.find("{\"index\":4,\""), std::string::npos) << model;
    }
  }
}

TEST(DemoScenarios, UsageComesInAStreamOnlyWhenItIsAskedFor) {
  for (const std::string_view model : {"demo/clean", "demo/no-role", "demo/ndjson"}) {
    EXPECT_EQ(replay_of(model, true, false).body.find("usage"), std::string::npos) << model;
    const std::string asked = replay_of(model, true, true).body;
    EXPECT_NE(asked.find(R"("usage":null)"), std::string::npos) << model;
    EXPECT_NE(asked.find(R"("total_tokens":26)"), std::string::npos) << model;
  }
}

}  // namespace
}  // namespace weir::testing
