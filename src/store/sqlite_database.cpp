#include "store/sqlite_database.h"

#include <filesystem>
#include <limits>
#include <utility>

#include "weir/base/limits.h"

namespace weir::store {

void sqlite_statement::bind(int at, std::string_view text) {
  // A view of nothing is "", not NULL.
  sqlite3_bind_text64(made_.get(), at, text.data() == nullptr ? "" : text.data(), text.size(),
                      SQLITE_STATIC, SQLITE_UTF8);
}

void sqlite_statement::bind(int at, std::uint64_t number) {
  constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  sqlite3_bind_int64(made_.get(), at, static_cast<std::int64_t>(std::min(number, most)));
}

sqlite_statement::outcome sqlite_statement::step() {
  switch (sqlite3_step(made_.get())) {
    case SQLITE_ROW:
      return outcome::row;
    case SQLITE_DONE:
      return outcome::done;
    default:
      return outcome::failed;
  }
}

void sqlite_statement::reset() {
  sqlite3_reset(made_.get());
  sqlite3_clear_bindings(made_.get());
}

std::string sqlite_statement::text(int column) const {
  const unsigned char* const text = sqlite3_column_text(made_.get(), column);
  if (text == nullptr) return "";
  return {reinterpret_cast<const char*>(text),
          static_cast<std::size_t>(sqlite3_column_bytes(made_.get(), column))};
}

std::uint64_t sqlite_statement::number(int column) const {
  const std::int64_t value = sqlite3_column_int64(made_.get(), column);
  return value < 0 ? 0 : static_cast<std::uint64_t>(value);
}

result<std::unique_ptr<sqlite_database>> sqlite_database::open(const std::string& path) {
  std::error_code ignored;  // what is in the way, opening the file says better
  const std::filesystem::path directory = std::filesystem::path(path).parent_path();
  if (!directory.empty()) std::filesystem::create_directories(directory, ignored);
  sqlite3* db = nullptr;
  const int opened = sqlite3_open_v2(
      path.c_str(), &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  std::unique_ptr<sqlite_database> made(new sqlite_database(path, db));
  if (db == nullptr) return failure{path + ": no memory"};
  if (opened != SQLITE_OK) return made->fault();
  sqlite3_extended_result_codes(db, 1);
  sqlite3_busy_timeout(db, static_cast<int>(limits::ledger_patience.count()));
  if (auto fault = made->run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"))
    return *fault;
  return made;
}

std::optional<failure> sqlite_database::run(const std::string& statements) {
  if (sqlite3_exec(db_.get(), statements.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK)
    return std::nullopt;
  return fault();
}

result<sqlite_statement> sqlite_database::prepare(const std::string& statement) {
  sqlite3_stmt* made = nullptr;
  if (sqlite3_prepare_v2(db_.get(), statement.c_str(), -1, &made, nullptr) != SQLITE_OK)
    return fault();
  return sqlite_statement(made);
}

failure sqlite_database::fault() const { return failure{path_ + ": " + sqlite3_errmsg(db_.get())}; }

std::uint64_t sqlite_database::changes() const {
  return static_cast<std::uint64_t>(sqlite3_changes64(db_.get()));
}

}  // namespace weir::store
