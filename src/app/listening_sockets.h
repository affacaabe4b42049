#pragma once

#include <cstddef>
#include <vector>

#include "config/config.h"
#include "net/file_descriptor.h"
#include "weir/base/result.h"

namespace weir::app {

/// The listening sockets of each worker: those handed down, in turn, and where there are fewer of
/// them than workers, copies; else new ones where the configuration says. Workers that share a
/// socket are woken together. Of a Unix socket all have copies.
///
/// Errors   A sentence that says what is in the way.
[[nodiscard]] result<std::vector<std::vector<net::file_descriptor>>> listening_sockets(
    const config::listen_address& where, std::size_t workers,
    std::vector<net::file_descriptor> handed_down);

}  // namespace weir::app
