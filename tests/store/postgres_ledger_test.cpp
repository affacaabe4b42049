#include "store/postgres_ledger.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <cstring>

#include "config/scratch.h"
#include "store/ingester.h"
#include "store/postgres_server.h"
#include "store/records.h"

namespace weir::store {
namespace {

class PostgresLedger : public testing::Test {
 protected:
  void SetUp() override {
    server = postgres_server::shared();
    if (server == nullptr) GTEST_SKIP() << "there is no PostgreSQL";
  }
  static std::unique_ptr<ledger> made(const std::string& url, const ledger_options& how = {}) {
    auto ledger = make_ledger(url, how);
    EXPECT_TRUE(ledger) << ledger.error().message;
    return std::move(ledger).value();
  }
  postgres_server* server = nullptr;
};

TEST_F(PostgresLedger, ConnectsAgainAfterTheServerWasAway) {
  const auto ledger = made(server->new_database());
  const auto batch = entries({some_record("a"), some_record("b")});
  ASSERT_EQ(1U, ledger->ingest(std::span(batch).first(1)).value());
  server->stop();
  EXPECT_FALSE(ledger->ingest(batch));
  EXPECT_FALSE(ledger->ingest(batch));
  server->start();
  EXPECT_EQ(1U, ledger->ingest(batch).value());
  EXPECT_EQ(2, total(*ledger).requests);
}

TEST_F(PostgresLedger, LosesNothingAndTakesNothingTwiceWhileTheServerComesAndGoes) {
  const config::scratch scratch;
  const auto room = std::make_shared<journal_room>(64 * limits::mib);
  const std::string url = server->new_database();
  std::mutex lock;
  std::condition_variable changed;
  ingester::status last;
  ingester::options how{scratch.path("j"), room, made(url)};
  how.look = millis{1};
  how.told = [&](const ingester::status& now) {
    const std::lock_guard held(lock);
    last = now;
    changed.notify_all();
  };
  const auto becomes = [&](auto condition) {
    std::unique_lock held(lock);
    return changed.wait_for(held, seconds{60}, condition);
  };
  const auto writer = std::move(journal::open({scratch.path("j"), room, 64 * limits::kib})).value();
  ingester running(std::move(how));
  std::uint64_t appended = 0;
  const auto append = [&](int count) {
    for (int i = 0; i < count; ++i, ++appended)
      ASSERT_EQ(journal::outcome::kept, writer->append(some_record(std::to_string(appended))));
  };
  for (int i = 0; i < 3; ++i) {
    append(2000);  // under way as the server dies
    server->stop();
    append(2000);
    ASSERT_TRUE(becomes([&] { return !last.fault.empty(); }));
    server->start();
    running.look_now();
    ASSERT_TRUE(becomes([&] {
      return last.counted.records + last.counted.repeated >= appended && last.fault.empty();
    })) << last.fault;
  }
  EXPECT_EQ(std::to_string(appended),
            postgres_server::ask(url, "SELECT count(DISTINCT request_id) FROM weir_records"));
  EXPECT_EQ(std::to_string(appended),
            postgres_server::ask(url, "SELECT count(*) FROM weir_records"));
  EXPECT_EQ(0U, room->used());
}

/// A server that takes connections and says nothing.
class mute_server {
 public:
  mute_server() : descriptor_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    const std::string path = directory_.path(".s.PGSQL.5432");
    std::memcpy(address.sun_path, path.data(), std::min(path.size(), sizeof address.sun_path - 1));
    if (::bind(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(descriptor_, 8) != 0)
      throw std::runtime_error("no socket");
  }
  ~mute_server() { ::close(descriptor_); }
  mute_server(const mute_server&) = delete;
  mute_server& operator=(const mute_server&) = delete;
  std::string url() const { return "postgresql://u:geheim@/d?host=" + directory_.path(""); }

 private:
  const config::scratch directory_;
  const int descriptor_;
};

TEST(PostgresLedgerThatIsMute, IsWaitedForOnlySoLong) {
  const mute_server server;
  const auto ledger = std::move(make_ledger(server.url(), {.connect_time = millis{50}})).value();
  const auto refused = ledger->open();
  ASSERT_FALSE(refused);
  EXPECT_EQ("postgresql: the server does not answer in time", refused.error().message);
}

TEST(PostgresLedgerThatIsMute, IsLeftAtOnceWhenInterrupted) {
  const mute_server server;
  const auto ledger = std::move(make_ledger(server.url(), {.connect_time = seconds{600}})).value();
  std::thread other([&] { ledger->interrupt(); });
  const auto refused = ledger->open();
  other.join();
  ASSERT_FALSE(refused);
  EXPECT_EQ("postgresql: interrupted", refused.error().message);
}

TEST_F(PostgresLedger, WaitsForAStatementOnlySoLong) {
  const std::string url = server->new_database();
  ASSERT_TRUE(made(url)->open());
  const auto ledger = made(url, {.answer_time = millis{100}});
  ASSERT_TRUE(ledger->open());
  PGconn* const other = PQconnectdb(url.c_str());
  PQclear(PQexec(other, "BEGIN; LOCK TABLE weir_records"));
  const auto batch = entries({some_record("a")});
  EXPECT_FALSE(ledger->ingest(batch));
  EXPECT_FALSE(ledger->usage({}));
  EXPECT_FALSE(ledger->retain(1, some_time));
  PQfinish(other);
  EXPECT_EQ(1U, made(url)->ingest(batch).value());
}

TEST_F(PostgresLedger, NeverTellsThePassword) {
  const std::string good = server->url("postgres");
  const std::string host = good.substr(good.find('?'));
  for (const std::string& url : {"postgresql://weir:geheim@/no_such_database" + host,
                                 "postgresql://no_such_user:geheim@/postgres" + host,
                                 "postgresql://geheim:geheim@/postgres" + host,
                                 std::string("postgresql://u:geheim@/d?host=/no/such/directory")}) {
    const auto refused = made(url)->open();
    ASSERT_FALSE(refused) << url;
    EXPECT_EQ(0U, refused.error().message.find("postgresql: ")) << refused.error().message;
    EXPECT_EQ(std::string::npos, refused.error().message.find("geheim")) << refused.error().message;
  }
}

TEST_F(PostgresLedger, RefusesADatabaseOfAnotherEncoding) {
  const auto ledger = made(server->new_database("ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0"));
  const auto refused = ledger->open();
  ASSERT_FALSE(refused);
  EXPECT_EQ("postgresql: the encoding of the database has to be UTF8", refused.error().message);
}

TEST_F(PostgresLedger, TakesRecordsAlsoWhenPowerMayFail) {
  const auto ledger = made(server->new_database(), {.survive_power_loss = true});
  EXPECT_EQ(1U, ledger->ingest(entries({some_record("a")})).value());
}

}  // namespace
}  // namespace weir::store
