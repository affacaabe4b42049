#pragma once
#include <cstdint>
#include <optional>

#include "http/message.h"
#include "weir/base/result.h"

namespace weir::http {

/// How the end of a body is found (RFC 9112 6.3).
enum class h1_framing : std::uint8_t { none, length, chunked, until_close };

struct h1_body_rule {
  h1_framing framing = h1_framing::none;
  std::optional<std::uint64_t> content_length;
};

/// What Content-Length and Transfer-Encoding say, and nothing else: `until_close` when neither is
/// there. Every doubtful combination is an error (RFC 9112 6.1, 6.3; RFC 9110 8.6), with the status
/// a server answers.
[[nodiscard]] result<h1_body_rule, protocol_error> h1_body_rule_of(version protocol,
                                                                   const fields& headers);

/// Whether the sender keeps the connection open after this message (RFC 9112 9.3).
[[nodiscard]] bool h1_keeps_alive(version protocol, const fields& headers);

}  // namespace weir::http
