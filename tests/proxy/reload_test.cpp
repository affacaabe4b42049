// Another configuration while requests are under way.
#include <gtest/gtest.h>

#include "routing_bench.h"

namespace weir::proxy {
namespace {

using test::chat;
using test::raw_client;
using test::received_request;
using test::routing_bench;
using test::upstream_peer;

class reload_bench : public routing_bench {
 public:
  reload_bench() : routing_bench({{"a", 1}}) {}

  /// What `settings` has become, from now on.
  void reload() {
    const auto next = std::make_shared<const config::config>(settings);
    board = std::make_shared<upstream_board>(next, board.get());
    worker->use_config(next, board);
  }
  void lead_to(const std::string& name) {
    if (settings.upstreams[0].name != name) settings.upstreams = {upstream(name)};
    settings.models[0].candidates[0].upstream = name;
  }
  /// Upstream `a` begins each answer and leaves the rest to the test.
  void keep_answers() {
    scripts["a"] = [this](upstream_peer& peer, const received_request&) {
      peer.begin_stream();
      peer.chunk(test::chat_role() + test::chat_word("begun"));
      kept.push_back(&peer);
    };
  }
  void finish(std::size_t which) {
    kept[which]->chunk(test::chat_word(" and done") + test::chat_finish() +
                       std::string(test::chat_done));
    kept[which]->end_chunks();
  }
  bool wait_for(std::size_t requests) {
    return driver.run_until([&] { return kept.size() >= requests; });
  }
  std::vector<upstream_peer*> kept;
};

TEST(Reload, ARunningStreamKeepsItsConfiguration) {
  reload_bench bench;
  bench.keep_answers();
  raw_client& old = bench.client();
  old.send(chat(true));
  ASSERT_TRUE(bench.wait_for(1));
  const std::weak_ptr<const config::config> before = bench.worker->context()->config;
  bench.lead_to("b");
  bench.reload();
  raw_client& next = bench.client();
  ASSERT_TRUE(bench.ask(next, chat(true)));
  EXPECT_NE(std::string::npos, next.last().body.find("I am b"));
  EXPECT_FALSE(before.expired());

  bench.finish(0);
  ASSERT_TRUE(bench.driver.run_until([&] { return old.complete() == 1; }));
  EXPECT_NE(std::string::npos, old.last().body.find("and done"));
  EXPECT_NE(std::string::npos, old.last().body.find("[DONE]"));
  // The same connection's next request is served by what is in force now; nobody needs the old one.
  ASSERT_TRUE(bench.ask(old, chat(true)));
  EXPECT_NE(std::string::npos, old.last().body.find("I am b"));
  bench.driver.settle();
  EXPECT_TRUE(before.expired());
}

TEST(Reload, ACapCountsWhatBeganBeforeIt) {
  reload_bench bench;
  bench.keep_answers();
  bench.settings.upstreams[0].max_concurrent = 2;
  bench.client().send(chat(true));
  bench.client().send(chat(true));
  ASSERT_TRUE(bench.wait_for(2));
  bench.reload();
  raw_client& third = bench.client();
  third.send(chat(true));
  const auto& context = *bench.worker->context();
  ASSERT_TRUE(bench.driver.run_until([&] { return context.routing.waiting() == 1; }));
  // One that began under the old configuration leaves: the one that waits under the new has room.
  bench.finish(0);
  ASSERT_TRUE(bench.wait_for(3));
  // A wider cap holds at once.
  bench.settings.upstreams[0].max_concurrent = 3;
  bench.reload();
  bench.client().send(chat(true));
  ASSERT_TRUE(bench.wait_for(4));
}

TEST(Reload, OneThatWaitedGoesOnWaitingAndIsServed) {
  reload_bench bench;
  bench.keep_answers();
  bench.settings.upstreams[0].max_concurrent = 1;
  bench.client().send(chat(true));
  ASSERT_TRUE(bench.wait_for(1));
  raw_client& waits = bench.client();
  waits.send(chat(true));
  const std::shared_ptr<worker_context> before = bench.worker->context();
  ASSERT_TRUE(bench.driver.run_until([&] { return before->routing.waiting() == 1; }));
  bench.reload();
  bench.finish(0);
  ASSERT_TRUE(bench.wait_for(2));
  bench.finish(1);
  ASSERT_TRUE(bench.driver.run_until([&] { return waits.complete() == 1; }));
  EXPECT_EQ(200U, waits.last().status);
}

TEST(Reload, ConnectionsToServersThatStayServeOn) {
  reload_bench bench;
  ASSERT_TRUE(bench.ask(bench.client(), chat(true)));
  const std::size_t connections = bench.network.peers.size();
  bench.settings.timeouts.idle = millis{77};
  bench.reload();
  ASSERT_TRUE(bench.ask(bench.client(), chat(true)));
  EXPECT_EQ(connections, bench.network.peers.size());
  // The same name for another server is another server.
  bench.settings.upstreams[0].url.port = 81;
  bench.reload();
  ASSERT_TRUE(bench.ask(bench.client(), chat(true)));
  EXPECT_EQ(connections + 1, bench.network.peers.size());
}

TEST(Reload, ABreakerStaysOpenAndOtherSettingsCloseIt) {
  reload_bench bench;
  bench.settings.routing.attempts = 1;
  bench.settings.upstreams[0].breaker.failures = 1;
  bench.scripts["a"] = test::responds(500, "{}");
  ASSERT_TRUE(bench.ask(bench.client(), chat(true)));
  ASSERT_FALSE(bench.board->usable(0));
  bench.reload();
  EXPECT_FALSE(bench.board->usable(0));
  bench.settings.upstreams[0].breaker.failures = 2;
  bench.reload();
  EXPECT_TRUE(bench.board->usable(0));
}

TEST(Reload, ModelsThatWereListedStayListed) {
  reload_bench bench;
  bench.settings.models.clear();
  bench.scripts["a"] = test::responds(200, R"({"data":[{"id":"m1"}]})");
  bench.start();
  std::vector<std::shared_ptr<const config::config>> told;
  bench.worker->probe_models([&](const auto& of, const auto&) { told.push_back(of); });
  ASSERT_TRUE(bench.driver.run_until([&] { return !told.empty(); }));
  const std::shared_ptr<const config::config> before = told.back();

  bench.settings.upstreams.push_back(routing_bench::upstream("b"));
  bench.scripts["b"] = test::responds(200, R"({"data":[{"id":"m2"}]})");
  bench.reload();
  const worker_context& context = *bench.worker->context();
  EXPECT_NE(nullptr, context.models.current().find("m1"));
  EXPECT_FALSE(context.models.current().complete());
  ASSERT_TRUE(bench.driver.run_until([&] { return context.models.current().complete(); }));
  EXPECT_NE(nullptr, context.models.current().find("m2"));

  // News of before the reload that come late are no news.
  bench.worker->use_models(
      before, std::make_shared<const model_catalogue>(*before, std::vector<upstream_models>(1), 0));
  EXPECT_NE(nullptr, context.models.current().find("m2"));
}

TEST(Reload, NothingHappensWhileItShutsDown) {
  reload_bench bench;
  bench.keep_answers();
  raw_client& client = bench.client();
  client.send(chat(true));
  ASSERT_TRUE(bench.wait_for(1));
  const std::shared_ptr<worker_context> before = bench.worker->context();
  bool idle = false;
  bench.worker->shut_down([&] { idle = true; });
  bench.reload();
  EXPECT_EQ(before, bench.worker->context());
  bench.finish(0);
  EXPECT_TRUE(bench.driver.run_until([&] { return idle; }));
}

}  // namespace
}  // namespace weir::proxy
