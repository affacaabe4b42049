#include "store/sqlite_home.h"

#include "store/schema.h"

namespace weir::store {
namespace {

/// In the head of the file: what program it belongs to ("weir").
constexpr std::int64_t application = 0x77656972;

}  // namespace

failure sqlite_home::leave(failure why) {
  database_.reset();
  return why;
}

result<done> sqlite_home::open() {
  if (stop_.raised()) return failure{path_ + ": interrupted"};
  if (database_ != nullptr) return done{};
  auto opened = sqlite_database::open(path_, stop_, how_.busy_time);
  if (!opened) return opened.error();
  database_ = std::move(opened).value();
  auto configured = configure();
  if (!configured) return leave(configured.error());
  auto migrated = migrate();
  if (!migrated) return leave(migrated.error());
  return done{};
}

result<done> sqlite_home::configure() {
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

result<int> sqlite_home::version() {
  const auto read = database_->ask("PRAGMA user_version");
  if (!read) return read.error();
  return static_cast<int>(*read);
}

result<done> sqlite_home::migrate() {
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
result<done> sqlite_home::migrate_locked() {
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

}  // namespace weir::store
