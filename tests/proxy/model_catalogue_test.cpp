#include "proxy/model_catalogue.h"

#include <gtest/gtest.h>

#include "support/routes.h"
#include "weir/base/limits.h"

namespace weir::proxy {
namespace {

std::string told(std::string_view body) {
  const auto models = read_model_list(body, "owner", 7);
  if (!models) return "no list";
  std::string out;
  for (const model_entry& m : *models)
    out += m.id + '|' + m.owned_by + '|' + std::to_string(m.created) + ' ';
  return out;
}

TEST(ModelList, EveryShapeSeenIsRead) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"object":"list","data":[{"id":"a","object":"model","created":3,"owned_by":"x"}]})",
       "a|x|3 "},
      {R"({"data":[{"id":"a"},{"id":"b"}]})", "a|owner|7 b|owner|7 "},
      {R"({"models":[{"model":"a"},{"name":"b"}]})", "a|owner|7 b|owner|7 "},
      {R"([{"id":"a"}])", "a|owner|7 "},
      {R"(["a","b"])", "a|owner|7 b|owner|7 "},
      {R"({"data":[{"id":"a","created":1.5,"owned_by":null},{"id":3},{},null]})", "a|owner|7 "},
      {R"({"data":[{"id":"a\u002fb"}]})", "a/b|owner|7 "},
      {R"({"data":[]})", ""},
      {R"({"error":{"message":"no"}})", "no list"},
      {R"(<html>)", "no list"},
      {"", "no list"},
  };
  for (const auto& [body, want] : cases) EXPECT_EQ(want, told(body)) << body;
}

TEST(ModelList, ItIsBounded) {
  std::string body = "[";
  for (std::size_t i = 0; i < limits::max_listed_models + 5; ++i)
    body += (i == 0 ? "\"" : ",\"") + std::to_string(i) + '"';
  body += ']';
  EXPECT_EQ(limits::max_listed_models, read_model_list(body, "o", 0)->size());
}

TEST(ModelCatalogue, AliasesComeFirstAndTheFirstOfEqualNamesCounts) {  // MOD-1
  config::config config;
  config.upstreams.resize(2);
  config.upstreams[0].name = "a";
  config.upstreams[1].name = "b";
  config.models = {test::route_to("alias", "b", "y"), test::route_to("gpt-*", "a"),
                   test::route_to("x", "b")};
  const model_catalogue models(
      config,
      {{upstream_models::knowledge::listed, {{"x", "a", 1}, {"both", "a", 2}}},
       {upstream_models::knowledge::listed, {{"y", "b", 3}, {"both", "b", 4}}}},
      9);
  std::string all;
  for (const model_entry& m : models.models())
    all += m.id + '|' + m.owned_by + '|' + std::to_string(m.created) + ' ';
  EXPECT_EQ("alias|b|3 x|b|9 both|a|2 y|b|3 ", all);
  EXPECT_EQ((std::vector<std::size_t>{0, 1}), models.upstreams_of("both"));
  EXPECT_EQ(std::vector<std::size_t>(), models.upstreams_of("alias"));
  EXPECT_EQ(nullptr, models.find("gpt-*"));
  EXPECT_EQ(2, models.find("both")->created);
  EXPECT_TRUE(models.complete());
}

}  // namespace
}  // namespace weir::proxy
