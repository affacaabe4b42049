#pragma once
#include <optional>
#include <string>
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

/// Who asks, as far as fairness is concerned: the credential, else the address.
[[nodiscard]] std::uint64_t client_hash(const http::fields& headers, std::string_view peer);

/// What stands behind `Bearer` in Authorization (RFC 6750 2.1); "" when there is no such thing, or
/// more than one.
[[nodiscard]] std::string_view bearer_credential(const http::fields& headers);
/// Reads `x-weir-timeout`: a whole number with one of the units `ms`, `s`, `m`, `h`; without a unit
/// it counts seconds. Nothing for anything else and for 0.
[[nodiscard]] std::optional<millis> parse_timeout(std::string_view text);

/// HTTP-8: the fields in which an upstream says what is left of its rates; those that are none are
/// left out. Names are literals.
using rate_limit_list = std::vector<std::pair<std::string_view, std::string>>;
[[nodiscard]] rate_limit_list rate_limits_of(const http::fields& headers);

using tag_list = std::vector<std::pair<std::string, std::string>>;
/// Reads `x-weir-tags`, `team=red, app=chat`, into a flat JSON object of text, behind the labels of
/// the client's key: where both have a name, the label counts. A name is letters, digits, `.`, `_`
/// and `-`; a value is visible ASCII without commas. Nothing for anything else, for a name that is
/// there twice, and beyond limits::max_tags and limits::max_tag_bytes.
[[nodiscard]] std::optional<std::string> parse_tags(std::string_view text,
                                                    const tag_list& labels = {});

/// The coding that Content-Encoding names: identity when there is none, nothing when it is one that
/// weir does not read, or more than one.
[[nodiscard]] std::optional<coding::content_coding> coding_of(const http::fields& headers);

/// How long the peer asks to be left alone: `retry-after-ms`, else `Retry-After` in seconds, which
/// may have a fraction, or as a date (HTTP-9, RFC 9110 10.2.3). `wall_clock` is now, since the Unix
/// epoch. Nothing when neither can be read.
[[nodiscard]] std::optional<millis> retry_after(const http::fields& headers, micros wall_clock);

/// The same for a client of ours: at least one.
[[nodiscard]] std::uint32_t whole_seconds(millis pause);

}  // namespace weir::proxy
