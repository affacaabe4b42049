#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "store/ledger.h"
#include "weir/base/result.h"

namespace weir::store {

/// A statement that every kind of database reads alike.
struct sql_statement {
  std::string text;
  std::vector<std::variant<std::int64_t, std::string>> parameters;  ///< of $1, $2, ...
};

struct sql_answer {
  std::vector<std::vector<std::string>> rows;
  std::size_t touched = 0;  ///< rows that were inserted, changed or deleted
};

/// A connection to weir's database that is made when it is needed.
///
/// Errors   After one the connection is closed, and what was not committed is undone.
/// Threads  One at a time; `interrupt` from any.
class sql_session {
 public:
  sql_session() = default;
  virtual ~sql_session() = default;
  sql_session(const sql_session&) = delete;
  sql_session& operator=(const sql_session&) = delete;

  [[nodiscard]] virtual result<sql_answer> run(const sql_statement& what) = 0;
  /// What runs now and all that comes after it ends soon, with an error.
  virtual void interrupt() = 0;
};

/// As make_ledger.
[[nodiscard]] result<std::unique_ptr<sql_session>> make_sql_session(const std::string& place,
                                                                    const ledger_options& how);

}  // namespace weir::store
