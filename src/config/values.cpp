#include "config/values.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>

#include "weir/base/limits.h"

namespace weir::config {
namespace {

constexpr std::uint16_t http_port = 80;
constexpr std::uint16_t https_port = 443;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

std::optional<std::uint64_t> whole_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

result<std::uint16_t> parse_port(std::string_view text, std::uint64_t least) {
  const auto port = whole_number(text);
  if (!port || *port < least || *port > 65535)
    return failure{"a port is a number from " + std::to_string(least) + " to 65535"};
  return static_cast<std::uint16_t>(*port);
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

bool is_ipv4(std::string_view text) {
  int parts = 0;
  while (true) {
    const std::size_t dot = text.find('.');
    const std::string_view part = text.substr(0, dot);
    const auto value = whole_number(part);
    if (!value || *value > 255 || part.size() > 3) return false;
    ++parts;
    if (dot == std::string_view::npos) return parts == 4;
    text.remove_prefix(dot + 1);
  }
}

/// RFC 4291 2.2: eight groups, one `::` for the missing ones, an IPv4 address for the last two.
bool is_ipv6(std::string_view text) {
  int groups = 0;
  bool gap = false;
  if (text.substr(0, 2) == "::") {
    gap = true;
    text.remove_prefix(2);
  }
  while (!text.empty()) {
    const std::size_t colon = text.find(':');
    const std::string_view group = text.substr(0, colon);
    if (colon == std::string_view::npos && group.find('.') != std::string_view::npos) {
      if (!is_ipv4(group)) return false;
      groups += 2;
      break;
    }
    if (group.empty() || group.size() > 4 ||
        group.find_first_not_of("0123456789abcdefABCDEF") != std::string_view::npos)
      return false;
    ++groups;
    if (colon == std::string_view::npos) break;
    text.remove_prefix(colon + 1);
    if (text.empty()) return false;
    if (text[0] == ':') {
      if (gap) return false;
      gap = true;
      text.remove_prefix(1);
    }
  }
  return gap ? groups < 8 : groups == 8;
}

/// A name as RFC 1123 2.1 has it, with the underscores that container networks use.
bool is_host_name(std::string_view text) {
  if (text.empty() || text.size() > 253) return false;
  if (text.back() == '.') text.remove_suffix(1);
  while (true) {
    const std::size_t dot = text.find('.');
    const std::string_view label = text.substr(0, dot);
    if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-')
      return false;
    for (const char c : label)
      if (!is_digit(c) && !is_letter(c) && c != '-' && c != '_') return false;
    if (dot == std::string_view::npos) break;
    text.remove_prefix(dot + 1);
  }
  // 10.0.0.300 is a broken address, not a name: the last label of a name is not a number.
  const std::string_view last = text;
  return !std::all_of(last.begin(), last.end(), is_digit);
}

struct host_and_port {
  std::string host;       ///< without brackets
  std::string_view port;  ///< "" when there is none
  bool has_port = false;
};

result<host_and_port> split_authority(std::string_view text) {
  host_and_port out;
  if (!text.empty() && text[0] == '[') {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return failure{"'[' without ']'"};
    const std::string_view address = text.substr(1, close - 1);
    if (!is_ipv6(address)) return failure{"between '[' and ']' stands no IPv6 address"};
    out.host = lower(address);
    text.remove_prefix(close + 1);
    if (text.empty()) return out;
    if (text[0] != ':') return failure{"after ']' only ':PORT' may follow"};
    out.port = text.substr(1);
    out.has_port = true;
    return out;
  }
  const std::size_t colon = text.find(':');
  if (colon != text.rfind(':')) return failure{"an IPv6 address must stand in [ ]"};
  const std::string_view host = text.substr(0, colon);
  if (!host.empty() && !is_ipv4(host) && !is_host_name(host))
    return failure{"the host is neither a name nor an address"};
  out.host = lower(host);
  if (colon != std::string_view::npos) {
    out.port = text.substr(colon + 1);
    out.has_port = true;
  }
  return out;
}

/// RFC 3986 3.3: what may stand in a path unescaped.
bool is_path_character(char c) {
  return is_digit(c) || is_letter(c) ||
         std::string_view("-._~!$&'()*+,;=:@/%").find(c) != std::string_view::npos;
}

result<std::string> parse_base_path(std::string_view path) {
  if (path.empty()) return std::string("/v1");
  if (!std::all_of(path.begin(), path.end(), is_path_character))
    return failure{"the path holds a character that must be escaped with %"};
  if (path.back() == '/') path.remove_suffix(1);
  if (path.find("//") != std::string_view::npos || (!path.empty() && path.back() == '/'))
    return failure{"the path holds an empty segment ('//')"};
  for (const std::string_view call : {"/chat/completions", "/completions", "/models"})
    if (path.size() >= call.size() && path.substr(path.size() - call.size()) == call)
      return failure{"the url must end before '" + std::string(call) + "': weir appends it"};
  return std::string(path);
}

struct unit {
  std::string_view name;
  std::uint64_t in_millis;
};
constexpr std::array<unit, 4> units = {{{"h", 3600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}}};

struct size_unit {
  std::string_view name;
  std::uint64_t in_bytes;
};
constexpr std::array<size_unit, 4> size_units = {
    {{"GiB", 1024 * limits::mib}, {"MiB", limits::mib}, {"KiB", limits::kib}, {"B", 1}}};

std::string bracketed(const std::string& host) {
  return host.find(':') == std::string::npos ? host : '[' + host + ']';
}

}  // namespace

result<upstream_url> parse_url(std::string_view text) {
  upstream_url url;
  const std::size_t scheme_end = text.find("://");
  if (scheme_end == std::string_view::npos) return failure{"a url starts with http:// or https://"};
  const std::string scheme = lower(text.substr(0, scheme_end));
  if (scheme != "http" && scheme != "https")
    return failure{"only http:// and https:// are supported"};
  url.tls = scheme == "https";
  text.remove_prefix(scheme_end + 3);

  if (text.find('#') != std::string_view::npos)
    return failure{"a url must not hold a fragment ('#'): it is never sent"};
  if (text.find('?') != std::string_view::npos)
    return failure{"a url must not hold a query ('?'): write it as 'query:'"};
  const std::size_t path_start = text.find('/');
  const std::string_view authority = text.substr(0, path_start);
  const std::string_view path =
      path_start == std::string_view::npos ? std::string_view() : text.substr(path_start);
  if (authority.find('@') != std::string_view::npos)
    return failure{"a url must not hold credentials ('@'): write them as 'key:' or 'headers:'"};

  const auto where = split_authority(authority);
  if (!where) return where.error();
  if (where->host.empty()) return failure{"the url names no host"};
  url.host = where->host;
  url.port = url.tls ? https_port : http_port;
  if (where->has_port) {
    const auto port = parse_port(where->port, 1);
    if (!port) return port.error();
    url.port = *port;
  }
  auto base_path = parse_base_path(path);
  if (!base_path) return base_path.error();
  url.base_path = std::move(*base_path);
  return url;
}

result<listen_address> parse_listen(std::string_view text) {
  listen_address address;
  constexpr std::string_view local = "unix:";
  if (text.substr(0, local.size()) == local) {
    address = {"", 0, std::string(text.substr(local.size()))};
    if (address.path.empty()) return failure{"a Unix socket to listen on is unix:PATH"};
    if (address.path.size() > limits::max_socket_path_bytes)
      return failure{"the path of a Unix socket has at most " +
                     std::to_string(limits::max_socket_path_bytes) + " bytes"};
    return address;
  }
  if (text.find("://") != std::string_view::npos)
    return failure{"an address to listen on is HOST:PORT or unix:PATH, not a url"};
  if (!text.empty() && std::all_of(text.begin(), text.end(), is_digit)) {
    const auto port = parse_port(text, 0);
    if (!port) return port.error();
    address.port = *port;
    return address;
  }
  const auto where = split_authority(text);
  if (!where) return where.error();
  if (where->host.empty() && !where->has_port)
    return failure{"an address to listen on is HOST:PORT"};
  if (!where->host.empty()) address.host = where->host;
  if (where->has_port) {
    const auto port = parse_port(where->port, 0);
    if (!port) return port.error();
    address.port = *port;
  }
  return address;
}

result<millis> parse_duration(std::string_view text) {
  const failure form{"a duration is a whole number with ms, s, m or h, like 500ms, 5s, 2m or 1h"};
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const std::string_view name = text.substr(digits);
  const auto known =
      std::find_if(units.begin(), units.end(), [&](const unit& u) { return u.name == name; });
  if (digits == 0 || known == units.end()) return form;
  const auto count = whole_number(text.substr(0, digits));
  const auto most = static_cast<std::uint64_t>(limits::max_configured_time.count());
  if (!count || *count > most / known->in_millis)
    return failure{"a duration is at most " + to_text(limits::max_configured_time)};
  if (*count == 0) return failure{"a duration is at least 1ms"};
  return millis(static_cast<millis::rep>(*count * known->in_millis));
}

result<std::uint64_t> parse_size(std::string_view text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const std::string_view name = text.substr(digits);
  const auto known = std::find_if(size_units.begin(), size_units.end(),
                                  [&](const size_unit& u) { return u.name == name; });
  if (digits == 0 || known == size_units.end())
    return failure{"a size is a whole number with B, KiB, MiB or GiB, like 64KiB"};
  const auto count = whole_number(text.substr(0, digits));
  if (!count || *count > std::numeric_limits<std::uint64_t>::max() / known->in_bytes)
    return failure{"the size is too large"};
  return *count * known->in_bytes;
}

std::string size_text(std::uint64_t bytes) {
  for (const size_unit& u : size_units)
    if (bytes % u.in_bytes == 0 && bytes != 0)
      return std::to_string(bytes / u.in_bytes) + std::string(u.name);
  return std::to_string(bytes) + "B";
}

std::string to_text(const upstream_url& url) {
  std::string out = url.tls ? "https://" : "http://";
  out += bracketed(url.host);
  if (url.port != (url.tls ? https_port : http_port)) out += ':' + std::to_string(url.port);
  out += url.base_path.empty() ? "/" : url.base_path;
  return out;
}

std::string to_text(const listen_address& address) {
  if (!address.path.empty()) return "unix:" + address.path;
  return bracketed(address.host) + ':' + std::to_string(address.port);
}

std::string to_text(millis time) {
  const auto count = static_cast<std::uint64_t>(time.count());
  for (const unit& u : units)
    if (count % u.in_millis == 0) return std::to_string(count / u.in_millis) + std::string(u.name);
  return std::to_string(count) + "ms";
}

bool is_loopback(std::string_view host) {
  const std::string name = lower(host);
  if (name == "localhost" || name == "::1") return true;
  const std::string_view suffix = ".localhost";  // RFC 6761 6.3
  if (name.size() > suffix.size() && name.substr(name.size() - suffix.size()) == suffix)
    return true;
  return name.substr(0, 4) == "127." && is_ipv4(name);
}

}  // namespace weir::config
