#include <array>
#include <utility>

#include "store/kill_point.h"
#include "store/ledger.h"
#include "store/sqlite_database.h"

namespace weir::store {
namespace {

/// Each step leads from the version before it to the next. What has been released stays as it is.
constexpr std::array<const char*, 1> migrations{
    R"(CREATE TABLE exchanges (
         id TEXT PRIMARY KEY,
         request_id TEXT NOT NULL,
         upstream_request_id TEXT NOT NULL,
         time INTEGER NOT NULL,
         key_id TEXT NOT NULL,
         tags TEXT NOT NULL,
         dialect TEXT NOT NULL,
         requested_model TEXT NOT NULL,
         served_model TEXT NOT NULL,
         upstream TEXT NOT NULL,
         attempts INTEGER NOT NULL,
         hedged INTEGER NOT NULL,
         status INTEGER NOT NULL,
         stream INTEGER NOT NULL,
         error_class TEXT NOT NULL,
         finish_reason TEXT NOT NULL,
         native_finish TEXT NOT NULL,
         input_tokens INTEGER,
         cache_read_tokens INTEGER,
         cache_write_5m_tokens INTEGER,
         cache_write_1h_tokens INTEGER,
         audio_in_tokens INTEGER,
         output_tokens INTEGER,
         reasoning_tokens INTEGER,
         audio_out_tokens INTEGER,
         estimated INTEGER NOT NULL,
         cost_nano_usd INTEGER,
         price_version TEXT NOT NULL,
         first_token INTEGER,
         duration INTEGER NOT NULL,
         bytes_in INTEGER NOT NULL,
         bytes_out INTEGER NOT NULL,
         repairs TEXT NOT NULL
       ) STRICT, WITHOUT ROWID;
       CREATE INDEX exchanges_by_time ON exchanges (time);)",
};

struct column_names {
  std::string names = "id";
  std::string places = "?";
  template <class T>
  void operator()(const char* name, const T&) {
    names += std::string(",") + name;
    places += ",?";
  }
};

/// Binds every field behind the id.
struct field_binder {
  sqlite_statement& to;
  int at = 2;
  void operator()(const char*, std::string_view v) { to.bind(at++, v); }
  void operator()(const char*, bool v) { to.bind(at++, std::uint64_t{v ? 1U : 0U}); }
  void operator()(const char*, std::uint64_t v) { to.bind(at++, v); }
  void operator()(const char*, const std::optional<std::uint64_t>& v) {
    if (v)
      to.bind(at++, *v);
    else
      to.bind_null(at++);
  }
};

class sqlite_ledger final : public ledger {
 public:
  sqlite_ledger(std::unique_ptr<sqlite_database> db, sqlite_statement insert)
      : db_(std::move(db)), insert_(std::move(insert)) {}

  std::optional<failure> add(std::span<const journal_entry> entries) override {
    if (auto fault = db_->run("BEGIN IMMEDIATE")) return fault;
    for (const journal_entry& entry : entries) {
      insert_.reset();
      insert_.bind(1, entry.id);
      for_each_field(entry.what, field_binder{insert_});
      if (insert_.step() == sqlite_statement::outcome::done) continue;
      failure fault = db_->fault();
      insert_.reset();
      (void)db_->run("ROLLBACK");  // the first fault is the one to tell
      return fault;
    }
    insert_.reset();
    kill_point("before_commit");
    auto fault = db_->run("COMMIT");
    if (fault) (void)db_->run("ROLLBACK");
    kill_point("after_commit");
    return fault;
  }

