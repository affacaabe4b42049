#pragma once
#include <optional>
#include <string>

#include "weir/json/reader.h"

namespace weir::openai {

/// A usage object that clients can read (contract 10; U10-U12 of docs/clauses.md): counts are
/// numbers under OpenAI's names, details are objects, a total that is missing is the sum. Nothing
/// when the object is so already; it then stays as the upstream wrote it (USE-4). Members that are
/// right, and all that nobody knows, keep their text.
[[nodiscard]] std::optional<std::string> mended_usage(json::value usage);

/// It counts something: no `{}`, and not only zeros (U7).
[[nodiscard]] bool counts_tokens(json::value usage);

}  // namespace weir::openai
