#pragma once
#include <string_view>

namespace weir::http {

/// Whether `target` is in origin-form: `absolute-path [ "?" query ]` (RFC 9112 3.2.1). The query
/// may hold the characters that URLs of the WHATWG leave unencoded although RFC 3986 does not have
/// them: [ ] { } | ^ ` (SDKs send `?include[]=...`).
[[nodiscard]] bool is_origin_form(std::string_view target);

/// Whether `value` is `uri-host [ ":" port ]` (RFC 9110 7.2); empty is allowed.
[[nodiscard]] bool is_host(std::string_view value);

}  // namespace weir::http
