// TLS to clients: what is shown, who is let in, and that no byte of a handshake has to come with
// another.
#include "net/tls_server.h"

#include <gtest/gtest.h>

#include <fstream>
#include <memory>

#include "support/tls_guest.h"

namespace weir::net {
namespace {

using test::accepting;
using test::certificate_authority;
using test::identity;
using test::raw_socket;
using test::recording_handler;
using test::run_for;
using test::temporary_directory;
using test::tls_guest;
using test::write_pem;

/// A listener with a certificate for localhost, and an authority.
class TlsServer : public testing::Test {
 protected:
  TlsServer() {
    write_pem(authority_.issue({.names = "DNS:localhost"}), files_.certificate, files_.key);
    use({files_.certificate, files_.key, ""});
  }

  void use(const tls_files& files) {
    auto made = tls_server::make(files);
    ASSERT_TRUE(made.ok()) << made.error().message;
    door_.listening().use_tls(*made);
  }
  /// The next client; the one before is forgotten.
  [[nodiscard]] raw_socket caller() {
    connection_.reset();
    handler_ = {};
    return raw_socket::connected_to(door_.port());
  }
  /// Takes the next connection.
  void take() {
    connection_ = door_.next();
    ASSERT_NE(nullptr, connection_);
    connection_->set_handler(&handler_);
  }
  [[nodiscard]] bool until(const std::function<bool()>& holds) {
    return test::run_until(loop_, holds);
  }
  /// Moves all bytes until `holds`.
  [[nodiscard]] bool pump(tls_guest& guest, const std::function<bool()>& holds) {
    return until([&] {
      guest.step();
      guest.push();
      return holds();
    });
  }

  struct paths {
    temporary_directory directory;
    std::string certificate = directory.file("server.pem");
    std::string key = directory.file("server.key");
  };
  certificate_authority authority_;
  paths files_;
  event_loop loop_;
  accepting door_{loop_};
  recording_handler handler_;
  std::unique_ptr<connection> connection_;
};

TEST_F(TlsServer, ServesEitherVersion) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    tls_guest guest(caller(), authority_.ca_file(), {.version = version});
    take();
    guest.step();
    ASSERT_TRUE(pump(guest, [&] { return guest.established(); }));
    guest.say("hello");
    ASSERT_TRUE(pump(guest, [&] { return handler_.data == "hello"; }));
    EXPECT_FALSE(connection_->lacks_tls());
    connection_->write("welcome");
    ASSERT_TRUE(pump(guest, [&] { return guest.text == "welcome"; }));
    connection_->close_gracefully();
    ASSERT_TRUE(pump(guest, [&] { return guest.ended_orderly(); })) << "no close_notify";
  }
}

TEST_F(TlsServer, WhatIsHeldAndTheEndBehindItWaitForTheRelease) {
  tls_guest guest(caller(), authority_.ca_file());
  take();
  guest.step();
  ASSERT_TRUE(pump(guest, [&] { return guest.established(); }));
  guest.say("hello");
  ASSERT_TRUE(pump(guest, [&] { return handler_.data == "hello"; }));
  output_hold hold = connection_->hold_output();
  connection_->write("welcome");
  connection_->flush();
  connection_->close_gracefully();
  for (int i = 0; i < 10; ++i) {
    run_for(loop_, millis{2});
    guest.step();
    guest.push();
  }
  EXPECT_EQ(guest.text, "");
  EXPECT_FALSE(guest.ended_orderly());
  hold.release();
  ASSERT_TRUE(pump(guest, [&] { return guest.text == "welcome" && guest.ended_orderly(); }));
}

TEST_F(TlsServer, NoVersionBeforeTls12IsSpoken) {
  tls_guest guest(caller(), authority_.ca_file(), {.version = TLS1_1_VERSION});
  take();
  EXPECT_TRUE(pump(guest, [&] { return handler_.failure || guest.refused(); }));
  EXPECT_FALSE(guest.established());
}

TEST_F(TlsServer, AHandshakeAndWordsThatComeByteByByteAreTheSame) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    tls_guest guest(caller(), authority_.ca_file(), {.version = version});
    take();
    bool said = false;
    ASSERT_TRUE(until([&] {
      guest.step();
      if (guest.established() && !std::exchange(said, true)) guest.say("hello");
      guest.push(1);
      return handler_.data == "hello";
    }));
    EXPECT_FALSE(handler_.failure);
  }
}

