// Unix sockets as endpoints.
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/un.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "net/socket_address.h"
#include "net/socket_connector.h"
#include "support/net_harness.h"
#include "weir/base/limits.h"

namespace weir::net {
namespace {

using test::connect_and_wait;
using test::raw_socket;
using test::recording_handler;
using test::run_until;

/// A directory for sockets that goes away with the test.
class UnixSocket : public testing::Test {
 protected:
  UnixSocket() {
    std::string name = "/tmp/weir-unix-XXXXXX";
    if (::mkdtemp(name.data()) != nullptr) directory_ = name;
  }
  ~UnixSocket() override {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  [[nodiscard]] static endpoint at(const std::string& path) {
    endpoint to{"localhost", 0};
    to.socket_path = path;
    return to;
  }
  [[nodiscard]] std::string path(const std::string& name) const { return directory_ + '/' + name; }
  /// `backlog` < 0: bound, but not listening.
  [[nodiscard]] static raw_socket bound_to(const std::string& path, int backlog) {
    raw_socket made(::socket(AF_UNIX, SOCK_STREAM, 0));
    const auto address = socket_address::from_path(path);
    EXPECT_EQ(::bind(made.fd(), address->data(), address->size()), 0);
    if (backlog >= 0) {
      EXPECT_EQ(::listen(made.fd(), backlog), 0);
    }
    return made;
  }

  std::string directory_;
  event_loop loop_;
  socket_connector connector_{loop_};
};

TEST_F(UnixSocket, BytesGoBothWays) {
  const raw_socket server = bound_to(path("s"), 1);
  const auto outcome = connect_and_wait(loop_, connector_, at(path("s")));
  ASSERT_NE(outcome.connection, nullptr);
  recording_handler here;
  outcome.connection->set_handler(&here);
  const raw_socket far = server.accept();
  outcome.connection->write("ping");
  std::string got;
  ASSERT_TRUE(run_until(loop_, [&] { return (got += far.receive_now()) == "ping"; }));
  far.send("pong");
  far.end_sending();
  EXPECT_TRUE(run_until(loop_, [&] { return here.ends == 1; }));
  EXPECT_EQ("pong", here.data);
}

TEST_F(UnixSocket, NamesEachFault) {
  const raw_socket bound_only = bound_to(path("bound"), -1);
  const raw_socket full = bound_to(path("full"), 0);
  std::vector<raw_socket> fillers;
  for (int i = 0; i < 4; ++i) {
    fillers.emplace_back(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0));
    const auto address = socket_address::from_path(path("full"));
    (void)::connect(fillers.back().fd(), address->data(), address->size());
  }
  std::ofstream(path("file")) << "no socket";
  struct {
    const char* name;
    std::string path;
    fault want;
  } const cases[] = {
      {"nobody listens", path("bound"), fault::refused},
      {"too many wait", path("full"), fault::refused},
      {"nothing there", path("none"), fault::unreachable},
      {"no socket", path("file"), fault::refused},
      {"a path too long", '/' + std::string(limits::max_socket_path_bytes, 'a'),
       fault::unreachable},
  };
  for (const auto& c : cases) {
    const auto outcome = connect_and_wait(loop_, connector_, at(c.path), millis{500});
    ASSERT_TRUE(outcome.error) << c.name;
    EXPECT_EQ(fault_name(outcome.error->what), fault_name(c.want))
        << c.name << ": " << outcome.error->detail;
    EXPECT_FALSE(outcome.error->detail.empty()) << c.name;
  }
}

TEST(SocketAddress, APathIsBounded) {
  const std::string longest = '/' + std::string(limits::max_socket_path_bytes - 1, 'a');
  ASSERT_TRUE(socket_address::from_path(longest));
  EXPECT_EQ("unix:" + longest, socket_address::from_path(longest)->text());
  EXPECT_FALSE(socket_address::from_path(longest + 'a'));
  EXPECT_FALSE(socket_address::from_path(""));
  EXPECT_FALSE(socket_address::from_path(std::string("/a\0b", 4)));
}

}  // namespace
}  // namespace weir::net
