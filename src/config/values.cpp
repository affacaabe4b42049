#include "config/values.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <limits>
#include <optional>

#include "config/authority.h"
#include "weir/base/limits.h"

namespace weir::config {
namespace {

constexpr std::uint16_t http_port = 80;
constexpr std::uint16_t https_port = 443;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

std::optional<std::uint64_t> whole_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
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

constexpr std::string_view unix_scheme = "unix:";

/// What stands behind `unix:`: the path of a socket and, behind a colon, the base path (nginx's
/// form).
result<upstream_url> parse_unix_url(std::string_view text) {
  upstream_url url;
  const std::size_t colon = text.find(':');
  std::string_view socket = text.substr(0, colon);
  if (socket.substr(0, 1) != "/") return failure{"the path of a Unix socket starts with '/'"};
  if (std::any_of(socket.begin(), socket.end(), is_control))
    return failure{"the path of the Unix socket holds a control character"};
  while (socket.substr(0, 2) == "//") socket.remove_prefix(1);  // as in unix:///run/vllm.sock
  if (socket.size() > limits::max_socket_path_bytes)
    return failure{"the path of a Unix socket has at most " +
                   std::to_string(limits::max_socket_path_bytes) + " bytes"};
  if (socket.back() == '/') return failure{"the path of a Unix socket ends with a name, not '/'"};
  const std::string_view path =
      colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1);
  if (colon != std::string_view::npos && path.substr(0, 1) != "/")
    return failure{"behind the path of a Unix socket only ':/PATH' may follow"};
  auto base_path = parse_base_path(path);
  if (!base_path) return base_path.error();
  url.host = "localhost";
  url.base_path = std::move(*base_path);
  url.socket_path = socket;
  return url;
}

}  // namespace

result<upstream_url> parse_url(std::string_view text) {
  upstream_url url;
  if (lower_case(text.substr(0, unix_scheme.size())) == unix_scheme)
    return parse_unix_url(text.substr(unix_scheme.size()));
  const std::size_t scheme_end = text.find("://");
  if (scheme_end == std::string_view::npos)
    return failure{"a url starts with http://, https:// or unix:/"};
  const std::string scheme = lower_case(text.substr(0, scheme_end));
  if (scheme != "http" && scheme != "https")
    return failure{"only http://, https:// and unix:/ are supported"};
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

namespace {

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}
bool may_stand_in_name(char c) { return is_alphanumeric(c) || c == '.' || c == '_' || c == '-'; }

}  // namespace

bool is_plain_name(std::string_view name) {
  static_assert(limits::max_key_name_bytes == limits::max_upstream_name_bytes);
  return !name.empty() && name.size() <= limits::max_upstream_name_bytes &&
         is_alphanumeric(name[0]) && std::all_of(name.begin(), name.end(), may_stand_in_name);
}

bool is_tag_name(std::string_view text) {
  return !text.empty() && text.size() <= limits::max_tag_bytes &&
         std::all_of(text.begin(), text.end(), may_stand_in_name);
}

bool is_tag_value(std::string_view text) {
  return !text.empty() && text.size() <= limits::max_tag_bytes &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return c > 0x20 && c < 0x7F && c != ','; });
}

std::string day_text(std::int64_t time) {
  const std::chrono::year_month_day date{
      std::chrono::floor<std::chrono::days>(std::chrono::sys_seconds(seconds(time)))};
  const auto two = [](unsigned n) { return (n < 10 ? "0" : "") + std::to_string(n); };
  return std::to_string(static_cast<int>(date.year())) + '-' +
         two(static_cast<unsigned>(date.month())) + '-' + two(static_cast<unsigned>(date.day()));
}

result<meter::nano_usd> parse_usd(std::string_view text) {
  if (const auto amount = meter::parse_usd(text)) return *amount;
  return failure{"an amount of USD is written like 12.50, with up to nine decimals, and at most " +
                 std::to_string(limits::max_configured_usd)};
}

result<std::chrono::sys_days> parse_day(std::string_view text) {
  const failure form{"a day is written like 2026-11-27"};
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return form;
  const auto y = whole_number(text.substr(0, 4));
  const auto m = whole_number(text.substr(5, 2));
  const auto d = whole_number(text.substr(8, 2));
  if (!y || !m || !d) return form;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*y)),
                                         std::chrono::month(static_cast<unsigned>(*m)),
                                         std::chrono::day(static_cast<unsigned>(*d))};
  if (!date.ok() || *y < 1970) return form;
  return std::chrono::sys_days(date);
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
  if (!url.socket_path.empty())
    return std::string(unix_scheme) + url.socket_path + ':' +
           (url.base_path.empty() ? "/" : url.base_path);
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
  const std::string name = lower_case(host);
  if (name == "localhost" || name == "::1") return true;
  const std::string_view suffix = ".localhost";  // RFC 6761 6.3
  if (name.size() > suffix.size() && name.substr(name.size() - suffix.size()) == suffix)
    return true;
  return name.substr(0, 4) == "127." && is_ipv4(name);
}

}  // namespace weir::config
