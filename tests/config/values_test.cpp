#include "config/values.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "config/show.h"
#include "weir/base/limits.h"

namespace weir::config {
namespace {

template <class T>
std::string shown(const result<T>& r) {
  return r ? to_text(*r) : "error: " + r.error().message;
}

TEST(ParseUrl, ReadsOrExplains) {
  struct test_case {
    const char* text;
    const char* want;
  };
  const test_case cases[] = {
      {"http://127.0.0.1:8000", "http://127.0.0.1:8000/v1"},
      {"http://127.0.0.1:8000/", "http://127.0.0.1:8000/"},
      {"http://localhost/v1/", "http://localhost/v1"},
      {"https://api.openai.com/v1", "https://api.openai.com/v1"},
      {"HTTPS://API.OpenAI.com:443/V1", "https://api.openai.com/V1"},
      {"https://h:8443/a/b", "https://h:8443/a/b"},
      {"http://h:80", "http://h/v1"},
      {"https://h:80", "https://h:80/v1"},
      {"http://[::1]:8000/v1", "http://[::1]:8000/v1"},
      {"http://[fe80::1:2]", "http://[fe80::1:2]/v1"},
      {"http://[::ffff:10.0.0.1]", "http://[::ffff:10.0.0.1]/v1"},
      {"http://[1:2:3:4:5:6:7:8]", "http://[1:2:3:4:5:6:7:8]/v1"},
      {"http://my_host.internal.", "http://my_host.internal./v1"},
      {"http://h/a%20b", "http://h/a%20b"},
      {"", "error: a url starts with http://, https:// or unix:/"},
      {"127.0.0.1:8000", "error: a url starts with http://, https:// or unix:/"},
      {"ftp://h", "error: only http://, https:// and unix:/ are supported"},
      {"http://", "error: the url names no host"},
      {"http://:8000", "error: the url names no host"},
      {"http://h:", "error: a port is a number from 1 to 65535"},
      {"http://h:0", "error: a port is a number from 1 to 65535"},
      {"http://h:65536", "error: a port is a number from 1 to 65535"},
      {"http://h:+1", "error: a port is a number from 1 to 65535"},
      {"http://h:8a", "error: a port is a number from 1 to 65535"},
      {"http://u:p@h/v1",
       "error: a url must not hold credentials ('@'): write them as 'key:' or 'headers:'"},
      {"http://h/v1?key=1", "error: a url must not hold a query ('?'): write it as 'query:'"},
      {"http://h?key=1", "error: a url must not hold a query ('?'): write it as 'query:'"},
      {"http://h/v1#x", "error: a url must not hold a fragment ('#'): it is never sent"},
      {"http://[::1", "error: '[' without ']'"},
      {"http://[::1]x", "error: after ']' only ':PORT' may follow"},
      {"http://[1::2::3]", "error: between '[' and ']' stands no IPv6 address"},
      {"http://[1:2:3]", "error: between '[' and ']' stands no IPv6 address"},
      {"http://[1:2:3:4:5:6:7:8:9]", "error: between '[' and ']' stands no IPv6 address"},
      {"http://[1:2:3:4:5:6:7:]", "error: between '[' and ']' stands no IPv6 address"},
      {"http://[::12345]", "error: between '[' and ']' stands no IPv6 address"},
      {"http://[::1.2.3.256]", "error: between '[' and ']' stands no IPv6 address"},
      {"http://[]", "error: between '[' and ']' stands no IPv6 address"},
      {"http://::1/v1", "error: an IPv6 address must stand in [ ]"},
      {"http://10.0.0.300", "error: the host is neither a name nor an address"},
      {"http://a b/v1", "error: the host is neither a name nor an address"},
      {"http://-h", "error: the host is neither a name nor an address"},
      {"http://h..x", "error: the host is neither a name nor an address"},
      {"http://h\xc3\xbc", "error: the host is neither a name nor an address"},
      {"http://h/a b", "error: the path holds a character that must be escaped with %"},
      {"http://h/a\r\nX: y", "error: the path holds a character that must be escaped with %"},
      {"http://h//v1", "error: the path holds an empty segment ('//')"},
      {"http://h/v1//", "error: the path holds an empty segment ('//')"},
      {"http://h/v1/chat/completions",
       "error: the url must end before '/chat/completions': weir appends it"},
      {"http://h/v1/models/", "error: the url must end before '/models': weir appends it"},
  };
  for (const test_case& c : cases) EXPECT_EQ(c.want, shown(parse_url(c.text))) << c.text;
}

TEST(ParseUrl, ReadsUnixSocketsOrExplains) {
  const std::string longest = "unix:/" + std::string(limits::max_socket_path_bytes - 1, 'a');
  struct test_case {
    std::string text;
    std::string want;
  };
  const test_case cases[] = {
      {"unix:/run/vllm.sock", "unix:/run/vllm.sock:/v1"},
      {"unix:/run/vllm.sock:/", "unix:/run/vllm.sock:/"},
      {"unix:/run/vllm.sock:/api/v2/", "unix:/run/vllm.sock:/api/v2"},
      {"unix:///run/vllm.sock", "unix:/run/vllm.sock:/v1"},
      {"UNIX:/Run/a b#?@.sock", "unix:/Run/a b#?@.sock:/v1"},
      {longest, longest + ":/v1"},
      {longest + "a", "error: the path of a Unix socket has at most 103 bytes"},
      {"unix:", "error: the path of a Unix socket starts with '/'"},
      {"unix:vllm.sock", "error: the path of a Unix socket starts with '/'"},
      {"unix:@abstract", "error: the path of a Unix socket starts with '/'"},
      {"unix:/", "error: the path of a Unix socket ends with a name, not '/'"},
      {"unix:/run/", "error: the path of a Unix socket ends with a name, not '/'"},
      {"unix:/a\nb", "error: the path of the Unix socket holds a control character"},
      {"unix:/s:", "error: behind the path of a Unix socket only ':/PATH' may follow"},
      {"unix:/s:v1", "error: behind the path of a Unix socket only ':/PATH' may follow"},
      {"unix:/s:/v1?a=b", "error: the path holds a character that must be escaped with %"},
      {"unix:/s:/v1//", "error: the path holds an empty segment ('//')"},
      {"unix:/s:/v1/models", "error: the url must end before '/models': weir appends it"},
  };
  for (const test_case& c : cases) EXPECT_EQ(c.want, shown(parse_url(c.text))) << c.text;
  const auto url = parse_url("unix:/run/vllm.sock");
  EXPECT_EQ("/run/vllm.sock", url->socket_path);
  EXPECT_EQ("localhost", url->host);
  EXPECT_EQ(0, url->port);
  EXPECT_FALSE(url->tls);
  EXPECT_FALSE(points_at(*url, {"127.0.0.1", 80, ""}));
}

TEST(ParseUrl, FillsEveryPart) {
  const auto url = parse_url("https://[::1]:8443/api/");
  ASSERT_TRUE(url);
  EXPECT_TRUE(url->tls);
  EXPECT_EQ("::1", url->host);
  EXPECT_EQ(8443, url->port);
  EXPECT_EQ("/api", url->base_path);
  EXPECT_EQ("", parse_url("http://h/")->base_path);
  EXPECT_EQ("/v1", parse_url("http://h")->base_path);
  EXPECT_EQ(80, parse_url("http://h")->port);
  EXPECT_EQ(443, parse_url("https://h")->port);
}

RC_GTEST_PROP(ParseUrl, NeverRepeatsWhatItRefuses, ()) {
  const auto secret = *rc::gen::nonEmpty(rc::gen::container<std::string>(
      rc::gen::element('S', 'E', 'C', 'R', '7', '@', '?', '#', ':', '/', '[', ']', ' ')));
  const auto url = parse_url("https://" + secret);
  if (!url && secret.size() > 3) RC_ASSERT(url.error().message.find(secret) == std::string::npos);
}

TEST(ParseListen, ReadsOrExplains) {
  struct test_case {
    const char* text;
    const char* want;
  };
  const test_case cases[] = {
      {"127.0.0.1:4000", "127.0.0.1:4000"},
      {"0.0.0.0:80", "0.0.0.0:80"},
      {"[::1]:4000", "[::1]:4000"},
      {"[::]:1", "[::]:1"},
      {"[::1]", "[::1]:4000"},
      {":5000", "127.0.0.1:5000"},
      {"5000", "127.0.0.1:5000"},
      {"0", "127.0.0.1:0"},
      {"localhost", "localhost:4000"},
      {"localhost:0", "localhost:0"},
      {"unix:/run/weir.sock", "unix:/run/weir.sock"},
      {"unix:weir.sock", "unix:weir.sock"},
      {"unix:", "error: a Unix socket to listen on is unix:PATH"},
      {"", "error: an address to listen on is HOST:PORT"},
      {":", "error: a port is a number from 0 to 65535"},
      {"65536", "error: a port is a number from 0 to 65535"},
      {"h:-1", "error: a port is a number from 0 to 65535"},
      {"h:99999999999999999999", "error: a port is a number from 0 to 65535"},
      {"::1:4000", "error: an IPv6 address must stand in [ ]"},
      {"http://h:1", "error: an address to listen on is HOST:PORT or unix:PATH, not a url"},
      {"h/x:1", "error: the host is neither a name nor an address"},
      {"1.2.3:4", "error: the host is neither a name nor an address"},
  };
  for (const test_case& c : cases) EXPECT_EQ(c.want, shown(parse_listen(c.text))) << c.text;
  const std::string path(limits::max_socket_path_bytes, 'p');
  EXPECT_EQ("unix:" + path, shown(parse_listen("unix:" + path)));
  EXPECT_EQ("error: the path of a Unix socket has at most 103 bytes",
            shown(parse_listen("unix:" + path + 'p')));
}

TEST(ParseDuration, ReadsOrExplains) {
  const std::string form =
      "error: a duration is a whole number with ms, s, m or h, like 500ms, 5s, 2m or 1h";
  struct test_case {
    const char* text;
    std::string want;
  };
  const test_case cases[] = {
      {"500ms", "500ms"},
      {"1500ms", "1500ms"},
      {"5000ms", "5s"},
      {"5s", "5s"},
      {"60s", "1m"},
      {"90s", "90s"},
      {"2m", "2m"},
      {"1h", "1h"},
      {"24h", "24h"},
      {"05s", "5s"},
      {"1ms", "1ms"},
      {"86400000ms", "24h"},
      {"", form},
      {"5", form},
      {"s", form},
      {"5 s", form},
      {"-5s", form},
      {"5.5s", form},
      {"5S", form},
      {"5sec", form},
      {"none", form},
      {"1d", form},
      {"5s ", form},
      {"+5s", form},
      {"0s", "error: a duration is at least 1ms"},
      {"25h", "error: a duration is at most 24h"},
      {"86400001ms", "error: a duration is at most 24h"},
      {"99999999999999999999s", "error: a duration is at most 24h"},
      {"18446744073709551615h", "error: a duration is at most 24h"},
  };
  for (const test_case& c : cases) EXPECT_EQ(c.want, shown(parse_duration(c.text))) << c.text;
}

RC_GTEST_PROP(ParseDuration, ReadsBackWhatIsShown, ()) {
  const millis time(*rc::gen::inRange<millis::rep>(1, limits::max_configured_time.count() + 1));
  const auto parsed = parse_duration(to_text(time));
  RC_ASSERT(parsed.ok());
  RC_ASSERT(*parsed == time);
}

TEST(IsLoopback, IsThisMachineOnly) {
  for (const char* host :
       {"127.0.0.1", "127.255.0.9", "::1", "localhost", "LOCALHOST", "a.localhost"})
    EXPECT_TRUE(is_loopback(host)) << host;
  for (const char* host : {"0.0.0.0", "::", "10.0.0.1", "128.0.0.1", "127.example.com",
                           "localhost.com", "notlocalhost", ".localhost", ""})
    EXPECT_FALSE(is_loopback(host)) << host;
}

}  // namespace
}  // namespace weir::config
