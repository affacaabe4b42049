#pragma once
#include <memory>

#include "net/connection.h"
#include "net/event_loop.h"
#include "net/socket_watch.h"
#include "net/tls_channel.h"
#include "weir/base/units.h"

namespace weir::net {

/// The connection of a connected socket: plain (`tls` null), TLS after its handshake, or a server's
/// TLS before it. Then the first byte says whether the client speaks TLS at all.
/// `stalled_after`: how long its output may make no progress.
[[nodiscard]] std::unique_ptr<connection> make_socket_connection(
    event_loop& loop, std::unique_ptr<socket_watch> watch, std::unique_ptr<tls_channel> tls,
    millis stalled_after);

}  // namespace weir::net
