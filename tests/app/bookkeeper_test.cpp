// Records on their way from a worker to the ledger, and what happens when there is no way.
#include "app/bookkeeper.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <mutex>

#include "app/kept_record.h"
#include "app/state_directory.h"
#include "config/scratch.h"
#include "net/loop_internals.h"
#include "observe/config_history.h"
#include "observe/exposition.h"

namespace weir::app {
namespace {

observe::exchange_record exchange(std::uint64_t tokens) {
  observe::exchange_record r;
  r.request_id = "req_1";
  r.wall_clock = micros{1'790'000'000'000'000};
  r.dialect = "chat";
  r.requested_model = "m";
  r.status = 200;
  r.used.input = tokens;
  return r;
}

struct bench {
  bench() {
    how.ledger = {config::ledger_address::kind::sqlite, directory.path("weir.db"), {}};
    shards.push_back(std::make_unique<observe::metrics_shard>());
    shards.push_back(std::make_unique<observe::metrics_shard>());
  }
  std::unique_ptr<bookkeeper> open() {
    const auto where = places_of_records(how);
    EXPECT_TRUE(where.ok() && *where);
    auto made = bookkeeper::open(how, **where, log, shards);
    EXPECT_TRUE(made.ok()) << (made.ok() ? "" : made.error().message);
    return made.ok() ? std::move(*made) : nullptr;
  }
  [[nodiscard]] std::string sum() const {
    const auto into = store::make_ledger("sqlite:" + how.ledger.path, {});
    const auto rows = (*into)->usage({});
    return rows->empty()
               ? ""
               : std::to_string(rows->front().requests) + '/' + std::to_string(rows->front().input);
  }
  [[nodiscard]] std::string lost() const {
    const observe::config_history history;
    const std::vector<const observe::metrics_shard*> all{shards[0].get(), shards[1].get()};
    const std::string text = observe::render_metrics({all, history});
    const std::string name = "\nweir_records_lost_total ";
    const std::size_t at = text.find(name) + name.size();
    return text.substr(at, text.find('\n', at) - at);
  }

  config::scratch directory;
  config::store_settings how;
  observe::log log{{false, 1, 1}};
  std::vector<std::unique_ptr<observe::metrics_shard>> shards;
};

TEST(Bookkeeper, WhatWasKeptIsInTheLedgerOnceItHasEnded) {
  bench b;
  {
    const auto books = b.open();
    for (std::uint64_t n = 1; n <= 100; ++n) books->sink(n % 2)->keep(exchange(n));
  }
  EXPECT_EQ("100/5050", b.sum());
  EXPECT_EQ(0U, store::journals_in(b.how.ledger.path + ".journals").size());
  EXPECT_EQ("0", b.lost());
}

TEST(Bookkeeper, WithoutRoomRecordsAreLostAndCountedAndRequestsRefusedIfSo) {
  for (const auto when : {config::when_full::serve, config::when_full::refuse}) {
    bench b;
    b.how.journal_size = 10;  // less than any record
    b.how.when_full = when;
    const auto books = b.open();
    observe::record_sink& sink = *books->sink(0);
    EXPECT_TRUE(sink.accepts());
    sink.keep(exchange(1));
    EXPECT_EQ(when == config::when_full::serve, sink.accepts());
    EXPECT_TRUE(books->sink(1)->accepts()) << "one worker knows nothing of another";
    EXPECT_EQ("1", b.lost());
  }
}

TEST(Bookkeeper, WithDurableDiskARecordIsSafeInALaterTurnOfItsLoop) {
  bench b;
  b.how.durable = config::store_durability::disk;
  net::event_loop loop;
  {
    const auto books = b.open();
    books->attach(0, loop);
    books->attach(1, loop);
    observe::record_sink& sink = *books->sink(0);
    EXPECT_TRUE(sink.is_safe());
    std::uint64_t safe = 0;
    for (std::uint64_t n = 1; n <= 100; ++n) {
      sink.keep(exchange(n));
      EXPECT_FALSE(sink.is_safe()) << "only the loop can tell";
      sink.when_safe([&safe, n] { EXPECT_EQ(n, ++safe); });
    }
    EXPECT_TRUE(books->sink(1)->is_safe());
    while (safe < 100) loop.run_once();
    EXPECT_TRUE(sink.is_safe());
    sink.keep(exchange(1));
    sink.when_safe([&safe] { ++safe; });
    books->detach();
  }
  EXPECT_EQ("101/5051", b.sum());
  EXPECT_EQ("0", b.lost());
}

/// A disk that fails, or hangs until it is let go.
struct bad_disk {
  std::mutex lock;
  std::condition_variable changed;
  bool fails = false;
  bool hangs = false;
  int sync() {
    std::unique_lock held(lock);
    changed.wait(held, [this] { return !hangs; });
    return fails ? (errno = EIO, -1) : 0;
  }
  void become(bool failing, bool hanging) {
    const std::lock_guard held(lock);
    fails = failing;
    hangs = hanging;
    changed.notify_all();
  }
};
bad_disk* the_disk = nullptr;
constexpr store::journal_calls bad_calls = {
    [](int d, const void* bytes, std::size_t n) -> long { return ::write(d, bytes, n); },
    [](int, long) { return 0; }, [](int) { return the_disk->sync(); }, [](int) { return 0; }};

struct disk_bench : bench {
  explicit disk_bench(config::when_full when) {
    the_disk = &disk;
    how.durable = config::store_durability::disk;
    how.when_full = when;
    auto where = *places_of_records(how);
    where->calls = &bad_calls;
    books = std::move(bookkeeper::open(how, *where, log, shards)).value();
    for (std::size_t i = 0; i < shards.size(); ++i) books->attach(i, loop);
    sink = books->sink(0);
  }
  ~disk_bench() {
    disk.become(false, false);
    books.reset();
  }
  /// Keeps one; whether its answer waits.
  bool keep() {
    sink->keep(exchange(1));
    if (sink->is_safe()) return false;
    sink->when_safe([this] { ++released; });
    return true;
  }
  void turn_until(int count) {
    while (released < count) loop.run_once();
  }

  bad_disk disk;
  net::event_loop loop;
  std::unique_ptr<bookkeeper> books;
  observe::record_sink* sink = nullptr;
  int released = 0;
};

TEST(Bookkeeper, WhatTheDiskRefusesIsLostAndItsAnswerLeaves) {
  for (const auto when : {config::when_full::serve, config::when_full::refuse}) {
    disk_bench b(when);
    b.disk.become(true, false);
    EXPECT_TRUE(b.keep());
    b.turn_until(1);
    EXPECT_EQ("1", b.lost());
    EXPECT_EQ(when == config::when_full::serve, b.sink->accepts());
    b.disk.become(false, false);
    EXPECT_TRUE(b.keep()) << "in another file";
    b.turn_until(2);
    EXPECT_EQ("1", b.lost());
    EXPECT_TRUE(b.sink->accepts());
  }
}

TEST(Bookkeeper, ADiskThatHangsIsWaitedForOnlySoLong) {
  disk_bench b(config::when_full::serve);
  b.loop.internals().hold_clock();
  b.disk.become(false, true);
  EXPECT_TRUE(b.keep());
  b.loop.internals().let_pass(limits::disk_patience - seconds{1});
  EXPECT_EQ(0, b.released);
  b.loop.internals().let_pass(seconds{2});
  EXPECT_EQ(1, b.released);
  EXPECT_EQ("1", b.lost());
  EXPECT_FALSE(b.keep()) << "it still hangs: nobody else waits";
  EXPECT_EQ("2", b.lost());
  b.disk.become(false, false);
  while (!b.keep()) b.loop.run_once();
  b.turn_until(2);
  EXPECT_TRUE(b.sink->is_safe());
}

TEST(Bookkeeper, SaysWhereItCannotKeepThem) {
  bench b;
  b.directory.write("file", "");
  b.how.ledger.path = b.directory.path("file/weir.db");
  const auto where = places_of_records(b.how);
  const auto made = bookkeeper::open(b.how, **where, b.log, b.shards);
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(0U, made.error().message.find("store.ledger: ")) << made.error().message;
  EXPECT_NE(std::string::npos, made.error().message.find(b.how.ledger.path));
  b.how.ledger.path = b.directory.path("weir.db");
  b.how.journal = b.directory.path("file/journals");
  const auto other = bookkeeper::open(b.how, **places_of_records(b.how), b.log, b.shards);
  ASSERT_FALSE(other.ok());
  EXPECT_EQ(0U, other.error().message.find("store.journal: " + b.how.journal));
}

TEST(StateDirectory, IsThatOfTheUnitOrOfTheUser) {
  using vars = std::map<std::string, std::string>;
  const std::pair<vars, std::optional<std::string>> cases[] = {
      {{{"STATE_DIRECTORY", "/var/lib/weir"}, {"HOME", "/root"}}, "/var/lib/weir"},
      {{{"STATE_DIRECTORY", "/var/lib/weir:/var/lib/other"}}, "/var/lib/weir"},
      {{{"XDG_STATE_HOME", "/s"}, {"HOME", "/h"}}, "/s/weir"},
      {{{"STATE_DIRECTORY", ""}, {"XDG_STATE_HOME", ""}, {"HOME", "/h"}}, "/h/.local/state/weir"},
      {{}, std::nullopt},
  };
  for (const auto& [variables, want] : cases) {
    EXPECT_EQ(want, state_directory([&](const std::string& name) {
                const auto found = variables.find(name);
                return found == variables.end() ? std::nullopt
                                                : std::optional<std::string>(found->second);
              }));
  }
}

TEST(KeptRecord, HasWhatIsKnownOfTheExchange) {
  observe::exchange_record of = exchange(7);
  of.tags = R"({"team":"red"})";
  of.upstream = "u";
  of.served_model = "M";
  of.first_token = micros{5};
  of.duration = micros{-1};  // a clock that was set back
  of.used.estimated = true;
  of.repairs.add(openai::clause::chat_8);
  of.repairs.add(openai::clause::chat_8);
  of.repairs.add(openai::clause::chat_13);
  std::string scratch = "left over";
  const store::record r = kept_record(of, scratch);
  EXPECT_EQ("req_1", r.request_id);
  EXPECT_EQ(1'790'000'000'000'000U, r.time);
  EXPECT_EQ(R"({"team":"red"})", r.tags);
  EXPECT_EQ("chat", r.dialect);
  EXPECT_EQ("u", r.upstream);
  EXPECT_EQ("M", r.served_model);
  EXPECT_EQ(200U, r.status);
  EXPECT_EQ(of.used, r.used);
  EXPECT_EQ(5U, r.first_token);
  EXPECT_EQ(0U, r.duration);
  EXPECT_EQ(R"({"CHAT-8":2,"CHAT-13":1})", r.repairs);
  EXPECT_FALSE(r.has_content());
  EXPECT_EQ("", kept_record(exchange(1), scratch).repairs);
  of.content = {{"question", true}, {"answer", false}};
  const store::record with = kept_record(of, scratch);
  EXPECT_EQ("question", with.request_content.text);
  EXPECT_TRUE(with.request_content.cut);
  EXPECT_EQ("answer", with.answer_content.text);
  EXPECT_FALSE(with.answer_content.cut);
}

}  // namespace
}  // namespace weir::app
