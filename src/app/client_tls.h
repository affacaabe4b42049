#pragma once

#include <memory>

#include "config/serving.h"
#include "net/tls_server.h"
#include "weir/base/result.h"

namespace weir::app {

/// What `tls:` asks for, read from its files; null when it asks for none.
///
/// Errors   A sentence that names the setting and the file.
[[nodiscard]] result<std::shared_ptr<const net::tls_server>> client_tls(
    const config::tls_settings& from);

}  // namespace weir::app
