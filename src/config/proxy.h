#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "config/secret.h"
#include "weir/base/result.h"

namespace weir::config {

/// A forward proxy: a server that takes requests for others.
struct forward_proxy {
  std::string host;  ///< name, IPv4 or IPv6 address without brackets
  std::uint16_t port = 0;
  secret credential{};  ///< `user:password`, for `Proxy-Authorization: Basic`; empty for none

  friend bool operator==(const forward_proxy&, const forward_proxy&) = default;
};

/// How an upstream is reached. Once the environment was asked (`use_environment_proxies`), `unset`
/// means that it names no proxy for this one.
struct proxy_setting {
  enum class kind : std::uint8_t { unset, direct, proxy };
  kind way = kind::unset;
  forward_proxy server{};  ///< with `proxy`

  /// The proxy on the way; null when there is none.
  [[nodiscard]] const forward_proxy* in_use() const {
    return way == kind::proxy ? &server : nullptr;
  }

  friend bool operator==(const proxy_setting&, const proxy_setting&) = default;
};

/// `[http://][user[:password]@]host:port`; user and password are decoded from %XX. Other schemes
/// are refused with a sentence that names what is supported. No message repeats the text: it may
/// hold a secret.
[[nodiscard]] result<forward_proxy> parse_proxy(std::string_view text);

/// As it parses back, but for the credential, which is `***`.
[[nodiscard]] std::string to_text(const forward_proxy& proxy);

}  // namespace weir::config
