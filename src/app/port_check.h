#pragma once
#include <cstdint>
#include <string>

#include "weir/base/result.h"

namespace weir::app {

/// The port, when nobody else listens there. The workers share their address (SO_REUSEPORT), and
/// so the kernel would also let a second weir in, which would then take half of the first one's
/// clients: this is asked first, without sharing.
[[nodiscard]] result<std::uint16_t> free_port(const std::string& host, std::uint16_t port);

}  // namespace weir::app
