#include "config/no_proxy.h"

#include <arpa/inet.h>

#include <algorithm>

#include "config/authority.h"
#include "weir/base/limits.h"

namespace weir::config {
namespace {

constexpr std::string_view separators = ", \t\r\n";

std::string_view without_last_dot(std::string_view name) {
  if (!name.empty() && name.back() == '.') name.remove_suffix(1);
  return name;
}

bool is_below(std::string_view name, std::string_view domain) {
  if (name == domain) return true;
  return name.size() > domain.size() && name.ends_with(domain) &&
         name[name.size() - domain.size() - 1] == '.';
}

}  // namespace

std::optional<no_proxy_list::ip_address> no_proxy_list::address_of(const std::string& text) {
  ip_address out;
  if (inet_pton(AF_INET, text.c_str(), out.bytes.data()) == 1) {
    out.size = 4;
    return out;
  }
  if (inet_pton(AF_INET6, text.c_str(), out.bytes.data()) != 1) return std::nullopt;
  out.size = 16;
  // ::ffff:10.0.0.1 is 10.0.0.1 (RFC 4291 2.5.5.2).
  constexpr std::array<std::uint8_t, 12> mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  if (!std::equal(mapped.begin(), mapped.end(), out.bytes.begin())) return out;
  std::copy(out.bytes.begin() + 12, out.bytes.end(), out.bytes.begin());
  out.size = 4;
  return out;
}

std::optional<no_proxy_list::entry> no_proxy_list::network_of(std::string_view text) {
  const std::size_t slash = text.find('/');
  entry out;
  out.address = address_of(std::string(text.substr(0, slash)));
  if (!out.address) return std::nullopt;
  const auto bits = parse_port(text.substr(slash + 1), 0);  // any number will do
  if (!bits || *bits > out.address->size * 8) return std::nullopt;
  out.bits = *bits;
  return out;
}

std::optional<no_proxy_list::entry> no_proxy_list::entry_of(std::string_view text) {
  if (text.find('/') != std::string_view::npos) return network_of(text);
  entry out;
  // A bare IPv6 address is no `host:port`.
  out.address = address_of(std::string(text));
  std::string name;
  if (!out.address) {
    if (text.starts_with("*.")) text.remove_prefix(1);
    if (text.starts_with('.')) text.remove_prefix(1);
    const auto parts = split_authority(text);
    if (!parts || parts->host.empty()) return std::nullopt;
    if (parts->has_port) {
      const auto port = parse_port(parts->port, 1);
      if (!port) return std::nullopt;
      out.port = *port;
    }
    name = parts->host;
    out.address = address_of(name);
  }
  if (out.address)
    out.bits = out.address->size * 8;
  else
    out.name = without_last_dot(name);
  return out;
}

no_proxy_list::no_proxy_list(std::string_view text) {
  while (entries_.size() < limits::max_no_proxy_entries) {
    const std::size_t begin = text.find_first_not_of(separators);
    if (begin == std::string_view::npos) return;
    text.remove_prefix(begin);
    const std::string_view one = text.substr(0, text.find_first_of(separators));
    text.remove_prefix(one.size());
    if (one == "*") all_ = true;
    if (auto made = entry_of(one)) entries_.push_back(*std::move(made));
  }
}

bool no_proxy_list::same_network(const entry& network, const ip_address& address) {
  if (network.address->size != address.size) return false;
  for (std::size_t bit = 0; bit < network.bits; ++bit) {
    const unsigned mask = 0x80U >> (bit % 8);
    const unsigned differing = network.address->bytes[bit / 8] ^ address.bytes[bit / 8];
    if ((differing & mask) != 0) return false;
  }
  return true;
}

bool no_proxy_list::covers(const std::string& host, std::uint16_t port) const {
  if (all_) return true;
  const std::optional<ip_address> address = address_of(host);
  const std::string folded = lower_case(host);
  const std::string_view name = without_last_dot(folded);
  return std::any_of(entries_.begin(), entries_.end(), [&](const entry& e) {
    if (e.port != 0 && e.port != port) return false;
    if (e.address) return address && same_network(e, *address);
    return !address && is_below(name, e.name);
  });
}

}  // namespace weir::config
