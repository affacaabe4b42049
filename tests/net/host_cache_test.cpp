#include "net/host_cache.h"

#include <gtest/gtest.h>

#include <string>

#include "weir/base/limits.h"

namespace weir::net {
namespace {

const address_list some = {*socket_address::from_literal("127.0.0.1")};

TEST(HostCache, AnAnswerIsGoodForItsTimeAndNotLonger) {
  host_cache cache;
  const micros now = seconds{1000};
  cache.remember("a", some, now);
  EXPECT_EQ(cache.find("b", now), nullptr);
  ASSERT_NE(cache.find("a", now + limits::resolver_cache - micros{1}), nullptr);
  EXPECT_EQ(cache.find("a", now)->at(0).host(), "127.0.0.1");
  EXPECT_EQ(cache.find("a", now + limits::resolver_cache), nullptr);
  EXPECT_EQ(cache.size(), 0U);
  cache.remember("a", some, now);
  cache.remember("a", some, now + seconds{20});
  EXPECT_NE(cache.find("a", now + limits::resolver_cache + seconds{1}), nullptr);
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
  EXPECT_NE(cache.find("fresh", later), nullptr);
  for (std::size_t i = 0; i < limits::max_cached_hosts + 10; ++i)
    cache.remember("more" + std::to_string(i), some, later);
  EXPECT_EQ(cache.size(), limits::max_cached_hosts);
}

}  // namespace
}  // namespace weir::net
