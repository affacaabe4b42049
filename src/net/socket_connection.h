#pragma once
#include <memory>

#include "net/connection.h"
#include "net/event_loop.h"
#include "net/socket_watch.h"
#include "net/tls.h"
#include "weir/base/units.h"

namespace weir::net {

/// The connection of a connected socket, plain (`tls` null) or TLS after its handshake.
/// `stalled_after`: how long its output may make no progress.
[[nodiscard]] std::unique_ptr<connection> make_socket_connection(
    event_loop& loop, std::unique_ptr<socket_watch> watch, std::unique_ptr<tls_channel> tls,
    millis stalled_after);

}  // namespace weir::net
