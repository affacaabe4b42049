// The gateway with its threads and sockets.
#include "app/server.h"

#include <gtest/gtest.h>

#include <future>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "app/http_client.h"

namespace weir::app {
namespace {

std::shared_ptr<config::config> demo_config(std::uint32_t workers) {
  auto made = std::make_shared<config::config>();
  made->listen.port = 0;
  made->workers = workers;
  config::upstream demo;
  demo.name = "demo";
  demo.kind = config::upstream_kind::demo;
  made->upstreams.push_back(demo);
  return made;
}

std::unique_ptr<server> started(std::uint32_t workers) {
  server_options quiet;
  quiet.access_lines = false;
  auto made = server::start(demo_config(workers), std::move(quiet));
  EXPECT_TRUE(made.ok());
  return std::move(made).value();
}

http_call chat_call(const server& at, const std::string& model, bool stream) {
  http_call call;
  call.host = "127.0.0.1";
  call.port = at.port();
  call.method = "POST";
  call.target = "/v1/chat/completions";
  call.body = R"({"model":")" + model + R"(","stream":)" + (stream ? "true" : "false") +
              R"(,"messages":[{"role":"user","content":"hi"}]})";
  call.silence = seconds{20};
  return call;
}

std::string streamed(const server& at, const std::string& model) {
  std::string body;
  const auto answer =
      call(chat_call(at, model, true), [&](std::string_view part) { body += part; });
  return answer.ok() ? body : answer.error().message;
}

bool ends_with_done(const std::string& body) {
  constexpr std::string_view done = "data: [DONE]\n\n";
  return body.size() > done.size() && body.substr(body.size() - done.size()) == done;
}

TEST(Server, ManyClientsAreServedByManyWorkers) {
  const auto server = started(3);
  EXPECT_EQ(3U, server->workers());
  std::vector<std::future<std::string>> answers;
  for (int i = 0; i < 24; ++i)
    answers.push_back(
        std::async(std::launch::async, [&] { return streamed(*server, "demo/no-done"); }));
  for (auto& answer : answers) EXPECT_TRUE(ends_with_done(answer.get()));
}

TEST(Server, MetricsAreThoseOfAllWorkers) {
  const auto server = started(2);
  for (int i = 0; i < 8; ++i) EXPECT_TRUE(ends_with_done(streamed(*server, "demo/json-only")));
  http_call metrics;
  metrics.host = "127.0.0.1";
  metrics.port = server->port();
  metrics.target = "/metrics";
  const auto answer = call(metrics);
  ASSERT_TRUE(answer.ok());
  EXPECT_NE(std::string::npos,
            answer->body.find(R"(model="demo/json-only",client_dialect="chat",)"
                              R"(upstream_dialect="chat",status_class="2xx",stream="true"} 8)"))
      << answer->body;
}

TEST(Server, ShuttingDownLetsARunningStreamFinish) {
  const auto server = started(2);
  std::promise<void> first_event;
  std::string body;
  std::thread client([&] {
    bool told = false;
    (void)call(chat_call(*server, "demo/clean", true), [&](std::string_view part) {
      body += part;
      if (!std::exchange(told, true)) first_event.set_value();
    });
  });
  first_event.get_future().wait();
  server->shut_down(seconds{20});
  client.join();
  EXPECT_TRUE(ends_with_done(body));
  EXPECT_EQ(std::string::npos, body.find(R"("error")"));
}

TEST(Server, WhatDoesNotFinishInTimeEndsWithAnErrorAndTheEnd) {
  const auto server = started(1);
  std::promise<void> first_event;
  std::string body;
  std::thread client([&] {
    bool told = false;
    (void)call(chat_call(*server, "demo/no-end", true), [&](std::string_view part) {
      body += part;
      if (!std::exchange(told, true)) first_event.set_value();
    });
  });
  first_event.get_future().wait();
  server->shut_down(millis{0});
  client.join();
  EXPECT_TRUE(ends_with_done(body)) << body;
  EXPECT_NE(std::string::npos, body.find("shutting down"));
}

TEST(Server, ASecondServerIsNotLetInOnTheSamePort) {
  const auto first = started(1);
  auto config = demo_config(1);
  config->listen.port = first->port();
  const auto second = server::start(config);
  ASSERT_FALSE(second.ok());
  EXPECT_NE(std::string::npos, second.error().message.find("in use"));
}

TEST(Server, AnAddressThatIsNotOursIsAFailureWithAReason) {
  auto config = demo_config(1);
  config->listen.host = "192.0.2.1";
  const auto made = server::start(config);
  ASSERT_FALSE(made.ok());
  EXPECT_FALSE(made.error().message.empty());
}

}  // namespace
}  // namespace weir::app
