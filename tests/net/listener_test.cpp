#include "net/listener.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <vector>

#include "net/socket_address.h"
#include "support/certificates.h"
#include "support/net_harness.h"
#include "weir/base/limits.h"

namespace weir::net {
namespace {

using test::accepting;
using test::raw_socket;
using test::recording_handler;
using test::run_for;
using test::run_until;

TEST(Listener, AcceptsEveryoneWhoWaits) {
  event_loop loop;
  accepting server(loop);
  std::vector<raw_socket> clients;
  const std::size_t count = 2 * limits::max_accepts_per_wakeup + 5;
  for (std::size_t i = 0; i < count; ++i)
    clients.push_back(raw_socket::connected_to(server.port()));
  EXPECT_TRUE(run_until(loop, [&] { return server.accepted.size() == count; }));
}

TEST(Listener, OneWakeUpAcceptsABoundedNumber) {
  event_loop loop;
  accepting server(loop);
  std::vector<raw_socket> clients;
  for (std::size_t i = 0; i < limits::max_accepts_per_wakeup + 1; ++i)
    clients.push_back(raw_socket::connected_to(server.port()));
  std::size_t most = 0;
  while (server.accepted.size() < clients.size()) {
    const std::size_t before = server.accepted.size();
    loop.run_once();
    most = std::max(most, server.accepted.size() - before);
  }
  EXPECT_LE(most, limits::max_accepts_per_wakeup);
}

TEST(Listener, TwoLoopsShareOneAddress) {
  event_loop loop;
  accepting first(loop);
  accepting second(loop, {.port = first.port()});
  EXPECT_EQ(first.port(), second.port());
  const raw_socket client = raw_socket::connected_to(first.port());
  EXPECT_TRUE(run_until(loop, [&] { return first.accepted.size() + second.accepted.size() == 1; }));
}

TEST(Listener, SaysWhyItCannotListen) {
  event_loop loop;
  const raw_socket occupied = raw_socket::listening(1);  // without SO_REUSEPORT
  const listener::options hopeless[] = {
      {.host = "127.0.0.1", .port = occupied.port()},
      {.host = "192.0.2.1"},  // an address of documentation, never of this machine
      {.host = "not..a..name"},
  };
  for (const listener::options& o : hopeless) {
    const auto opened =
        listener::open(loop, o, [](std::unique_ptr<connection>, const std::string&) {});
    ASSERT_FALSE(opened.ok()) << o.host;
    EXPECT_NE(opened.error().message.find(o.host), std::string::npos) << opened.error().message;
  }
}

TEST(Listener, ListensOnNamesAndOnIPv6) {
  event_loop loop;
  socket_connector connector(loop);
  for (const char* const host : {"localhost", "::1"}) {
    accepting server(loop, {.host = host});
    const auto outcome = test::connect_and_wait(loop, connector, {host, server.port()});
    ASSERT_NE(outcome.connection, nullptr) << host;
    ASSERT_NE(server.next(), nullptr) << host;
    if (std::string(host) == "::1") {
      EXPECT_EQ(server.last_peer, "::1");
    }
  }
}

/// A connection to a Unix socket; invalid when it was refused.
raw_socket caller_of(const std::string& path) {
  raw_socket s(::socket(AF_UNIX, SOCK_STREAM, 0));
  const auto address = socket_address::from_path(path);
  if (::connect(s.fd(), address->data(), address->size()) != 0) return {};
  return s;
}

TEST(Listener, ListensOnAUnixSocket) {
  const test::temporary_directory directory;
  const std::string path = directory.file("weir.sock");
  event_loop loop;
  accepting server(loop, {.path = path});
  EXPECT_EQ(path, server.listening().path());
  EXPECT_EQ("", server.listening().host());
  EXPECT_EQ(0, server.port());
  struct stat there {};
  ASSERT_EQ(0, ::stat(path.c_str(), &there));
  EXPECT_EQ(0660U, there.st_mode & 0777U) << "its owner and its group";

  const raw_socket client = caller_of(path);
  const auto connection = server.next();
  ASSERT_NE(nullptr, connection);
  EXPECT_EQ("unix:", server.last_peer);
  recording_handler handler;
  connection->set_handler(&handler);
  client.send("hello");
  EXPECT_TRUE(run_until(loop, [&] { return handler.data == "hello"; }));
  connection->write("welcome");
  std::string got;
  EXPECT_TRUE(run_until(loop, [&] { return (got += client.receive_now()) == "welcome"; }));
}

TEST(Listener, TheSocketOfOneWhoIsGoneIsReplaced) {
  const test::temporary_directory directory;
  const std::string path = directory.file("weir.sock");
  event_loop loop;
  { const accepting gone(loop, {.path = path}); }
  run_for(loop, millis{1});
  EXPECT_EQ(-1, caller_of(path).fd());
  accepting server(loop, {.path = path});
  const raw_socket client = caller_of(path);
  EXPECT_NE(nullptr, server.next());
}

TEST(Listener, SaysWhyThereIsNoUnixSocket) {
  const test::temporary_directory directory;
  event_loop loop;
  const accepting one(loop, {.path = directory.file("used")});
  std::ofstream(directory.file("file")) << "precious";
  const std::string long_name(limits::max_socket_path_bytes, 'x');
  struct row {
    std::string path;
    const char* why;
  };
  const row rows[] = {{directory.file("used"), "it is in use"},
                      {directory.file("file"), "no socket"},
                      {directory.file("none/weir.sock"), "No such file"},
                      {directory.file(long_name), "too long"}};
  for (const row& r : rows) {
    const auto bound = listener::bind({.path = r.path});
    ASSERT_FALSE(bound.ok()) << r.path;
    EXPECT_EQ(0U, bound.error().message.find("unix:" + r.path)) << bound.error().message;
    EXPECT_NE(std::string::npos, bound.error().message.find(r.why)) << bound.error().message;
  }
  std::string kept;
  std::ifstream(directory.file("file")) >> kept;
  EXPECT_EQ("precious", kept);
  EXPECT_NE(-1, caller_of(directory.file("used")).fd());
  EXPECT_TRUE(socket_address::from_path(long_name));
  EXPECT_FALSE(socket_address::from_path(long_name + 'x'));
}

TEST(SocketAddress, ClientsCountByTheirNetwork) {
  const std::pair<const char*, const char*> rows[] = {
      {"192.0.2.7", "192.0.2.7"},
      {"2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"},
      {"2001:db8:1:2:ffff::", "2001:db8:1:2::/64"},
      {"2001:db8:1:3::", "2001:db8:1:3::/64"},
      {"::1", "::/64"},
      {"::ffff:192.0.2.7", "192.0.2.7"},
      {"unix:", ""},
      {"", ""},
  };
  for (const auto& [host, network] : rows) EXPECT_EQ(network, client_network(host)) << host;
}

TEST(Listener, DestroyedItRefuses) {
  event_loop loop;
  auto server = std::make_unique<accepting>(loop);
  const std::uint16_t port = server->port();
  server.reset();
  socket_connector connector(loop);
  const auto outcome = test::connect_and_wait(loop, connector, {"127.0.0.1", port});
  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->what, fault::refused);
}

TEST(Listener, ItsCallMayDestroyIt) {
  event_loop loop;
  std::unique_ptr<listener> server;
  std::vector<std::unique_ptr<connection>> accepted;
  const auto held = std::make_shared<int>(7);
  int seen = 0;
  auto opened =
      listener::open(loop, {}, [&, held](std::unique_ptr<connection> c, const std::string&) {
        server.reset();
        seen += *held;
        accepted.push_back(std::move(c));
      });
  ASSERT_TRUE(opened.ok());
  server = std::move(*opened);
  const raw_socket first = raw_socket::connected_to(server->port());
  const raw_socket second = raw_socket::connected_to(server->port());
  EXPECT_TRUE(run_until(loop, [&] { return seen > 0; }));
  run_for(loop, millis{20});
  EXPECT_EQ(seen, 7);
  recording_handler handler;
  accepted.front()->set_handler(&handler);
  first.send("still connected");
  EXPECT_TRUE(run_until(loop, [&] { return handler.data == "still connected"; }));
}

/// Lowers the limit so that no further file descriptor can be had, while it lives.
class no_descriptors_left {
 public:
  no_descriptors_left() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const int next = ::dup(0);
    ::close(next);
    rlimit tight = before_;
    tight.rlim_cur = static_cast<rlim_t>(next);
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &tight), 0);
  }
  ~no_descriptors_left() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  no_descriptors_left(const no_descriptors_left&) = delete;
  no_descriptors_left& operator=(const no_descriptors_left&) = delete;

 private:
  rlimit before_{};
};

TEST(Listener, PausesInsteadOfSpinningWhenDescriptorsRunOut) {
  event_loop loop;
  accepting server(loop);
  loop.post([] {});
  loop.run_once();
  const raw_socket client = raw_socket::connected_to(server.port());
  {
    const no_descriptors_left tight;
    int passes = 0;
    bool over = false;
    timer clock(loop, [&] { over = true; });
    clock.start(limits::accept_pause * 3);
    while (!over) {
      loop.run_once();
      ++passes;
    }
    EXPECT_TRUE(server.accepted.empty());
    EXPECT_LE(passes, 20) << "the loop spins";
  }
  EXPECT_TRUE(run_until(loop, [&] { return server.accepted.size() == 1; }));
}

}  // namespace
}  // namespace weir::net
