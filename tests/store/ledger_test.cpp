// The ledger: what is in it is there once, and sums are right.
#include "store/ledger.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "config/scratch.h"
#include "store/ingester.h"
#include "store/journal.h"
#include "store/sqlite_database.h"

namespace weir::store {
namespace {

constexpr std::uint64_t noon = 1'790'000'000'000'000;  // 2026-09-21T14:13:20Z
constexpr std::uint64_t day = 86'400'000'000;

record of(std::string_view model, std::uint64_t time, std::uint64_t input, std::uint64_t output) {
  record r;
  r.request_id = "req";
  r.requested_model = model;
  r.time = time;
  r.status = 200;
  r.used.input = input;
  r.used.output = output;
  return r;
}

std::unique_ptr<ledger> opened(const std::string& path) {
  auto made = open_sqlite_ledger(path);
  EXPECT_TRUE(made.ok()) << (made.ok() ? "" : made.error().message);
  return made.ok() ? std::move(*made) : nullptr;
}

std::string line_of(const usage_row& r) {
  std::string out;
  for (const std::string& g : r.group) out += g + ' ';
  return out + std::to_string(r.requests) + '/' + std::to_string(r.input) + '/' +
         std::to_string(r.output);
}

std::vector<std::string> lines_of(ledger& from, const usage_query& query) {
  std::vector<std::string> out;
  const auto rows = from.usage(query);
  EXPECT_TRUE(rows.ok()) << (rows.ok() ? "" : rows.error().message);
  if (rows.ok())
    for (const usage_row& r : *rows) out.push_back(line_of(r));
  return out;
}

TEST(SqliteLedger, WhatIsAddedTwiceIsThereOnce) {
  const config::scratch directory;
  const auto there = opened(directory.path("weir.db"));
  const std::vector<journal_entry> batch = {{"a:0", of("m", noon, 1, 2)},
                                            {"a:9", of("m", noon, 3, 4)}};
  EXPECT_FALSE(there->add(batch));
  EXPECT_FALSE(there->add(batch));
  EXPECT_EQ((std::vector<std::string>{"2/4/6"}), lines_of(*there, {}));
}

TEST(SqliteLedger, RowsAreGroupedFilteredAndInOrder) {
  const config::scratch directory;
  const auto there = opened(directory.path("weir.db"));
  record red = of("m-1", noon, 10, 1);
  red.tags = R"({"team":"red","a b":"c"})";
  red.upstream = "u";
  red.key_id = "k1";
  record late = of("m-2", noon + day, 20, 2);
  late.tags = R"({"team":"blue"})";
  late.error_class = "server";
  record last_moment = of("m-1", noon / day * day + day - 1, 40, 4);
  last_moment.used.estimated = true;
  const std::vector<journal_entry> batch = {{"1", red}, {"2", late}, {"3", last_moment}};
  ASSERT_FALSE(there->add(batch));

  using lines = std::vector<std::string>;
  using d = dimension;
  const auto by = [](std::vector<dimension> groups) {
    usage_query q;
    q.by = std::move(groups);
    return q;
  };
  EXPECT_EQ((lines{"3/70/7"}), lines_of(*there, {}));
  EXPECT_EQ((lines{"m-1 2/50/5", "m-2 1/20/2"}), lines_of(*there, by({d::model})));
  EXPECT_EQ((lines{"2026-09-21 2/50/5", "2026-09-22 1/20/2"}), lines_of(*there, by({d::day})));
  EXPECT_EQ((lines{"2026-09-21 m-1 2/50/5", "2026-09-22 m-2 1/20/2"}),
            lines_of(*there, by({d::day, d::model})));
  EXPECT_EQ((lines{" 2/60/6", "k1 1/10/1"}), lines_of(*there, by({d::key})));
  usage_query tags = by({d::tag});
  tags.tag = "team";
  EXPECT_EQ((lines{" 1/40/4", "blue 1/20/2", "red 1/10/1"}), lines_of(*there, tags));
  tags.tag = "a b";
  EXPECT_EQ((lines{" 2/60/6", "c 1/10/1"}), lines_of(*there, tags));
  usage_query part;
  part.since = noon;
  part.until = noon + 1;
  EXPECT_EQ((lines{"1/10/1"}), lines_of(*there, part));
  part.until = noon;
  EXPECT_EQ(lines{}, lines_of(*there, part));
  usage_query of_key;
  of_key.key = "k1";
  EXPECT_EQ((lines{"1/10/1"}), lines_of(*there, of_key));

  const auto all = there->usage({});
  EXPECT_EQ(1U, all->front().errors);
  EXPECT_EQ(1U, all->front().estimated);
  EXPECT_EQ(3U, all->front().unpriced);

  EXPECT_EQ(2U, there->forget_before(noon + day).value());
  EXPECT_EQ((lines{"m-2 1/20/2"}), lines_of(*there, by({d::model})));
}

TEST(SqliteLedger, ABatchIsAddedWholeOrNotAtAll) {
  const config::scratch directory;
  const auto there = opened(directory.path("weir.db"));
  auto outside = sqlite_database::open(directory.path("weir.db"));
  ASSERT_TRUE(outside.ok());
  // Whatever refuses the second record, the first one must not stay.
  ASSERT_FALSE(
      (*outside)->run("CREATE TRIGGER refuse BEFORE INSERT ON exchanges WHEN NEW.id = 'b' BEGIN "
                      "SELECT RAISE(FAIL, 'no'); END"));
  const std::vector<journal_entry> batch = {{"a", of("m", noon, 1, 1)}, {"b", of("m", noon, 1, 1)}};
  const auto fault = there->add(batch);
  ASSERT_TRUE(fault);
  EXPECT_NE(std::string::npos, fault->message.find("no"));
  EXPECT_EQ(std::vector<std::string>{}, lines_of(*there, {}));
  ASSERT_FALSE((*outside)->run("DROP TRIGGER refuse"));
  EXPECT_FALSE(there->add(batch));
  EXPECT_EQ((std::vector<std::string>{"2/2/2"}), lines_of(*there, {}));
}

TEST(SqliteLedger, SaysWhatIsWrongWithItsFile) {
  const config::scratch directory;
  directory.write("text", std::string(5000, 'x'));
  const auto text = open_sqlite_ledger(directory.path("text"));
  ASSERT_FALSE(text.ok());
  EXPECT_NE(std::string::npos, text.error().message.find("not a database"));

  { const auto made = opened(directory.path("new.db")); }
  {
    auto db = sqlite_database::open(directory.path("new.db"));
    ASSERT_FALSE((*db)->run("PRAGMA user_version = 99"));
  }
  const auto newer = open_sqlite_ledger(directory.path("new.db"));
  ASSERT_FALSE(newer.ok());
  EXPECT_NE(std::string::npos, newer.error().message.find("of version 99"));
}

TEST(SqliteLedger, HasAColumnForEveryFieldOfARecord) {
  const config::scratch directory;
  { const auto made = opened(directory.path("weir.db")); }
  auto db = sqlite_database::open(directory.path("weir.db"));
  auto asked = (*db)->prepare("SELECT name FROM pragma_table_info('exchanges')");
  std::string columns;
  while (asked->step() == sqlite_statement::outcome::row) columns += asked->text(0) + ' ';
  std::string fields = "id ";
  const record any;
  for_each_field(any, [&](const char* name, const auto&) { fields += std::string(name) + ' '; });
  EXPECT_EQ(fields, columns);
}

/// A journal, a ledger and what brings one into the other.
struct bench {
  const config::scratch directory;
  std::string journals = directory.path("journals");
  std::shared_ptr<journal_room> room = std::make_shared<journal_room>(limits::mib);
  std::unique_ptr<ledger> into = opened(directory.path("weir.db"));
  ingester brings{journals, room, *into};

