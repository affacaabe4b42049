#pragma once
#include <memory>
#include <string>

#include "store/interruption.h"
#include "store/ledger.h"
#include "store/sqlite_handle.h"
#include "weir/base/result.h"

namespace weir::store {

/// Weir's database in a file of SQLite, opened when it is needed and brought up to date.
///
/// Threads  One at a time; `interrupt` from any.
class sqlite_home {
 public:
  sqlite_home(std::string path, const ledger_options& how) : path_(std::move(path)), how_(how) {}

  /// Connects, unless it is connected.
  [[nodiscard]] result<done> open();
  [[nodiscard]] bool is_open() const { return database_ != nullptr; }
  /// Only while it is open.
  [[nodiscard]] sqlite_database& database() { return *database_; }
  [[nodiscard]] result<int> version();
  /// Whatever was wrong, the next call begins with a new connection.
  failure leave(failure why);
  void interrupt() { stop_.raise(); }

 private:
  [[nodiscard]] result<done> configure();
  [[nodiscard]] result<done> migrate();
  [[nodiscard]] result<done> migrate_locked();

  const std::string path_;
  const ledger_options how_;
  interruption stop_;
  std::unique_ptr<sqlite_database> database_;
};

}  // namespace weir::store
