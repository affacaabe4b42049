#include "net/host_cache.h"

#include <gtest/gtest.h>

#include <string>

#include "weir/base/limits.h"

namespace weir::net {
namespace {

const address_list some = {*socket_address::from_literal("127.0.0.1")};

TEST(HostCache, AnAnswerIsFreshThenStaleThenGone) {
  host_cache cache;
  const micros now = seconds{1000};
  const micros stale = now + limits::resolver_cache;
  cache.remember("a", some, now);
  EXPECT_EQ(cache.find("b", now).addresses, nullptr);
  ASSERT_NE(cache.find("a", stale - micros{1}).addresses, nullptr);
  EXPECT_FALSE(cache.find("a", stale - micros{1}).stale);
  EXPECT_EQ(cache.find("a", now).addresses->at(0).host(), "127.0.0.1");
  ASSERT_NE(cache.find("a", stale).addresses, nullptr);
  EXPECT_TRUE(cache.find("a", stale).stale);
  EXPECT_TRUE(cache.find("a", stale + limits::resolver_stale - micros{1}).stale);
  EXPECT_EQ(cache.find("a", stale + limits::resolver_stale).addresses, nullptr);
  EXPECT_EQ(cache.size(), 0U);
  cache.remember("a", some, now);
  cache.remember("a", some, now + seconds{20});
  EXPECT_FALSE(cache.find("a", stale + seconds{1}).stale);
}

TEST(HostCache, WhatCannotBeAskedAnewIsKeptButNotForEver) {
  host_cache cache;
  cache.remember("a", some, micros{0});
  const micros dies = limits::resolver_cache + limits::resolver_stale;
  for (micros now = limits::resolver_cache; now < dies; now += limits::resolver_cache) {
    EXPECT_TRUE(cache.find("a", now).stale);
    cache.keep("a", now);
    EXPECT_FALSE(cache.find("a", now).stale);
  }
  EXPECT_EQ(cache.find("a", dies).addresses, nullptr);
  cache.keep("unknown", dies);
  EXPECT_EQ(cache.size(), 0U);
}

TEST(HostCache, IsBoundedAndDropsWhatIsTooOldFirst) {
  host_cache cache;
  const micros later = limits::resolver_cache;
  for (std::size_t i = 0; i + 1 < limits::max_cached_hosts; ++i)
    cache.remember("old" + std::to_string(i), some, micros{0});
  cache.remember("fresh", some, later - micros{1});
  EXPECT_EQ(cache.size(), limits::max_cached_hosts);
  cache.remember("new", some, later);
  EXPECT_EQ(cache.size(), 2U);
  EXPECT_NE(cache.find("fresh", later).addresses, nullptr);
  for (std::size_t i = 0; i < limits::max_cached_hosts + 10; ++i)
    cache.remember("more" + std::to_string(i), some, later);
  EXPECT_EQ(cache.size(), limits::max_cached_hosts);
}

}  // namespace
}  // namespace weir::net
