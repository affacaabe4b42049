#pragma once
#include <string_view>

#include "weir/json/reader.h"

namespace weir::openai {

/// The canonical reason for what an upstream wrote (CHAT-13, FR8): one of stop, length, tool_calls,
/// content_filter, function_call; `error` where the upstream says that it failed; "" for null, ""
/// and an absent member.
[[nodiscard]] std::string_view canonical_finish(json::value reason);

}  // namespace weir::openai
