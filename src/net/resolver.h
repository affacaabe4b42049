#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "net/connection.h"
#include "net/host_cache.h"
#include "net/intrusive_list.h"
#include "net/loop_internals.h"
#include "weir/base/result.h"

namespace weir::net {

/// Turns names into addresses on libuv's threads, one look-up per name at a time, and remembers
/// the answers: fresh for limits::resolver_cache, then used as they are while they are looked up
/// anew (RFC 8767 in spirit), also when that fails, for limits::resolver_stale at most. Failures
/// are not remembered.
class resolver {
 public:
  /// Waits for an answer; destroying or unlinking it is giving up.
  class waiter : public list_node {
   public:
    virtual void on_resolved(const result<address_list, io_error>& answer) = 0;

   protected:
    ~waiter() = default;
  };

  explicit resolver(event_loop::implementation& loop, millis fresh = limits::resolver_cache)
      : loop_(loop), cache_(fresh) {}
  ~resolver();
  resolver(const resolver&) = delete;
  resolver& operator=(const resolver&) = delete;

  /// Makes `host` stand for these addresses, without look-up or expiry.
  void fix(const std::string& host, address_list addresses);
  /// The addresses of a literal, or of a name looked up lately; null if it has to be looked up.
  [[nodiscard]] const address_list* known(const std::string& host);
  /// Calls `w` in a later turn, unless the look-up cannot even begin.
  [[nodiscard]] std::optional<io_error> look_up(const std::string& host, waiter& w);

  /// Look-ups begun so far.
  [[nodiscard]] std::uint64_t look_ups() const { return look_ups_; }

 private:
  struct request;
  [[nodiscard]] result<request*, io_error> begin(const std::string& host);
  static void on_answer(request& r, int status, const addrinfo* found);

  event_loop::implementation& loop_;
  std::unordered_map<std::string, address_list> fixed_;
  host_cache cache_;
  std::unordered_map<std::string, request*> pending_;
  address_list literal_;
  std::uint64_t look_ups_ = 0;
};

}  // namespace weir::net
