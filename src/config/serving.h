#pragma once

#include <optional>
#include <string>

#include "config/secret.h"
#include "weir/base/limits.h"
#include "weir/base/units.h"

namespace weir::config {

/// How it ends when it is told to.
struct drain_settings {
  std::optional<millis> grace;  ///< so long new requests are still served
  millis limit = limits::shutdown_grace;
};

/// Who may use `/admin/v1`: nobody without a key.
struct admin_settings {
  secret key;
  std::string key_file;  ///< where `key` was read from; "" when it was written or there is none
};

}  // namespace weir::config
