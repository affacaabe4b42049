#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "weir/base/result.h"

namespace weir::store {

/// A prepared statement; its values are bound from 1 on, its columns read from 0 on.
class sqlite_statement {
 public:
  explicit sqlite_statement(sqlite3_stmt* made) : made_(made) {}

  /// The text has to live until the statement has run.
  void bind(int at, std::string_view text);
  void bind(int at, std::uint64_t number);
  void bind_null(int at) { sqlite3_bind_null(made_.get(), at); }

  enum class outcome : std::uint8_t { row, done, failed };
  [[nodiscard]] outcome step();
  void reset();
  [[nodiscard]] std::string text(int column) const;
  [[nodiscard]] std::uint64_t number(int column) const;

 private:
  struct finalize {
    void operator()(sqlite3_stmt* s) const { sqlite3_finalize(s); }
  };
  std::unique_ptr<sqlite3_stmt, finalize> made_;
};

/// A database in a file: WAL, each commit on the disk before it counts, other processes waited for.
///
/// Threads  One.
class sqlite_database {
 public:
  [[nodiscard]] static result<std::unique_ptr<sqlite_database>> open(const std::string& path);

  /// Several statements without results.
  [[nodiscard]] std::optional<failure> run(const std::string& statements);
  [[nodiscard]] result<sqlite_statement> prepare(const std::string& statement);
  /// What went wrong last.
  [[nodiscard]] failure fault() const;
  [[nodiscard]] std::uint64_t changes() const;

 private:
  struct close {
    void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
  };
  sqlite_database(std::string path, sqlite3* db) : path_(std::move(path)), db_(db) {}

  const std::string path_;
  std::unique_ptr<sqlite3, close> db_;
};

}  // namespace weir::store
