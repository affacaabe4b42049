#pragma once
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/connection.h"
#include "net/event_loop.h"
#include "net/listener.h"
#include "net/socket_connector.h"

namespace weir::test {

/// Drives the loop until `holds`; false when it does not within `limit`, a guard against hanging
/// only: no test passes by waiting.
[[nodiscard]] inline bool run_until(net::event_loop& loop, const std::function<bool()>& holds,
                                    millis limit = seconds{20}) {
  const micros end = loop.now() + limit;
  // Looks every so often, because what it waits for may be the work of another thread.
  net::timer look(loop, [] {});
  while (loop.now() < end && !holds()) {
    if (!look.running()) look.start(millis{10});
    loop.run_once();
  }
  return holds();
}

/// Lets the loop go round so many times without waiting: what needs no kernel and no time is done.
inline void run_passes(net::event_loop& loop, int passes) {
  for (int i = 0; i < passes; ++i) {
    loop.post([] {});
    loop.run_once();
  }
}

/// Drives the loop for a time, to see that something does not happen.
inline void run_for(net::event_loop& loop, millis time) {
  bool over = false;
  net::timer clock(loop, [&] { over = true; });
  clock.start(time);
  while (!over) loop.run_once();
}

/// Remembers what a connection told, and calls a hook of the test after each. Fails the test when
/// calls nest, which no connection may do.
class recording_handler final : public net::connection_handler {
 public:
  std::string data;
  std::size_t data_calls = 0;
  int ends = 0;
  int drains = 0;
  int departures = 0;
  std::optional<net::io_error> failure;

  std::function<void(std::string_view)> when_data;
  std::function<void()> when_end;
  std::function<void()> when_failure;
  std::function<void()> when_drained;

  void on_data(std::string_view bytes) override {
    const outermost guard;
    EXPECT_FALSE(bytes.empty());
    EXPECT_EQ(ends, 0) << "data after the end";
    EXPECT_FALSE(failure) << "data after the failure";
    data += bytes;
    ++data_calls;
    if (const auto hook = when_data) hook(bytes);
  }
  void on_end() override {
    const outermost guard;
    ++ends;
    if (const auto hook = when_end) hook();
  }
  void on_failure(const net::io_error& error) override {
    const outermost guard;
    EXPECT_FALSE(failure) << "two failures";
    failure = error;
    if (const auto hook = when_failure) hook();
  }
  void on_peer_left() override {
    const outermost guard;
    EXPECT_EQ(ends, 0) << "left after the end";
    ++departures;
  }
  void on_drained() override {
    const outermost guard;
    EXPECT_FALSE(failure) << "drained after the failure";
    ++drains;
    if (const auto hook = when_drained) hook();
  }

 private:
  struct outermost {
    outermost() { EXPECT_EQ(++depth(), 1) << "handler calls nest"; }
    ~outermost() { --depth(); }
    static int& depth() {
      thread_local int value = 0;
      return value;
    }
  };
};

/// The other side as a bare blocking socket, for what well-behaved peers do not do.
class raw_socket {
 public:
  raw_socket() = default;
  explicit raw_socket(int fd) : fd_(fd) {}
  raw_socket(raw_socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  raw_socket& operator=(raw_socket&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~raw_socket() { close(); }

  [[nodiscard]] static sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
  }
  [[nodiscard]] static raw_socket connected_to(std::uint16_t port) {
    raw_socket s(::socket(AF_INET, SOCK_STREAM, 0));
    const sockaddr_in address = loopback(port);
    EXPECT_EQ(::connect(s.fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    return s;
  }
  /// Bound to a free port; `backlog` < 0: not even listening.
  [[nodiscard]] static raw_socket listening(int backlog) {
    raw_socket s(::socket(AF_INET, SOCK_STREAM, 0));
    const sockaddr_in address = loopback(0);
    EXPECT_EQ(::bind(s.fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    if (backlog >= 0) {
      EXPECT_EQ(::listen(s.fd_, backlog), 0);
    }
    return s;
  }

  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] std::uint16_t port() const {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    return ntohs(address.sin_port);
  }
  [[nodiscard]] raw_socket accept() const { return raw_socket(::accept(fd_, nullptr, nullptr)); }

  void send(std::string_view bytes) const {
    EXPECT_EQ(::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }
  /// What has arrived, without waiting; "" also at the end.
  [[nodiscard]] std::string receive_now() const {
    std::string all;
    char buffer[65536];
    while (true) {
      const ssize_t n = ::recv(fd_, buffer, sizeof buffer, MSG_DONTWAIT);
      if (n <= 0) return all;
      all.append(buffer, static_cast<std::size_t>(n));
    }
  }
  /// 0 at the end of the stream, EAGAIN while it is open, or the error.
  [[nodiscard]] int end_of_stream() const {
    char byte = 0;
    const ssize_t n = ::recv(fd_, &byte, 1, MSG_DONTWAIT | MSG_PEEK);
    if (n > 0) return -1;
    return n == 0 ? 0 : errno;
  }
  void end_sending() const { ::shutdown(fd_, SHUT_WR); }
  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  /// Closes with a reset instead of an orderly end.
  void reset() {
    reset_on_close();
    close();
  }
  void reset_on_close() const {
    const linger now{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  }

 private:
  int fd_ = -1;
};

/// A listener whose accepted connections wait here.
class accepting {
 public:
  explicit accepting(net::event_loop& loop, net::listener::options options = {}) : loop_(loop) {
    auto opened = net::listener::open(
        loop, options, [this](std::unique_ptr<net::connection> c, const std::string& peer) {
          last_peer = peer;
          accepted.push_back(std::move(c));
        });
    EXPECT_TRUE(opened.ok());
    if (opened.ok()) listener_ = std::move(*opened);
  }

  [[nodiscard]] std::uint16_t port() const { return listener_->port(); }
  [[nodiscard]] net::listener& listening() { return *listener_; }
  [[nodiscard]] std::unique_ptr<net::connection> next() {
    if (!run_until(loop_, [this] { return !accepted.empty(); })) return nullptr;
    std::unique_ptr<net::connection> first = std::move(accepted.front());
    accepted.erase(accepted.begin());
    return first;
  }

  std::vector<std::unique_ptr<net::connection>> accepted;
  std::string last_peer;

 private:
  net::event_loop& loop_;
  std::unique_ptr<net::listener> listener_;
};

/// How an attempt to connect ended.
struct connect_outcome {
  std::unique_ptr<net::connection> connection;
  std::optional<net::io_error> error;
};

/// Connects and waits for the outcome.
[[nodiscard]] inline connect_outcome connect_and_wait(net::event_loop& loop, net::connector& with,
                                                      const net::endpoint& to,
                                                      millis timeout = seconds{10}) {
  connect_outcome outcome;
  bool done = false;
  const auto attempt =
      with.connect(to, timeout, [&](result<std::unique_ptr<net::connection>, net::io_error> r) {
        EXPECT_FALSE(done) << "told twice";
        done = true;
        if (r)
          outcome.connection = std::move(*r);
        else
          outcome.error = r.error();
      });
  EXPECT_FALSE(done) << "told from inside connect";
  EXPECT_TRUE(run_until(
      loop, [&] { return done; }, timeout + seconds{10}));
  return outcome;
}

/// Bytes in which every position is recognisable.
[[nodiscard]] inline std::string pattern(std::size_t size) {
  std::string bytes(size, '\0');
  std::uint32_t state = 1;
  for (char& c : bytes) {
    state = state * 1664525U + 1013904223U;
    c = static_cast<char>(state >> 24U);
  }
  return bytes;
}

}  // namespace weir::test
