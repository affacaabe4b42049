#include "store/journal_syncer.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <mutex>

#include "config/scratch.h"
#include "store/records.h"

namespace weir::store {
namespace {

/// A disk that tests can stop and break.
struct disk {
  std::mutex lock;
  std::condition_variable changed;
  bool stopped = false;
  bool broken = false;
  int waiting = 0;
  int syncs = 0;
  int names = 0;

  int sync(int& count) {
    std::unique_lock held(lock);
    ++waiting;
    changed.notify_all();
    changed.wait(held, [this] { return !stopped; });
    --waiting;
    ++count;
    return broken ? (errno = EIO, -1) : 0;
  }
  void stop() {
    const std::lock_guard held(lock);
    stopped = true;
  }
  void go_on() {
    const std::lock_guard held(lock);
    stopped = false;
    changed.notify_all();
  }
  void wait_until_asked() {
    std::unique_lock held(lock);
    changed.wait(held, [this] { return waiting != 0; });
  }
};
disk* the_disk = nullptr;

constexpr journal_calls calls = {
    [](int d, const void* bytes, std::size_t n) -> long { return ::write(d, bytes, n); },
    [](int, long) { return 0; }, [](int) { return the_disk->sync(the_disk->syncs); },
    [](int) { return the_disk->sync(the_disk->names); }};

class JournalSyncer : public testing::Test {
 protected:
  struct told {
    std::size_t writer;
    std::uint64_t through;
    std::string fault;
  };
  JournalSyncer() { the_disk = &disk_; }

  std::unique_ptr<journal> writer() {
    journal::options o{directory.path("j"), room};
    o.calls = &calls;
    return std::move(journal::open(o)).value();
  }
  void begin() {
    syncer = std::make_unique<journal_syncer>(
        directory.path("j"), [this](std::size_t w, std::uint64_t n, const std::string& fault) {
          const std::lock_guard held(lock);
          all.push_back({w, n, fault});
          changed.notify_all();
        });
  }
  void append(std::size_t w, journal& to, std::uint64_t number) {
    ASSERT_EQ(journal::outcome::kept, to.append(some_record(std::to_string(number))));
    syncer->appended(w, to.file(), number);
  }
  [[nodiscard]] bool hears(std::size_t w, std::uint64_t number) {
    std::unique_lock held(lock);
    return changed.wait_for(held, seconds{20}, [&] {
      return std::any_of(all.begin(), all.end(),
                         [&](const told& t) { return t.writer == w && t.through >= number; });
    });
  }

  config::scratch directory;
  std::shared_ptr<journal_room> room = std::make_shared<journal_room>(64 * limits::mib);
  disk disk_;
  std::mutex lock;
  std::condition_variable changed;
  std::vector<told> all;
  std::unique_ptr<journal_syncer> syncer;
};

TEST_F(JournalSyncer, WhatComesWhileTheDiskIsBusyIsOneGroup) {
  const auto one = writer();
  const auto other = writer();
  begin();
  disk_.stop();
  append(0, *one, 1);
  disk_.wait_until_asked();
  for (std::uint64_t n = 2; n <= 100; ++n) append(0, *one, n);
  for (std::uint64_t n = 1; n <= 100; ++n) append(1, *other, n);
  {
    const std::lock_guard held(lock);
    EXPECT_TRUE(all.empty()) << "told before the disk had it";
  }
  disk_.go_on();
  ASSERT_TRUE(hears(0, 100));
  ASSERT_TRUE(hears(1, 100));
  syncer->stop();
  EXPECT_EQ(3, disk_.syncs);
  EXPECT_EQ(2, disk_.names) << "once for each file";
  ASSERT_EQ(3U, all.size());
  EXPECT_EQ(1U, all[0].through) << "what came later is not covered";
  for (const told& t : all) EXPECT_EQ("", t.fault);
}

TEST_F(JournalSyncer, AFileThatFailedIsNeverSafeAndTheNextOneIs) {
  const auto one = writer();
  begin();
  disk_.broken = true;
  append(0, *one, 1);
  ASSERT_TRUE(hears(0, 1));
  disk_.broken = false;
  append(0, *one, 2);
  ASSERT_TRUE(hears(0, 2));
  one->leave_file();
  append(0, *one, 3);
  ASSERT_TRUE(hears(0, 3));
  syncer->stop();
  ASSERT_EQ(3U, all.size());
  EXPECT_NE(std::string::npos, all[0].fault.find("fdatasync: Input/output error"));
  EXPECT_NE("", all[1].fault);
  EXPECT_EQ("", all[2].fault);
}

TEST_F(JournalSyncer, StoppingTellsOfAllThatWasAppendedAndOfNothingAfterwards) {
  const auto one = writer();
  begin();
  disk_.stop();
  append(0, *one, 1);
  disk_.wait_until_asked();
  append(0, *one, 2);
  one->leave_file();
  append(0, *one, 3);
  disk_.go_on();
  syncer->stop();
  ASSERT_FALSE(all.empty());
  EXPECT_EQ(3U, all.back().through);
  append(0, *one, 4);
  syncer.reset();
  EXPECT_EQ(3U, all.back().through);
}

}  // namespace
}  // namespace weir::store
