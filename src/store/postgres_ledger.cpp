#include "store/postgres_ledger.h"

#include <charconv>
#include <utility>

#include "store/columns.h"
#include "store/interruption.h"
#include "store/kill_point.h"
#include "store/postgres_connection.h"
#include "store/schema.h"
#include "store/usage_statement.h"

namespace weir::store {
namespace {

constexpr sql_dialect dialect = {"least(coalesce(sum(?), 0), 9223372036854775807)::bigint",
                                 "tags ->> ?"};
constexpr const char* insert_name = "weir_insert";
constexpr const char* insert_content_name = "weir_insert_content";

// Several gateways may start at once; they make the tables one after the other. The number stands
// for weir's schema among all locks of the database ("weir").
constexpr const char* begin_migration =
    "BEGIN; SELECT pg_advisory_xact_lock(2003134834);"
    "CREATE TABLE IF NOT EXISTS weir_schema (version integer NOT NULL)";

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
  postgres_ledger(std::string url, const ledger_options& how) : url_(std::move(url)), how_(how) {}

  result<done> open() override;
  result<std::size_t> ingest(std::span<const ledger_entry> batch) override;
  result<std::vector<usage_row>> usage(const usage_query& what) override;
  result<std::size_t> retain(std::uint32_t days, std::uint64_t now) override;
  result<int> schema_version() override;
  void interrupt() override { stop_.raise(); }

 private:
  [[nodiscard]] result<done> configure();
  [[nodiscard]] result<int> version();
  [[nodiscard]] result<done> migrate();
  [[nodiscard]] result<std::size_t> insert(std::span<const ledger_entry> batch);
  [[nodiscard]] postgres_parameters& with(const sql_statement& asked);
  failure leave(failure why);

  const std::string url_;
  const ledger_options how_;
  interruption stop_;
  std::unique_ptr<postgres_connection> connection_;
  postgres_parameters parameters_;
};

failure postgres_ledger::leave(failure why) {
  connection_.reset();
  return why;
}

result<done> postgres_ledger::open() {
  if (stop_.raised()) return failure{"postgresql: interrupted"};
  if (connection_ != nullptr) return done{};
  auto connected = postgres_connection::connect(url_, stop_, how_);
  if (!connected) return connected.error();
  connection_ = std::move(connected).value();
  auto configured = configure();
  if (!configured) return leave(configured.error());
  auto migrated = migrate();
  if (!migrated) return leave(migrated.error());
  auto prepared = connection_->prepare(insert_name, insert_statement());
  if (prepared) prepared = connection_->prepare(insert_content_name, insert_content_statement());
  if (!prepared) return leave(prepared.error());
  return done{};
}

result<done> postgres_ledger::configure() {
  std::string settings =
      "SET client_min_messages = warning; SET statement_timeout = " +
      std::to_string(how_.answer_time.count()) +
      "; SET idle_in_transaction_session_timeout = " + std::to_string(how_.answer_time.count());
  if (how_.survive_power_loss)
    settings +=
        "; SELECT set_config('synchronous_commit', 'on', false) "
        "WHERE current_setting('synchronous_commit') IN ('off', 'local')";
  auto set = connection_->run(settings);
  if (!set) return set.error();
  return done{};
}

/// 0 where there is no table yet, or nothing in it.
result<int> postgres_ledger::version() {
  auto there = connection_->run("SELECT to_regclass('weir_schema') IS NOT NULL");
  if (!there) return there.error();
  if (there->rows.empty() || there->rows[0][0] != "t") return 0;
  auto read = connection_->run("SELECT coalesce(max(version), 0) FROM weir_schema");
  if (!read) return read.error();
  return read->rows.empty() ? 0 : static_cast<int>(number_of(read->rows[0][0]));
}

/// Needs no right to make tables when there is nothing to do.
result<done> postgres_ledger::migrate() {
  auto now = version();
  if (!now) return now.error();
  if (*now > newest_schema()) return failure{"postgresql: " + too_new(*now)};
  if (*now == newest_schema()) return done{};
  auto begun = connection_->run(begin_migration);
  if (!begun) return begun.error();
  now = version();
  if (!now) return now.error();
  if (*now > newest_schema()) return failure{"postgresql: " + too_new(*now)};
  std::string statements;
  for (const schema_step& each : schema_steps().subspan(static_cast<std::size_t>(*now)))
    statements += std::string(each.postgres) + ";";
  statements += "DELETE FROM weir_schema; INSERT INTO weir_schema VALUES (" +
                std::to_string(newest_schema()) + "); COMMIT";
  auto migrated = connection_->run(statements);
  if (!migrated) return migrated.error();
  return done{};
}

result<int> postgres_ledger::schema_version() {
  auto opened = open();
  if (!opened) return opened.error();
  auto read = version();
  if (!read) return leave(read.error());
  return read;
}

result<std::size_t> postgres_ledger::insert(std::span<const ledger_entry> batch) {
  auto begun = connection_->begin_many();
  if (!begun) return begun.error();
  for (const ledger_entry& entry : batch) {
    parameters_.clear();
    for_each_column(entry, parameters_);
    auto added = connection_->add(insert_name, parameters_);
    if (!added) return added.error();
    if (!entry.what.has_content()) continue;
    parameters_.clear();
    for_each_content_column(entry, parameters_);
    added = connection_->add(insert_content_name, parameters_);
    if (!added) return added.error();
  }
  kill_point("before_commit");
  const auto inserted = connection_->end_many();
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

postgres_parameters& postgres_ledger::with(const sql_statement& asked) {
  struct putter {
    postgres_parameters& to;
    void operator()(std::int64_t v) const { to.number(v); }
    void operator()(const std::string& v) const { to.text(v); }
  };
  parameters_.clear();
  for (const auto& parameter : asked.parameters) std::visit(putter{parameters_}, parameter);
  return parameters_;
}

result<std::vector<usage_row>> postgres_ledger::usage(const usage_query& what) {
  auto opened = open();
  if (!opened) return opened.error();
  const sql_statement asked = usage_statement(what, dialect);
  auto answered = connection_->run(asked.text, with(asked));
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
  auto removed = connection_->run(asked.text, with(asked));
  if (!removed) return leave(removed.error());
  return removed->touched;
}

}  // namespace

result<std::unique_ptr<ledger>> make_postgres_ledger(const std::string& url,
                                                     const ledger_options& how) {
  if (!postgres_connection::readable(url))
    return failure{"postgresql: the connection string is not one that libpq can read"};
  return std::unique_ptr<ledger>(std::make_unique<postgres_ledger>(url, how));
}

}  // namespace weir::store
