// Keys of clients: who may ask, for what, and how much.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>

#include "config/load.h"
#include "gateway_bench.h"
#include "proxy/key_ring.h"
#include "proxy/quota_gate.h"
#include "weir/base/hash.h"

namespace weir::proxy {
namespace {

using test::chat;
using test::chat_body;
using test::gateway_bench;
using test::get;
using test::post;
using test::raw_client;
using test::received_request;
using test::upstream_peer;

/// No hash for secrets, but one for tests.
meter::key_hash quick_hash(std::string_view text) {
  meter::key_hash out{};
  const std::uint64_t h = hash64(text);
  for (std::size_t i = 0; i < 8; ++i) out[i] = static_cast<std::uint8_t>(h >> (8 * i));
  return out;
}

class keys_bench : public gateway_bench {
 public:
  ring_key& add(const std::string& name, const std::string& secret) {
    ring_key made;
    made.key.name = name;
    made.key.hash = quick_hash(secret);
    made_.push_back(std::move(made));
    return made_.back();
  }
  void limit(ring_key& key, const meter::allowance& may) {
    key.accounts.push_back(limits.open("key:" + key.key.name, may, loop.wall_clock()));
  }
  void put_in_force() {
    how.hash = &quick_hash;
    how.limits = &limits;
    keys = std::make_shared<const key_ring>(how, made_);
    if (worker) worker->use_keys(keys);
  }
  /// What a client with this secret is told.
  raw_client& answer(const std::string& bytes) {
    raw_client& c = client();
    EXPECT_TRUE(ask(c, bytes));
    return c;
  }

  quota::limiter limits;
  key_ring::options how;

 private:
  std::vector<ring_key> made_;

