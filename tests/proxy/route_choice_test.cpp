#include "proxy/route_choice.h"

#include <gtest/gtest.h>

namespace weir::proxy {
namespace {

using knowledge = upstream_models::knowledge;
using verdict = route_choice::verdict;

struct given_upstream {
  std::string name;  // `demo` is the built-in one
  knowledge state = knowledge::pending;
  std::vector<std::string> models = {};
};

struct test_case {
  const char* name;
  std::vector<given_upstream> upstreams;
  std::vector<config::model_route> routes;
  std::string_view model;
  std::uint64_t turn;
  verdict want;
  std::string upstream = {};
  std::string upstream_model = {};
  std::string label = {};
  bool waited = false;
};

const std::vector<test_case>& cases() {
  static const std::vector<test_case> all = {
      {"an alias leads to its first candidate",
       {{"a"}, {"b"}},
       {{"fast", {{"b", "qwen"}}, {}}},
       "fast",
       0,
       verdict::found,
       "b",
       "qwen",
       "fast"},
      {"a pattern keeps the client's name",
       {{"a"}, {"b"}},
       {{"gpt-*", {{"b", ""}}, {}}},
       "gpt-5",
       0,
       verdict::found,
       "b",
       "",
       "gpt-*"},
      {"an alias wins over a list",
       {{"a", knowledge::listed, {"fast"}}, {"b"}},
       {{"fast", {{"b", "qwen"}}, {}}},
       "fast",
       0,
       verdict::found,
       "b",
       "qwen",
       "fast"},
      {"the upstream that lists the model",
       {{"a", knowledge::listed, {"x"}}, {"b", knowledge::listed, {"y"}}},
       {},
       "y",
       0,
       verdict::found,
       "b",
       "",
       "y"},
      {"a listed model needs no other upstream's word",
       {{"a", knowledge::listed, {"x"}}, {"b", knowledge::pending}},
       {},
       "x",
       0,
       verdict::found,
       "a",
       "",
       "x"},
      {"the only upstream gets every model", {{"a"}}, {}, "z", 0, verdict::found, "a", "", "other"},
      {"the built-in one does not count as another",
       {{"a", knowledge::unlisted}, {"demo", knowledge::listed, {"demo/clean"}}},
       {},
       "z",
       0,
       verdict::found,
       "a",
       "",
       "other"},
      {"the built-in one has its models",
       {{"a", knowledge::unlisted}, {"demo", knowledge::listed, {"demo/clean"}}},
       {},
       "demo/clean",
       0,
       verdict::found,
       "demo",
       "",
       "demo/clean"},
      {"the built-in one is waited for", {{"a"}, {"demo"}}, {}, "demo/clean", 0, verdict::pending},
      {"alone, the built-in one has only its models",
       {{"demo", knowledge::listed, {"demo/clean"}}},
       {},
       "z",
       0,
       verdict::unknown},
      {"nobody lists it",
       {{"a", knowledge::listed, {"x"}}, {"b", knowledge::listed, {"y"}}},
       {},
       "z",
       0,
       verdict::unknown},
      {"somebody may yet list it",
       {{"a", knowledge::listed, {"x"}}, {"b", knowledge::pending}},
       {},
       "z",
       0,
       verdict::pending},
      {"upstreams without a list take turns, even",
       {{"a", knowledge::unlisted}, {"b", knowledge::unlisted}},
       {},
       "z",
       4,
       verdict::found,
       "a",
       "",
       "other"},
      {"upstreams without a list take turns, odd",
       {{"a", knowledge::unlisted}, {"b", knowledge::unlisted}},
       {},
       "z",
       5,
       verdict::found,
       "b",
       "",
       "other"},
      {"one of two has no list",
       {{"a", knowledge::listed, {"x"}}, {"b", knowledge::unlisted}},
       {},
       "z",
       7,
       verdict::found,
       "b",
       "",
       "other"},
      {"after the wait, who has not told counts as one without a list",
       {{"a", knowledge::listed, {"x"}}, {"b", knowledge::pending}, {"c", knowledge::unlisted}},
       {},
       "z",
       2,
       verdict::found,
       "b",
       "",
       "other",
       true},
      {"after the wait, all lists told, nobody has it",
       {{"a", knowledge::listed, {"x"}}, {"b", knowledge::listed, {"y"}}},
       {},
       "z",
       0,
       verdict::unknown,
       {},
       {},
       {},
       true},
      {"no upstream at all", {}, {}, "z", 0, verdict::unknown},
      {"no name, one upstream beside the built-in one",
       {{"demo"}, {"a"}},
       {},
       "",
       0,
       verdict::found,
       "a",
       "",
       "other"},
      {"no name is not a name that a pattern fits",
       {{"a"}, {"b"}},
       {{"*", {{"b", ""}}, {}}},
       "",
       0,
       verdict::unknown},
      {"no name, only the built-in upstream", {{"demo"}}, {}, "", 0, verdict::unknown},
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
        choose_route(config, route::model_table(names), models, c.model, c.turn, c.waited);
    EXPECT_EQ(c.want, got.what) << c.name;
    if (got.what != verdict::found) continue;
    EXPECT_EQ(c.upstream, config.upstreams[got.upstream].name) << c.name;
    EXPECT_EQ(c.upstream_model, got.model) << c.name;
    EXPECT_EQ(c.label, got.label) << c.name;
  }
}

}  // namespace
}  // namespace weir::proxy
