// POST /v1/embeddings through one worker.
#include <gtest/gtest.h>

#include "config/load.h"
#include "gateway_bench.h"
#include "observe/metrics.h"
#include "support/routes.h"

namespace weir::proxy {
namespace {

using test::gateway_bench;
using test::raw_client;
using test::received_request;
using test::upstream_peer;

constexpr std::string_view json_type = "application/json";
constexpr std::string_view numbers =
    R"({"object":"list","data":[{"object":"embedding","index":0,"embedding":[1.0,-2.5]}],)"
    R"("model":"m","usage":{"prompt_tokens":5,"total_tokens":5}})";
constexpr std::string_view base64 =
    R"({"object":"list","data":[{"object":"embedding","index":0,"embedding":"AACAPwAAIMA="}],)"
    R"("model":"m","usage":{"prompt_tokens":5,"total_tokens":5}})";

std::string embeddings(std::string_view more = "", std::string_view model = "m") {
  return test::post("/v1/embeddings", R"({"model":")" + std::string(model) +
                                          R"(","input":["hi"],"seed":12345678901234567890)" +
                                          std::string(more) + "}");
}

void answer_with(gateway_bench& bench, std::string_view document) {
  bench.network.answer = [document](upstream_peer& peer, const received_request&) {
    peer.respond(200, json_type, document, {{"x-request-id", "up-1"}});
  };
}

TEST(EmbeddingsExchange, TheVectorsComeInTheFormThatWasAskedFor) {  // EMB-1
  const struct {
    std::string_view asked;
    std::string_view upstream;
    std::string_view want;
    std::string_view repairs;
  } cases[] = {{"", numbers, numbers, ""},
               {"", base64, numbers, "EMB-1;n=1"},
               {R"(,"encoding_format":"float")", base64, numbers, "EMB-1;n=1"},
               {R"(,"encoding_format":"base64")", base64, base64, ""},
               {R"(,"encoding_format":"base64")", numbers, base64, "EMB-1;n=1"}};
  for (const auto& t : cases) {
    gateway_bench bench;
    answer_with(bench, t.upstream);
    raw_client& c = bench.client();
    ASSERT_TRUE(bench.ask(c, embeddings(t.asked)));
    EXPECT_EQ(200U, c.last().status);
    EXPECT_EQ(t.want, c.last().body) << t.asked;
    EXPECT_EQ(t.repairs, c.last().header("x-weir-repairs")) << t.asked;
    EXPECT_EQ("application/json", c.last().header("content-type"));
    EXPECT_EQ(std::to_string(t.want.size()), c.last().header("content-length"));
    EXPECT_EQ("u", c.last().header("x-weir-upstream"));
    EXPECT_EQ("up-1", c.last().header("x-upstream-request-id"));
  }
}

TEST(EmbeddingsExchange, TheUpstreamGetsTheClientsBodyWithItsOwnNameForTheModel) {
  gateway_bench bench;
  bench.settings.models = {test::route_to("vectors", "u", "BAAI/bge-m3")};
  answer_with(bench, numbers);
  raw_client& c = bench.client();
  ASSERT_TRUE(bench.ask(c, embeddings(R"(,"encoding_format":"base64")", "vectors")));
  const received_request& got = bench.network.peers.at(0)->requests().at(0);
  EXPECT_EQ("/v1/embeddings", got.target);
  EXPECT_EQ("application/json", got.header("accept"));
  EXPECT_EQ(R"({"model":"BAAI/bge-m3","input":["hi"],"seed":12345678901234567890,)"
            R"("encoding_format":"base64"})",
            got.body);
}

TEST(EmbeddingsExchange, BadRequestsAreToldBeforeAnyUpstreamIsAsked) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"{", "could not parse"},
      {R"({"input":"a"})", "you must provide a model parameter"},
      {R"({"model":"m"})", "'input'"}};
  for (const auto& [body, says] : cases) {
    gateway_bench bench;
    raw_client& c = bench.client();
    ASSERT_TRUE(bench.ask(c, test::post("/v1/embeddings", body)));
    EXPECT_EQ(400U, c.last().status) << body;
    EXPECT_NE(std::string::npos, c.last().body.find(says)) << c.last().body;
    EXPECT_EQ("keep-alive", c.last().header("connection")) << body;
    EXPECT_TRUE(bench.network.peers.empty()) << body;
  }
}

