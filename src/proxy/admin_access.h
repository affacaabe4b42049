#pragma once

#include <optional>
#include <vector>

#include "config/serving.h"
#include "http/message.h"
#include "proxy/request_headers.h"
#include "weir/openai/error.h"

namespace weir::proxy {

/// Why this request may not use `/admin/v1`; nothing when it may.
[[nodiscard]] std::optional<openai::error> refuse_admin(const config::admin_settings& admin,
                                                        const http::fields& headers);

/// What goes with a refused credential: RFC 9110 11.6.1.
[[nodiscard]] std::vector<http::field> credential_fields(const openai::error& why);

}  // namespace weir::proxy