TEST_F(TlsServer, WhatIsWrittenBeforeTheHandshakeFollowsIt) {
  tls_guest guest(caller(), authority_.ca_file());
  take();
  connection_->write("no room");
  connection_->close_gracefully();
  EXPECT_TRUE(pump(guest, [&] { return guest.text == "no room" && guest.ended_orderly(); }));
}

TEST_F(TlsServer, WhoStopsInTheMidstOfTheHandshakeIsGone) {
  // At each byte of the client's first flight, by a close and by a reset.
  tls_guest model(caller(), authority_.ca_file());
  take();
  model.step();
  std::size_t flight = 0;
  while (model.has_more_to_go()) {
    model.push(1);
    ++flight;
  }
  for (std::size_t cut = 1; cut < flight; cut += 7) {
    tls_guest guest(caller(), authority_.ca_file());
    take();
    guest.step();
    guest.push(cut);
    if (cut % 2 == 0) guest.socket().reset_on_close();
    guest.leave();
    ASSERT_TRUE(until([&] { return handler_.failure.has_value(); })) << cut;
    EXPECT_EQ(fault::tls_failed, handler_.failure->what);
  }
}

TEST_F(TlsServer, WhoComesAndGoesWithoutAWordHasNotFailed) {
  raw_socket guest = caller();
  take();
  guest.close();
  ASSERT_TRUE(until([&] { return handler_.ends == 1; }));
  EXPECT_FALSE(handler_.failure);
}

TEST_F(TlsServer, PlainTextIsToldOfAndCanBeAnswered) {
  const raw_socket guest = caller();
  take();
  guest.send("GET / HTTP/1.1\r\n");
  ASSERT_TRUE(until([&] { return handler_.data == "GET / HTTP/1.1\r\n"; }));
  EXPECT_TRUE(connection_->lacks_tls());
  connection_->write("HTTP/1.1 400 \r\n");
  connection_->close_gracefully();
  std::string got;
  EXPECT_TRUE(until([&] {
    got += guest.receive_now();
    return got == "HTTP/1.1 400 \r\n";
  }));
}

TEST_F(TlsServer, SpeaksHttp11ByAlpnAndNothingElse) {
  using namespace std::string_literals;
  struct row {
    const char* what;
    std::string offered;
    std::string agreed;
    bool welcome;
  };
  const row rows[] = {{"asks for none", "", "", true},
                      {"HTTP/1.1", "\x08http/1.1"s, "http/1.1", true},
                      {"HTTP/2 first", "\x02h2\x08http/1.1"s, "http/1.1", true},
                      {"only HTTP/2", "\x02h2"s, "", false}};
  for (const row& r : rows) {
    tls_guest guest(caller(), authority_.ca_file(), {.alpn = r.offered});
    take();
    ASSERT_TRUE(pump(guest, [&] { return guest.established() || handler_.failure; })) << r.what;
    EXPECT_EQ(r.welcome, guest.established()) << r.what;
    EXPECT_EQ(r.agreed, guest.protocol()) << r.what;
  }
}

TEST_F(TlsServer, WithAClientAuthorityOnlyItsClientsAreServed) {
  const certificate_authority stranger;
  use({files_.certificate, files_.key, authority_.ca_file()});
  struct row {
    const char* what;
    identity shows;
    bool welcome;
  };
  const row rows[] = {
      {"none", {}, false},
      {"a stranger's", stranger.issue({.names = "DNS:me"}), false},
      {"ours", authority_.issue({.names = "DNS:me"}), true},
      {"ours of yesterday",
       authority_.issue({.names = "DNS:me", .valid_from = -9, .valid_until = -1}), false}};
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    for (const row& r : rows) {
      tls_guest guest(caller(), authority_.ca_file(), {.version = version, .shows = r.shows});
      take();
      bool said = false;
      ASSERT_TRUE(pump(guest, [&] {
        if (guest.established() && !std::exchange(said, true)) guest.say("hello");
        return handler_.data == "hello" || handler_.failure;
      })) << r.what;
      EXPECT_EQ(r.welcome, handler_.data == "hello") << r.what;
      if (!r.welcome && handler_.failure) {
        EXPECT_EQ(fault::tls_failed, handler_.failure->what);
        EXPECT_NE("", handler_.failure->detail);
      }
    }
  }
}

