#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "config/cors.h"
#include "http/message.h"

namespace weir::proxy {

/// Whether a browser asks what a page may send (Fetch 3.2.2): OPTIONS with `Origin` and
/// `Access-Control-Request-Method`. Nothing else of the request is judged.
[[nodiscard]] bool is_preflight(const http::request_head& head);

/// What every answer to `head` carries, errors and streams as well: who may read it, and that it
/// hangs on who asks. Empty while CORS is off. Values are views into `settings`, or literals.
[[nodiscard]] std::vector<http::field> cors_fields(const config::cors_settings& settings,
                                                   const http::request_head& head);

/// What the answer to a preflight carries beside them; empty when the origin is not allowed. Values
/// are views into `scratch`, or into `head` where it names the headers: tokens and nothing else.
[[nodiscard]] std::vector<http::field> preflight_fields(const config::cors_settings& settings,
                                                        const http::request_head& head,
                                                        std::string& scratch);

}  // namespace weir::proxy
