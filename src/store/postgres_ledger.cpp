#include "store/postgres_ledger.h"

#include <charconv>
#include <utility>

#include "store/columns.h"
#include "store/kill_point.h"
#include "store/postgres_home.h"
#include "store/usage_statement.h"

namespace weir::store {
namespace {

constexpr sql_dialect dialect = {"least(coalesce(sum(?), 0), 9223372036854775807)::bigint",
                                 "tags ->> ?"};
constexpr const char* insert_name = "weir_insert";
constexpr const char* insert_content_name = "weir_insert_content";

std::int64_t number_of(std::string_view text) {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// Of the rows that each statement inserted those that are records: content follows its record.
std::size_t records_among(const std::vector<std::size_t>& inserted,
                          std::span<const ledger_entry> batch) {
  std::size_t records = 0;
  std::size_t at = 0;
  for (const ledger_entry& entry : batch) {
    if (at < inserted.size()) records += inserted[at];
    at += entry.what.has_content() ? 2U : 1U;
  }
  return records;
}

class postgres_ledger final : public ledger {
 public:
  postgres_ledger(std::string url, const ledger_options& how) : home_(std::move(url), how) {}

  result<done> open() override;
  result<std::size_t> ingest(std::span<const ledger_entry> batch) override;
  result<std::vector<usage_row>> usage(const usage_query& what) override;
  result<std::size_t> retain(std::uint32_t days, std::uint64_t now) override;
  result<int> schema_version() override;
  void interrupt() override { home_.interrupt(); }

 private:
  [[nodiscard]] result<std::size_t> insert(std::span<const ledger_entry> batch);
  failure leave(failure why) { return home_.leave(std::move(why)); }

  postgres_home home_;
  postgres_parameters parameters_;
};

result<done> postgres_ledger::open() {
  const bool fresh = !home_.is_open();
  auto opened = home_.open();
  if (!opened || !fresh) return opened;
  auto prepared = home_.connection().prepare(insert_name, insert_statement());
  if (prepared)
    prepared = home_.connection().prepare(insert_content_name, insert_content_statement());
  if (!prepared) return leave(prepared.error());
  return opened;
}

result<int> postgres_ledger::schema_version() {
  auto opened = open();
  if (!opened) return opened.error();
  auto read = home_.version();
  if (!read) return leave(read.error());
  return read;
}

result<std::size_t> postgres_ledger::insert(std::span<const ledger_entry> batch) {
  auto begun = home_.connection().begin_many();
  if (!begun) return begun.error();
  for (const ledger_entry& entry : batch) {
    parameters_.clear();
    for_each_column(entry, parameters_);
    auto added = home_.connection().add(insert_name, parameters_);
    if (!added) return added.error();
    if (!entry.what.has_content()) continue;
    parameters_.clear();
    for_each_content_column(entry, parameters_);
    added = home_.connection().add(insert_content_name, parameters_);
    if (!added) return added.error();
  }
  kill_point("before_commit");
  const auto inserted = home_.connection().end_many();
  if (!inserted) return inserted.error();
  return records_among(*inserted, batch);
}

result<std::size_t> postgres_ledger::ingest(std::span<const ledger_entry> batch) {
  auto opened = open();
  if (!opened) return opened.error();
  auto inserted = insert(batch);
  if (!inserted) return leave(inserted.error());
  kill_point("after_commit");
  return inserted;
}

result<std::vector<usage_row>> postgres_ledger::usage(const usage_query& what) {
  auto opened = open();
  if (!opened) return opened.error();
  const sql_statement asked = usage_statement(what, dialect);
  auto answered = home_.connection().run(asked);
  if (!answered) return leave(answered.error());
  const auto groups = static_cast<std::ptrdiff_t>(what.by.size());
  std::vector<usage_row> rows;
  for (const std::vector<std::string>& cells : answered->rows) {
    std::vector<std::int64_t> sums;
    for (auto cell = cells.begin() + groups; cell != cells.end(); ++cell)
      sums.push_back(number_of(*cell));
    rows.push_back(read_usage_row(what, {cells.begin(), cells.begin() + groups}, sums));
  }
  return finish_usage(std::move(rows));
}

result<std::size_t> postgres_ledger::retain(std::uint32_t days, std::uint64_t now) {
  auto opened = open();
  if (!opened) return opened.error();
  const sql_statement asked = {
      "DELETE FROM weir_records WHERE ctid = ANY(ARRAY("
      "SELECT ctid FROM weir_records WHERE time < $1 LIMIT $2))",
      {first_kept(days, now), static_cast<std::int64_t>(limits::ledger_delete_batch)}};
  auto removed = home_.connection().run(asked);
  if (!removed) return leave(removed.error());
  return removed->touched;
}

}  // namespace

std::unique_ptr<ledger> make_postgres_ledger(const std::string& url, const ledger_options& how) {
  return std::make_unique<postgres_ledger>(url, how);
}

}  // namespace weir::store
