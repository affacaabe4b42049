#include "store/intake.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <deque>
#include <fstream>

#include "config/scratch.h"
#include "store/fake_ledger.h"
#include "store/records.h"

namespace weir::store {
namespace {

using ids = std::vector<std::string>;

std::string frame(std::string_view id) {
  std::string bytes;
  append_frame(bytes, some_record(id));
  return bytes;
}

class Intake : public testing::Test {
 protected:
  std::unique_ptr<journal> writer(std::uint64_t segment_bytes = limits::journal_segment_bytes) {
    auto made = journal::open({directory, room, segment_bytes});
    EXPECT_TRUE(made);
    return std::move(made).value();
  }
  static void append(journal& to, std::string_view id) {
    ASSERT_EQ(journal::outcome::kept, to.append(some_record(id)));
  }
  /// Bytes at the end of a file that `journal` would not write.
  static void spoil(const std::string& path, std::string_view bytes) {
    std::ofstream(path, std::ios::binary | std::ios::app) << bytes;
  }
  void left(const std::string& name, std::string_view bytes) const {
    scratch.write("j/" + name + ".journal", bytes);
  }
  std::size_t files() const { return journals_in(directory).size(); }

  const config::scratch scratch;
  const std::string directory = scratch.path("j");
  const std::shared_ptr<journal_room> room = std::make_shared<journal_room>(64 * limits::mib);
  fake_ledger ledger;
  intake in{directory, room};
};

TEST_F(Intake, TakesFromALivingJournalWhatIsNew) {
  const auto journal = writer();
  EXPECT_TRUE(in.take_living(ledger));
  append(*journal, "a");
  append(*journal, "b");
  EXPECT_TRUE(in.take_living(ledger));
  EXPECT_EQ((ids{"a", "b"}), ledger.ids());
  EXPECT_EQ(0U, room->used());
  append(*journal, "c");
  EXPECT_TRUE(in.take_living(ledger));
  EXPECT_TRUE(in.take_living(ledger));
  EXPECT_TRUE(in.take_ended(ledger));
  EXPECT_EQ((ids{"a", "b", "c"}), ledger.ids());
  EXPECT_EQ(1U, files());
}

TEST_F(Intake, TakesTheRestOfAJournalThatEndedAndRemovesIt) {
  auto journal = writer(2 * frame("a").size());
  append(*journal, "a");
  EXPECT_TRUE(in.take_living(ledger));
  for (const char* const id : {"b", "c"}) append(*journal, id);  // c begins another
  EXPECT_TRUE(in.any_ended());
  EXPECT_TRUE(in.take_ended(ledger));
  EXPECT_FALSE(in.any_ended());
  EXPECT_EQ((ids{"a", "b"}), ledger.ids());
  EXPECT_EQ(1U, files());
  EXPECT_TRUE(in.take_living(ledger));
  journal.reset();
  EXPECT_TRUE(in.take_ended(ledger));
  EXPECT_EQ((ids{"a", "b", "c"}), ledger.ids());
  EXPECT_EQ(0U, files());
  EXPECT_EQ(0U, room->used());
  EXPECT_TRUE(room->own().empty());
  EXPECT_EQ(2U, in.counted().journals);
}

TEST_F(Intake, TakesWhatADeadProcessLeftButNotWhatALivingOneWrites) {
  const auto elsewhere = std::make_shared<journal_room>(limits::mib);
  const auto living = std::move(journal::open({directory, elsewhere})).value();
  append(*living, "theirs");
  left("dead", frame("a") + frame("b"));
  EXPECT_TRUE(in.take_living(ledger));
  EXPECT_TRUE(in.take_ended(ledger));
  EXPECT_EQ((ids{"a", "b"}), ledger.ids());
  EXPECT_EQ(1U, files());
}

TEST_F(Intake, GivesNoRecordTwiceThatWasCommittedAndLosesNone) {
  std::string bytes;
  ids want;
  for (std::size_t i = 0; i < 3 * limits::max_ledger_batch + 1; ++i)
    bytes += frame(want.emplace_back(std::to_string(i)));
  left("dead", bytes);
  for (int i = 0; i < 3; ++i) {
    ledger.fail_after(1);
    const auto away = in.take_ended(ledger);
    ASSERT_FALSE(away);
    EXPECT_EQ("away", away.error().message);
    EXPECT_EQ(1U, files());
    EXPECT_NE(0U, room->used());
  }
  ledger.fail_after(1);
  EXPECT_TRUE(in.take_ended(ledger));
  EXPECT_EQ(want, ledger.ids());
  EXPECT_EQ(want.size(), in.counted().records);
  EXPECT_EQ(0U, in.counted().repeated);
  EXPECT_EQ(0U, files());
  EXPECT_EQ(0U, room->used());
}

TEST_F(Intake, CountsWhatWaitsWhileTheLedgerIsAway) {
  const std::string bytes = frame("a") + frame("b") + "torn";
  left("dead", bytes);
  in.reckon();
  in.reckon();
  EXPECT_EQ(bytes.size(), room->used());
  const auto journal = writer();
  append(*journal, "c");
  in.reckon();
  EXPECT_EQ(bytes.size() + frame("c").size(), room->used());
  // Somebody else brought it to the ledger.
  old_journal::take(directory + "/dead.journal")->remove();
  in.reckon();
  EXPECT_EQ(frame("c").size(), room->used());
}

TEST_F(Intake, CountsWhatItPassesOver) {
  left("dead", "damage" + frame("a") + "and more" + frame("b") + "torn");
  EXPECT_TRUE(in.take_ended(ledger));
  EXPECT_EQ((ids{"a", "b"}), ledger.ids());
  EXPECT_EQ(14U, in.counted().skipped);
  EXPECT_EQ(4U, in.counted().torn);
}

TEST_F(Intake, FindsWhatLiesBehindDamageLongerThanItReadsAtOnce) {
  const std::string damage(2 * limits::journal_window_bytes + 12345, 'x');
  left("dead", frame("a") + damage + frame("b"));
  EXPECT_TRUE(in.take_ended(ledger));
  EXPECT_EQ((ids{"a", "b"}), ledger.ids());
  EXPECT_EQ(damage.size(), in.counted().skipped);
  EXPECT_EQ(0U, in.counted().torn);
}

/// A frame with another one in a text: whoever sends a request may name his model so.
std::string frame_with_another_inside() {
  const std::string inner = frame("forged");
  record outer = some_record("outer");
  outer.requested_model = inner;
  std::string bytes;
  append_frame(bytes, outer);
  return bytes;
}

TEST_F(Intake, TakesNoTextForARecordWhereverAPieceEnds) {
  const std::string outer = frame_with_another_inside();
  const std::string filler = frame("filler");
  for (std::size_t shift = 0; shift < outer.size(); shift += 7) {
    std::string bytes(shift, 'x');
    while (bytes.size() + filler.size() + outer.size() < limits::journal_window_bytes + shift)
      bytes += filler;
    bytes += outer + outer;
    left("dead", bytes + std::string(limits::journal_window_bytes, 'y'));
    ASSERT_TRUE(in.take_ended(ledger));
  }
  std::size_t outers = 0;
  for (const std::string& id : ledger.ids()) {
    ASSERT_NE("forged", id);
    outers += id == "outer" ? 1U : 0U;
  }
  EXPECT_EQ(2 * ((outer.size() + 6) / 7), outers);
}

TEST_F(Intake, TakesNoPartOfAFrameThatIsStillWritten) {
  const std::string outer = frame_with_another_inside();
  for (std::size_t cut = 0; cut < outer.size(); ++cut) {
    const auto journal = writer();
    append(*journal, "a");
    spoil(journal->path(), outer.substr(0, cut));
    ASSERT_TRUE(in.take_living(ledger));
    spoil(journal->path(), outer.substr(cut));
    ASSERT_TRUE(in.take_living(ledger));
    const ids all = ledger.ids();
    ASSERT_EQ(2 * (cut + 1), all.size()) << cut;
    ASSERT_EQ("outer", all.back());
  }
}

TEST_F(Intake, WaitsBeforeDamageUntilTheFileHasEnded) {
  auto journal = writer();
  append(*journal, "a");
  spoil(journal->path(), "half");
  append(*journal, "b");
  EXPECT_TRUE(in.take_living(ledger));
  EXPECT_EQ((ids{"a"}), ledger.ids());
  journal.reset();
  EXPECT_TRUE(in.take_ended(ledger));
  EXPECT_EQ((ids{"a", "b"}), ledger.ids());
  EXPECT_EQ(0U, room->used());
}

TEST_F(Intake, TellsOfAFileThatItCannotReadAndTakesTheOthers) {
  std::filesystem::create_directories(directory + "/folder.journal");
  left("dead", frame("a"));
  EXPECT_TRUE(in.take_ended(ledger));
  EXPECT_EQ((ids{"a"}), ledger.ids());
  EXPECT_EQ(directory + "/folder.journal: Is a directory", in.unreadable());
}

/// The way of a random record, over journals that are cut and copied, into a ledger of SQLite.
struct journey {
  config::scratch scratch;
  std::string directory = scratch.path("j");
  std::shared_ptr<journal_room> room = std::make_shared<journal_room>(64 * limits::mib);
  std::unique_ptr<ledger> to = std::move(make_ledger("sqlite:" + scratch.path("db"), {})).value();
  std::unique_ptr<journal> writer;
  intake in{directory, room};
  usage_row want;

