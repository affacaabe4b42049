#include "demo/demo_service.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "demo/harness.h"
#include "weir/base/limits.h"
#include "weir/json/reader.h"

namespace weir::testing {
namespace {

constexpr std::string_view chat = "/v1/chat/completions";

/// A service without pauses and one client.
struct bench {
  explicit bench(millis pace = millis{0}) : service(loop, pace), client(loop, service) {}

  net::event_loop loop;
  demo::demo_service service;
  demo_client client;
};

/// Lets everything happen that is due: nothing here waits for time.
void settle(net::event_loop& loop) {
  for (int turn = 0; turn < 200; ++turn) {
    bool posted = false;
    loop.post([&] { posted = true; });
    while (!posted) loop.run_once();
  }
}

TEST(DemoService, ListsItsModels) {
  for (const char* path : {"/v1/models", "/models", "/v1/models?limit=1"}) {
    bench b;
    const demo_response response = b.client.ask("GET", path);
    EXPECT_EQ(response.status, 200U);
    EXPECT_EQ(response.content_type, "application/json");
    json::reader reader;
    ASSERT_EQ(reader.parse(response.body), json::reader::status::ok);
    EXPECT_TRUE(reader.root()["object"].equals("list"));
    const std::vector<demo::scenario> scenarios = demo::make_scenarios();
    const json::value data = reader.root()["data"];
    ASSERT_EQ(data.size(), scenarios.size());
    for (std::size_t i = 0; i < scenarios.size(); ++i) {
      EXPECT_TRUE(data.at(i)["id"].equals(scenarios[i].model));
      EXPECT_TRUE(data.at(i)["object"].equals("model"));
      EXPECT_TRUE(data.at(i)["owned_by"].equals("weir-demo"));
      EXPECT_GT(data.at(i)["created"].integer().value_or(0), 1'500'000'000);
    }
  }
}

TEST(DemoService, ServesOneRequestAfterTheOtherOnOneConnection) {
  bench b;
  const demo_response first = b.client.ask("POST", chat, chat_body("demo/no-done", true));
  EXPECT_TRUE(first.keep_alive);
  const demo_response second = b.client.ask("POST", chat, chat_body("demo/clean", false));
  EXPECT_EQ(second.content_type, "application/json");
  EXPECT_NE(second.body.find("demo/clean"), std::string::npos);
  EXPECT_EQ(b.client.ask("GET", "/v1/models").status, 200U);
  EXPECT_EQ(b.service.connections(), 1U);
}

TEST(DemoService, EveryAnswerHasAnIdOfItsOwn) {
  bench b;
  const auto id = [&] {
    const std::string body = b.client.ask("POST", chat, chat_body("demo/clean", false)).body;
    return body.substr(0, body.find(','));
  };
  EXPECT_NE(id(), id());
}

TEST(DemoService, AnswersPipelinedRequestsInOrder) {
  bench b;
  b.client.send("POST", chat, chat_body("demo/clean", true));
  b.client.send("POST", chat, chat_body("demo/error-429", true));
  b.client.send("GET", "/v1/models", "");
  EXPECT_NE(b.client.receive().body.find("demo/clean"), std::string::npos);
  EXPECT_EQ(b.client.receive().status, 429U);
  EXPECT_NE(b.client.receive().body.find("\"list\""), std::string::npos);
}

TEST(DemoService, ReadsARequestThatComesByteByByte) {
  net::event_loop loop;
  demo::demo_service service(loop, millis{0});
  demo_client client(loop, service);
  const std::string body = chat_body("demo/clean", false);
  const std::string request =
      "POST " + std::string(chat) +
      " HTTP/1.1\r\nHost: demo\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
      body;
  for (const char c : request) {
    client.send(std::string_view(&c, 1));
    loop.run_once();
  }
  EXPECT_EQ(client.receive().status, 200U);
}

struct refusal_case {
  const char* name;
  const char* method;
  const char* path;
  std::string body;
  unsigned status;
  const char* says;
};

TEST(DemoService, RefusesWhatAServerRefuses) {
  const refusal_case cases[] = {
      {"unknown path", "POST", "/v1/embeddings", "{}", 404, "unknown_url"},
      {"other version", "GET", "/v2/models", "", 404, "unknown_url"},
      {"unknown model", "POST", "/v1/chat/completions", chat_body("gpt-4", true), 404,
       "model_not_found"},
      {"unknown model with a quote", "POST", "/v1/chat/completions", chat_body("a\\\"b", true), 404,
       R"(a\"b)"},
      {"not JSON", "POST", "/v1/chat/completions", "hello", 400, "parse the JSON body"},
      {"two documents", "POST", "/v1/chat/completions", "{}{}", 400, "parse the JSON body"},
      {"an array", "POST", "/v1/chat/completions", "[]", 400, "parse the JSON body"},
      {"no body", "POST", "/v1/chat/completions", "", 400, "parse the JSON body"},
      {"no model", "POST", "/v1/chat/completions", R"({"messages":[]})", 400, "model parameter"},
      {"no messages", "POST", "/v1/chat/completions", R"({"model":"demo/clean"})", 400,
       "'messages'"},
      {"n too large", "POST", "/v1/chat/completions", chat_body("demo/clean", true, false, 5), 400,
       "<= 4, but got 5"},
      {"n zero", "POST", "/v1/chat/completions", chat_body("demo/clean", true, false, 0), 400,
       ">= 1, but got 0"},
      {"n a string", "POST", "/v1/chat/completions",
       R"({"model":"demo/clean","messages":[],"n":"2"})", 400, "Invalid type for 'n'"},
      {"wrong method", "GET", "/v1/chat/completions", "", 405, "method_not_supported"},
      {"wrong method", "DELETE", "/v1/models", "", 405, "method_not_supported"},
  };
  for (const refusal_case& c : cases) {
    bench b;
    const demo_response response = b.client.ask(c.method, c.path, c.body);
    EXPECT_EQ(response.status, c.status) << c.name;
    EXPECT_EQ(response.content_type, "application/json") << c.name;
    EXPECT_NE(response.body.find(c.says), std::string::npos) << c.name << '\n' << response.body;
    EXPECT_EQ(!response.allow.empty(), c.status == 405) << c.name;
    json::reader reader;
    ASSERT_EQ(reader.parse(response.body), json::reader::status::ok) << response.body;
    for (const char* member : {"message", "type", "param", "code"})
      EXPECT_TRUE(reader.root()["error"][member].present()) << c.name << ' ' << member;
    EXPECT_EQ(b.client.ask("GET", "/v1/models").status, 200U) << c.name << ": keeps the connection";
  }
}

TEST(DemoService, TakesNullsForAbsent) {
  bench b;
  const demo_response response =
      b.client.ask("POST", chat,
                   R"({"model":"demo/clean","messages":[],"stream":null,"n":null,)"
                   R"("stream_options":null})");
  EXPECT_EQ(response.status, 200U);
  EXPECT_EQ(response.content_type, "application/json");
}

TEST(DemoService, ClosesAfterARequestThatMeansNothing) {
  bench b;
  b.client.send("NONSENSE\r\n\r\n");
  const demo_response response = b.client.receive();
  EXPECT_EQ(response.status, 400U);
  EXPECT_EQ(response.connection, "close");
  while (!b.client.over()) b.loop.run_once();
  EXPECT_EQ(b.service.connections(), 0U);
}

TEST(DemoService, ClosesWhenTheClientAsksForIt) {
  bench b;
  b.client.send("GET /v1/models HTTP/1.1\r\nHost: demo\r\nConnection: close\r\n\r\n");
  const demo_response response = b.client.receive();
  EXPECT_EQ(response.status, 200U);
  EXPECT_FALSE(response.keep_alive);
  while (!b.client.over()) b.loop.run_once();
  EXPECT_EQ(b.service.connections(), 0U);
}

TEST(DemoService, SpeaksNoOlderProtocol) {
  bench b;
  b.client.send("GET /v1/models HTTP/1.0\r\n\r\n");
  EXPECT_EQ(b.client.receive().status, 505U);
}

TEST(DemoService, LetsAClientSendItsBody) {
  bench b;
  const std::string body = chat_body("demo/clean", false);
  b.client.send("POST " + std::string(chat) +
                " HTTP/1.1\r\nHost: demo\r\nExpect: 100-continue\r\nContent-Length: " +
                std::to_string(body.size()) + "\r\n\r\n");
  settle(b.loop);
  EXPECT_GT(b.client.connection().bytes_received(), 0U);
  b.client.send(body);
  EXPECT_EQ(b.client.receive().status, 200U);
}

TEST(DemoService, RefusesABodyBeyondTheLimit) {
  for (const bool too_large : {false, true}) {
    bench b;
    std::string body = chat_body("demo/clean", false);
    body.resize(limits::max_body_bytes + (too_large ? 1 : 0), ' ');
    EXPECT_EQ(b.client.ask("POST", chat, body).status, too_large ? 413U : 200U);
  }
}

TEST(DemoService, ReadsNoFurtherAndSaysNoMoreThanItsLimitsWhileAReaderPauses) {
  bench b;
  b.client.connection().pause_reading();
  constexpr int requests = 1000;
  const std::string body = chat_body("demo/no-role", true) + std::string(1000, ' ');
  for (int i = 0; i < requests; ++i) b.client.send("POST", chat, body);
  const std::size_t sent = b.client.connection().queued();
  settle(b.loop);
  const std::size_t unread = b.client.connection().queued();
  EXPECT_GT(unread, 0U) << "the service read all requests though nobody reads its answers";
  EXPECT_LE(sent - unread, limits::max_pipelined_bytes + 2 * limits::read_buffer_bytes +
                               limits::high_watermark_bytes);
  settle(b.loop);
  EXPECT_EQ(b.client.connection().queued(), unread);

  b.client.connection().resume_reading();
  for (int i = 0; i < requests; ++i) {
    const demo_response response = b.client.receive();
    ASSERT_TRUE(response.whole) << i;
    ASSERT_TRUE(response.body.ends_with("data: [DONE]\n\n")) << i;
  }
}

TEST(DemoService, PausesBetweenEvents) {
  bench b(millis{1});
  const micros begin = b.loop.now();
  const demo_response response = b.client.ask("POST", chat, chat_body("demo/clean", true));
  EXPECT_TRUE(response.whole);
  EXPECT_GE(b.loop.now() - begin, millis{7});  // role, five words and finish are each held up
}

TEST(DemoService, TheSlowModelSaysNothingForLong) {
  bench b(millis{2});
  b.client.send("POST", chat, chat_body("demo/slow", true));
  while (b.client.current().status == 0) b.loop.run_once();
  const micros head_came = b.loop.now();
  while (b.client.current().body.empty()) b.loop.run_once();
  EXPECT_GE(b.loop.now() - head_came, millis{150 * 2 - 20});
}

TEST(DemoService, StopsItsPaceWhenTheClientGoes) {
  for (const bool gracefully : {false, true}) {
    net::event_loop loop;
    demo::demo_service service(loop, seconds{3600});
    {
      demo_client client(loop, service);
      client.send("POST", chat, chat_body("demo/clean", true));
      while (client.current().body.empty()) loop.run_once();
      EXPECT_EQ(service.connections(), 1U);
      if (gracefully) client.connection().close_gracefully();
    }
    settle(loop);
    EXPECT_EQ(service.connections(), 0U);
  }
}

TEST(DemoService, MayEndBeforeItsClients) {
  net::event_loop loop;
  auto service = std::make_unique<demo::demo_service>(loop, seconds{3600});
  const std::unique_ptr<net::connection> silent = service->open(loop);
  const std::unique_ptr<net::connection> busy = service->open(loop);
  busy->write("POST /v1/chat/completions HTTP/1.1\r\nHost: demo\r\nContent-Length: 50\r\n\r\n");
  settle(loop);
  service.reset();
  settle(loop);
}

TEST(DemoService, TellsSeveralClientsApart) {
  net::event_loop loop;
  demo::demo_service service(loop, millis{1});
  demo_client one(loop, service);
  demo_client two(loop, service);
  one.send("POST", chat, chat_body("demo/clean", true));
  two.send("POST", chat, chat_body("demo/no-role", true));
  EXPECT_NE(two.receive().body.find("demo/no-role"), std::string::npos);
  EXPECT_NE(one.receive().body.find("demo/clean"), std::string::npos);
  EXPECT_EQ(service.connections(), 2U);
}

}  // namespace
}  // namespace weir::testing
