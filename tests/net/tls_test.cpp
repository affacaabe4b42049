#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "net/tls_channel.h"
#include "net/tls_fixture.h"

namespace weir::net {
namespace {

using test::certificate_authority;
using test::connect_and_wait;
using test::echo;
using test::identity;
using test::recording_handler;
using test::tls_peer;
using test::tls_server;

class Tls : public test::tls_fixture {};

TEST_F(Tls, VerifiedConnectionsCarryBytesBothWays) {
  for (const char* const host : {"localhost", "127.0.0.1"}) {
    std::string name = "unset";
    tls_server server(local_, [&](tls_peer& peer) {
      name = peer.server_name();
      echo(peer);
    });
    handler_ = {};
    auto outcome = connect_and_wait(loop_, connector_, at(server, host));
    ASSERT_NE(outcome.connection, nullptr) << outcome.error->detail;
    outcome.connection->set_handler(&handler_);
    outcome.connection->write("hello");
    ASSERT_TRUE(until([&] { return handler_.data == "hello"; }));
    EXPECT_EQ(outcome.connection->bytes_sent(), 5U);
    EXPECT_EQ(outcome.connection->bytes_received(), 5U);
    // RFC 6066 3: literal addresses are not permitted in SNI
    EXPECT_EQ(name, std::string(host) == "localhost" ? "localhost" : "");
  }
}

TEST_F(Tls, NamesInAnotherSpellingAreVerifiedAndSentAsTheCertificateHasThem) {
  const identity wild = authority_->issue({.names = "DNS:*.weir.test"});
  std::string name;
  tls_server server(wild, [&](tls_peer& peer) {
    name = peer.server_name();
    echo(peer);
  });
  socket_connector::options options;
  options.hosts["api.weir.test."] = {"127.0.0.1"};
  options.hosts["a.b.weir.test"] = {"127.0.0.1"};
  socket_connector connector(loop_, options);
  auto outcome = connect_and_wait(loop_, connector, at(server, "api.weir.test."));
  ASSERT_NE(outcome.connection, nullptr) << outcome.error->detail;
  outcome.connection->set_handler(&handler_);
  outcome.connection->write("x");
  ASSERT_TRUE(until([&] { return handler_.data == "x"; }));
  EXPECT_EQ(name, "api.weir.test");
  outcome.connection.reset();
  EXPECT_TRUE(connect_and_wait(loop_, connector, at(server, "a.b.weir.test")).error)
      << "a wildcard stands for one label";
}

TEST_F(Tls, RefusesCertificatesThatProveNothing) {
  const certificate_authority other;
  struct {
    const char* name;
    identity who;
    const char* host;
    std::string ca_file;
    const char* detail;
  } const cases[] = {
      {"another host", authority_->issue({.names = "DNS:example.test"}), "localhost",
       authority_->ca_file(), "certificate: hostname mismatch"},
      {"another address", authority_->issue({.names = "IP:127.0.0.2"}), "127.0.0.1",
       authority_->ca_file(), "certificate: IP address mismatch"},
      {"an address only as a name", authority_->issue({.names = "DNS:127.0.0.1"}), "127.0.0.1",
       authority_->ca_file(), "certificate: IP address mismatch"},
      {"no names at all", authority_->issue({}), "localhost", authority_->ca_file(),
       "certificate: hostname mismatch"},
      {"an unknown authority", other.issue({.names = "DNS:localhost"}), "localhost",
       authority_->ca_file(), "certificate: unable to get local issuer certificate"},
      {"not of the system's authorities", local_, "localhost", "",
       "certificate: unable to get local issuer certificate"},
      {"expired",
       authority_->issue({.names = "DNS:localhost", .valid_from = -7200, .valid_until = -60}),
       "localhost", authority_->ca_file(), "certificate: certificate has expired"},
      {"not yet valid",
       authority_->issue({.names = "DNS:localhost", .valid_from = 3600, .valid_until = 7200}),
       "localhost", authority_->ca_file(), "certificate: certificate is not yet valid"},
  };
  for (const auto& c : cases) {
    tls_server server(c.who, echo);
    const auto outcome =
        connect_and_wait(loop_, connector_, {c.host, server.port(), true, c.ca_file});
    EXPECT_EQ(outcome.connection, nullptr) << c.name;
    ASSERT_TRUE(outcome.error) << c.name;
    EXPECT_EQ(outcome.error->what, fault::tls_failed) << c.name;
    EXPECT_NE(outcome.error->detail.find(c.detail), std::string::npos)
        << c.name << ": " << outcome.error->detail;
  }
}

TEST_F(Tls, RefusesVersionsBefore12) {
  tls_server old(local_, echo, {.lowest_version = TLS1_VERSION, .highest_version = TLS1_1_VERSION});
  const auto refused = connect_and_wait(loop_, connector_, at(old));
  ASSERT_TRUE(refused.error);
  EXPECT_EQ(refused.error->what, fault::tls_failed);
  std::string version;
  tls_server still_good(local_,
                        [&](tls_peer& peer) {
                          version = peer.version();
                          echo(peer);
                        },
                        {.highest_version = TLS1_2_VERSION});
  const auto c = connected(still_good);
  ASSERT_NE(c, nullptr);
  c->write("x");
  ASSERT_TRUE(until([&] { return handler_.data == "x"; }));
  EXPECT_EQ(version, "TLSv1.2");
}

TEST_F(Tls, ACaFileThatCannotBeReadFailsEachTimeUntilItCan) {
  tls_server server(local_, echo);
  const test::temporary_directory directory;
  const endpoint to{"localhost", server.port(), true, directory.file("ca.pem")};
  const auto refused = connect_and_wait(loop_, connector_, to);
  ASSERT_TRUE(refused.error);
  EXPECT_EQ(refused.error->what, fault::tls_failed);
  EXPECT_NE(refused.error->detail.find(to.ca_file), std::string::npos);
  std::filesystem::copy_file(authority_->ca_file(), to.ca_file);
  EXPECT_NE(connect_and_wait(loop_, connector_, to).connection, nullptr);
}

TEST_F(Tls, APeerThatDoesNotSpeakTlsIsRefused) {
  test::accepting plain(loop_);
  bool done = false;
  std::optional<io_error> error;
  const auto attempt = connector_.connect({"localhost", plain.port(), true, authority_->ca_file()},
                                          seconds{10}, [&](const auto& r) {
                                            done = true;
                                            if (!r) error = r.error();
                                          });
  const auto far = plain.next();
  far->write("HTTP/1.1 400 Bad Request\r\n\r\n");
  ASSERT_TRUE(until([&] { return done; }));
  ASSERT_TRUE(error);
  EXPECT_EQ(error->what, fault::tls_failed);
}

TEST_F(Tls, APeerThatClosesInTheHandshakeIsRefused) {
  test::accepting plain(loop_);
  bool done = false;
  std::optional<io_error> error;
  const auto attempt = connector_.connect({"localhost", plain.port(), true, authority_->ca_file()},
                                          seconds{10}, [&](const auto& r) {
                                            done = true;
                                            if (!r) error = r.error();
                                          });
  plain.next()->close_gracefully();
  ASSERT_TRUE(until([&] { return done; }));
  ASSERT_TRUE(error);
  EXPECT_EQ(error->what, fault::tls_failed);
}

TEST_F(Tls, SessionsAreResumedPerEndpoint) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    socket_connector connector(loop_);
    std::atomic<int> resumed = 0;
    const auto serve = [&](tls_peer& peer) {
      if (peer.resumed()) ++resumed;
      echo(peer);
    };
    tls_server first(local_, serve, {.highest_version = version});
    tls_server second(local_, serve, {.highest_version = version});
    const auto talk = [&](const tls_server& with, const char* host) {
      recording_handler handler;
      auto outcome = connect_and_wait(loop_, connector, at(with, host));
      ASSERT_NE(outcome.connection, nullptr);
      outcome.connection->set_handler(&handler);
      outcome.connection->write("x");
      ASSERT_TRUE(until([&] { return handler.data == "x"; }));
      // Abruptly: neither that nor the lack of close_notify may cost the session.
    };
    talk(first, "localhost");
    EXPECT_EQ(connector.resumed_sessions(), 0U);
    talk(second, "localhost");
    EXPECT_EQ(connector.resumed_sessions(), 0U) << "another port is another endpoint";
    talk(first, "127.0.0.1");
    EXPECT_EQ(connector.resumed_sessions(), 0U) << "another name is another endpoint";
    talk(first, "localhost");
    talk(first, "localhost");
    talk(second, "localhost");
    EXPECT_EQ(connector.resumed_sessions(), 3U);
    EXPECT_EQ(resumed, 3);
  }
}

TEST_F(Tls, ConnectionsMayOutliveTheirConnector) {
  tls_server server(local_, echo);
  auto connector = std::make_unique<socket_connector>(loop_);
  auto outcome = connect_and_wait(loop_, *connector, at(server));
  ASSERT_NE(outcome.connection, nullptr);
  connector.reset();
  outcome.connection->set_handler(&handler_);
  outcome.connection->write("x");
  EXPECT_TRUE(until([&] { return handler_.data == "x"; }));
}

}  // namespace
}  // namespace weir::net
