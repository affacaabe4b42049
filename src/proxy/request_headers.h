#pragma once
#include <optional>
#include <string_view>

#include "coding/content_coding.h"
#include "http/message.h"
#include "weir/base/units.h"

namespace weir::proxy {

/// The request id a client chose, when it is one: `x-client-request-id`, else `x-request-id`, 1 to
/// limits::max_request_id_bytes visible ASCII characters (HTTP-6). Empty otherwise.
[[nodiscard]] std::string_view client_request_id(const http::fields& headers);

/// Whether `text` may be answered as a request id (HTTP-6).
[[nodiscard]] bool valid_request_id(std::string_view text);

/// Reads `x-weir-timeout`: a whole number with one of the units `ms`, `s`, `m`, `h`; without a unit
/// it counts seconds. Nothing for anything else and for 0.
[[nodiscard]] std::optional<millis> parse_timeout(std::string_view text);

/// The coding that Content-Encoding names: identity when there is none, nothing when it is one that
/// weir does not read, or more than one.
[[nodiscard]] std::optional<coding::content_coding> coding_of(const http::fields& headers);

/// `Retry-After` in whole seconds (HTTP-9); nothing for a date or anything else.
[[nodiscard]] std::optional<std::uint32_t> retry_after(const http::fields& headers);

}  // namespace weir::proxy
