// What an answer costs, in its usage and on record, by the prices of the configuration.
#include "proxy/priced_usage.h"

#include <gtest/gtest.h>

#include "config/load.h"
#include "gateway_bench.h"

namespace weir::proxy {
namespace {

using test::chat;
using test::gateway_bench;
using test::raw_client;
using test::received_request;
using test::upstream_peer;

config::config loaded(const std::string& yaml) {
  auto made = config::load_text(yaml, "weir.yaml",
                                [](const std::string&) { return std::optional<std::string>(); });
  EXPECT_TRUE(made.ok()) << (made.ok() ? "" : config::to_string(made.error().front()));
  return made.ok() ? *std::move(made) : config::config{};
}

TEST(PriceBook, TheNearestNameCountsAndTheLatestDay) {
  const config::config c = loaded(R"(
prices:
  "u/real": {input: 1}
  real: {input: 2}
  alias: {input: 3}
  "gpt-*": {input: 4}
  "gpt-5*": {input: 5}
  dated:
    - {from: 2026-02-01, input: 20}
    - {from: 2026-01-01, input: 10}
)");
  const price_book book(c.prices);
  constexpr std::uint64_t day = 86'400'000'000;
  constexpr std::uint64_t january = 20454 * day;   // 2026-01-01
  constexpr std::uint64_t february = 20485 * day;  // 2026-02-01
  struct row {
    price_book::served what;
    std::uint64_t time;
    const char* version;  ///< up to its mark
  };
  const row rows[] = {
      {{"u", "real", "alias"}, january, "u/real"},
      {{"v", "real", "alias"}, january, "real"},
      {{"v", "other", "alias"}, january, "alias"},
      {{"v", "other", "nobody"}, january, ""},
      {{"v", "gpt-4", "x"}, january, "gpt-*"},
      {{"v", "gpt-5-mini", "x"}, january, "gpt-5*"},
      {{"v", "dated", "x"}, january - 1, ""},
      {{"v", "dated", "x"}, january, "dated@2026-01-01"},
      {{"v", "dated", "x"}, february - 1, "dated@2026-01-01"},
      {{"v", "dated", "x"}, february, "dated@2026-02-01"},
  };
  for (const row& r : rows) {
    const config::dated_price* const found = book.find(r.what, r.time);
    const std::string version = found == nullptr ? "" : found->version;
    EXPECT_EQ(r.version, version.substr(0, version.find('#'))) << r.what.model << ' ' << r.time;
  }
}

const std::string usage_of_34 = R"({"prompt_tokens":34,"completion_tokens":100,"total_tokens":134,)"
                                R"("prompt_tokens_details":{"cached_tokens":11},)"
                                R"("completion_tokens_details":{"reasoning_tokens":10}})";

std::string usage_chunk(const std::string& usage) {
  return R"(data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,)"
         R"("model":"m","choices":[],"usage":)" +
         usage + "}\n\n";
}

/// The usage object of an answer's last word on it.
std::string usage_in(const std::string& body) {
  const std::string key = R"("usage":{)";
  const std::size_t at = body.rfind(key);
  if (at == std::string::npos) return "";
  int depth = 0;
  std::size_t end = at + key.size() - 1;
  do {
    depth += body[end] == '{' ? 1 : body[end] == '}' ? -1 : 0;
  } while (depth != 0 && ++end < body.size());
  return body.substr(at + 8, end - at - 7);
}

/// What a client sees of `usage`, with these prices and settings.
std::string seen(const std::string& yaml, const std::string& usage, bool stream,
                 std::size_t repeated = 1) {
  gateway_bench bench;
  const config::config c = loaded(yaml);
  bench.settings.prices = c.prices;
  bench.settings.stream = c.stream;
  bench.network.answer = [&](upstream_peer& peer, const received_request&) {
    if (!stream)
      return peer.respond(200, "application/json",
                          R"({"id":"c","object":"chat.completion","created":1,"model":"m",)"
                          R"("choices":[{"index":0,"message":{"role":"assistant","content":"x",)"
                          R"("refusal":null},"logprobs":null,"finish_reason":"stop"}],"usage":)" +
                              usage + "}");
    peer.begin_stream();
    peer.chunk(test::chat_role() + test::chat_word("x") + test::chat_finish());
    for (std::size_t i = 0; i < repeated; ++i) peer.chunk(usage_chunk(usage));
    peer.chunk(test::chat_done);
    peer.end_chunks();
  };
  raw_client& client = bench.client();
  EXPECT_TRUE(
      bench.ask(client, chat(stream, stream ? R"(,"stream_options":{"include_usage":true})" : "")));
  return usage_in(client.last().body);
}

std::string with(const std::string& usage, const std::string& members) {
  return usage.substr(0, usage.size() - 1) + ',' + members + '}';
}

TEST(PricedUsage, TellsTheCostBehindWhatTheUpstreamSaid) {
  const std::string in_usd =
      "prices: {m: {input: 1, cached: 0.5, output: 4, reasoning: 8}}\n"
      "stream: {cost: true}\n";
  // 23 + 5.5 + 360 + 80 micro-USD.
  const std::string dollars =
      R"("cost":0.0004685,"cost_details":{"prompt":0.000023,"cached":0.0000055,)"
      R"("completion":0.00036,"reasoning":0.00008})";
  const std::string plain = "prices: {m: {price_per_token: 2}}\nstream: {cost: cocoon}\n";
  const std::string weighted =
      "prices: {m: {price_per_token: 2, coefficient: 1500, cached_multiplier: 2500,\n"
      "             completion_multiplier: 12000, reasoning_multiplier: 15000}}\n"
      "stream: {cost: cocoon}\n";
  struct row {
    const char* what;
    std::string yaml;
    std::string usage;
    std::string want;
  };
  const row rows[] = {
      {"USD", in_usd, usage_of_34, with(usage_of_34, dollars)},
      {"cocoon: 268", plain, usage_of_34,
       with(usage_of_34, R"("prompt_total_cost":68,"completion_total_cost":200,"total_cost":268)")},
      {"cocoon: 444", weighted, usage_of_34,
       with(usage_of_34, R"("prompt_total_cost":76,"completion_total_cost":368,"total_cost":444)")},
      {"the upstream's own cost survives", in_usd,
       R"({"prompt_tokens":1,"completion_tokens":0,"total_tokens":1,"cost":7})",
       R"({"prompt_tokens":1,"completion_tokens":0,"total_tokens":1,"upstream_cost":7,)"
       R"("cost":0.000001,"cost_details":{"prompt":0.000001,"cached":0,"completion":0,)"
       R"("reasoning":0}})"},
      {"no price", "prices: {other: {input: 1}}\nstream: {cost: true}\n", usage_of_34, usage_of_34},
      {"no price of that form", "prices: {m: {input: 1}}\nstream: {cost: cocoon}\n", usage_of_34,
       usage_of_34},
      {"not asked for", "prices: {m: {input: 1}}\n", usage_of_34, usage_of_34},
      {"relaxed", "prices: {m: {input: 1}}\nstream: {cost: true, mode: relaxed}\n", usage_of_34,
       usage_of_34},
  };
  for (const row& r : rows)
    for (const bool stream : {false, true})
      EXPECT_EQ(r.want, seen(r.yaml, r.usage, stream)) << r.what << ", stream " << stream;
  EXPECT_EQ(with(usage_of_34, dollars), seen(in_usd, usage_of_34, true, 5)) << "priced once";
}

TEST(PricedUsage, IsOnRecordWithItsPrice) {
  struct kept final : observe::record_sink {
    void keep(const observe::exchange_record& record) override { records.push_back(record); }
    [[nodiscard]] bool accepts() const override { return true; }
    std::vector<observe::exchange_record> records;
  } kept;
  gateway_bench bench;
  bench.settings.prices = loaded("prices: {m: {input: 1000, output: 2000, request: 0.5}}").prices;
  bench.records = &kept;
  bench.network.answer = [&](upstream_peer& peer, const received_request&) {
    peer.begin_stream();
    peer.chunk(test::chat_role() + test::chat_word("x") + test::chat_finish() +
               usage_chunk(usage_of_34) + std::string(test::chat_done));
    peer.end_chunks();
  };
  ASSERT_TRUE(bench.ask(bench.client(), chat(true)));
  ASSERT_EQ(1U, kept.records.size());
  EXPECT_EQ(500'000'000 + 34'000'000 + 200'000'000, kept.records[0].cost->value);
  EXPECT_EQ(0U, kept.records[0].price_version.find("m#"));
}

}  // namespace
}  // namespace weir::proxy
