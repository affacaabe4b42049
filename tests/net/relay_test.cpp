// A proxy on the way: what is said to it, and whose bytes are whose.
#include <fcntl.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "net/socket_connector.h"
#include "support/net_harness.h"

namespace weir::net {
namespace {

using test::accepting;
using test::connect_and_wait;
using test::connect_outcome;
using test::pattern;
using test::raw_socket;
using test::recording_handler;
using test::run_for;
using test::run_until;

/// Says `words`; a line that begins with `+` opens the way, another does not.
class line_opening final : public opening {
 public:
  explicit line_opening(std::string words) : words_(std::move(words)) {}
  [[nodiscard]] std::string_view request() const override { return words_; }
  [[nodiscard]] progress read(std::string_view bytes) override {
    const std::size_t end = bytes.find('\n');
    line_ += bytes.substr(0, end);
    if (end == std::string_view::npos) return {bytes.size()};
    if (line_.front() == '+') return {.taken = end + 1, .open = true};
    return {.error = io_error{fault::proxy_denied, line_}};
  }
  [[nodiscard]] io_error closed() const override { return {fault::proxy_failed, "closed"}; }

 private:
  std::string words_;
  std::string line_;
};

/// Takes the connection that waits, if one does by now.
void take_waiting(const raw_socket& listening, raw_socket& into) {
  if (into.fd() < 0) into = listening.accept();
}

/// A proxy whose `accept` does not block: it and the loop share this thread.
raw_socket listening_proxy() {
  raw_socket made = raw_socket::listening(1);
  ::fcntl(made.fd(), F_SETFL, O_NONBLOCK);
  return made;
}

class Relay : public testing::Test {
 protected:
  /// An endpoint that nobody could look up: only the relay is.
  [[nodiscard]] static endpoint behind(std::uint16_t port, std::string words = "open\n") {
    endpoint to{"not..a..name", 1};
    to.via = relay{"127.0.0.1", port, std::make_shared<line_opening>(std::move(words))};
    return to;
  }
  [[nodiscard]] bool until(const std::function<bool()>& holds) { return run_until(loop_, holds); }

