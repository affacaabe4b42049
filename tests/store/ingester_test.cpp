#include "store/ingester.h"

#include <gtest/gtest.h>

#include "config/scratch.h"
#include "store/fake_ledger.h"
#include "store/records.h"

namespace weir::store {
namespace {

class Ingester : public testing::Test {
 protected:
  void SetUp() override {
    auto made = journal::open({directory, room});
    ASSERT_TRUE(made);
    writer = std::move(made).value();
  }
  std::unique_ptr<ingester> started(std::unique_ptr<ledger> to, std::uint32_t days = 0) {
    ingester::options how{directory, room, std::move(to), days};
    how.told = [this](const ingester::status& now) {
      const std::lock_guard held(lock);
      last = now;
      changed.notify_all();
    };
    return std::make_unique<ingester>(std::move(how));
  }
  std::unique_ptr<ledger> sqlite(const std::string& name) const {
    return std::move(make_ledger("sqlite:" + scratch.path(name), {})).value();
  }
  /// Until a round has brought it about.
  template <class Condition>
  [[nodiscard]] bool becomes(Condition&& condition) {
    std::unique_lock held(lock);
    return changed.wait_for(held, seconds{20}, [&] { return condition(last); });
  }
  void append(std::string_view id) {
    ASSERT_EQ(journal::outcome::kept, writer->append(some_record(id)));
  }

  const config::scratch scratch;
  const std::string directory = scratch.path("j");
  const std::shared_ptr<journal_room> room = std::make_shared<journal_room>(limits::mib);
  std::unique_ptr<journal> writer;
  std::mutex lock;
  std::condition_variable changed;
  ingester::status last;
};

TEST_F(Ingester, ShowsARecordSoonAfterItWasAppended) {
  const auto reader = sqlite("db");
  const auto running = started(sqlite("db"));
  ASSERT_TRUE(becomes([](const auto& now) { return now.rounds > 0; }));
  const auto begin = std::chrono::steady_clock::now();
  append("a");
  ASSERT_TRUE(becomes([](const auto& now) { return now.counted.records == 1; }));
  const auto time = std::chrono::steady_clock::now() - begin;
  EXPECT_EQ(1, total(*reader).requests);
  RecordProperty("milliseconds", static_cast<int>(std::chrono::ceil<millis>(time).count()));
  EXPECT_LT(time, seconds{10});  // a quarter of a second where the machine has nothing else to do
  EXPECT_EQ(0U, room->used());
}

TEST_F(Ingester, KeepsRecordsWhileTheLedgerIsAway) {
  scratch.write("place", "a file where the directory has to be");
  append("a");
  const auto running = started(sqlite("place/db"));
  ASSERT_TRUE(becomes([](const auto& now) { return !now.fault.empty(); }));
  append("b");
  EXPECT_NE(0U, room->used());
  std::filesystem::remove(scratch.path("place"));
  running->look_now();
  ASSERT_TRUE(becomes([](const auto& now) { return now.counted.records == 2; }));
  EXPECT_EQ("", running->now().fault);
  EXPECT_EQ(0U, room->used());
}

TEST_F(Ingester, TakesTheLastRecordsAsItStops) {
  auto running = started(sqlite("db"));
  ASSERT_TRUE(becomes([](const auto& now) { return now.rounds > 0; }));
  append("a");
  writer.reset();
  running->stop();
  EXPECT_EQ(1, total(*sqlite("db")).requests);
  EXPECT_TRUE(journals_in(directory).empty());
}

TEST_F(Ingester, StopsAlsoWhenTheLedgerDoesNotAnswer) {
  auto fake = std::make_unique<fake_ledger>();
  fake->hang();
  append("a");
  auto running = started(std::move(fake));
  const auto begin = std::chrono::steady_clock::now();
  running->stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, limits::ledger_farewell + seconds{10});
  EXPECT_EQ(1U, journals_in(directory).size());
}

TEST_F(Ingester, RemovesOldRecordsPieceByPiece) {
  const auto running = started(std::make_unique<fake_ledger>(), 7);
  ASSERT_TRUE(
      becomes([](const auto& now) { return now.removed == limits::ledger_delete_batch + 1; }));
}

TEST_F(Ingester, RemovesNothingWithoutBeingTold) {
  const auto running = started(std::make_unique<fake_ledger>());
  ASSERT_TRUE(becomes([](const auto& now) { return now.rounds > 2; }));
  EXPECT_EQ(0U, running->now().removed);
}

}  // namespace
}  // namespace weir::store
