#pragma once
#include "openai/request_check.h"
#include "weir/json/reader.h"

namespace weir::openai {

/// What concerns more than one field of a chat request, for the profile `full`; `root` has passed
/// check_request.
///
/// Source   REQ-15, ERR-16, ERR-17, ERR-18, ERR-20; reported after all fields (ERR-34).
/// Errors   The first fault only.
/// Cost     One pass over the messages for each rule; the ids of one message's calls are copied.
[[nodiscard]] fault check_chat_rules(json::value root);

}  // namespace weir::openai
