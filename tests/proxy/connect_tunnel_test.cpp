#include "proxy/connect_tunnel.h"

#include <gtest/gtest.h>

#include <string>

#include "http/h1_decoder.h"
#include "proxy/way_out.h"
#include "weir/base/limits.h"

namespace weir::proxy {
namespace {

/// What an answer comes to, fed in pieces of `slice` bytes: `open` and the bytes that were not
/// taken, or the fault and its detail; `more` when it is not over.
std::string read_answer(const std::string& answer, std::size_t slice) {
  connect_tunnel tunnel("h.test:443", "");
  std::string_view rest = answer;
  while (!rest.empty()) {
    const std::string_view piece = rest.substr(0, slice);
    const net::opening::progress step = tunnel.read(piece);
    if (step.error)
      return std::string(net::fault_name(step.error->what)) + ": " + step.error->detail;
    rest.remove_prefix(step.taken);
    if (step.open) return "open, left: " + std::string(rest);
    EXPECT_EQ(piece.size(), step.taken);
  }
  return "more";
}

TEST(ConnectTunnel, ReadsTheAnswerStrictlyAndNothingBehindIt) {
  const std::string interim = "HTTP/1.1 103 Early Hints\r\n\r\n";
  struct {
    std::string answer;
    std::string want;
  } const cases[] = {
      {"HTTP/1.1 200 Connection established\r\n\r\n", "open, left: "},
      {"HTTP/1.0 200 OK\r\nProxy-agent: x\r\n\r\n\x16\x03\x01", "open, left: \x16\x03\x01"},
      // RFC 9110 9.3.6: the fields say nothing here.
      {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "open, left: hello"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n", "open, left: 5\r\n"},
      {"HTTP/1.1 204 No Content\r\n\r\n", "open, left: "},
      {interim + "HTTP/1.1 200 OK\r\n\r\nx", "open, left: x"},
      {"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 3\r\n\r\nabc",
       "proxy_denied: it wants credentials, or other ones (407)"},
      {"HTTP/1.1 403 Forbidden\r\n\r\n",
       "proxy_failed: it opens no tunnel, but answers with status 403"},
      {"HTTP/1.1 502 Bad h.test\r\nX: h.test\r\n\r\nh.test",
       "proxy_failed: it opens no tunnel, but answers with status 502"},
      {"HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n",
       "proxy_failed: it opens no tunnel, but answers with status 302"},
      {"HTTP/1.1 101 Switching Protocols\r\n\r\n",
       "proxy_failed: it does not answer in HTTP/1.1: the upstream switches protocols unasked"},
      {"SSH-2.0-x\r\n\r\n",
       "proxy_failed: it does not answer in HTTP/1.1: the answer is neither HTTP/1.1 nor HTTP/1.0"},
      {"HTTP/1.1 200 OK\r\nX: ", "more"},
  };
  for (const auto& c : cases)
    for (std::size_t slice = 1; slice <= c.answer.size(); ++slice)
      ASSERT_EQ(c.want, read_answer(c.answer, slice)) << c.answer << " by " << slice;
}

TEST(ConnectTunnel, TheHeadIsBounded) {
  const std::string most = "HTTP/1.1 200 OK\r\nX: ";
  EXPECT_EQ("more", read_answer(most + std::string(limits::max_head_bytes / 2, 'a'), 4096));
  EXPECT_EQ(0U, read_answer(most + std::string(limits::max_head_bytes, 'a'), 4096)
                    .find("proxy_failed: it does not answer in HTTP/1.1"));
}

TEST(ConnectTunnel, AsksForTheAuthority) {
  const connect_tunnel tunnel("[::1]:8443", "Basic dTpw");
  std::string_view sent = tunnel.request();
  EXPECT_EQ(0U, sent.find("CONNECT [::1]:8443 HTTP/1.1\r\nHost: [::1]:8443\r\n"));
  EXPECT_NE(std::string_view::npos, sent.find("\r\nProxy-Authorization: Basic dTpw\r\n"));
  EXPECT_TRUE(sent.ends_with("\r\n\r\n"));
  EXPECT_EQ(std::string_view::npos, connect_tunnel("h:1", "").request().find("Authorization"));
  EXPECT_EQ(net::fault::proxy_failed, tunnel.closed().what);
}

TEST(WayOut, LeadsThroughTheProxyInTheFormThatItReads) {
  const config::forward_proxy proxy{"proxy.test", 3128, config::secret("u:p\xc3\xa4ss")};
  const config::upstream_url plain{false, "h.test", 8000, "/v1"};
  const config::upstream_url secure{true, "h.test", 443, "/v1"};
  config::upstream_url socket{false, "localhost", 0, "/v1"};
  socket.socket_path = "/run/s";

  const net::endpoint direct = way_out(secure, nullptr, "ca.pem");
  EXPECT_EQ((net::endpoint{"h.test", 443, true, "ca.pem"}), direct);
  EXPECT_EQ("/run/s", way_out(socket, nullptr).socket_path);

  const net::endpoint read_by_it = way_out(plain, &proxy);
  ASSERT_TRUE(read_by_it.via);
  EXPECT_EQ("proxy.test", read_by_it.via->host);
  EXPECT_EQ(3128, read_by_it.via->port);
  EXPECT_EQ(nullptr, read_by_it.via->opens);
  EXPECT_EQ("http://h.test:8000/v1/x", target_on_the_way(plain, &proxy, "/v1/x"));
  EXPECT_EQ("Basic dTpww6Rzcw==", proxy_authorization_on_the_way(plain, &proxy));

  const net::endpoint tunneled = way_out(secure, &proxy, "ca.pem");
  ASSERT_TRUE(tunneled.via && tunneled.via->opens);
  EXPECT_EQ("h.test", tunneled.host);  // whom the certificate must be for
  EXPECT_TRUE(tunneled.tls);
  const std::string_view asked = tunneled.via->opens->request();
  EXPECT_EQ(0U, asked.find("CONNECT h.test:443 HTTP/1.1\r\n"));
  EXPECT_NE(std::string_view::npos, asked.find("Proxy-Authorization: Basic dTpww6Rzcw==\r\n"));
  // Inside the tunnel the upstream reads: nothing of the proxy is its business.
  EXPECT_EQ("/v1/x", target_on_the_way(secure, &proxy, "/v1/x"));
  EXPECT_EQ("", proxy_authorization_on_the_way(secure, &proxy));

  EXPECT_EQ("/v1/x", target_on_the_way(plain, nullptr, "/v1/x"));
  EXPECT_EQ("localhost", host_field(socket));
}

TEST(WayOut, HostNamesThePortUnlessItIsTheSchemes) {
  EXPECT_EQ("a.test", host_field({false, "a.test", 80, ""}));
  EXPECT_EQ("a.test", host_field({true, "a.test", 443, ""}));
  EXPECT_EQ("a.test:443", host_field({false, "a.test", 443, ""}));
  EXPECT_EQ("[::1]:8000", host_field({false, "::1", 8000, ""}));
}

}  // namespace
}  // namespace weir::proxy
