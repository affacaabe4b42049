#include "store/postgres_home.h"

#include <charconv>
#include <utility>

#include "store/schema.h"

namespace weir::store {
namespace {

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

}  // namespace

failure postgres_home::leave(failure why) {
  connection_.reset();
  return why;
}

result<done> postgres_home::open() {
  if (stop_.raised()) return failure{"postgresql: interrupted"};
  if (connection_ != nullptr) return done{};
  auto connected = postgres_connection::connect(url_, stop_, how_);
  if (!connected) return connected.error();
  connection_ = std::move(connected).value();
  auto configured = configure();
  if (!configured) return leave(configured.error());
  auto migrated = migrate();
  if (!migrated) return leave(migrated.error());
  return done{};
}

result<done> postgres_home::configure() {
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
result<int> postgres_home::version() {
  auto there = connection_->run("SELECT to_regclass('weir_schema') IS NOT NULL");
  if (!there) return there.error();
  if (there->rows.empty() || there->rows[0][0] != "t") return 0;
  auto read = connection_->run("SELECT coalesce(max(version), 0) FROM weir_schema");
  if (!read) return read.error();
  return read->rows.empty() ? 0 : static_cast<int>(number_of(read->rows[0][0]));
}

/// Needs no right to make tables when there is nothing to do.
result<done> postgres_home::migrate() {
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

}  // namespace weir::store
