#include "net/tls_sessions.h"

#include <gtest/gtest.h>

#include <string>

#include "weir/base/limits.h"

namespace weir::net {
namespace {

TEST(TlsSessions, RemembersTheLatestOfEachEndpoint) {
  tls_sessions sessions;
  SSL_SESSION* const older = SSL_SESSION_new();
  SSL_SESSION* const newer = SSL_SESSION_new();
  SSL_SESSION* const other = SSL_SESSION_new();
  sessions.remember("a", older);
  sessions.remember("b", other);
  EXPECT_EQ(sessions.find("a"), older);
  sessions.remember("a", newer);
  EXPECT_EQ(sessions.find("a"), newer);
  EXPECT_EQ(sessions.find("b"), other);
  sessions.forget("a");
  EXPECT_EQ(sessions.find("a"), nullptr);
  EXPECT_EQ(sessions.find("c"), nullptr);
}

TEST(TlsSessions, HoldsABoundedNumber) {
  tls_sessions sessions;
  for (std::size_t i = 0; i < limits::max_tls_sessions; ++i)
    sessions.remember(std::to_string(i), SSL_SESSION_new());
  EXPECT_EQ(sessions.size(), limits::max_tls_sessions);
  sessions.remember("0", SSL_SESSION_new());
  EXPECT_EQ(sessions.size(), limits::max_tls_sessions);
  SSL_SESSION* const last = SSL_SESSION_new();
  sessions.remember("one more", last);
  EXPECT_EQ(sessions.size(), limits::max_tls_sessions);
  EXPECT_EQ(sessions.find("one more"), last);
}

}  // namespace
}  // namespace weir::net
