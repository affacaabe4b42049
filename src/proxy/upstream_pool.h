#pragma once
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "config/config.h"
#include "net/connector.h"
#include "net/event_loop.h"
#include "proxy/dialer.h"
#include "proxy/upstream_connection.h"
#include "weir/base/result.h"

namespace weir::proxy {

/// The connections of one worker to one upstream: those in use, and at most
/// limits::max_idle_upstream_connections idle ones.
///
/// Reload   It serves on when the configuration changes and the server stays the same.
/// Order    The connection used last serves next, so that surplus ones grow old and close.
/// Threads  The loop's thread only. Outlives its leases.
class upstream_pool {
 public:
  using callback = std::function<void(result<upstream_lease, net::io_error>)>;

  upstream_pool(net::event_loop& loop, dialer& dial, std::shared_ptr<const config::upstream> to)
      : loop_(loop), dialer_(dial), to_(std::move(to)) {}

  /// A connection that served before and is idle now.
  [[nodiscard]] std::optional<upstream_lease> take_idle();
  /// A new connection. As net::connector::connect.
  [[nodiscard]] std::unique_ptr<net::connecting> dial(millis timeout, callback done);

  [[nodiscard]] std::size_t idle() const { return idle_.size(); }
  [[nodiscard]] std::size_t open() const { return open_.size(); }

  // Called by the connections:
  void on_idle(upstream_connection& connection);
  /// Forgets a connection that is closed; the object goes at the end of the turn.
  void bury(upstream_connection& connection);

 private:
  net::event_loop& loop_;
  dialer& dialer_;
  const std::shared_ptr<const config::upstream> to_;
  std::unordered_map<upstream_connection*, std::unique_ptr<upstream_connection>> open_;
  std::vector<upstream_connection*> idle_;  // used last at the back
};

}  // namespace weir::proxy
