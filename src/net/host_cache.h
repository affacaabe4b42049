#pragma once
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "net/socket_address.h"
#include "weir/base/limits.h"
#include "weir/base/units.h"

namespace weir::net {

using address_list = std::vector<socket_address>;

/// Answers of the resolver, for limits::resolver_cache each, at most limits::max_cached_hosts.
/// Time is an input.
class host_cache {
 public:
  /// Null when unknown or too old.
  [[nodiscard]] const address_list* find(const std::string& host, micros now) {
    const auto found = entries_.find(host);
    if (found == entries_.end()) return nullptr;
    if (found->second.expires > now) return &found->second.addresses;
    entries_.erase(found);
    return nullptr;
  }

  void remember(const std::string& host, address_list addresses, micros now) {
    if (entries_.size() >= limits::max_cached_hosts) {
      std::erase_if(entries_, [now](const auto& e) { return e.second.expires <= now; });
      // All of them are in use: any will do, it is only looked up once more.
      if (entries_.size() >= limits::max_cached_hosts) entries_.erase(entries_.begin());
    }
    entries_.insert_or_assign(host, entry{std::move(addresses), now + limits::resolver_cache});
  }

  [[nodiscard]] std::size_t size() const { return entries_.size(); }

 private:
  struct entry {
    address_list addresses;
    micros expires{0};
  };
  std::unordered_map<std::string, entry> entries_;
};

}  // namespace weir::net
