#include "config/authority.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace weir::config {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

std::optional<std::uint64_t> whole_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
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

}  // namespace

result<std::uint16_t> parse_port(std::string_view text, std::uint64_t least) {
  const auto port = whole_number(text);
  if (!port || *port < least || *port > 65535)
    return failure{"a port is a number from " + std::to_string(least) + " to 65535"};
  return static_cast<std::uint16_t>(*port);
}

std::string lower_case(std::string_view text) {
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

std::string bracketed(const std::string& host) {
  return host.find(':') == std::string::npos ? host : '[' + host + ']';
}

result<host_and_port> split_authority(std::string_view text) {
  host_and_port out;
  if (!text.empty() && text[0] == '[') {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return failure{"'[' without ']'"};
    const std::string_view address = text.substr(1, close - 1);
    if (!is_ipv6(address)) return failure{"between '[' and ']' stands no IPv6 address"};
    out.host = lower_case(address);
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
  out.host = lower_case(host);
  if (colon != std::string_view::npos) {
    out.port = text.substr(colon + 1);
    out.has_port = true;
  }
  return out;
}

}  // namespace weir::config
