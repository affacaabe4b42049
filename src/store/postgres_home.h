#pragma once
#include <memory>
#include <string>

#include "store/interruption.h"
#include "store/ledger.h"
#include "store/postgres_connection.h"
#include "weir/base/result.h"

namespace weir::store {

/// Weir's database on a server of PostgreSQL, reached when it is needed and brought up to date.
///
/// Threads  One at a time; `interrupt` from any.
class postgres_home {
 public:
  postgres_home(std::string url, const ledger_options& how) : url_(std::move(url)), how_(how) {}

  /// Connects, unless it is connected.
  [[nodiscard]] result<done> open();
  [[nodiscard]] bool is_open() const { return connection_ != nullptr; }
  /// Only while it is open.
  [[nodiscard]] postgres_connection& connection() { return *connection_; }
  [[nodiscard]] result<int> version();
  /// Whatever was wrong, the next call begins with a new connection.
  failure leave(failure why);
  void interrupt() { stop_.raise(); }

 private:
  [[nodiscard]] result<done> configure();
  [[nodiscard]] result<done> migrate();

  const std::string url_;
  const ledger_options how_;
  interruption stop_;
  std::unique_ptr<postgres_connection> connection_;
};

}  // namespace weir::store
