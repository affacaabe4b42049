#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "store/interruption.h"
#include "weir/base/result.h"
#include "weir/base/units.h"

struct sqlite3;
struct sqlite3_stmt;

namespace weir::store {

/// A prepared statement. Parameters and columns are counted as SQLite does: from 1, and from 0.
class sqlite_statement {
 public:
  enum class step : std::uint8_t { row, end, failed };

  explicit sqlite_statement(sqlite3_stmt* owned) : raw_(owned) {}
  ~sqlite_statement();
  sqlite_statement(const sqlite_statement&) = delete;
  sqlite_statement& operator=(const sqlite_statement&) = delete;

  /// A text must live until the statement is reset.
  void bind(int at, std::string_view text);
  void bind(int at, std::int64_t number);
  void bind_null(int at);
  [[nodiscard]] step next();
  void reset();
  [[nodiscard]] int columns() const;
  [[nodiscard]] std::int64_t number(int column);
  [[nodiscard]] std::string text(int column);

 private:
  sqlite3_stmt* const raw_;
};

/// An open database.
///
/// Errors   Texts that begin with its path.
/// Threads  One; `stop` is looked at wherever SQLite would go on working or waiting.
class sqlite_database {
 public:
  static result<std::unique_ptr<sqlite_database>> open(const std::string& path,
                                                       const interruption& stop, millis busy_time);
  ~sqlite_database();
  sqlite_database(const sqlite_database&) = delete;
  sqlite_database& operator=(const sqlite_database&) = delete;

  /// Runs all statements of a text; rows are thrown away.
  [[nodiscard]] bool run(const char* statements);
  [[nodiscard]] std::unique_ptr<sqlite_statement> prepare(const std::string& statement);
  /// The first number of the first row.
  [[nodiscard]] result<std::int64_t> ask(const char* statement);
  /// Rows that the last statement changed.
  [[nodiscard]] std::size_t changes() const;
  /// What failed last.
  [[nodiscard]] failure fault() const;

 private:
  sqlite_database(std::string path, const interruption& stop, millis busy_time)
      : path_(std::move(path)), stop_(stop), busy_time_(busy_time) {}
  static int wait_for_others(void* self, int times);
  void register_functions();

  const std::string path_;
  const interruption& stop_;
  const millis busy_time_;
  sqlite3* raw_ = nullptr;
};

}  // namespace weir::store
