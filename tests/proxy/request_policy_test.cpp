// The settings of `stream:` that concern requests: `validation` and `max_tokens_field`.
#include <gtest/gtest.h>

#include "gateway_bench.h"
#include "support/routes.h"
#include "weir/openai/error.h"

namespace weir::proxy {
namespace {

using openai::token_limit_field;
using openai::validation;
using test::gateway_bench;
using test::raw_client;

/// `model` leads to the upstream `v`, every other name to `u`.
void add_route(gateway_bench& bench, const config::stream_overrides& of_model) {
  bench.settings.upstreams.push_back(gateway_bench::upstream("v"));
  bench.settings.models = {test::route_to("fast", "v", "", of_model), test::route_to("*", "u")};
}

config::stream_overrides checking(validation profile) {
  config::stream_overrides out;
  out.validation = profile;
  return out;
}
config::stream_overrides limiting(token_limit_field field) {
  config::stream_overrides out;
  out.max_tokens_field = field;
  return out;
}

std::string asking(std::string_view model, std::string_view more) {
  return test::post("/v1/chat/completions", test::chat_body(true, more, model));
}

TEST(RequestPolicy, TheNearestProfileDecidesWhatReachesTheUpstream) {  // REQ-2
  constexpr std::string_view hot = R"(,"temperature":9)";
  const struct {
    const char* what;
    config::stream_overrides file;
    config::stream_overrides upstream;
    config::stream_overrides model;
    bool refused_fast;
    bool refused_other;
  } cases[] = {
      {"nothing said", {}, {}, {}, false, false},
      {"the file", checking(validation::full), {}, {}, true, true},
      {"the upstream", {}, checking(validation::full), {}, true, false},
      {"the model", {}, {}, checking(validation::full), true, false},
      {"the model against the file",
       checking(validation::full),
       {},
       checking(validation::minimal),
       false,
       true},
      {"the upstream against the file",
       checking(validation::full),
       checking(validation::minimal),
       {},
       false,
       true},
  };
  for (const auto& c : cases) {
    gateway_bench bench;
    bench.settings.stream = c.file;
    add_route(bench, c.model);
    bench.settings.upstreams.back().stream = c.upstream;
    raw_client& client = bench.client();
    for (const auto& [model, refused] :
         {std::pair{"fast", c.refused_fast}, std::pair{"other", c.refused_other}}) {
      const std::size_t asked = bench.network.peers.size();
      ASSERT_TRUE(bench.ask(client, asking(model, hot)));
      EXPECT_EQ(refused ? 400U : 200U, client.last().status) << c.what << ' ' << model;
      if (!refused) continue;
      EXPECT_EQ(to_json(openai::errors::above_maximum("temperature", "2", "9",
                                                      openai::errors::number::decimal)),
                client.last().body)
          << c.what;
      EXPECT_EQ("", client.last().header("x-weir-upstream")) << c.what;
      EXPECT_EQ("keep-alive", client.last().header("connection")) << c.what;
      EXPECT_EQ(asked, bench.network.peers.size()) << c.what;
    }
  }
}

TEST(RequestPolicy, OfTwoFaultsTheFirstOfTheFilesProfileIsTold) {  // ERR-34
  for (const auto& [profile, param] :
       {std::pair{validation::minimal, "n"}, std::pair{validation::full, "tools"}}) {
    gateway_bench bench;
    bench.settings.stream = checking(profile);
    raw_client& client = bench.client();
    ASSERT_TRUE(bench.ask(client, asking("m", R"(,"n":0,"tools":7)")));
    EXPECT_EQ(400U, client.last().status);
    EXPECT_NE(std::string::npos,
              client.last().body.find("\"param\":\"" + std::string(param) + "\""))
        << client.last().body;
  }
}

TEST(RequestPolicy, TheTokenLimitGoesUpUnderTheNearestName) {  // REQ-12
  gateway_bench bench;
  bench.settings.stream = limiting(token_limit_field::max_tokens);
  add_route(bench, limiting(token_limit_field::max_completion_tokens));
  raw_client& client = bench.client();
  const auto sent = [&](std::string_view model, std::string_view limit) {
    EXPECT_TRUE(bench.ask(client, asking(model, limit)));
    EXPECT_EQ(200U, client.last().status);
    return bench.network.peers.back()->requests().back().body;
  };
  EXPECT_NE(std::string::npos,
            sent("fast", R"(,"max_tokens":5)").find(R"("max_completion_tokens":5)"));
  EXPECT_NE(std::string::npos,
            sent("other", R"(,"max_completion_tokens":5)").find(R"("max_tokens":5)"));
}

}  // namespace
}  // namespace weir::proxy
