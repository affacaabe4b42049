#include "proxy/upstream_error.h"

#include <gtest/gtest.h>

namespace weir::proxy {
namespace {

config::upstream keyed() {
  config::upstream from;
  from.name = "qwen";
  from.url = {false, "secret-host.test", 8000, "/v1"};
  from.key = config::secret("sk-very-secret-key");
  from.headers = {{"x-token", config::secret("another-secret")}};
  return from;
}

TEST(UpstreamError, StatusAndMembersAreRelayed) {  // EMAP-1
  const openai::error e = relayed_error(
      keyed(), 400, {}, R"({"error":{"message":"bad n","type":"t","param":"n","code":"c"}})");
  EXPECT_EQ(400U, e.status);
  EXPECT_EQ("bad n", e.message);
  EXPECT_EQ("n", e.param);
}

TEST(UpstreamError, OddBodiesBecomeTheMessage) {
  EXPECT_EQ("it broke", relayed_error(keyed(), 500, {}, "it broke").message);
  EXPECT_EQ("it broke", relayed_error(keyed(), 422, {}, R"({"detail":"it broke"})").message);
  EXPECT_FALSE(relayed_error(keyed(), 500, {}, "").message.empty());
}

TEST(UpstreamError, ARefusalOfOurKeyIsOurFailure) {  // EMAP-2
  for (const unsigned status : {401U, 403U}) {
    const openai::error e = relayed_error(keyed(), status, {}, R"({"error":{"message":"no"}})");
    EXPECT_EQ(502U, e.status);
    EXPECT_EQ("upstream_auth_error", e.code);
  }
  config::upstream passing = keyed();
  passing.key_passthrough = true;
  EXPECT_EQ(401U, relayed_error(passing, 401, {}, R"({"error":{"message":"no"}})").status);
}

TEST(UpstreamError, AStatusForProxiesIsAFailureToConnect) {  // RFC 9110 15.5.8
  for (const bool passthrough : {false, true}) {
    config::upstream from = keyed();
    from.key_passthrough = passthrough;
    const openai::error e = relayed_error(from, 407, {}, "<html>proxy.test wants a password");
    EXPECT_EQ(502U, e.status);
    EXPECT_NE(std::string::npos, e.message.find("`qwen` could not be reached (proxy_denied)"));
    EXPECT_EQ(std::string::npos, e.message.find("proxy.test"));
  }
}

TEST(UpstreamError, WhatAProxySaysOfItselfAndOfTheUpstreamIsNotTold) {  // ERR-36
  config::upstream from = keyed();
  from.proxy = {config::proxy_setting::kind::proxy,
                {"squid.internal", 3128, config::secret("user:proxy-password")}};
  const std::string out = openai::to_json(relayed_error(
      from, 503, {}, "squid.internal:3128 cannot find secret-host.test (user:proxy-password)"));
  for (const char* const part : {"secret", "squid", "password"})
    EXPECT_EQ(std::string::npos, out.find(part)) << out;
}

TEST(UpstreamError, OnlyWhatCanBeRetriedKeepsItsWait) {  // HTTP-9
  EXPECT_EQ(7U, relayed_error(keyed(), 429, millis{7000}, "slow").retry_after);
  EXPECT_EQ(7U, relayed_error(keyed(), 503, millis{6001}, "slow").retry_after);
  EXPECT_EQ(std::nullopt, relayed_error(keyed(), 400, millis{7000}, "bad").retry_after);
}

TEST(UpstreamError, Status529IsNotForChatClients) {  // EMAP-3
  EXPECT_EQ(503U, relayed_error(keyed(), 529, {}, "overloaded").status);
}

TEST(UpstreamError, RedirectsAreBadAnswers) {
  const openai::error e = relayed_error(keyed(), 307, {}, "");
  EXPECT_EQ(502U, e.status);
  EXPECT_NE(std::string::npos, e.message.find("`qwen`"));
}

TEST(UpstreamError, NoKeyAndNoAddressGetsOut) {  // ERR-36
  const std::string said =
      "sk-very-secret-key another-secret http://secret-host.test:8000/v1 secret-host.test:8000";
  for (const std::string& body :
       {said, R"({"error":{"message":")" + said + R"(","type":"t","param":null,"code":null}})",
        R"({"error":{"message":"m","type":"t","param":null,"code":null,"raw":")" + said +
            R"("}})"}) {
    const std::string out = openai::to_json(relayed_error(keyed(), 500, {}, body));
    EXPECT_EQ(std::string::npos, out.find("secret")) << out;
  }
}

TEST(UpstreamError, ConnectingTooLongIsATimeoutAndTheRestABadGateway) {  // HTTP-11, ERR-30
  EXPECT_EQ(504U, connect_error(keyed(), {net::fault::connect_timeout, "x"}).status);
  const openai::error refused = connect_error(keyed(), {net::fault::refused, "10.0.0.1:80"});
  EXPECT_EQ(502U, refused.status);
  EXPECT_NE(std::string::npos, refused.message.find("`qwen`"));
  EXPECT_NE(std::string::npos, refused.message.find("refused"));
  EXPECT_EQ(std::string::npos, refused.message.find("10.0.0.1"));
}

}  // namespace
}  // namespace weir::proxy
