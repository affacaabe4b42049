#include "config/proxy.h"

#include <algorithm>
#include <optional>

#include "config/authority.h"
#include "weir/base/limits.h"

namespace weir::config {
namespace {

std::optional<unsigned> hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10;
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A') + 10;
  return std::nullopt;
}

/// %XX as the byte it stands for (RFC 3986 2.1).
std::optional<std::string> percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const auto high = i + 2 < text.size() ? hex_digit(text[i + 1]) : std::nullopt;
    const auto low = i + 2 < text.size() ? hex_digit(text[i + 2]) : std::nullopt;
    if (!high || !low) return std::nullopt;
    out += static_cast<char>(*high * 16 + *low);
    i += 2;
  }
  return out;
}

/// RFC 7617 2: no control characters, and no colon in the user's name.
result<secret> parse_credential(std::string_view text) {
  const std::size_t colon = text.find(':');
  const auto user = percent_decoded(text.substr(0, colon));
  const auto password = percent_decoded(colon == std::string_view::npos ? std::string_view()
                                                                        : text.substr(colon + 1));
  if (!user || !password) return failure{"in user and password of a proxy '%' is written as %25"};
  if (user->find(':') != std::string::npos) return failure{"the user of a proxy holds no ':'"};
  std::string pair = *user + ':' + *password;
  if (std::any_of(pair.begin(), pair.end(),
                  [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }))
    return failure{"user and password of a proxy hold no control character"};
  if (pair.size() > limits::max_proxy_credential_bytes)
    return failure{"user and password of a proxy have at most " +
                   std::to_string(limits::max_proxy_credential_bytes) + " bytes"};
  return secret(std::move(pair));
}

}  // namespace

result<forward_proxy> parse_proxy(std::string_view text) {
  if (const std::size_t end = text.find("://"); end != std::string_view::npos) {
    const std::string scheme = lower_case(text.substr(0, end));
    if (scheme == "https") return failure{"a proxy over https:// is not supported, only http://"};
    if (scheme.substr(0, 5) == "socks")
      return failure{"a SOCKS proxy is not supported, only http://"};
    if (scheme != "http") return failure{"a proxy's url starts with http://"};
    text.remove_prefix(end + 3);
  }
  if (!text.empty() && text.back() == '/') text.remove_suffix(1);
  if (text.find_first_of("/?#") != std::string_view::npos)
    return failure{
        "a proxy's url ends with its port; '/', '?' and '#' in user or password are "
        "written as %2F, %3F and %23"};
  forward_proxy proxy;
  if (const std::size_t at = text.rfind('@'); at != std::string_view::npos) {
    auto credential = parse_credential(text.substr(0, at));
    if (!credential) return credential.error();
    proxy.credential = *std::move(credential);
    text.remove_prefix(at + 1);
  }
  auto where = split_authority(text);
  if (!where) return where.error();
  if (where->host.empty()) return failure{"the proxy's url names no host"};
  // curl would take 1080, others 80: a wrong guess is hard to find.
  if (!where->has_port) return failure{"the proxy's port is missing, as in http://host:3128"};
  const auto port = parse_port(where->port, 1);
  if (!port) return port.error();
  proxy.host = std::move(where->host);
  proxy.port = *port;
  return proxy;
}

std::string to_text(const forward_proxy& proxy) {
  return "http://" + (proxy.credential.empty() ? "" : std::string(proxy.credential.shown()) + '@') +
         bracketed(proxy.host) + ':' + std::to_string(proxy.port);
}

}  // namespace weir::config
