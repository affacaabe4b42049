#include "store/sqlite_ledger.h"

#include <array>
#include <utility>

#include "store/columns.h"
#include "store/interruption.h"
#include "store/kill_point.h"
#include "store/schema.h"
#include "store/sqlite_handle.h"
#include "store/usage_statement.h"

namespace weir::store {
namespace {

using step = sqlite_statement::step;

constexpr sql_dialect dialect = {"weir_sum(?)",
                                 "(SELECT value FROM json_each(weir_records.tags) WHERE key = ?)"};

/// In the head of the file: what program it belongs to ("weir").
constexpr std::int64_t application = 0x77656972;

struct binder {
  sqlite_statement& to;
  std::array<std::string, max_columns>&
      texts;  // what is bound has to live until the statement has run
  int at = 0;

  void text(std::string_view v) {
    std::string& kept = texts[static_cast<std::size_t>(at)];
    kept = v;
    to.bind(++at, std::string_view(kept));
  }
  void number(std::int64_t v) { to.bind(++at, v); }
  void truth(bool v) { to.bind(++at, std::int64_t{v}); }
  void nothing() { to.bind_null(++at); }
};

class sqlite_ledger final : public ledger {
 public:
  sqlite_ledger(std::string path, const ledger_options& how) : path_(std::move(path)), how_(how) {}

  result<done> open() override;
  result<std::size_t> ingest(std::span<const ledger_entry> batch) override;
  result<std::vector<usage_row>> usage(const usage_query& what) override;
  result<std::size_t> retain(std::uint32_t days, std::uint64_t now) override;
  result<int> schema_version() override;
  void interrupt() override { stop_.raise(); }

 private:
  [[nodiscard]] result<done> configure();
  [[nodiscard]] result<done> migrate();
  [[nodiscard]] result<done> migrate_locked();
  [[nodiscard]] result<int> version();
  [[nodiscard]] bool insert(std::span<const ledger_entry> batch, std::size_t& fresh);
  [[nodiscard]] bool insert_content(const ledger_entry& entry);
  failure leave(failure why);

