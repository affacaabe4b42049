#include "store/sqlite_ledger.h"

#include <array>
#include <utility>

#include "store/columns.h"
#include "store/kill_point.h"
#include "store/sqlite_home.h"
#include "store/usage_statement.h"

namespace weir::store {
namespace {

using step = sqlite_statement::step;

constexpr sql_dialect dialect = {"weir_sum(?)",
                                 "(SELECT value FROM json_each(weir_records.tags) WHERE key = ?)"};

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
  sqlite_ledger(std::string path, const ledger_options& how) : home_(std::move(path), how) {}

  result<done> open() override;
  result<std::size_t> ingest(std::span<const ledger_entry> batch) override;
  result<std::vector<usage_row>> usage(const usage_query& what) override;
  result<std::size_t> retain(std::uint32_t days, std::uint64_t now) override;
  result<int> schema_version() override;
  void interrupt() override { home_.interrupt(); }

 private:
  [[nodiscard]] bool insert(std::span<const ledger_entry> batch, std::size_t& fresh);
  [[nodiscard]] bool insert_content(const ledger_entry& entry);
  failure leave(failure why);

  sqlite_home home_;
  std::unique_ptr<sqlite_statement> insert_;
  std::unique_ptr<sqlite_statement> insert_content_;
  std::array<std::string, max_columns> texts_;
};

failure sqlite_ledger::leave(failure why) {
  insert_.reset();
  insert_content_.reset();
  return home_.leave(std::move(why));
}

result<done> sqlite_ledger::open() {
  const bool fresh = !home_.is_open();
  auto opened = home_.open();
  if (!opened || !fresh) return opened;
  insert_ = home_.database().prepare(insert_statement());
  insert_content_ = home_.database().prepare(insert_content_statement());
  if (insert_ == nullptr || insert_content_ == nullptr) return leave(home_.database().fault());
  return opened;
}

result<int> sqlite_ledger::schema_version() {
  auto opened = open();
  if (!opened) return opened.error();
  return home_.version();
}

bool sqlite_ledger::insert(std::span<const ledger_entry> batch, std::size_t& fresh) {
  for (const ledger_entry& entry : batch) {
    binder bind{*insert_, texts_};
    for_each_column(entry, bind);
    const bool inserted = insert_->next() == step::end;
    fresh += inserted ? home_.database().changes() : 0;
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
  if (!home_.database().run("BEGIN IMMEDIATE")) return leave(home_.database().fault());
  std::size_t fresh = 0;
  // What is not committed is rolled back as the connection ends.
  if (!insert(batch, fresh)) return leave(home_.database().fault());
  kill_point("before_commit");
  if (!home_.database().run("COMMIT")) return leave(home_.database().fault());
  kill_point("after_commit");
  return fresh;
}

result<std::vector<usage_row>> sqlite_ledger::usage(const usage_query& what) {
  auto opened = open();
  if (!opened) return opened.error();
  const sql_statement asked = usage_statement(what, dialect);
  const auto statement = home_.database().prepare(asked.text);
  if (statement == nullptr) return leave(home_.database().fault());
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
  if (last == step::failed) return home_.database().fault();
  return finish_usage(std::move(rows));
}

result<std::size_t> sqlite_ledger::retain(std::uint32_t days, std::uint64_t now) {
  auto opened = open();
  if (!opened) return opened.error();
  const auto statement = home_.database().prepare(
      "DELETE FROM weir_records WHERE rowid IN "
      "(SELECT rowid FROM weir_records WHERE time < $1 LIMIT $2)");
  if (statement == nullptr) return leave(home_.database().fault());
  statement->bind(1, first_kept(days, now));
  statement->bind(2, static_cast<std::int64_t>(limits::ledger_delete_batch));
  if (statement->next() != step::end) return home_.database().fault();
  return home_.database().changes();
}

}  // namespace

std::unique_ptr<ledger> make_sqlite_ledger(const std::string& path, const ledger_options& how) {
  return std::make_unique<sqlite_ledger>(path, how);
}

}  // namespace weir::store
