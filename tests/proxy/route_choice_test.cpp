#include "proxy/route_choice.h"

#include <gtest/gtest.h>

#include "support/routes.h"

namespace weir::proxy {
namespace {

using knowledge = upstream_models::knowledge;
using verdict = route_choice::verdict;

struct given_upstream {
  std::string name;  // `demo` is the built-in one
  knowledge state = knowledge::pending;
  std::vector<std::string> models = {};
  std::uint32_t priority = 1;
  std::vector<std::string> offers = {};
  bool tentative = false;
};

struct test_case {
  const char* name;
  std::vector<given_upstream> upstreams;
  std::vector<config::model_route> routes;
  std::string_view model;
  verdict want;
  std::string targets = {};  // by name, in their order
  std::string upstream_model = {};
  std::string label = {};
  bool waited = false;
};

config::model_route by_priority(
    const char* name, const std::vector<std::pair<const char*, std::uint32_t>>& candidates) {
  config::model_route out;
  out.name = name;
  for (const auto& [upstream, priority] : candidates) {
    out.candidates.emplace_back();
    out.candidates.back().upstream = upstream;
    out.candidates.back().priority = priority;
  }
  return out;
}

const std::vector<test_case>& cases() {
  static const std::vector<test_case> all = {
      {"an alias leads to its candidate",
       {{"a"}, {"b"}},
       {test::route_to("fast", "b", "qwen")},
       "fast",
       verdict::found,
       "b",
       "qwen",
       "fast"},
      {"a pattern keeps the client's name",
       {{"a"}, {"b"}},
       {test::route_to("gpt-*", "b")},
       "gpt-5",
       verdict::found,
       "b",
       "",
       "gpt-*"},
      {"an alias wins over a list",
       {{"a", knowledge::listed, {"fast"}}, {"b"}},
       {test::route_to("fast", "b", "qwen")},
       "fast",
       verdict::found,
       "b",
       "qwen",
       "fast"},
      {"the upstream that lists the model",
       {{"a", knowledge::listed, {"x"}}, {"b", knowledge::listed, {"y"}}},
       {},
       "y",
       verdict::found,
       "b",
       "",
       "y"},
      {"a listed model needs no other upstream's word",
       {{"a", knowledge::listed, {"x"}}, {"b", knowledge::pending}},
       {},
       "x",
       verdict::found,
       "a",
       "",
       "x"},
      {"the only upstream gets every model", {{"a"}}, {}, "z", verdict::found, "a", "", "other"},
      {"the built-in one does not count as another",
       {{"a", knowledge::unlisted}, {"demo", knowledge::listed, {"demo/clean"}}},
       {},
       "z",
       verdict::found,
       "a",
       "",
       "other"},
      {"the built-in one has its models",
       {{"a", knowledge::unlisted}, {"demo", knowledge::listed, {"demo/clean"}}},
       {},
       "demo/clean",
       verdict::found,
       "demo",
       "",
       "demo/clean"},
      {"the built-in one is waited for", {{"a"}, {"demo"}}, {}, "demo/clean", verdict::pending},
      {"alone, the built-in one has only its models",
       {{"demo", knowledge::listed, {"demo/clean"}}},
       {},
       "z",
       verdict::unknown},
      {"nobody lists it",
       {{"a", knowledge::listed, {"x"}}, {"b", knowledge::listed, {"y"}}},
       {},
       "z",
       verdict::unknown},
      {"somebody may yet list it",
       {{"a", knowledge::listed, {"x"}}, {"b", knowledge::pending}},
       {},
       "z",
       verdict::pending},
      {"upstreams without a list are all possible",
       {{"a", knowledge::unlisted}, {"b", knowledge::unlisted}},
       {},
       "z",
       verdict::found,
       "a b",
       "",
       "other"},
      {"candidates stand by priority, of equals in the order of the file",
       {{"a"}, {"b"}, {"c"}, {"d"}},
       {by_priority("fast", {{"c", 2}, {"b", 1}, {"d", 2}, {"a", 1}})},
       "fast",
       verdict::found,
       "b a c d",
       "",
       "fast"},
      {"who lists the model stands by the upstream's priority",
       {{"a", knowledge::listed, {"x"}, 2}, {"b", knowledge::listed, {"x"}, 1}},
       {},
       "x",
       verdict::found,
       "b a",
       "",
       "x"},
      {"a model that an upstream does not offer is not there",
       {{"a", knowledge::listed, {"x", "y"}, 1, {"y*"}}, {"b", knowledge::listed, {"x"}}},
       {},
       "x",
       verdict::found,
       "b",
       "",
       "x"},
      {"who is only looked for is not there",
       {{"a", knowledge::unlisted}, {"b", knowledge::unlisted, {}, 1, {}, true}},
       {},
       "z",
       verdict::found,
       "a",
       "",
       "other"},
      {"who is only looked for counts once it lists models",
       {{"a", knowledge::listed, {"x"}, 1, {}, true}, {"b", knowledge::unlisted, {}, 1, {}, true}},
       {},
       "z",
       verdict::found,
       "a",
       "",
       "other"},
      {"the only upstream gets only what it offers",
       {{"a", knowledge::unlisted, {}, 1, {"gpt-*"}}},
       {},
       "z",
       verdict::unknown},
      {"an upstream without a list gets only what it offers",
       {{"a", knowledge::unlisted, {}, 1, {"gpt-*"}}, {"b", knowledge::unlisted}},
       {},
       "z",
       verdict::found,
       "b",
       "",
       "other"},
      {"one of two has no list",
       {{"a", knowledge::listed, {"x"}}, {"b", knowledge::unlisted}},
       {},
       "z",
       verdict::found,
       "b",
       "",
       "other"},
      {"after the wait, who has not told counts as one without a list",
       {{"a", knowledge::listed, {"x"}}, {"b", knowledge::pending}, {"c", knowledge::unlisted}},
       {},
       "z",
       verdict::found,
       "b c",
       "",
       "other",
       true},
      {"after the wait, all lists told, nobody has it",
       {{"a", knowledge::listed, {"x"}}, {"b", knowledge::listed, {"y"}}},
       {},
       "z",
       verdict::unknown,
       {},
       {},
       {},
       true},
      {"no upstream at all", {}, {}, "z", verdict::unknown},
      {"no name, one upstream beside the built-in one",
       {{"demo"}, {"a"}},
       {},
       "",
       verdict::found,
       "a",
       "",
       "other"},
      {"no name is not a name that a pattern fits",
       {{"a"}, {"b"}},
       {test::route_to("*", "b")},
       "",
       verdict::unknown},
      {"no name, only the built-in upstream", {{"demo"}}, {}, "", verdict::unknown},
  };
  return all;
}

TEST(RouteChoice, EveryCaseOfTheTableGoesWhereItSays) {
  for (const test_case& c : cases()) {
    config::config config;
    std::vector<upstream_models> lists;
    for (const given_upstream& g : c.upstreams) {
      config::upstream u;
      u.name = g.name;
      u.priority = g.priority;
      u.tentative = g.tentative;
      for (const std::string& pattern : g.offers)
        u.models.push_back(*route::name_pattern::parse(pattern));
      if (g.name == "demo") u.kind = config::upstream_kind::demo;
      config.upstreams.push_back(u);
      upstream_models models{g.state, {}};
      for (const std::string& id : g.models) models.models.push_back({id, g.name, 1});
      lists.push_back(models);
    }
    config.models = c.routes;
    std::vector<std::string> names;
    for (const auto& r : config.models) names.push_back(r.name);
    const model_catalogue models(config, lists, 5);
    const route_choice got =
        choose_route(config, route::model_table(names), models, c.model, c.waited);
    EXPECT_EQ(c.want, got.what) << c.name;
    if (got.what != verdict::found) continue;
    std::string upstreams;
    for (const route_target& target : got.targets) {
      upstreams += (upstreams.empty() ? "" : " ") + config.upstreams[target.upstream].name;
      EXPECT_EQ(c.upstream_model, target.model) << c.name;
    }
    EXPECT_EQ(c.targets, upstreams) << c.name;
    EXPECT_EQ(c.label, got.label) << c.name;
  }
}

}  // namespace
}  // namespace weir::proxy