  result<std::vector<usage_row>> usage(const usage_query& of) override {
    std::string groups;
    for (const dimension d : of.by) groups += std::string(expression_of(d)) + ", ";
    std::string asked =
        "SELECT " + groups +
        "COUNT(*), SUM(error_class <> ''), SUM(estimated), SUM(input_tokens), "
        "SUM(cache_read_tokens), SUM(COALESCE(cache_write_5m_tokens, 0) + "
        "COALESCE(cache_write_1h_tokens, 0)), SUM(output_tokens), SUM(reasoning_tokens), "
        "SUM(cost_nano_usd), SUM(cost_nano_usd IS NULL AND COALESCE(input_tokens, 0) + "
        "COALESCE(output_tokens, 0) > 0) FROM exchanges "
        "WHERE time >= ?1 AND time < ?2 AND (?3 IS NULL OR key_id = ?3)";
    for (std::size_t i = 0; i < of.by.size(); ++i)
      asked += (i == 0 ? " GROUP BY " : ", ") + std::to_string(i + 1);
    for (std::size_t i = 0; i < of.by.size(); ++i)
      asked += (i == 0 ? " ORDER BY " : ", ") + std::to_string(i + 1);
    auto made = db_->prepare(asked);
    if (!made) return made.error();
    const std::string path = "$.\"" + of.tag + '"';
    made->bind(1, of.since.value_or(0));
    made->bind(2, of.until.value_or(UINT64_MAX));
    if (of.key)
      made->bind(3, *of.key);
    else
      made->bind_null(3);
    if (asked.find("?4") != std::string::npos) made->bind(4, path);
    std::vector<usage_row> rows;
    for (;;) {
      const auto step = made->step();
      if (step == sqlite_statement::outcome::failed) return db_->fault();
      if (step == sqlite_statement::outcome::done) return rows;
      rows.push_back(row_of(*made, of.by.size()));
      if (of.by.empty() && rows.back().requests == 0) rows.pop_back();
    }
  }

  result<std::uint64_t> forget_before(std::uint64_t time) override {
    auto made = db_->prepare("DELETE FROM exchanges WHERE time < ?1");
    if (!made) return made.error();
    made->bind(1, time);
    if (made->step() != sqlite_statement::outcome::done) return db_->fault();
    return db_->changes();
  }

 private:
  static const char* expression_of(dimension d) {
    switch (d) {
      case dimension::model:
        return "requested_model";
      case dimension::key:
        return "key_id";
      case dimension::upstream:
        return "upstream";
      case dimension::day:
        return "strftime('%Y-%m-%d', time / 1000000, 'unixepoch')";
      case dimension::tag:
        return "COALESCE(json_extract(NULLIF(tags, ''), ?4), '')";
    }
    return "''";
  }

  static usage_row row_of(const sqlite_statement& from, std::size_t groups) {
    usage_row row;
    int at = 0;
    for (; at < static_cast<int>(groups); ++at) row.group.push_back(from.text(at));
    for (std::uint64_t usage_row::*const sum :
         {&usage_row::requests, &usage_row::errors, &usage_row::estimated, &usage_row::input,
          &usage_row::cache_read, &usage_row::cache_write, &usage_row::output,
          &usage_row::reasoning, &usage_row::cost_nano_usd, &usage_row::unpriced})
      row.*sum = from.number(at++);
    return row;
  }

  std::unique_ptr<sqlite_database> db_;
  sqlite_statement insert_;
};

/// Brings the database to the newest version, one step after the other.
std::optional<failure> migrate(sqlite_database& db, const std::string& path) {
  if (auto fault = db.run("BEGIN IMMEDIATE")) return fault;
  std::uint64_t version = 0;
  {
    auto asked = db.prepare("PRAGMA user_version");
    if (!asked) return asked.error();
    if (asked->step() != sqlite_statement::outcome::row) return db.fault();
    version = asked->number(0);
  }
  if (version > migrations.size()) {
    (void)db.run("ROLLBACK");
    return failure{path + ": the ledger is of version " + std::to_string(version) +
                   ", this program knows up to " + std::to_string(migrations.size())};
  }
  for (; version < migrations.size(); ++version)
    if (auto fault = db.run(migrations.at(version))) return fault;
  if (auto fault = db.run("PRAGMA user_version = " + std::to_string(version))) return fault;
  return db.run("COMMIT");
}

}  // namespace

result<std::unique_ptr<ledger>> open_sqlite_ledger(const std::string& path) {
  auto db = sqlite_database::open(path);
  if (!db) return db.error();
  if (auto fault = migrate(**db, path)) return *fault;
  column_names columns;
  const record fields;
  for_each_field(fields, columns);
  auto insert = (*db)->prepare("INSERT INTO exchanges (" + columns.names + ") VALUES (" +
                               columns.places + ") ON CONFLICT (id) DO NOTHING");
  if (!insert) return insert.error();
  return std::unique_ptr<ledger>(
      std::make_unique<sqlite_ledger>(std::move(*db), std::move(*insert)));
}

}  // namespace weir::store
