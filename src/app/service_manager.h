#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "net/file_descriptor.h"
#include "weir/base/result.h"
#include "weir/base/units.h"

namespace weir::app {

/// What a service manager and a program it starts agree on through the environment: listening
/// sockets handed down, and messages back. As systemd documents it (sd_listen_fds(3), sd_notify(3),
/// sd_watchdog_enabled(3)); nothing happens where there is no such manager.
///
/// Threads  Once, at the start, except `tell_manager`: any.

/// The number of the first descriptor that is handed down (SD_LISTEN_FDS_START).
inline constexpr int first_inherited = 3;

/// The listening TCP sockets that were handed down, by a manager (LISTEN_PID, LISTEN_FDS) or by the
/// weir before this one (WEIR_SOCKETS). The variables are removed: no child shall take them for its
/// own. The failure says which descriptor is something else.
[[nodiscard]] result<std::vector<net::file_descriptor>> inherited_sockets();

/// Sends lines like `READY=1` to the manager (NOTIFY_SOCKET).
void tell_manager(std::string_view state);

/// How often the manager wants to hear `WATCHDOG=1`; half of the time after which it would act.
[[nodiscard]] std::optional<millis> watchdog_period();

}  // namespace weir::app