TEST(EmbeddingsExchange, WhatIsNoAnswerIsABadGatewayThatSaysWhy) {
  const struct {
    const char* name;
    void (*act)(upstream_peer&);
    unsigned status;
    const char* says;
  } cases[] = {
      {"an empty body", [](upstream_peer& p) { p.respond(200, json_type, ""); }, 502, "empty"},
      {"a page", [](upstream_peer& p) { p.respond(200, "text/html", "<h1>Hello</h1>"); }, 502,
       "Hello"},
      {"a stream",
       [](upstream_peer& p) {
         p.begin_stream();
         p.chunk("data: {}\n\n");
         p.end_chunks();
       },
       502, "event stream"},
      {"half a document",
       [](upstream_peer& p) { p.respond(200, json_type, numbers.substr(0, 60)); }, 502,
       "before completion"},
      {"a body that is cut",
       [](upstream_peer& p) {
         p.send("HTTP/1.1 200 OK\r\nContent-Length: 300\r\n\r\n" +
                std::string(numbers.substr(0, 60)));
         p.close();
       },
       502, "before completion"},
      {"an error in a 200",
       [](upstream_peer& p) {
         p.respond(200, json_type, R"({"error":{"message":"no memory","code":503}})");
       },
       503, "no memory"},
      {"an error",
       [](upstream_peer& p) {
         p.respond(422, json_type, R"({"error":{"message":"too many inputs"}})");
       },
       422, "too many inputs"},
  };
  for (const auto& b : cases) {
    gateway_bench bench;
    bench.network.answer = [&](upstream_peer& peer, const received_request&) { b.act(peer); };
    raw_client& c = bench.client();
    ASSERT_TRUE(bench.ask(c, embeddings())) << b.name;
    EXPECT_EQ(b.status, c.last().status) << b.name << c.last().body;
    EXPECT_NE(std::string::npos, c.last().body.find(b.says)) << b.name << c.last().body;
    EXPECT_EQ("u", c.last().header("x-weir-upstream")) << b.name;
  }
}

TEST(EmbeddingsExchange, ItIsCountedAsWhatItIs) {
  gateway_bench bench;
  answer_with(bench, base64);
  raw_client& c = bench.client();
  ASSERT_TRUE(bench.ask(c, embeddings() + test::get("/metrics"), 2));
  for (const char* sample :
       {R"(client_dialect="emb",upstream_dialect="emb",status_class="2xx",stream="false"} 1)",
        R"(weir_stream_repairs_total{upstream="u",clause="EMB-1"} 1)",
        R"(weir_tokens_total{upstream="u",model="other",type="input"} 5)"})
    EXPECT_NE(std::string::npos, c.last().body.find(sample)) << sample << c.last().body;
}

TEST(EmbeddingsExchange, TheUsageTellsItsCostWhereverItStands) {
  const std::string vector =
      R"("data":[{"object":"embedding","index":0,"embedding":"AACAPwAAIMA="}])";
  const std::string in_form = R"("data":[{"object":"embedding","index":0,"embedding":[1.0,-2.5]}])";
  const std::string told = R"("usage":{"prompt_tokens":5,"total_tokens":5})";
  const std::string priced = R"("usage":{"prompt_tokens":5,"total_tokens":5,"cost":0.00001,)"
                             R"("cost_details":{"prompt":0.00001,"cached":0,"completion":0,)"
                             R"("reasoning":0}})";
  for (const bool behind : {true, false}) {
    gateway_bench bench;
    bench.settings.prices =
        config::load_text("prices: {m: {input: 2}}", "weir.yaml", [](const std::string&) {
          return std::optional<std::string>();
        })->prices;
    bench.settings.upstreams[0].stream.cost = config::cost_form::usd;
    const std::string upstream = '{' + (behind ? vector + ',' + told : told + ',' + vector) + '}';
    answer_with(bench, upstream);
    raw_client& c = bench.client();
    ASSERT_TRUE(bench.ask(c, embeddings()));
    EXPECT_EQ('{' + (behind ? in_form + ',' + priced : priced + ',' + in_form) + '}',
              c.last().body);
  }
}

}  // namespace
}  // namespace weir::proxy
