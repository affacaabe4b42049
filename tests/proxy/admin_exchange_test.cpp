// `/admin/v1`: who may use it, what it tells, and what it ends.
#include <gtest/gtest.h>

#include "routing_bench.h"

namespace weir::proxy {
namespace {

using test::chat;
using test::raw_client;
using test::received_request;
using test::routing_bench;
using test::upstream_peer;

constexpr const char* key = "admin-0123456789-key";

std::string call(const std::string& method, const std::string& path,
                 const std::string& authorization) {
  return method + " /admin/v1/" + path + " HTTP/1.1\r\nHost: h\r\n" +
         (authorization.empty() ? "" : "Authorization: " + authorization + "\r\n") + "\r\n";
}
std::string call(const std::string& method, const std::string& path) {
  return call(method, path, std::string("Bearer ") + key);
}

class admin_bench : public routing_bench {
 public:
  admin_bench() : routing_bench({{"a", 1}}) {
    settings.admin.key = config::secret(key);
    scripts["a"] = [this](upstream_peer& peer, const received_request&) {
      peer.begin_stream();
      peer.chunk(test::chat_role() + test::chat_word("begun"));
      kept.push_back(&peer);
    };
  }
  /// A stream that has begun, of a client that called it `id`.
  raw_client& running(const std::string& id) {
    raw_client& made = client();
    made.send(chat(true, "", "x-request-id: " + id + "\r\n"));
    EXPECT_TRUE(driver.run_until([&] {
      return !made.responses().empty() && made.last().body.find("begun") != std::string::npos;
    }));
    return made;
  }
  std::string told(const std::string& request) {
    raw_client& asks = client();
    EXPECT_TRUE(ask(asks, request));
    status = asks.last().status;
    return asks.last().body;
  }
  unsigned status = 0;
  std::vector<upstream_peer*> kept;
};

TEST(Admin, OnlyWhoHasTheKeyMayUseIt) {
  struct row {
    const char* what;
    std::string authorization;
    unsigned want;
    const char* says;
  };
  const row rows[] = {
      {"the key", std::string("Bearer ") + key, 200, "version"},
      {"a scheme in capitals", std::string("BEARER   ") + key, 200, "version"},
      {"no credential", "", 401, "provide an API key"},
      {"another scheme", std::string("Basic ") + key, 401, "provide an API key"},
      {"an empty one", "Bearer ", 401, "provide an API key"},
      {"a wrong one", "Bearer admin-0123456789-kez", 401, "adm***ez"},
      {"the beginning of it", "Bearer admin-0123456789-ke", 401, "Incorrect API key"},
      {"more than it", std::string("Bearer ") + key + key, 401, "Incorrect API key"},
      {"a short one is not shown", "Bearer sesame", 401, "provided: ***."},
  };
  for (const row& r : rows) {
    for (const auto& [method, path] : {std::pair{"GET", "config"}, std::pair{"GET", "streams"},
                                       std::pair{"DELETE", "streams/x"}}) {
      admin_bench bench;
      const std::string body = bench.told(call(method, path, r.authorization));
      const bool told = r.want != 200 || std::string(path) == "config";
      if (r.want != 200) {
        EXPECT_EQ(r.want, bench.status) << r.what << ' ' << path;
      }
      if (told) {
        EXPECT_NE(std::string::npos, body.find(r.says)) << r.what << ": " << body;
      }
      EXPECT_EQ(std::string::npos, body.find(key));
    }
  }
}

TEST(Admin, WithoutAKeyItIsOff) {
  admin_bench bench;
  bench.settings.admin.key = {};
  for (const char* authorization : {"", "Bearer ", "Bearer x"}) {
    const std::string body = bench.told(call("GET", "streams", authorization));
    EXPECT_EQ(403U, bench.status);
    EXPECT_NE(std::string::npos, body.find("admin.key"));
  }
}

TEST(Admin, RunningStreamsAreTold) {
  admin_bench bench;
  EXPECT_EQ(R"({"object":"list","complete":true,"data":[]})", bench.told(call("GET", "streams")));
  bench.running("one");
  bench.running("two");
  const std::string body = bench.told(call("GET", "streams"));
  for (const char* part :
       {R"("id":"one")", R"("id":"two")", R"("state":"answering")", R"("model":"m")",
        R"("upstream":"a")", R"("attempts":1)", R"("stream":true)", R"("output_pieces":1)"})
    EXPECT_NE(std::string::npos, body.find(part)) << part << " in " << body;
}

TEST(Admin, ARequestThatHasNoAnswerYetIsToldWithWhatItWaitsFor) {
  admin_bench bench;
  bench.settings.upstreams[0].max_concurrent = 1;
  bench.scripts["a"] = [&](upstream_peer& peer, const received_request&) {
    bench.kept.push_back(&peer);
  };
  bench.client().send(chat(true, "", "x-request-id: asks\r\n"));
  ASSERT_TRUE(bench.driver.run_until([&] { return bench.kept.size() == 1; }));
  bench.client().send(chat(true, "", "x-request-id: queues\r\n"));
  const worker_context& context = *bench.worker->context();
  ASSERT_TRUE(bench.driver.run_until([&] { return context.routing.waiting() == 1; }));
  const std::string whole = chat(true, "", "x-request-id: sends\r\n");
  bench.client().send(whole.substr(0, whole.size() - 5));
  bench.driver.settle();
  const std::string body = bench.told(call("GET", "streams"));
  const auto state_of = [&](const std::string& id) {
    const std::size_t at = body.find(R"("id":")" + id);
    const std::size_t from = body.find(R"("state":")", at) + 9;
    return at == std::string::npos ? "" : body.substr(from, body.find('"', from) - from);
  };
  EXPECT_EQ("waiting", state_of("asks"));
  EXPECT_EQ("queued", state_of("queues"));
  EXPECT_EQ("reading", state_of("sends"));
}

TEST(Admin, OneThatIsCancelledEndsWithAnErrorAndTheOthersRunOn) {
  admin_bench bench;
  raw_client& one = bench.running("one");
  raw_client& two = bench.running("two");
  EXPECT_EQ(R"({"id":"one","cancelled":1,"complete":true})",
            bench.told(call("DELETE", "streams/one")));
  EXPECT_EQ(200U, bench.status);
  ASSERT_TRUE(bench.driver.run_until([&] { return one.complete() == 1; }));
  EXPECT_NE(std::string::npos, one.last().body.find("operator of the gateway ended"));
  EXPECT_NE(std::string::npos, one.last().body.find("data: [DONE]"));
  EXPECT_EQ(0U, two.complete());
  EXPECT_EQ(R"({"id":"one","cancelled":0,"complete":true})",
            bench.told(call("DELETE", "streams/one")));
  EXPECT_EQ(404U, bench.status);
}

TEST(Admin, AWorkerThatDoesNotAnswerIsLeftOut) {
  admin_bench bench;
  bench.start();
  bench.group.silent = true;
  EXPECT_EQ(R"({"object":"list","complete":false,"data":[]})", bench.told(call("GET", "streams")));
}

TEST(Admin, WhoLeavesBeforeTheAnswerIsForgotten) {
  admin_bench bench;
  raw_client& asks = bench.client();
  asks.send(call("GET", "streams"));
  bench.loop.run_once();
  asks.leave();
  EXPECT_TRUE(bench.driver.run_until([&] { return bench.worker->sessions() == 0; }));
}

TEST(Admin, TheConfigurationIsToldWithItsLastRefusal) {
  admin_bench bench;
  bench.history.applied("weir.yaml", micros{1'700'000'000'000'000});
  std::string body = bench.told(call("GET", "config"));
  EXPECT_NE(std::string::npos,
            body.find(R"({"version":1,"since":1700000000,"origin":"weir.yaml","refused":0,)"
                      R"("last_error":null,"effective":{)"))
      << body;
  EXPECT_NE(std::string::npos, body.find(R"("key": "***")"));
  bench.history.refused({"weir.yaml:1:1: \"x\"", "another"}, micros{1'700'000'001'000'000});
  body = bench.told(call("GET", "config"));
  EXPECT_NE(std::string::npos, body.find(R"("refused":1,"last_error":{"at":1700000001,"problems":)"
                                         R"(["weir.yaml:1:1: \"x\"","another"]})"))
      << body;
  bench.history.applied("weir.yaml", micros{1'700'000'002'000'000});
  body = bench.told(call("GET", "config"));
  EXPECT_NE(std::string::npos, body.find(R"("version":2)"));
  EXPECT_NE(std::string::npos, body.find(R"("last_error":null)"));
}

TEST(Admin, BeforeTheEndEachConnectionClosesBehindItsAnswer) {
  admin_bench bench;
  raw_client& client = bench.client();
  const std::string ready = "GET /readyz HTTP/1.1\r\nHost: h\r\n\r\n";
  ASSERT_TRUE(bench.ask(client, ready));
  EXPECT_EQ(200U, client.last().status);
  bench.worker->announce_end();
  ASSERT_TRUE(bench.ask(client, ready));
  EXPECT_EQ(503U, client.last().status);
  EXPECT_EQ("close", client.last().header("connection"));
  EXPECT_TRUE(bench.driver.run_until([&] { return client.gone(); }));
  // What comes now is still served.
  raw_client& late = bench.client();
  late.send(chat(true));
  ASSERT_TRUE(bench.driver.run_until([&] { return bench.kept.size() == 1; }));
}

}  // namespace
}  // namespace weir::proxy