  event_loop loop_;
  socket_connector connector_{loop_};
};

TEST_F(Relay, WhatFollowsTheOpeningBelongsToTheConnection) {
  for (const std::size_t slice : {std::size_t{1}, std::size_t{3}, std::size_t{1000}}) {
    accepting proxy(loop_);
    connect_outcome outcome;
    const auto attempt = connector_.connect(behind(proxy.port()), seconds{10}, [&](auto made) {
      ASSERT_TRUE(made.ok());
      outcome.connection = std::move(*made);
    });
    const auto far = proxy.next();
    ASSERT_NE(far, nullptr);
    recording_handler there;
    far->set_handler(&there);
    ASSERT_TRUE(until([&] { return there.data == "open\n"; }));
    recording_handler here;
    const std::string answer = "+come in\nfirst words";
    for (std::size_t at = 0; at < answer.size(); at += slice) {
      EXPECT_TRUE(outcome.connection == nullptr || at >= 9U) << "open before the line ended";
      far->write(std::string_view(answer).substr(at, slice));
      far->flush();
      loop_.run_once();
    }
    ASSERT_TRUE(until([&] { return outcome.connection != nullptr; }));
    outcome.connection->set_handler(&here);
    EXPECT_TRUE(until([&] { return here.data == "first words"; })) << slice << ": " << here.data;
    outcome.connection->write("mine");
    EXPECT_TRUE(until([&] { return there.data == "open\nmine"; })) << there.data;
  }
}

TEST_F(Relay, WithNothingToSayItIsThereAtOnce) {
  accepting proxy(loop_);
  endpoint to{"not..a..name", 1};
  to.via = relay{"localhost", proxy.port()};
  EXPECT_NE(connect_and_wait(loop_, connector_, to).connection, nullptr);
}

TEST_F(Relay, ALongRequestLeavesInPieces) {
  const raw_socket proxy = listening_proxy();
  const std::string words = pattern(8U << 20U);
  connect_outcome outcome;
  const auto attempt = connector_.connect(behind(proxy.port(), words), seconds{20}, [&](auto made) {
    if (made) outcome.connection = std::move(*made);
  });
  std::string got;
  raw_socket far;
  ASSERT_TRUE(until([&] {
    take_waiting(proxy, far);
    got += far.receive_now();
    return got.size() == words.size();
  }));
  EXPECT_TRUE(got == words);
  far.send("+\n");
  EXPECT_TRUE(until([&] { return outcome.connection != nullptr; }));
}

TEST_F(Relay, NamesEachFault) {
  const raw_socket nobody = raw_socket::listening(-1);
  endpoint unknown = behind(80);
  unknown.via->host = "not..a..name";
  struct {
    const char* name;
    const char* answer;  ///< null: it closes; "": it says nothing
    fault want;
    const char* detail;
  } const answers[] = {
      {"no", "-no\n", fault::proxy_denied, "proxy 127.0.0.1: -no"},
      {"closed", nullptr, fault::proxy_failed, "proxy 127.0.0.1: closed"},
      {"silence", "", fault::connect_timeout, "opening of the tunnel"},
      {"half a line", "+ye", fault::connect_timeout, "opening of the tunnel"},
  };
  for (const auto& c : answers) {
    const raw_socket listening = listening_proxy();
    raw_socket far;
    connect_outcome outcome;
    const auto attempt = connector_.connect(behind(listening.port()), millis{300}, [&](auto made) {
      if (!made) outcome.error = made.error();
    });
    ASSERT_TRUE(until([&] {
      if (far.fd() < 0) {
        take_waiting(listening, far);
        if (far.fd() >= 0 && c.answer == nullptr) far.end_sending();
        if (far.fd() >= 0 && c.answer != nullptr) far.send(c.answer);
      }
      return outcome.error.has_value();
    })) << c.name;
    EXPECT_EQ(fault_name(outcome.error->what), fault_name(c.want)) << c.name;
    EXPECT_NE(outcome.error->detail.find(c.detail), std::string::npos) << outcome.error->detail;
  }
  for (const endpoint& to : {behind(nobody.port()), unknown}) {
    const auto outcome = connect_and_wait(loop_, connector_, to);
    ASSERT_TRUE(outcome.error);
    EXPECT_EQ(fault_name(outcome.error->what), fault_name(fault::proxy_unreachable));
    EXPECT_EQ(outcome.error->detail.find("proxy "), 0U) << outcome.error->detail;
  }
}

TEST_F(Relay, AResetIsAFailureOfTheProxy) {
  const raw_socket listening = listening_proxy();
  connect_outcome outcome;
  const auto attempt = connector_.connect(behind(listening.port()), seconds{10}, [&](auto made) {
    if (!made) outcome.error = made.error();
  });
  ASSERT_TRUE(until([&] {
    raw_socket far = listening.accept();
    if (far.fd() >= 0) far.reset();
    return outcome.error.has_value();
  }));
  EXPECT_EQ(fault_name(outcome.error->what), fault_name(fault::proxy_failed))
      << outcome.error->detail;
}

TEST_F(Relay, DestroyingTheAttemptCancelsTheOpening) {
  const raw_socket silent = listening_proxy();
  const auto held = std::make_shared<int>(0);
  auto attempt =
      connector_.connect(behind(silent.port()), seconds{10}, [held](auto) { ADD_FAILURE(); });
  raw_socket far;
  std::string got;
  ASSERT_TRUE(until([&] {
    take_waiting(silent, far);
    got += far.receive_now();
    return got == "open\n";
  }));
  attempt.reset();
  EXPECT_EQ(held.use_count(), 1);
  run_for(loop_, millis{20});
}

}  // namespace
}  // namespace weir::net