TEST_F(TlsServer, AClientComesBackWithItsSession) {
  for (const bool with_certificate : {false, true}) {
    use({files_.certificate, files_.key, with_certificate ? authority_.ca_file() : ""});
    const identity me = with_certificate ? authority_.issue({.names = "DNS:me"}) : identity{};
    std::unique_ptr<SSL_SESSION, void (*)(SSL_SESSION*)> session(nullptr, &SSL_SESSION_free);
    for (const bool again : {false, true}) {
      tls_guest guest(caller(), authority_.ca_file(), {.shows = me, .resumes = session.get()});
      take();
      ASSERT_TRUE(pump(guest, [&] { return guest.established(); }));
      connection_->write("welcome");
      ASSERT_TRUE(pump(guest, [&] { return guest.text == "welcome"; }));
      EXPECT_EQ(again, guest.resumed()) << with_certificate;
      session.reset(guest.session());
    }
  }
}

TEST_F(TlsServer, AnotherCertificateIsForThoseWhoComeNext) {
  tls_guest before(caller(), authority_.ca_file());
  take();
  ASSERT_TRUE(pump(before, [&] { return before.established(); }));
  const std::unique_ptr<connection> first = std::move(connection_);

  const certificate_authority other;
  write_pem(other.issue({.names = "DNS:localhost"}), files_.certificate, files_.key);
  use({files_.certificate, files_.key, ""});
  recording_handler second;
  tls_guest after(raw_socket::connected_to(door_.port()), other.ca_file());
  connection_ = door_.next();
  ASSERT_NE(nullptr, connection_);
  connection_->set_handler(&second);
  EXPECT_TRUE(pump(after, [&] { return after.established(); }));
  before.say("still here");
  EXPECT_TRUE(pump(before, [&] { return handler_.data == "still here"; }));
}

TEST(TlsFiles, WhatIsWrongWithThemIsSaidByFileAndSetting) {
  const temporary_directory directory;
  const certificate_authority authority;
  const auto at = [&](const char* name) { return directory.file(name); };
  write_pem(authority.issue({.names = "DNS:a"}), at("a.pem"), at("a.key"));
  write_pem(authority.issue({.names = "DNS:b"}), at("b.pem"), at("b.key"));
  write_pem(authority.issue({.names = "DNS:c"}), at("c.pem"), at("c.key"), "open sesame");
  std::ofstream(at("text")) << "nothing of the kind\n";

  struct row {
    tls_files files;
    std::string setting;
    std::string file;
    std::string why;
  };
  const row rows[] = {
      {{at("none"), at("a.key"), ""}, "cert_file", at("none"), "no certificate"},
      {{at("text"), at("a.key"), ""}, "cert_file", at("text"), "no certificate"},
      {{at("a.key"), at("a.key"), ""}, "cert_file", at("a.key"), "no certificate"},
      {{at("a.pem"), at("none"), ""}, "key_file", at("none"), "no private key"},
      {{at("a.pem"), at("a.pem"), ""}, "key_file", at("a.pem"), "no private key"},
      {{at("a.pem"), at("b.key"), ""}, "key_file", at("b.key"), "is not that of the certificate"},
      {{at("c.pem"), at("c.key"), ""}, "key_file", at("c.key"), "has a passphrase"},
      {{at("a.pem"), at("a.key"), at("text")}, "client_ca_file", at("text"), "no certificate"},
      {{at("a.pem"), at("a.key"), at("none")}, "client_ca_file", at("none"), "no certificate"},
  };
  for (const row& r : rows) {
    const auto made = tls_server::make(r.files);
    ASSERT_FALSE(made.ok()) << r.file;
    const std::string& said = made.error().message;
    EXPECT_EQ(0U, said.find("tls." + r.setting + ": " + r.file + ": ")) << said;
    EXPECT_NE(std::string::npos, said.find(r.why)) << said;
  }
  EXPECT_TRUE(tls_server::make({at("a.pem"), at("a.key"), authority.ca_file()}).ok());
}

}  // namespace
}  // namespace weir::net
