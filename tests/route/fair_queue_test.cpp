#include "route/fair_queue.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace weir::route {
namespace {

std::string drained(fair_queue<char>& queue) {
  std::string out;
  while (const char* const next = queue.front()) {
    out += *next;
    queue.pop();
  }
  return out;
}

TEST(FairQueue, KeysTakeTurnsAndEachKeepsItsOrder) {
  fair_queue<char> queue(10);
  for (const char c : std::string("abc")) EXPECT_TRUE(queue.push(1, c));
  EXPECT_TRUE(queue.push(2, 'x'));
  EXPECT_TRUE(queue.push(3, 'm'));
  EXPECT_TRUE(queue.push(3, 'n'));
  EXPECT_EQ("axmbnc", drained(queue));
}

TEST(FairQueue, IsBounded) {
  fair_queue<char> queue(2);
  EXPECT_TRUE(queue.push(1, 'a'));
  EXPECT_TRUE(queue.push(2, 'b'));
  EXPECT_FALSE(queue.push(3, 'c'));
  queue.pop();
  EXPECT_TRUE(queue.push(3, 'c'));
  fair_queue<char> none(0);
  EXPECT_FALSE(none.push(1, 'a'));
  EXPECT_EQ(nullptr, none.front());
}

TEST(FairQueue, WhoeverLeavesIsNotThereAnyMore) {
  fair_queue<char> queue(10);
  for (const char c : std::string("abc")) EXPECT_TRUE(queue.push(1, c));
  EXPECT_TRUE(queue.push(2, 'x'));
  EXPECT_TRUE(queue.erase('b'));
  EXPECT_TRUE(queue.erase('x'));
  EXPECT_FALSE(queue.erase('x'));
  EXPECT_EQ(2U, queue.size());
  EXPECT_EQ("ac", drained(queue));
  EXPECT_TRUE(queue.push(2, 'y'));
  EXPECT_EQ("y", drained(queue));
}

RC_GTEST_PROP(FairQueue, NobodyWaitsForMoreThanOneOfEveryOtherKey, ()) {
  fair_queue<int> queue(1000);
  std::map<int, std::uint64_t> key_of;
  int next = 0;
  for (const int key : *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 6))) {
    key_of[next] = static_cast<std::uint64_t>(key);
    RC_ASSERT(queue.push(static_cast<std::uint64_t>(key), next++));
  }
  std::map<std::uint64_t, std::vector<int>> served;
  std::map<std::uint64_t, int> since;  // pops of each key since another was served
  while (const int* const front = queue.front()) {
    const std::uint64_t key = key_of[*front];
    if (!served[key].empty()) RC_ASSERT(served[key].back() < *front);
    served[key].push_back(*front);
    queue.pop();
    for (const auto& [value, other] : key_of) {
      static_cast<void>(value);
      if (other == key) since[other] = 0;
    }
    for (auto& [other, count] : since) {
      if (other == key) continue;
      const std::size_t total = static_cast<std::size_t>(
          std::count_if(key_of.begin(), key_of.end(),
                        [&, o = other](const auto& entry) { return entry.second == o; }));
      if (served[other].size() < total) RC_ASSERT(++count <= 5);
    }
  }
  RC_ASSERT(queue.size() == 0U);
}

}  // namespace
}  // namespace weir::route
