#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/ledger.h"
#include "store/sql_session.h"

namespace weir::store {

/// What the kinds of databases say differently. `?` stands for the argument.
struct sql_dialect {
  std::string_view sum;  ///< of a column, 0 for none, at most 2^63 - 1
  std::string_view tag;  ///< the value of the tag of that name, or NULL
};

/// The question of `what`, its columns as `read_usage_row` wants them.
[[nodiscard]] sql_statement usage_statement(const usage_query& what, const sql_dialect& dialect);

/// The columns behind the groups, which all are numbers.
inline constexpr std::size_t usage_sums = 13;

/// A row of the answer: its groups as text, its sums as numbers.
[[nodiscard]] usage_row read_usage_row(const usage_query& what, std::vector<std::string> groups,
                                       const std::vector<std::int64_t>& sums);

/// The answer in the order of its groups; an error when there are more rows than may be.
[[nodiscard]] result<std::vector<usage_row>> finish_usage(std::vector<usage_row> rows);

/// 2026-01-31 for the days since 1970-01-01.
[[nodiscard]] std::string day_name(std::int64_t days);

}  // namespace weir::store
