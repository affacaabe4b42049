#include "store/sqlite_ledger.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "config/scratch.h"
#include "store/ledger_place.h"
#include "store/records.h"

namespace weir::store {
namespace {

class SqliteLedger : public testing::Test {
 protected:
  std::unique_ptr<ledger> made(const ledger_options& how = {}) const {
    return make_sqlite_ledger(path, how);
  }
  /// What `open` says.
  std::string fault(const ledger_options& how = {}) const {
    const auto opened = made(how)->open();
    return opened ? "" : opened.error().message;
  }
  const config::scratch directory;
  const std::string path = directory.path("weir.db");
};

TEST_F(SqliteLedger, RefusesAFileThatIsNoDatabaseAndLeavesItAlone) {
  const std::string text =
      "a text that somebody wants to keep, longer than the head of a database"
      " would be, so that there is something to look at";
  directory.write("weir.db", text);
  EXPECT_EQ(path + ": this is no database of SQLite, or its beginning is damaged", fault());
  std::ifstream in(path, std::ios::binary);
  EXPECT_EQ(text, std::string(std::istreambuf_iterator<char>(in), {}));
}

TEST_F(SqliteLedger, SaysThatTheDatabaseIsDamaged) {
  std::vector<record> records(500, some_record("x"));
  ASSERT_TRUE(made()->ingest(entries(records)));
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  const std::string damage(3 * 4096, '\xEE');
  file.seekp(4096).write(damage.data(), static_cast<std::streamsize>(damage.size()));
  file.close();
  const auto refused = made()->usage({});
  ASSERT_FALSE(refused);
  EXPECT_EQ(0U, refused.error().message.find(path + ": the database is damaged"))
      << refused.error().message;
}

TEST_F(SqliteLedger, RefusesTheDatabaseOfAnotherProgram) {
  sqlite3* other = nullptr;
  ASSERT_EQ(SQLITE_OK, sqlite3_open(path.c_str(), &other));
  sqlite3_exec(other, "CREATE TABLE songs (title TEXT)", nullptr, nullptr, nullptr);
  sqlite3_close(other);
  EXPECT_EQ(path + ": this is the database of another program", fault());
}

TEST_F(SqliteLedger, GivesUpOnALockInTimeAndGoesOnAfterIt) {
  const auto ledger = made({.busy_time = millis{30}});
  ASSERT_TRUE(ledger->open());
  sqlite3* other = nullptr;
  ASSERT_EQ(SQLITE_OK, sqlite3_open(path.c_str(), &other));
  sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr);
  const auto batch = entries({some_record("a")});
  const auto refused = ledger->ingest(batch);
  ASSERT_FALSE(refused);
  EXPECT_EQ(path + ": another process keeps the database locked", refused.error().message);
  EXPECT_EQ(0, total(*ledger).requests);  // readers do not wait
  sqlite3_exec(other, "COMMIT", nullptr, nullptr, nullptr);
  sqlite3_close(other);
  EXPECT_EQ(1U, ledger->ingest(batch).value());
}

TEST_F(SqliteLedger, IsForItsOwnerAlone) {
  const auto ledger = make_sqlite_ledger(directory.path("new/weir.db"), {});
  ASSERT_TRUE(ledger->ingest(entries({some_record("a")})));
  for (const char* const name : {"new/weir.db", "new/weir.db-wal"}) {
    const auto rights = std::filesystem::status(directory.path(name)).permissions();
    EXPECT_EQ(std::filesystem::perms::owner_read | std::filesystem::perms::owner_write, rights);
  }
}

TEST_F(SqliteLedger, TakesRecordsAlsoWhenPowerMayFail) {
  EXPECT_EQ(1U, made({.survive_power_loss = true})->ingest(entries({some_record("a")})).value());
}

TEST_F(SqliteLedger, SaysWhereItCannotBe) {
  directory.write("file", "");
  const auto refused = make_sqlite_ledger(directory.path("file/weir.db"), {})->open();
  ASSERT_FALSE(refused);
  EXPECT_EQ(directory.path("file/weir.db") + ": unable to open database file",
            refused.error().message);
}

}  // namespace
}  // namespace weir::store
