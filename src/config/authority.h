#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "weir/base/result.h"

namespace weir::config {

/// `host`, `host:port`, `[::1]` or `[::1]:port`, as in a url (RFC 3986 3.2) without user
/// information.
struct host_and_port {
  std::string host;       ///< lower case, without brackets; may be ""
  std::string_view port;  ///< as written, of the text that was read; "" when there is none
  bool has_port = false;
};

/// Takes `text` apart. The host is a name, an IPv4 address, an IPv6 address in brackets, or "".
/// No message repeats the text: it may hold a secret.
[[nodiscard]] result<host_and_port> split_authority(std::string_view text);

/// A whole number from `least` to 65535.
[[nodiscard]] result<std::uint16_t> parse_port(std::string_view text, std::uint64_t least);

/// Four numbers from 0 to 255.
[[nodiscard]] bool is_ipv4(std::string_view text);

/// The host as it stands in a url: an IPv6 address in brackets.
[[nodiscard]] std::string bracketed(const std::string& host);

/// ASCII letters in lower case.
[[nodiscard]] std::string lower_case(std::string_view text);

}  // namespace weir::config
