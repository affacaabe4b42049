#pragma once
#include <functional>
#include <memory>

#include "config/config.h"
#include "net/connector.h"
#include "net/event_loop.h"

namespace weir::proxy {

/// Opens connections to upstreams: over the network, or to the built-in upstream inside the
/// process. Nobody else knows the difference.
class dialer {
 public:
  /// Opens one connection to the built-in upstream on that loop.
  using open_in_process = std::function<std::unique_ptr<net::connection>(net::event_loop&)>;

  dialer(net::event_loop& loop, net::connector& network, open_in_process open_demo)
      : loop_(loop), network_(network), open_demo_(std::move(open_demo)) {}

  /// As net::connector::connect.
  [[nodiscard]] std::unique_ptr<net::connecting> dial(const config::upstream& to, millis timeout,
                                                      net::connector::callback done);

 private:
  net::event_loop& loop_;
  net::connector& network_;
  open_in_process open_demo_;
};

}  // namespace weir::proxy
