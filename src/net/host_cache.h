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

/// Answers of the resolver, at most limits::max_cached_hosts. Each is fresh for a time, and after
/// that still good for limits::resolver_stale: whoever asks gets it, and is told to ask anew. Time
/// is an input.
class host_cache {
 public:
  explicit host_cache(millis fresh = limits::resolver_cache) : fresh_(fresh) {}

  struct answer {
    const address_list* addresses = nullptr;  ///< null when unknown or too old
    bool stale = false;
  };
  [[nodiscard]] answer find(const std::string& host, micros now) {
    const auto found = entries_.find(host);
    if (found == entries_.end()) return {};
    if (found->second.dies > now) return {&found->second.addresses, found->second.stale_at <= now};
    entries_.erase(found);
    return {};
  }

  void remember(const std::string& host, address_list addresses, micros now) {
    if (entries_.size() >= limits::max_cached_hosts) {
      std::erase_if(entries_, [now](const auto& e) { return e.second.stale_at <= now; });
      // All of them are in use: any will do, it is only looked up once more.
      if (entries_.size() >= limits::max_cached_hosts) entries_.erase(entries_.begin());
    }
    const micros stale_at = now + fresh_;
    entries_.insert_or_assign(
        host, entry{std::move(addresses), stale_at, stale_at + limits::resolver_stale});
  }

  /// It could not be asked anew: what is known counts as fresh once more, but dies when it would
  /// have.
  void keep(const std::string& host, micros now) {
    if (const auto found = entries_.find(host); found != entries_.end())
      found->second.stale_at = now + fresh_;
  }

  [[nodiscard]] std::size_t size() const { return entries_.size(); }

 private:
  struct entry {
    address_list addresses;
    micros stale_at{0};
    micros dies{0};
  };
  millis fresh_;
  std::unordered_map<std::string, entry> entries_;
};

}  // namespace weir::net
