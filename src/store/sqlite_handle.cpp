#include "store/sqlite_handle.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <filesystem>

namespace weir::store {
namespace {

constexpr millis busy_pause{10};
constexpr int steps_between_looks = 10'000;  // of the machine of SQLite: well below a millisecond

/// sum() is an error beyond 64 bits; the sums of the ledger stay at the largest number.
void add_to_sum(sqlite3_context* context, int /*count*/, sqlite3_value** values) {
  auto* const sum =
      static_cast<sqlite3_int64*>(sqlite3_aggregate_context(context, sizeof(sqlite3_int64)));
  if (sum == nullptr || sqlite3_value_type(values[0]) == SQLITE_NULL) return;
  if (__builtin_add_overflow(*sum, sqlite3_value_int64(values[0]), sum)) *sum = INT64_MAX;
}
void tell_sum(sqlite3_context* context) {
  const auto* const sum = static_cast<sqlite3_int64*>(sqlite3_aggregate_context(context, 0));
  sqlite3_result_int64(context, sum == nullptr ? 0 : *sum);
}

/// SQLite makes files that everybody may read. One that is there is left alone: to close it here
/// would end the locks of other connections of this process.
void make_private(const std::string& path) {
  std::error_code ignored;
  const std::filesystem::path directory = std::filesystem::path(path).parent_path();
  if (!directory.empty()) std::filesystem::create_directories(directory, ignored);
  const int made = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (made >= 0) ::close(made);
}

}  // namespace

sqlite_statement::~sqlite_statement() { sqlite3_finalize(raw_); }

void sqlite_statement::bind(int at, std::string_view text) {
  // A null pointer would be NULL, and not the empty text.
  const char* const bytes = text.empty() ? "" : text.data();
  sqlite3_bind_text(raw_, at, bytes, static_cast<int>(text.size()), SQLITE_STATIC);
}
void sqlite_statement::bind(int at, std::int64_t number) { sqlite3_bind_int64(raw_, at, number); }
void sqlite_statement::bind_null(int at) { sqlite3_bind_null(raw_, at); }

sqlite_statement::step sqlite_statement::next() {
  switch (sqlite3_step(raw_)) {
    case SQLITE_ROW:
      return step::row;
    case SQLITE_DONE:
      return step::end;
    default:
      return step::failed;
  }
}

void sqlite_statement::reset() {
  sqlite3_reset(raw_);
  sqlite3_clear_bindings(raw_);
}

int sqlite_statement::columns() const { return sqlite3_column_count(raw_); }
std::int64_t sqlite_statement::number(int column) { return sqlite3_column_int64(raw_, column); }

std::string sqlite_statement::text(int column) {
  const auto* const bytes = reinterpret_cast<const char*>(sqlite3_column_text(raw_, column));
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(raw_, column));
  return bytes == nullptr ? std::string() : std::string(bytes, size);
}

result<std::unique_ptr<sqlite_database>> sqlite_database::open(const std::string& path,
                                                               const interruption& stop,
                                                               millis busy_time) {
  make_private(path);
  std::unique_ptr<sqlite_database> made(new sqlite_database(path, stop, busy_time));
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  if (sqlite3_open_v2(path.c_str(), &made->raw_, flags, nullptr) != SQLITE_OK) return made->fault();
  made->register_functions();
  return made;
}

sqlite_database::~sqlite_database() { sqlite3_close_v2(raw_); }

void sqlite_database::register_functions() {
  sqlite3_extended_result_codes(raw_, 1);
  sqlite3_busy_handler(raw_, wait_for_others, this);
  const auto raised = [](void* stop) -> int {
    return static_cast<const interruption*>(stop)->raised() ? 1 : 0;
  };
  sqlite3_progress_handler(raw_, steps_between_looks, raised, const_cast<interruption*>(&stop_));
  sqlite3_create_function(raw_, "weir_sum", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, nullptr, nullptr,
                          add_to_sum, tell_sum);
}

int sqlite_database::wait_for_others(void* self, int times) {
  const auto& database = *static_cast<const sqlite_database*>(self);
  if (busy_pause * times >= database.busy_time_) return 0;
  return database.stop_.wait(busy_pause) ? 0 : 1;
}

bool sqlite_database::run(const char* statements) {
  return sqlite3_exec(raw_, statements, nullptr, nullptr, nullptr) == SQLITE_OK;
}

std::unique_ptr<sqlite_statement> sqlite_database::prepare(const std::string& statement) {
  sqlite3_stmt* made = nullptr;
  const int size = static_cast<int>(statement.size()) + 1;
  if (sqlite3_prepare_v3(raw_, statement.c_str(), size, 0, &made, nullptr) != SQLITE_OK)
    return nullptr;
  return std::make_unique<sqlite_statement>(made);
}

result<std::int64_t> sqlite_database::ask(const char* statement) {
  const auto prepared = prepare(statement);
  if (prepared == nullptr || prepared->next() != sqlite_statement::step::row) return fault();
  return prepared->number(0);
}

std::size_t sqlite_database::changes() const {
  return static_cast<std::size_t>(sqlite3_changes64(raw_));
}

failure sqlite_database::fault() const {
  const std::string why = sqlite3_errmsg(raw_);
  switch (sqlite3_errcode(raw_) & 0xFF) {
    case SQLITE_NOTADB:
      return {path_ + ": this is no database of SQLite, or its beginning is damaged"};
    case SQLITE_CORRUPT:
      return {path_ + ": the database is damaged (" + why + ")"};
    case SQLITE_BUSY:
      return {path_ + ": another process keeps the database locked"};
    case SQLITE_FULL:
      return {path_ + ": there is no room on the disk"};
    case SQLITE_INTERRUPT:
      return {path_ + ": interrupted"};
    default:
      return {path_ + ": " + why};
  }
}

}  // namespace weir::store