  const std::string path_;
  const ledger_options how_;
  interruption stop_;
  std::unique_ptr<sqlite_database> database_;
  std::unique_ptr<sqlite_statement> insert_;
  std::unique_ptr<sqlite_statement> insert_content_;
  std::array<std::string, max_columns> texts_;
};

/// Whatever was wrong, the next call begins with a new connection.
failure sqlite_ledger::leave(failure why) {
  insert_.reset();
  insert_content_.reset();
  database_.reset();
  return why;
}

result<done> sqlite_ledger::open() {
  if (stop_.raised()) return failure{path_ + ": interrupted"};
  if (database_ != nullptr) return done{};
  auto opened = sqlite_database::open(path_, stop_, how_.busy_time);
  if (!opened) return opened.error();
  database_ = std::move(opened).value();
  auto configured = configure();
  if (!configured) return leave(configured.error());
  auto migrated = migrate();
  if (!migrated) return leave(migrated.error());
  insert_ = database_->prepare(insert_statement());
  insert_content_ = database_->prepare(insert_content_statement());
  if (insert_ == nullptr || insert_content_ == nullptr) return leave(database_->fault());
  return done{};
}

result<done> sqlite_ledger::configure() {
  // In this order: whoever makes the first table says whose it is in the same transaction.
  const auto tables = database_->ask("SELECT count(*) FROM sqlite_schema");
  if (!tables) return tables.error();
  const auto owner = database_->ask("PRAGMA application_id");
  if (!owner) return owner.error();
  if (*owner != application && (*owner != 0 || *tables != 0))
    return failure{path_ + ": this is the database of another program"};
  if (!database_->run("PRAGMA journal_mode = WAL; PRAGMA journal_size_limit = 67108864"))
    return database_->fault();
  if (!database_->run(how_.survive_power_loss ? "PRAGMA synchronous = FULL"
                                              : "PRAGMA synchronous = NORMAL"))
    return database_->fault();
  return done{};
}

result<int> sqlite_ledger::version() {
  const auto read = database_->ask("PRAGMA user_version");
  if (!read) return read.error();
  return static_cast<int>(*read);
}

result<done> sqlite_ledger::migrate() {
  const auto now = version();
  if (!now) return now.error();
  if (*now == newest_schema()) return done{};
  if (!database_->run("BEGIN IMMEDIATE")) return database_->fault();
  auto migrated = migrate_locked();
  if (!migrated) {
    static_cast<void>(database_->run("ROLLBACK"));
    return migrated;
  }
  if (!database_->run("COMMIT")) return database_->fault();
  return done{};
}

/// Another process may have come first: the version is read once more.
result<done> sqlite_ledger::migrate_locked() {
  const auto now = version();
  if (!now) return now.error();
  if (*now > newest_schema() || *now < 0) return failure{path_ + ": " + too_new(*now)};
  for (const schema_step& each : schema_steps().subspan(static_cast<std::size_t>(*now)))
    if (!database_->run(each.sqlite)) return database_->fault();
  const std::string marks = "PRAGMA application_id = " + std::to_string(application) +
                            "; PRAGMA user_version = " + std::to_string(newest_schema());
  if (!database_->run(marks.c_str())) return database_->fault();
  return done{};
}

result<int> sqlite_ledger::schema_version() {
  auto opened = open();
  if (!opened) return opened.error();
  return version();
}

bool sqlite_ledger::insert(std::span<const ledger_entry> batch, std::size_t& fresh) {
  for (const ledger_entry& entry : batch) {
    binder bind{*insert_, texts_};
    for_each_column(entry, bind);
    const bool inserted = insert_->next() == step::end;
    fresh += inserted ? database_->changes() : 0;
    insert_->reset();
    if (!inserted || (entry.what.has_content() && !insert_content(entry))) return false;
  }
  return true;
}

bool sqlite_ledger::insert_content(const ledger_entry& entry) {
  binder bind{*insert_content_, texts_};
  for_each_content_column(entry, bind);
  const bool inserted = insert_content_->next() == step::end;
  insert_content_->reset();
  return inserted;
}

result<std::size_t> sqlite_ledger::ingest(std::span<const ledger_entry> batch) {
  auto opened = open();
  if (!opened) return opened.error();
  if (!database_->run("BEGIN IMMEDIATE")) return leave(database_->fault());
  std::size_t fresh = 0;
  // What is not committed is rolled back as the connection ends.
  if (!insert(batch, fresh)) return leave(database_->fault());
  kill_point("before_commit");
  if (!database_->run("COMMIT")) return leave(database_->fault());
  kill_point("after_commit");
  return fresh;
}

result<std::vector<usage_row>> sqlite_ledger::usage(const usage_query& what) {
  auto opened = open();
  if (!opened) return opened.error();
  const sql_statement asked = usage_statement(what, dialect);
  const auto statement = database_->prepare(asked.text);
  if (statement == nullptr) return leave(database_->fault());
  int at = 0;
  for (const auto& parameter : asked.parameters)
    std::visit([&](const auto& v) { statement->bind(++at, v); }, parameter);
  std::vector<usage_row> rows;
  step last = step::row;
  while ((last = statement->next()) == step::row) {
    std::vector<std::string> groups;
    std::vector<std::int64_t> sums;
    int column = 0;
    while (groups.size() < what.by.size()) groups.push_back(statement->text(column++));
    while (sums.size() < usage_sums) sums.push_back(statement->number(column++));
    rows.push_back(read_usage_row(what, std::move(groups), sums));
  }
  if (last == step::failed) return database_->fault();
  return finish_usage(std::move(rows));
}

result<std::size_t> sqlite_ledger::retain(std::uint32_t days, std::uint64_t now) {
  auto opened = open();
  if (!opened) return opened.error();
  const auto statement = database_->prepare(
      "DELETE FROM weir_records WHERE rowid IN "
      "(SELECT rowid FROM weir_records WHERE time < $1 LIMIT $2)");
  if (statement == nullptr) return leave(database_->fault());
  statement->bind(1, first_kept(days, now));
  statement->bind(2, static_cast<std::int64_t>(limits::ledger_delete_batch));
  if (statement->next() != step::end) return database_->fault();
  return database_->changes();
}

}  // namespace

std::unique_ptr<ledger> make_sqlite_ledger(const std::string& path, const ledger_options& how) {
  return std::make_unique<sqlite_ledger>(path, how);
}

}  // namespace weir::store
