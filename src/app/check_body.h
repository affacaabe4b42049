#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "app/check_request.h"
#include "weir/openai/lint.h"

namespace weir::app {

/// A finding of `weir check`'s own about an answer as a whole: at no event, and of no bytes unless
/// `shown` of them, from the first on.
[[nodiscard]] openai::finding whole_finding(const openai::lint_rule& broken, std::string detail,
                                            std::size_t shown = 0);

/// Judges the body of a successful answer: first what it is at all; then, if it is what was asked
/// for, by the clauses. A body of another kind is told by that alone, since every client fails on
/// it as a whole.
[[nodiscard]] std::vector<openai::finding> judge_body(std::string_view body, const asked& by);

}  // namespace weir::app