 public:
  keys_bench() {
    made_.reserve(16);
    times.first_models = millis{1};  // nobody asks for them here
  }
};

struct kept_records final : observe::record_sink {
  void keep(const observe::exchange_record& record) override { all.push_back(record); }
  [[nodiscard]] bool accepts() const override { return true; }
  std::vector<observe::exchange_record> all;
};

std::string bearer(const std::string& secret) { return "Authorization: Bearer " + secret + "\r\n"; }

std::string chat_as(const std::string& secret, const std::string& more = "") {
  return chat(false, more, bearer(secret));
}

void answer_document(gateway_bench& bench, const std::string& usage) {
  bench.network.answer = [usage](upstream_peer& peer, const received_request& request) {
    if (request.method == "GET")
      return peer.respond(200, "application/json", R"({"data":[{"id":"m"},{"id":"other"}]})");
    peer.respond(200, "application/json",
                 R"({"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"m",)"
                 R"("choices":[{"index":0,"message":{"role":"assistant","content":"Hi",)"
                 R"("refusal":null},"logprobs":null,"finish_reason":"stop"}],"usage":)" +
                     usage + "}");
  };
}

const std::string ten_and_ten = R"({"prompt_tokens":10,"completion_tokens":10,"total_tokens":20})";

TEST(Keys, WhoIsKnownByWhat) {
  keys_bench bench;
  bench.add("alice", "sk-alice-0123456789");
  ring_key& old = bench.add("old", "sk-old-0123456789ab");
  old.key.expires = 1000;
  ring_key& gone = bench.add("gone", "sk-gone-0123456789a");
  gone.key.revoked = 1000;
  struct row {
    const char* what;
    bool required;
    bool complete;
    std::string fields;
    unsigned status;
    const char* said;
  };
  const row rows[] = {
      {"bearer", true, true, bearer("sk-alice-0123456789"), 200, ""},
      {"x-api-key", true, true, "x-api-key: sk-alice-0123456789\r\n", 200, ""},
      {"the other one beside a credential for the upstream", true, true,
       bearer("sk-upstream") + "x-api-key: sk-alice-0123456789\r\n", 200, ""},
      {"none", true, true, "", 401, "You didn't provide an API key"},
      {"wrong", true, true, bearer("sk-bob-0123456789abc"), 401,
       "Incorrect API key provided: sk-***bc."},
      {"wrong in the other field", true, true, "x-api-key: sk-bob-0123456789abc\r\n", 401,
       "Incorrect API key provided: sk-***bc."},
      {"expired", true, true, bearer("sk-old-0123456789ab"), 401, "It has expired."},
      {"revoked", true, true, bearer("sk-gone-0123456789a"), 401, "It was revoked."},
      {"none, and none is needed", false, true, "", 200, ""},
      {"wrong, and none is needed", false, true, bearer("sk-none"), 200, ""},
      {"expired, though none is needed", false, true, bearer("sk-old-0123456789ab"), 401,
       "It has expired."},
      {"unknown, and there may be more", true, false, bearer("sk-bob-0123456789abc"), 503,
       "cannot be read at the moment"},
      {"known, and there may be more", true, false, bearer("sk-alice-0123456789"), 200, ""},
  };
  answer_document(bench, ten_and_ten);
  for (const row& r : rows) {
    bench.how.required = r.required;
    bench.how.complete = r.complete;
    bench.put_in_force();
    raw_client& c = bench.answer(chat(false, "", r.fields));
    EXPECT_EQ(r.status, c.last().status) << r.what;
    EXPECT_NE(std::string::npos, c.last().body.find(r.said)) << r.what << ": " << c.last().body;
    EXPECT_EQ(std::string::npos, c.last().body.find("0123456789")) << r.what;
    EXPECT_EQ(r.status == 401, c.last().header("www-authenticate") == "Bearer") << r.what;
  }
}

TEST(Keys, WhoHasNoneIsToldBeforeHisBody) {
  keys_bench bench;
  bench.how.required = true;
  bench.add("alice", "sk-alice");
  bench.put_in_force();
  raw_client& c = bench.client();
  c.send("POST /v1/chat/completions HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n{");
  ASSERT_TRUE(bench.driver.run_until([&] { return c.ended(); }));
  EXPECT_EQ(401U, c.last().status);
  EXPECT_TRUE(bench.network.peers.empty() ||
              bench.network.peers.front()->requests().front().method == "GET");
}

TEST(Keys, AKeyIsGoodForWhatItNames) {
  keys_bench bench;
  bench.settings.upstreams.push_back(gateway_bench::upstream("v"));
  bench.settings.models.push_back({"m", {{"u", "", 1, 1, {}}, {"v", "", 1, 2, {}}}, {}});
  bench.settings.models.push_back({"other", {{"u", "", 1, 1, {}}}, {}});
  answer_document(bench, ten_and_ten);
  ring_key& some = bench.add("some", "sk-some");
  some.models.push_back(*route::name_pattern::parse("m*"));
  ring_key& second = bench.add("second", "sk-second");
  second.key.upstreams = {"v"};
  ring_key& vectors = bench.add("vectors", "sk-vectors");
  vectors.key.apis = {"emb"};
  bench.put_in_force();

  EXPECT_EQ(200U, bench.answer(chat_as("sk-some")).last().status);
  const std::string other = chat_body(false, "", "other");
  raw_client& denied = bench.answer(post("/v1/chat/completions", other, bearer("sk-some")));
  EXPECT_EQ(404U, denied.last().status);
  EXPECT_NE(std::string::npos, denied.last().body.find("model_not_found"));
  EXPECT_EQ(std::string::npos, denied.last().body.find("Did you mean")) << denied.last().body;

  raw_client& elsewhere = bench.answer(chat_as("sk-second"));
  EXPECT_EQ("v", elsewhere.last().header("x-weir-upstream"));
  EXPECT_EQ(404U,
            bench.answer(post("/v1/chat/completions", other, bearer("sk-second"))).last().status);

  raw_client& api = bench.answer(chat_as("sk-vectors"));
  EXPECT_EQ(403U, api.last().status);
  EXPECT_NE(std::string::npos, api.last().body.find("'vectors' is not for this API"));

  const std::string list = bench.answer(get("/v1/models", bearer("sk-some"))).last().body;
  EXPECT_NE(std::string::npos, list.find(R"("id":"m")"));
  EXPECT_EQ(std::string::npos, list.find("other"));
  EXPECT_EQ(404U, bench.answer(get("/v1/models/other", bearer("sk-some"))).last().status);
  EXPECT_EQ(200U, bench.answer(get("/v1/models/m", bearer("sk-some"))).last().status);
}

TEST(Keys, WhatWeirKnowsItselfNeedsOneOnlyForModels) {
  keys_bench bench;
  bench.how.required = true;
  bench.put_in_force();
  EXPECT_EQ(401U, bench.answer(get("/v1/models")).last().status);
  EXPECT_EQ(401U, bench.answer(get("/v1/models/m")).last().status);
  for (const char* const path : {"/healthz", "/metrics"})
    EXPECT_EQ(200U, bench.answer(get(path)).last().status) << path;
}

TEST(Keys, NoKeyOfOursGoesToAnUpstream) {
  keys_bench bench;
  bench.settings.upstreams[0].key_passthrough = true;
  answer_document(bench, ten_and_ten);
  bench.add("alice", "sk-alice");
  bench.put_in_force();
  const auto sent = [&](const std::string& fields) {
    bench.answer(chat(false, "", fields));
    for (const auto& peer : bench.network.peers)
      for (const received_request& r : peer->requests())
        if (r.method == "POST") {
          for (const auto& [name, value] : r.headers)
            EXPECT_EQ(std::string::npos, value.find("sk-alice")) << name;
          if (r.header("authorization") == "Bearer sk-theirs") return std::string("theirs");
        }
    return std::string();
  };
  EXPECT_EQ("", sent(bearer("sk-alice")));
  EXPECT_EQ("theirs", sent(bearer("sk-theirs") + "x-api-key: sk-alice\r\n"));
}

TEST(Keys, ARecordSaysWhoseItIsAndItsLabels) {
  keys_bench bench;
  kept_records kept;
  bench.records = &kept;
  answer_document(bench, ten_and_ten);
  ring_key& alice = bench.add("alice", "sk-alice");
  alice.key.labels = {{"team", "red"}, {"stage", "test"}};
  bench.put_in_force();
  bench.answer(chat_as("sk-alice"));
  bench.answer(chat(false, "", bearer("sk-alice") + "x-weir-tags: team=blue, app=chat\r\n"));
  bench.answer(chat(false, "", bearer("sk-nobody")));
  ASSERT_EQ(3U, kept.all.size());
  EXPECT_EQ("alice", kept.all[0].key);
  EXPECT_EQ(R"({"team":"red","stage":"test"})", kept.all[0].tags);
  EXPECT_EQ(R"({"team":"red","stage":"test","app":"chat"})", kept.all[1].tags)
      << "a client cannot take another's label";
  EXPECT_EQ("", kept.all[2].key);
}

TEST(Keys, ContentIsKeptOnlyForAKeyThatSaysSo) {
  keys_bench bench;
  kept_records kept;
  bench.records = &kept;
  answer_document(bench, ten_and_ten);
  bench.add("open", "sk-open").key.store_content = true;
  bench.add("plain", "sk-plain");
  bench.put_in_force();
  bench.answer(chat_as("sk-open"));
  bench.answer(chat_as("sk-plain"));
  bench.answer(chat(false));
  ASSERT_EQ(3U, kept.all.size());
  ASSERT_TRUE(kept.all[0].content);
  EXPECT_EQ(chat_body(false), kept.all[0].content->request.text);
  EXPECT_NE(std::string::npos, kept.all[0].content->answer.text.find(R"("content":"Hi")"));
  EXPECT_FALSE(kept.all[1].content);
  EXPECT_FALSE(kept.all[2].content);
}

TEST(Keys, SettingsOfAKeyAreTheNearest) {
  keys_bench bench;
  bench.settings.stream.cost = config::cost_form::none;
  bench.settings.prices =
      config::load_text("prices: {m: {input: 1, output: 2}}", "weir.yaml", [](const std::string&) {
        return std::optional<std::string>();
      })->prices;
  answer_document(bench, ten_and_ten);
  bench.add("plain", "sk-plain");
  bench.add("priced", "sk-priced").stream.cost = config::cost_form::usd;
  bench.put_in_force();
  EXPECT_EQ(std::string::npos, bench.answer(chat_as("sk-plain")).last().body.find("cost"));
  EXPECT_NE(std::string::npos,
            bench.answer(chat_as("sk-priced")).last().body.find(R"("cost":0.00003)"));
}

// --- Limits
// ---------------------------------------------------------------------------------------

TEST(KeyLimits, RequestsBeyondTheRateAreToldWhenTheyMayCome) {
  keys_bench bench;
  answer_document(bench, ten_and_ten);
  ring_key& alice = bench.add("alice", "sk-alice");
  meter::allowance may;
  may.requests_per_minute = 2;
  may.tokens_per_minute = 100'000;
  bench.limit(alice, may);
  bench.put_in_force();
  raw_client& first = bench.answer(chat_as("sk-alice"));
  EXPECT_EQ(200U, first.last().status);
  EXPECT_EQ("2", first.last().header("x-ratelimit-limit-requests"));
  EXPECT_EQ("1", first.last().header("x-ratelimit-remaining-requests"));
  EXPECT_EQ("100000", first.last().header("x-ratelimit-limit-tokens"));
  EXPECT_EQ(200U, bench.answer(chat_as("sk-alice")).last().status);
  raw_client& c = bench.answer(chat_as("sk-alice"));
  EXPECT_EQ(429U, c.last().status);
  const std::string& body = c.last().body;
  EXPECT_NE(std::string::npos,
            body.find("Rate limit reached for m in organization alice on requests per min (RPM): "
                      "Limit 2, Used 2, Requested 1. Please try again in "))
      << body;
  EXPECT_NE(std::string::npos,
            body.find(R"("type":"requests","param":null,"code":"rate_limit_exceeded")"));
  EXPECT_EQ("30", c.last().header("retry-after"));
  EXPECT_EQ("0", c.last().header("x-ratelimit-remaining-requests"));
  EXPECT_EQ("", c.last().header("x-should-retry"));
  // The connection serves on.
  EXPECT_TRUE(bench.ask(c, get("/healthz")));
  EXPECT_EQ(200U, c.last().status);
}

TEST(KeyLimits, TokensAreSetAsideByTheRequestsOwnBound) {
  keys_bench bench;
  answer_document(bench, ten_and_ten);
  ring_key& alice = bench.add("alice", "sk-alice");
  meter::allowance may;
  may.tokens_per_minute = 1000;
  bench.limit(alice, may);
  bench.how.output_reserve = 500;
  bench.put_in_force();
  raw_client& too_large = bench.answer(chat_as("sk-alice", R"(,"max_tokens":2000)"));
  EXPECT_EQ(429U, too_large.last().status);
  EXPECT_NE(std::string::npos, too_large.last().body.find("Request too large for m"));
  EXPECT_EQ("false", too_large.last().header("x-should-retry"));
  EXPECT_EQ("", too_large.last().header("retry-after"));
  // Of 400 each it took 20.
  for (int i = 0; i < 10; ++i)
    EXPECT_EQ(200U,
              bench.answer(chat_as("sk-alice", R"(,"max_completion_tokens":400)")).last().status)
        << i;
  raw_client& three = bench.answer(chat_as("sk-alice", R"(,"max_tokens":400,"n":3)"));
  EXPECT_EQ(429U, three.last().status);
  EXPECT_EQ(200U, bench.answer(chat_as("sk-alice")).last().status) << "the reserve";
}

TEST(KeyLimits, MoneyIsNeverPassedHoweverManyAskAtOnce) {
  keys_bench bench;
  bench.settings.prices =
      config::load_text("prices: {m: {input: 1000, output: 1000}}", "weir.yaml",
                        [](const std::string&) { return std::optional<std::string>(); })
          ->prices;
  std::vector<upstream_peer*> waiting;
  bench.network.answer = [&](upstream_peer& peer, const received_request& request) {
    if (request.method == "GET")
      return peer.respond(200, "application/json", R"({"data":[{"id":"m"}]})");
    waiting.push_back(&peer);
  };
  ring_key& alice = bench.add("alice", "sk-alice");
  meter::allowance may;
  may.usd_per_day = meter::nano_usd{1'000'000'000};  // a thousand tokens
  bench.limit(alice, may);
  bench.put_in_force();
  const std::string bytes = chat_as("sk-alice", R"(,"max_tokens":100)");
  std::vector<raw_client*> clients;
  for (int i = 0; i < 20; ++i) {
    clients.push_back(&bench.client());
    clients.back()->send(bytes);
  }
  const auto refused = [&] {
    return std::count_if(clients.begin(), clients.end(),
                         [](raw_client* c) { return c->complete() != 0; });
  };
  ASSERT_TRUE(bench.driver.run_until(
      [&] { return static_cast<std::size_t>(refused()) + waiting.size() == clients.size(); }));
  EXPECT_GT(waiting.size(), 4U);
  EXPECT_LE(waiting.size(), 10U);
  for (raw_client* const c : clients) {
    if (c->complete() == 0) continue;
    EXPECT_EQ(429U, c->last().status);
    EXPECT_NE(std::string::npos,
              c->last().body.find(
                  R"("type":"insufficient_quota","param":null,"code":"insufficient_quota")"));
    EXPECT_NE(std::string::npos, c->last().body.find("The key 'alice' may spend 1 USD a day"));
    EXPECT_EQ("false", c->last().header("x-should-retry"));
    EXPECT_EQ("", c->last().header("retry-after"));
  }
}

TEST(KeyLimits, WhoLeavesPaysForWhatCame) {
  keys_bench bench;
  bench.settings.prices =
      config::load_text("prices: {m: {input: 1, output: 1000}}", "weir.yaml",
                        [](const std::string&) { return std::optional<std::string>(); })
          ->prices;
  upstream_peer* at = nullptr;
  bench.network.answer = test::begins_stream(at);
  ring_key& alice = bench.add("alice", "sk-alice");
  meter::allowance may;
  may.usd_per_day = meter::nano_usd{10'000'000'000};
  may.max_concurrent = 1;
  bench.limit(alice, may);
  bench.put_in_force();
  raw_client& c = bench.client();
  c.send(chat(true, "", bearer("sk-alice")));
  ASSERT_TRUE(bench.driver.run_until([&] { return at != nullptr; }));
  at->chunk(test::chat_word("four"));
  ASSERT_TRUE(bench.driver.run_until(
      [&] { return !c.responses().empty() && !c.responses().back().body.empty(); }));
  raw_client& second = bench.answer(chat_as("sk-alice"));
  EXPECT_EQ(429U, second.last().status);
  EXPECT_NE(std::string::npos, second.last().body.find("on concurrent requests: Limit 1, Used 1"));
  c.leave();
  const auto& account = alice.accounts.front();
  ASSERT_TRUE(bench.driver.run_until(
      [&] { return account->with([](meter::account& a) { return a.running(); }) == 0; }));
  const auto spent = account->with(
      [&](meter::account& a) { return a.spent(meter::quota::day, bench.loop.wall_clock()); });
  EXPECT_GE(spent.value, 1'000'000);   // a token of output
  EXPECT_LT(spent.value, 10'000'000);  // and nothing that was only set aside
}

TEST(KeyLimits, OneGroupForManyKeys) {
  keys_bench bench;
  answer_document(bench, ten_and_ten);
  meter::allowance may;
  may.requests_per_minute = 3;
  const auto group = bench.limits.open("group:red", may, bench.loop.wall_clock());
  for (const char* const name : {"a", "b"}) {
    ring_key& key = bench.add(name, std::string("sk-") + name);
    key.accounts.push_back(group);
  }
  bench.put_in_force();
  for (const char* const secret : {"sk-a", "sk-b", "sk-a"})
    EXPECT_EQ(200U, bench.answer(chat_as(secret)).last().status);
  raw_client& c = bench.answer(chat_as("sk-b"));
  EXPECT_EQ(429U, c.last().status);
  EXPECT_NE(std::string::npos, c.last().body.find("in organization red"));
}

/// Knows nothing at once.
class slow_limiter final : public quota::limiter {
 public:
  std::optional<verdict> admit(const quota::account_list&, const meter::taking&, micros,
                               const answer& later) override {
    waiting.push_back(later);
    return std::nullopt;
  }
  verdict yes(const quota::account_list& accounts, micros now) { return take(accounts, {}, now); }
  std::vector<answer> waiting;
};

TEST(KeyLimits, AVerdictMayComeLater) {
  keys_bench bench;
  answer_document(bench, ten_and_ten);
  slow_limiter slow;
  ring_key& alice = bench.add("alice", "sk-alice");
  meter::allowance may;
  may.max_concurrent = 5;
  const auto account = slow.open("key:alice", may, bench.loop.wall_clock());
  alice.accounts = {account};
  bench.put_in_force();
  bench.how.limits = &slow;
  bench.keys = std::make_shared<const key_ring>(bench.how, std::vector<ring_key>{alice});
  const auto running = [&] { return account->with([](meter::account& a) { return a.running(); }); };
  raw_client& served = bench.client();
  raw_client& refused = bench.client();
  raw_client& left = bench.client();
  for (raw_client* const c : {&served, &refused, &left}) {
    c->send(chat_as("sk-alice"));
    const std::size_t before = slow.waiting.size();
    ASSERT_TRUE(bench.driver.run_until([&] { return slow.waiting.size() > before; }));
  }
  left.leave();
  bench.driver.settle();
  slow.waiting[0](slow.yes({account}, bench.loop.wall_clock()));
  slow.waiting[1]({});
  slow.waiting[2](slow.yes({account}, bench.loop.wall_clock()));
  ASSERT_TRUE(bench.driver.run_until(
      [&] { return served.complete() != 0 && refused.complete() != 0 && running() == 0; }));
  EXPECT_EQ(200U, served.last().status);
  EXPECT_EQ(503U, refused.last().status);
}

TEST(KeyLimits, AVerdictMayComeBehindTheHeadOfAStream) {
  keys_bench bench;
  slow_limiter slow;
  ring_key& alice = bench.add("alice", "sk-alice");
  alice.accounts = {slow.open("key:alice", {}, bench.loop.wall_clock())};
  alice.stream.commit_after = millis{1};
  bench.put_in_force();
  bench.how.limits = &slow;
  bench.keys = std::make_shared<const key_ring>(bench.how, std::vector<ring_key>{alice});
  raw_client& c = bench.client();
  c.send(chat(true, "", bearer("sk-alice")));
  ASSERT_TRUE(bench.driver.run_until([&] { return !c.responses().empty(); }));
  slow.waiting[0]({});
  ASSERT_TRUE(bench.driver.run_until([&] { return c.complete() != 0; }));
  EXPECT_EQ(200U, c.last().status);
  EXPECT_NE(std::string::npos, c.last().body.find(R"(data: {"error":)"));
  EXPECT_TRUE(c.last().body.ends_with("data: [DONE]\n\n")) << c.last().body;
}

TEST(KeyLimits, WhoWaitsForAVerdictEndsWithTheGateway) {
  for (const bool behind_its_head : {true, false}) {
    keys_bench bench;
    slow_limiter slow;
    ring_key& alice = bench.add("alice", "sk-alice");
    alice.accounts = {slow.open("key:alice", {}, bench.loop.wall_clock())};
    if (behind_its_head) alice.stream.commit_after = millis{1};
    bench.put_in_force();
    bench.how.limits = &slow;
    bench.keys = std::make_shared<const key_ring>(bench.how, std::vector<ring_key>{alice});
    raw_client& c = bench.client();
    c.send(chat(true, "", bearer("sk-alice")));
    ASSERT_TRUE(bench.driver.run_until(
        [&] { return !slow.waiting.empty() && (!behind_its_head || !c.responses().empty()); }));
    bench.worker->end_now();
    ASSERT_TRUE(bench.driver.run_until([&] { return c.complete() != 0; }));
    EXPECT_EQ(behind_its_head ? 200U : 503U, c.last().status);
    EXPECT_EQ(behind_its_head, c.last().body.ends_with("data: [DONE]\n\n"));
    EXPECT_NE(std::string::npos, c.last().body.find("shutting down"));
    slow.waiting[0](slow.yes(alice.accounts, bench.loop.wall_clock()));  // nobody is there any more
    bench.driver.settle();
  }
}

TEST(KeyLimits, RatesOfTheUpstreamGoOnWhereWeirKeepsNone) {
  keys_bench bench;
  bench.network.answer = [](upstream_peer& peer, const received_request& request) {
    if (request.method == "GET")
      return peer.respond(200, "application/json", R"({"data":[{"id":"m"}]})");
    peer.respond(200, "application/json", test::chat_document,
                 {{"x-ratelimit-limit-requests", "60"}, {"x-ratelimit-reset-tokens", "8.64s"}});
  };
  meter::allowance may;
  may.requests_per_minute = 7;
  bench.limit(bench.add("alice", "sk-alice"), may);
  bench.put_in_force();
  raw_client& theirs = bench.answer(chat(false));
  EXPECT_EQ("60", theirs.last().header("x-ratelimit-limit-requests"));
  EXPECT_EQ("8.64s", theirs.last().header("x-ratelimit-reset-tokens"));
  raw_client& ours = bench.answer(chat_as("sk-alice"));
  EXPECT_EQ("7", ours.last().header("x-ratelimit-limit-requests"));
  EXPECT_EQ("", ours.last().header("x-ratelimit-reset-tokens"));
}

TEST(KeyLimits, SpansAreWrittenAsGoWritesThem) {
  const std::pair<micros, const char*> cases[] = {
      {micros{0}, "0s"},        {micros{1}, "1ms"},        {millis{120}, "120ms"},
      {seconds{1}, "1s"},       {millis{8640}, "8.64s"},   {seconds{59}, "59s"},
      {seconds{360}, "6m0s"},   {seconds{3600}, "1h0m0s"}, {millis{3'661'500}, "1h1m1.5s"},
      {millis{1005}, "1.005s"},
  };
  for (const auto& [span, text] : cases) EXPECT_EQ(text, go_duration(span));
}

}  // namespace
}  // namespace weir::proxy