  std::unique_ptr<journal> writer(std::uint64_t segment = limits::journal_segment_bytes) {
    return std::move(journal::open({journals, room, segment, &system_calls()})).value();
  }
  [[nodiscard]] std::string sum() const {
    const auto lines = lines_of(*into, {});
    return lines.empty() ? "" : lines.front();
  }
};

TEST(Ingester, BringsWhatIsWrittenNowAndLeavesItsFile) {
  bench b;
  const auto writer = b.writer();
  for (std::uint64_t n = 1; n <= 3; ++n) {
    ASSERT_EQ(journal::outcome::kept, writer->append(of("m", noon, n, 1)));
    ASSERT_FALSE(b.brings.bring());
  }
  EXPECT_EQ("3/6/3", b.sum());
  EXPECT_EQ(3U, b.brings.brought()) << "nothing is read twice";
  EXPECT_TRUE(std::filesystem::exists(writer->path()));
}

TEST(Ingester, RemovesAJournalOnceTheLedgerHasAllOfIt) {
  bench b;
  auto writer = b.writer();
  const std::string path = writer->path();
  ASSERT_EQ(journal::outcome::kept, writer->append(of("m", noon, 1, 1)));
  EXPECT_LT(0U, b.room->used());
  writer.reset();
  ASSERT_FALSE(b.brings.bring());
  EXPECT_FALSE(std::filesystem::exists(path));
  EXPECT_EQ("1/1/1", b.sum());
  ASSERT_FALSE(b.brings.bring());
  EXPECT_EQ(0U, b.room->used());
}

TEST(Ingester, AnotherOneThatLooksAtTheSameFilesAddsNothing) {
  bench b;
  const auto writer = b.writer();
  ASSERT_EQ(journal::outcome::kept, writer->append(of("m", noon, 1, 1)));
  ingester other(b.journals, b.room, *b.into);
  ASSERT_FALSE(b.brings.bring());
  ASSERT_FALSE(other.bring());
  EXPECT_EQ("1/1/1", b.sum());
}

/// Fails until it is told not to.
class moody_ledger final : public ledger {
 public:
  explicit moody_ledger(ledger& real) : real_(real) {}
  std::optional<failure> add(std::span<const journal_entry> entries) override {
    if (away) return failure{"away"};
    return real_.add(entries);
  }
  result<std::vector<usage_row>> usage(const usage_query& of) override { return real_.usage(of); }
  result<std::uint64_t> forget_before(std::uint64_t time) override {
    return real_.forget_before(time);
  }
  bool away = true;