  void open() {
    const auto bytes = *rc::gen::inRange<std::uint64_t>(100, 2000);
    writer = std::move(journal::open({directory, room, bytes})).value();
  }
  void append() {
    record r = some_record("x");
    const auto number = [] { return *rc::gen::inRange<std::uint64_t>(0, 1'000'000); };
    r.used.input = number();
    r.used.cache_read = number();
    r.used.output = number();
    r.used.estimated = *rc::gen::arbitrary<bool>();
    const std::string model = *rc::gen::string<std::string>();
    r.requested_model = model;
    r.cost_nano_usd = number();
    RC_ASSERT(writer->append(r) == journal::outcome::kept);
    ++want.requests;
    want.input += static_cast<std::int64_t>(*r.used.input);
    want.cache_read += static_cast<std::int64_t>(*r.used.cache_read);
    want.output += static_cast<std::int64_t>(*r.used.output);
    want.cost += {static_cast<std::int64_t>(*r.cost_nano_usd)};
    want.estimated += r.used.estimated ? 1 : 0;
  }
  /// The process dies in the middle of a record; the next one begins with an intake of its own.
  void die() {
    const std::string path = writer->path();
    std::string bytes;
    append_frame(bytes, some_record("torn"));
    bytes.resize(*rc::gen::inRange<std::size_t>(0, bytes.size()));
    std::ofstream(path, std::ios::binary | std::ios::app) << bytes;
    writer.reset();
    room = std::make_shared<journal_room>(64 * limits::mib);
    std::destroy_at(&in);
    std::construct_at(&in, directory, room);
    open();
  }
  /// What was committed and not yet removed comes back.
  void copy() {
    std::vector<std::pair<std::string, std::string>> copies;
    for (const std::string& path : journals_in(directory))
      if (path != writer->path())
        copies.emplace_back(path, read_journal(path, 0, SIZE_MAX).value());
    RC_ASSERT(in.take_ended(*to));
    for (const auto& [path, bytes] : copies) std::ofstream(path, std::ios::binary) << bytes;
  }
};

RC_GTEST_PROP(Journey, EndsWithTheSumsOfWhatWasAppended, ()) {
  journey trip;
  trip.open();
  const auto steps = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 10));
  for (const int step : steps) {
    if (step < 6) trip.append();
    if (step == 6) RC_ASSERT(trip.in.take_living(*trip.to));
    if (step == 7) RC_ASSERT(trip.in.take_ended(*trip.to));
    if (step == 8) trip.die();
    if (step == 9) trip.copy();
  }
  trip.writer.reset();
  RC_ASSERT(trip.in.take_ended(*trip.to));
  RC_ASSERT(total(*trip.to) == trip.want);
  RC_ASSERT(journals_in(trip.directory).empty());
  RC_ASSERT(trip.room->used() == 0U);
}

}  // namespace
}  // namespace weir::store
