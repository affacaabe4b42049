#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "config/config.h"
#include "http/message.h"
#include "net/connection.h"
#include "proxy/upstream_connection.h"
#include "weir/openai/error.h"

namespace weir::proxy {

/// What the client learns of an upstream's answer that was no success: the upstream's own status
/// and error (EMAP-1), except a refusal of weir's own key, which is our failure and not the
/// client's (EMAP-2). Neither the upstream's address nor its key appears (ERR-36).
[[nodiscard]] openai::error relayed_error(const config::upstream& from, unsigned status,
                                          std::optional<millis> pause, std::string_view body);

/// `text` without this upstream's key, secret headers and address (ERR-36). For error texts only:
/// what a model says is not touched (P4).
[[nodiscard]] std::string without_secrets(std::string text, const config::upstream& from);

/// The same for the error that an upstream sent inside an answer.
[[nodiscard]] openai::error without_secrets(openai::error e, const config::upstream& from);

/// The upstream could not be connected to: 504 for the connect timer (HTTP-11), else 502.
[[nodiscard]] openai::error connect_error(const config::upstream& to, const net::io_error& why);

/// The upstream's head cannot be used: `what` completes the sentence "Upstream `name` ...".
[[nodiscard]] openai::error unusable_answer(const config::upstream& from, std::string_view what);

/// The response was lost before its body began.
[[nodiscard]] openai::error loss_error(const config::upstream& from, const response_loss& loss);

}  // namespace weir::proxy