 private:
  ledger& real_;
};

TEST(Ingester, WhileTheLedgerIsAwayRecordsWaitOnDisk) {
  bench b;
  moody_ledger moody(*b.into);
  ingester brings(b.journals, b.room, moody);
  {
    const auto writer = b.writer();
    ASSERT_EQ(journal::outcome::kept, writer->append(of("m", noon, 1, 1)));
  }
  EXPECT_TRUE(brings.bring());
  EXPECT_TRUE(brings.bring());
  EXPECT_EQ(1U, journals_in(b.journals).size());
  moody.away = false;
  EXPECT_FALSE(brings.bring());
  EXPECT_EQ("1/1/1", b.sum());
  EXPECT_EQ(0U, journals_in(b.journals).size());
}

/// Records, files and damage at random: each whole record is there once, and nothing else.
RC_GTEST_PROP(Ingester, BringsEveryWholeRecordOnce, ()) {
  bench b;
  std::uint64_t requests = 0;
  std::uint64_t input = 0;
  const int files = *rc::gen::inRange(1, 4);
  for (int f = 0; f < files; ++f) {
    auto writer = b.writer(*rc::gen::inRange<std::uint64_t>(100, 2000));
    const int records = *rc::gen::inRange(0, 20);
    for (int r = 0; r < records; ++r) {
      const auto tokens = *rc::gen::inRange<std::uint64_t>(0, 1000);
      RC_ASSERT(writer->append(of("m", noon, tokens, 1)) == journal::outcome::kept);
      ++requests;
      input += tokens;
      if (*rc::gen::inRange(0, 5) == 0) RC_ASSERT(!b.brings.bring());
    }
    const std::string path = writer->path();
    writer.reset();
    // Torn: what a process that died in the midst of a write leaves.
    std::ofstream(path, std::ios::app | std::ios::binary) << *rc::gen::string<std::string>();
  }
  RC_ASSERT(!b.brings.bring());
  RC_ASSERT(!b.brings.bring());
  const auto rows = b.into->usage({});
  RC_ASSERT(rows.ok());
  RC_ASSERT((rows->empty() ? 0 : rows->front().requests) == requests);
  RC_ASSERT((rows->empty() ? 0 : rows->front().input) == input);
}

/// Brings records in a process that dies at `place`; whether it did.
bool dies_while_bringing(const bench& b, const char* place) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::setenv("WEIR_KILL_AT", place, 1);  // NOLINT: the only thread of this process
    auto into = open_sqlite_ledger(b.directory.path("weir.db"));
    if (!into) ::_exit(2);
    ingester brings(b.journals, std::make_shared<journal_room>(limits::mib), **into);
    ::_exit(brings.bring() ? 3 : 0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

TEST(Ingester, WhereverItDiesEveryRecordIsThereOnce) {
  for (const char* const place : {"before_commit", "after_commit", "before_remove"}) {
    bench b;
    {
      const auto writer = b.writer(300);
      for (std::uint64_t n = 1; n <= 5; ++n)
        ASSERT_EQ(journal::outcome::kept, writer->append(of("m", noon, n, 1)));
    }
    b.into.reset();  // a database is not for both sides of a fork
    EXPECT_TRUE(dies_while_bringing(b, place)) << place;
    EXPECT_TRUE(dies_while_bringing(b, place)) << place;
    const auto into = opened(b.directory.path("weir.db"));
    ingester again(b.journals, b.room, *into);
    ASSERT_FALSE(again.bring()) << place;
    EXPECT_EQ((std::vector<std::string>{"5/15/5"}), lines_of(*into, {})) << place;
    EXPECT_EQ(0U, journals_in(b.journals).size()) << place;
  }
}

}  // namespace
}  // namespace weir::store
