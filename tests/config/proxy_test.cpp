#include "config/proxy.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "config/loading.h"
#include "config/no_proxy.h"
#include "config/proxy_environment.h"
#include "config/values.h"
#include "weir/base/limits.h"

namespace weir::config {
namespace {

TEST(ParseProxy, ReadsOrExplains) {
  const std::string characters =
      "error: a proxy's url ends with its port; '/', '?' and '#' in user or password are written "
      "as %2F, %3F and %23";
  const std::string credential_bound =
      "error: user and password of a proxy have at most 1024 bytes";
  struct {
    std::string text;
    std::string want;  ///< url and credential, or why not
  } const cases[] = {
      {"http://10.0.0.1:3128", "http://10.0.0.1:3128 "},
      {"http://proxy.corp:3128/", "http://proxy.corp:3128 "},
      {"HTTP://Proxy:80", "http://proxy:80 "},
      {"proxy:3128", "http://proxy:3128 "},
      {"http://[::1]:3128", "http://[::1]:3128 "},
      {"http://u:p@h:1", "http://***@h:1 u:p"},
      {"u@h:1", "http://***@h:1 u:"},
      {"http://u:p%40s%3as:x@h:1", "http://***@h:1 u:p@s:s:x"},
      {"http://u:p@ss@h:1", "http://***@h:1 u:p@ss"},
      {"http://" + std::string(1023, 'u') + "@h:1",
       "http://***@h:1 " + std::string(1023, 'u') + ':'},
      {"http://" + std::string(1024, 'u') + "@h:1", credential_bound},
      {"http://u%3a:p@h:1", "error: the user of a proxy holds no ':'"},
      {"http://u:100%@h:1", "error: in user and password of a proxy '%' is written as %25"},
      {"http://u:%0d%0a@h:1", "error: user and password of a proxy hold no control character"},
      {"http://u:%4", "error: in user and password of a proxy '%' is written as %25"},
      {"https://h:1", "error: a proxy over https:// is not supported, only http://"},
      {"socks5://h:1", "error: a SOCKS proxy is not supported, only http://"},
      {"SOCKS4a://h:1", "error: a SOCKS proxy is not supported, only http://"},
      {"ftp://h:1", "error: a proxy's url starts with http://"},
      {"http://h", "error: the proxy's port is missing, as in http://host:3128"},
      {"h", "error: the proxy's port is missing, as in http://host:3128"},
      {"http://:3128", "error: the proxy's url names no host"},
      {"", "error: the proxy's url names no host"},
      {"http://h:0", "error: a port is a number from 1 to 65535"},
      {"http://h:1/x", characters},
      {"http://h:1?x", characters},
      {"http://u:a/b@h:1", characters},
      {"http://a b:1", "error: the host is neither a name nor an address"},
  };
  for (const auto& c : cases) {
    // %4 at the end stands in the credential only with its '@'.
    const std::string text = c.text == "http://u:%4" ? c.text + "@h:1" : c.text;
    const auto proxy = parse_proxy(text);
    EXPECT_EQ(c.want, proxy ? to_text(*proxy) + ' ' + proxy->credential.reveal()
                            : "error: " + proxy.error().message)
        << text;
  }
}

RC_GTEST_PROP(ParseProxy, NeverRepeatsWhatItRefuses, ()) {
  const auto secret = *rc::gen::nonEmpty(rc::gen::container<std::string>(
      rc::gen::element('S', 'E', 'C', 'R', '7', '@', '?', '#', ':', '/', '[', ']', ' ', '\n')));
  const auto proxy = parse_proxy("http://u:" + secret);
  if (!proxy && secret.size() > 3)
    RC_ASSERT(proxy.error().message.find(secret) == std::string::npos);
}

TEST(NoProxy, CoversWhatCurlAndGoSay) {
  struct {
    const char* list;
    const char* host;
    std::uint16_t port;
    bool want;
  } const cases[] = {
      {"", "h.test", 80, false},
      {"*", "h.test", 80, true},
      {"a.test,*", "10.0.0.1", 80, true},
      {"h.test", "h.test", 80, true},
      {"h.test", "H.Test.", 80, true},
      {"H.TEST.", "h.test", 80, true},
      {"h.test", "a.h.test", 80, true},
      {"h.test", "ah.test", 80, false},
      {".h.test", "h.test", 80, true},
      {".h.test", "a.b.h.test", 80, true},
      {".h.test", "ah.test", 80, false},
      {"*.h.test", "a.h.test", 80, true},
      {"a.h.test", "h.test", 80, false},
      {"h", "h", 80, true},
      {"x, h.test ,y", "h.test", 80, true},
      {"x h.test", "h.test", 80, true},
      {"h.test:8080", "h.test", 8080, true},
      {"h.test:8080", "a.h.test", 8080, true},
      {"h.test:8080", "h.test", 80, false},
      {"h.test:x", "h.test", 80, false},
      {"10.0.0.1", "10.0.0.1", 80, true},
      {"10.0.0.1", "10.0.0.10", 80, false},
      {"0.0.1", "10.0.0.1", 80, false},
      {"10.0.0.1:81", "10.0.0.1", 81, true},
      {"10.0.0.1:81", "10.0.0.1", 80, false},
      {"10.0.0.0/8", "10.255.0.1", 80, true},
      {"10.0.0.0/8", "11.0.0.1", 80, false},
      {"10.0.0.0/9", "10.127.0.1", 80, true},
      {"10.0.0.0/9", "10.128.0.1", 80, false},
      {"0.0.0.0/0", "11.0.0.1", 80, true},
      {"10.0.0.1/32", "10.0.0.1", 80, true},
      {"10.0.0.0/33", "10.0.0.0", 80, false},
      {"10.0.0.0/", "10.0.0.0", 80, false},
      {"10.0.0.0/x", "10.0.0.0", 80, false},
      {"10.0.0.0/8", "h.test", 80, false},
      {"fd00::/8", "fdab::1", 80, true},
      {"fd00::/8", "fe80::1", 80, false},
      {"2001:db8::1", "2001:0db8:0::1", 80, true},
      {"[2001:db8::1]:81", "2001:db8::1", 81, true},
      {"[2001:db8::1]:81", "2001:db8::1", 80, false},
      {"[2001:db8::1]", "2001:db8::1", 80, true},
      {"10.0.0.0/8", "::ffff:10.1.1.1", 80, true},
      {"::/0", "10.0.0.1", 80, false},
      {",, ,", "h.test", 80, false},
      {"http://h.test", "h.test", 80, false},
  };
  for (const auto& c : cases)
    EXPECT_EQ(c.want, no_proxy_list(c.list).covers(c.host, c.port))
        << '"' << c.list << "\" " << c.host << ':' << c.port;
}

TEST(NoProxy, HasABound) {
  std::string most;
  for (std::size_t i = 1; i < limits::max_no_proxy_entries; ++i) most += "x,";
  EXPECT_TRUE(no_proxy_list(most + "h.test").covers("h.test", 80));
  EXPECT_FALSE(no_proxy_list(most + "x,h.test").covers("h.test", 80));
}

/// What the environment says for a url: the proxy's host, `direct`, or the problem.
std::string way_to(const std::string& url, const std::map<std::string, std::string>& set) {
  const auto found = proxy_from_environment(*parse_url(url), variables(set));
  if (!found) return to_string(found.error());
  return *found ? (*found)->host : "direct";
}

TEST(ProxyEnvironment, TheVariableIsTheSchemes) {
  const std::map<std::string, std::string> all = {{"https_proxy", "a:1"}, {"HTTPS_PROXY", "b:1"},
                                                  {"http_proxy", "c:1"},  {"HTTP_PROXY", "d:1"},
                                                  {"all_proxy", "e:1"},   {"ALL_PROXY", "f:1"}};
  const auto without = [&](std::initializer_list<const char*> names) {
    auto left = all;
    for (const char* const name : names) left.erase(name);
    return left;
  };
  EXPECT_EQ("a", way_to("https://h", all));
  EXPECT_EQ("b", way_to("https://h", without({"https_proxy"})));
  EXPECT_EQ("e", way_to("https://h", without({"https_proxy", "HTTPS_PROXY"})));
  EXPECT_EQ("f", way_to("https://h", without({"https_proxy", "HTTPS_PROXY", "all_proxy"})));
  EXPECT_EQ("c", way_to("http://h", all));
  EXPECT_EQ("e", way_to("http://h", without({"http_proxy"})));
  // httpoxy: a client of a CGI program sets HTTP_PROXY.
  EXPECT_EQ("direct", way_to("http://h", {{"HTTP_PROXY", "d:1"}}));
  EXPECT_EQ("direct", way_to("http://h", {{"https_proxy", "a:1"}, {"HTTPS_PROXY", "b:1"}}));
  EXPECT_EQ("direct", way_to("https://h", {{"http_proxy", "c:1"}}));
  EXPECT_EQ("b", way_to("https://h", {{"https_proxy", ""}, {"HTTPS_PROXY", "b:1"}}));
  EXPECT_EQ("direct", way_to("https://h", {}));
}

TEST(ProxyEnvironment, ExceptionsAndThisMachineAreReachedDirectly) {
  for (const char* const url :
       {"http://localhost:8000", "http://127.0.0.1:8000", "https://127.9.9.9", "http://[::1]:8000",
        "http://a.localhost", "unix:/run/s"})
    EXPECT_EQ("direct", way_to(url, {{"ALL_PROXY", "p:1"}})) << url;
  EXPECT_EQ("p", way_to("http://10.0.0.1", {{"ALL_PROXY", "p:1"}}));
  EXPECT_EQ("direct", way_to("http://h", {{"ALL_PROXY", "p:1"}, {"NO_PROXY", "h"}}));
  EXPECT_EQ("p", way_to("http://h", {{"ALL_PROXY", "p:1"}, {"NO_PROXY", "h"}, {"no_proxy", "i"}}));
  EXPECT_EQ("direct", way_to("https://h", {{"ALL_PROXY", "p:1"}, {"no_proxy", "h:443"}}));
  EXPECT_EQ("p", way_to("http://h", {{"ALL_PROXY", "p:1"}, {"no_proxy", "h:443"}}));
}

TEST(ProxyEnvironment, AVariableThatCannotBeUsedIsNamedAndNotShown) {
  const std::map<std::string, std::string> set = {{"ALL_PROXY", "socks5://u:hunter2@h:1"},
                                                  {"NO_PROXY", "known.test"}};
  EXPECT_EQ("ALL_PROXY: a SOCKS proxy is not supported, only http://", way_to("https://h", set));
  // It is nobody's business where it is not needed.
  EXPECT_EQ("direct", way_to("https://known.test", set));
  EXPECT_EQ("direct", way_to("http://localhost", set));
}

TEST(ProxyEnvironment, TheUpstreamsOwnSettingWins) {
  const std::string file =
      "upstreams:\n"
      "  a: {url: https://h}\n"
      "  b: {url: https://h, proxy: none}\n"
      "  c: {url: https://h, proxy: \"http://u:p@own:1\"}\n"
      "  d: {url: http://localhost:1}\n"
      "  e: {url: http://localhost:1, proxy: own:1}\n"
      "  f: {url: http://h}\n";
  config c = loaded(file);
  EXPECT_TRUE(use_environment_proxies(c, variables({{"HTTPS_PROXY", "env:1"}})).empty());
  std::string ways;
  for (const upstream& u : c.upstreams)
    ways += u.name + '=' + (u.proxy.in_use() != nullptr ? u.proxy.in_use()->host : "direct") + ' ';
  EXPECT_EQ("a=env b=direct c=own d=direct e=own f=direct demo=direct ", ways);

  config bad = loaded(file);
  const auto problems = use_environment_proxies(bad, variables({{"ALL_PROXY", "https://h:1"}}));
  ASSERT_EQ(1U, problems.size());  // for a and f
  EXPECT_EQ("ALL_PROXY", problems[0].file);
}

TEST(FindServer, AnotherProxyIsAnotherWay) {
  const auto with = [](const std::string& proxy) {
    return loaded("upstreams: {a: {url: https://h, proxy: \"" + proxy + "\"}}");
  };
  const config before = with("http://u:p@p:1");
  EXPECT_TRUE(before.find_server(with("http://u:p@p:1").upstreams[0]));
  for (const char* const other : {"none", "http://u:p@p:2", "http://u:q@p:1", "http://p:1"})
    EXPECT_FALSE(before.find_server(with(other).upstreams[0])) << other;
}

}  // namespace
}  // namespace weir::config
