#pragma once
#include <optional>
#include <string>

#include "openai/request_shape.h"
#include "weir/json/reader.h"
#include "weir/openai/error.h"

namespace weir::openai {

/// The first thing wrong with a request, or nothing.
using fault = std::optional<error>;

/// Holds `root` against `table`, as far as `profile` looks.
///
/// Source   Section 2.3 of the contract; paths are spelled by ERR-35.
/// Input    A value of the reader; unknown members never matter (REQ-9, REQ-10).
/// Errors   The first fault only: of each object first what is missing, then the fields in the
///          order of the table (ERR-34).
/// Cost     One pass over each object of the table and a look-up for each of its members; nothing
/// is
///          copied but strings with a bound and keys of maps.
/// Threads  None.
[[nodiscard]] fault check_request(const shape& table, json::value root, validation profile);

}  // namespace weir::openai
