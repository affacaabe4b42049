#include "net/socket_connector.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "net/resolver.h"
#include "support/net_harness.h"

namespace weir::net {
namespace {

using test::accepting;
using test::connect_and_wait;
using test::raw_socket;
using test::recording_handler;
using test::run_for;
using test::run_until;

/// A listening socket whose queue is full: further connections get no answer at all.
class deaf_server {
 public:
  deaf_server() : listening_(raw_socket::listening(0)) {
    // One in the queue, or two, according to the kernel; the others stay without an answer.
    const sockaddr_in address = raw_socket::loopback(port());
    for (int i = 0; i < 4; ++i) {
      raw_socket filler(::socket(AF_INET, SOCK_STREAM, 0));
      ::fcntl(filler.fd(), F_SETFL, O_NONBLOCK);
      (void)::connect(filler.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
      fillers_.push_back(std::move(filler));
    }
  }
  [[nodiscard]] std::uint16_t port() const { return listening_.port(); }

 private:
  raw_socket listening_;
  std::vector<raw_socket> fillers_;
};

class SocketConnector : public testing::Test {
 protected:
  [[nodiscard]] bool until(const std::function<bool()>& holds) { return run_until(loop_, holds); }

  event_loop loop_;
  socket_connector connector_{loop_};
};

TEST_F(SocketConnector, ConnectsToLiteralsAndToLocalhost) {
  accepting server(loop_);
  for (const char* const host : {"127.0.0.1", "localhost"}) {
    const auto outcome = connect_and_wait(loop_, connector_, {host, server.port()});
    ASSERT_NE(outcome.connection, nullptr) << host;
    const auto far = server.next();
    ASSERT_NE(far, nullptr);
    recording_handler handler;
    far->set_handler(&handler);
    outcome.connection->write("hello");
    EXPECT_TRUE(until([&] { return handler.data == "hello"; }));
  }
}

TEST_F(SocketConnector, NamesEachFault) {
  const raw_socket bound_only = raw_socket::listening(-1);
  const deaf_server deaf;
  struct {
    const char* name;
    endpoint to;
    fault want;
    const char* detail;
  } const cases[] = {
      {"nobody listens", {"127.0.0.1", bound_only.port()}, fault::refused, "127.0.0.1:"},
      {"no answer", {"127.0.0.1", deaf.port()}, fault::connect_timeout, "TCP connect"},
      {"no such name", {"not..a..name", 80}, fault::resolve_failed, "not..a..name"},
      {"a name too long", {std::string(300, 'a'), 80}, fault::resolve_failed, "aaa"},
      {"an empty name", {"", 80}, fault::resolve_failed, ""},
  };
  for (const auto& c : cases) {
    const auto outcome = connect_and_wait(loop_, connector_, c.to, millis{150});
    EXPECT_EQ(outcome.connection, nullptr) << c.name;
    ASSERT_TRUE(outcome.error) << c.name;
    EXPECT_EQ(fault_name(outcome.error->what), fault_name(c.want))
        << c.name << ": " << outcome.error->detail;
    EXPECT_NE(outcome.error->detail.find(c.detail), std::string::npos) << outcome.error->detail;
  }
}

TEST_F(SocketConnector, TheTimeoutIsNeitherEarlyNorLate) {
  const deaf_server deaf;
  const micros begin = loop_.now();
  const auto outcome = connect_and_wait(loop_, connector_, {"127.0.0.1", deaf.port()}, millis{120});
  ASSERT_TRUE(outcome.error);
  EXPECT_GE(loop_.now() - begin, millis{120});
  EXPECT_LT(loop_.now() - begin, seconds{5});
}

TEST_F(SocketConnector, TriesEveryAddressInTurn) {
  accepting server(loop_);
  const deaf_server deaf;
  const raw_socket bound_only = raw_socket::listening(-1);
  socket_connector::options options;
  options.hosts["mixed.test"] = {"::1", "127.0.0.2", "127.0.0.1"};
  options.hosts["deaf-first.test"] = {"127.0.0.1", "::1"};
  options.hosts["nowhere.test"] = {};
  socket_connector connector(loop_, options);

  // Nobody listens on the others' port.
  EXPECT_NE(connect_and_wait(loop_, connector, {"mixed.test", server.port()}).connection, nullptr);

  const auto refused = connect_and_wait(loop_, connector, {"mixed.test", bound_only.port()});
  ASSERT_TRUE(refused.error);
  EXPECT_EQ(refused.error->what, fault::refused);
  for (const char* const address : {"[::1]:", "127.0.0.2:", "127.0.0.1:"})
    EXPECT_NE(refused.error->detail.find(address), std::string::npos) << refused.error->detail;

  // The first does not answer and must not use up the time of the second.
  accepting behind(loop_, {.host = "::1", .port = deaf.port()});
  EXPECT_NE(
      connect_and_wait(loop_, connector, {"deaf-first.test", deaf.port()}, millis{400}).connection,
      nullptr);

  // However much time there is.
  const micros before = loop_.now();
  EXPECT_NE(
      connect_and_wait(loop_, connector, {"deaf-first.test", deaf.port()}, seconds{60}).connection,
      nullptr);
  EXPECT_LT(loop_.now() - before, seconds{10});

  const auto nowhere = connect_and_wait(loop_, connector, {"nowhere.test", 80});
  ASSERT_TRUE(nowhere.error);
  EXPECT_EQ(nowhere.error->what, fault::unreachable);
}

TEST_F(SocketConnector, DestroyingTheAttemptCancelsItInEveryPhase) {
  accepting server(loop_);
  const deaf_server deaf;
  const raw_socket silent = raw_socket::listening(8);  // accepts by its queue, never answers TLS
  struct {
    const char* name;
    endpoint to;
    millis wait;
  } const cases[] = {
      {"at once", {"127.0.0.1", server.port()}, millis{-1}},
      {"looking up", {"localhost", server.port()}, millis{0}},
      {"dialing", {"127.0.0.1", deaf.port()}, millis{30}},
      {"handshaking", {"127.0.0.1", silent.port(), true}, millis{30}},
  };
  for (const auto& c : cases) {
    socket_connector fresh(loop_);
    const auto held = std::make_shared<int>(0);
    auto attempt = fresh.connect(c.to, seconds{10}, [&, held](auto) { ADD_FAILURE() << c.name; });
    if (c.wait == millis{0}) loop_.run_once();
    if (c.wait > millis{0}) run_for(loop_, c.wait);
    attempt.reset();
    EXPECT_EQ(held.use_count(), 1) << c.name;
    run_for(loop_, millis{20});
  }
}

TEST_F(SocketConnector, TheCallMayDestroyTheAttemptAndTheConnector) {
  accepting server(loop_);
  const raw_socket bound_only = raw_socket::listening(-1);
  for (const std::uint16_t port : {server.port(), bound_only.port()}) {
    auto connector = std::make_unique<socket_connector>(loop_);
    std::unique_ptr<connecting> attempt;
    const auto held = std::make_shared<int>(7);
    int seen = 0;
    attempt = connector->connect({"127.0.0.1", port}, seconds{10}, [&, held](auto) {
      attempt.reset();
      connector.reset();
      seen += *held;
    });
    EXPECT_TRUE(until([&] { return seen == 7; }));
  }
}

TEST_F(SocketConnector, TheConnectorMayGoBeforeItsAttempts) {
  accepting server(loop_);
  bool done = false;
  auto connector = std::make_unique<socket_connector>(loop_);
  const auto attempt = connector->connect({"localhost", server.port()}, seconds{10},
                                          [&](const auto& r) { done = r.ok(); });
  connector.reset();
  EXPECT_TRUE(until([&] { return done; }));
}

TEST_F(SocketConnector, ATlsPeerThatNeverAnswersTimesOut) {
  const raw_socket silent = raw_socket::listening(8);
  const auto outcome =
      connect_and_wait(loop_, connector_, {"127.0.0.1", silent.port(), true}, millis{100});
  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->what, fault::connect_timeout);
  EXPECT_NE(outcome.error->detail.find("TLS handshake"), std::string::npos);
}

class recording_waiter final : public resolver::waiter {
 public:
  std::vector<result<address_list, io_error>> answers;
  std::function<void()> when_answered;
  void on_resolved(const result<address_list, io_error>& answer) override {
    answers.push_back(answer);
    if (when_answered) when_answered();
  }
};

TEST(Resolver, LiteralsNeedNoLookUp) {
  event_loop loop;
  resolver names(loop.internals());
  for (const char* const literal : {"127.0.0.1", "::1", "2001:db8::1"}) {
    const address_list* const found = names.known(literal);
    ASSERT_NE(found, nullptr) << literal;
    EXPECT_EQ(found->at(0).host(), literal);
  }
  EXPECT_EQ(names.known("localhost"), nullptr);
}

TEST(Resolver, OneLookUpServesEveryoneWhoWaitsAndLaterComers) {
  event_loop loop;
  resolver names(loop.internals());
  recording_waiter first;
  recording_waiter second;
  auto cancelled = std::make_unique<recording_waiter>();
  EXPECT_FALSE(names.look_up("localhost", first));
  EXPECT_FALSE(names.look_up("localhost", *cancelled));
  EXPECT_FALSE(names.look_up("localhost", second));
  first.when_answered = [&] { cancelled.reset(); };
  EXPECT_TRUE(first.answers.empty()) << "not from inside the call";
  ASSERT_TRUE(run_until(loop, [&] { return !second.answers.empty(); }));
  EXPECT_EQ(names.look_ups(), 1U);
  ASSERT_EQ(first.answers.size(), 1U);
  ASSERT_TRUE(first.answers[0].ok());
  EXPECT_FALSE(first.answers[0]->empty());
  ASSERT_NE(names.known("localhost"), nullptr);
  EXPECT_EQ(names.known("localhost")->size(), first.answers[0]->size());
}

TEST(Resolver, AStaleAnswerIsUsedAtOnceAndAskedAnew) {
  event_loop loop;
  resolver names(loop.internals(), millis{0});  // stale at once
  recording_waiter w;
  ASSERT_FALSE(names.look_up("localhost", w));
  ASSERT_TRUE(run_until(loop, [&] { return !w.answers.empty(); }));
  EXPECT_EQ(names.look_ups(), 1U);
  ASSERT_NE(names.known("localhost"), nullptr);
  ASSERT_NE(names.known("localhost"), nullptr);
  EXPECT_EQ(names.look_ups(), 2U);  // one for both
  recording_waiter joins;
  ASSERT_FALSE(names.look_up("localhost", joins));
  ASSERT_TRUE(run_until(loop, [&] { return !joins.answers.empty(); }));
  EXPECT_EQ(names.look_ups(), 2U);
}

TEST(Resolver, FailuresAreNotRemembered) {
  event_loop loop;
  resolver names(loop.internals());
  for (int i = 1; i <= 2; ++i) {
    recording_waiter w;
    ASSERT_FALSE(names.look_up("not..a..name", w));
    ASSERT_TRUE(run_until(loop, [&] { return !w.answers.empty(); }));
    EXPECT_EQ(w.answers[0].error().what, fault::resolve_failed);
    EXPECT_EQ(names.look_ups(), static_cast<std::uint64_t>(i));
  }
}

TEST(Resolver, ALookUpMayOutliveTheResolver) {
  event_loop loop;
  recording_waiter w;
  {
    resolver names(loop.internals());
    ASSERT_FALSE(names.look_up("localhost", w));
  }
  run_for(loop, millis{20});
  EXPECT_TRUE(w.answers.empty());
}

}  // namespace
}  // namespace weir::net
