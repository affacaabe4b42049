#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>

#include <csignal>
#include <cstdlib>

#include "store/intake.h"
#include "store/ledger_place.h"
#include "store/records.h"

namespace weir::store {
namespace {

/// What a child of the tests below does.
TEST(KilledChild, DISABLED_Ingests) {
  const char* const place = std::getenv("WEIR_TEST_LEDGER");
  const char* const journals = std::getenv("WEIR_TEST_JOURNALS");
  if (place == nullptr || journals == nullptr) GTEST_SKIP() << "is run by the others";
  const auto ledger = std::move(make_ledger(place, {})).value();
  intake in(journals, std::make_shared<journal_room>(limits::mib));
  ASSERT_TRUE(in.take_ended(*ledger));
}

/// Runs that test in a process of its own, which dies at `point`; returns the signal it died of.
int signal_of_child(const std::string& ledger, const std::string& journals,
                    const std::string& point) {
  ::setenv("WEIR_TEST_LEDGER", ledger.c_str(), 1);
  ::setenv("WEIR_TEST_JOURNALS", journals.c_str(), 1);
  ::setenv("WEIR_KILL_AT", point.c_str(), 1);
  std::string words[] = {"store_test", "--gtest_filter=KilledChild.*",
                         "--gtest_also_run_disabled_tests"};
  char* const arguments[] = {words[0].data(), words[1].data(), words[2].data(), nullptr};
  pid_t child = 0;
  const int spawned = ::posix_spawn(&child, "/proc/self/exe", nullptr, nullptr, arguments, environ);
  ::unsetenv("WEIR_KILL_AT");
  int status = 0;
  if (spawned != 0 || ::waitpid(child, &status, 0) != child) return -1;
  return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

using KilledAt = AnyLedger;
INSTANTIATE_TEST_SUITE_P(All, KilledAt, testing::Bool(), kind_name);

TEST_P(KilledAt, AnyPlaceLosesNothingAndTakesNothingTwice) {
  constexpr std::size_t records = limits::max_ledger_batch + 10;  // two batches a file
  const std::string directory = place->path("j");
  const auto room = std::make_shared<journal_room>(64 * limits::mib);
  std::int64_t want = 0;
  for (const char* const point :
       {"before_commit", "after_commit", "before_remove", "after_remove"}) {
    for (int file = 0; file < 2; ++file) {
      const auto writer = std::move(journal::open({directory, room})).value();
      for (std::size_t i = 0; i < records; ++i, ++want)
        ASSERT_EQ(journal::outcome::kept, writer->append(some_record(std::to_string(want))));
    }
    ASSERT_EQ(SIGKILL, signal_of_child(place->url(), directory, point)) << point;
    EXPECT_FALSE(journals_in(directory).empty()) << point;
    const auto ledger = place->opened();
    intake in(directory, std::make_shared<journal_room>(64 * limits::mib));
    const auto took = in.take_ended(*ledger);
    ASSERT_TRUE(took) << took.error().message;
    EXPECT_EQ(want, total(*ledger).requests) << point;
    EXPECT_EQ(std::to_string(want),
              place->ask("SELECT count(DISTINCT request_id) FROM weir_records"));
    EXPECT_TRUE(journals_in(directory).empty());
  }
}

}  // namespace
}  // namespace weir::store
