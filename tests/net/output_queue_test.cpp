#include "net/output_queue.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <string>

#include "weir/base/limits.h"

namespace weir::net {
namespace {

TEST(OutputQueue, GivesBackWhatWasAppendedInOrder) {
  EXPECT_TRUE(rc::check([](const std::vector<std::string>& pieces) {
    buffer_pool pool;
    output_queue queue(pool);
    std::string want;
    std::string got;
    for (const std::string& piece : pieces) {
      queue.append(piece);
      want += piece;
      const auto part = *rc::gen::inRange<std::size_t>(0, queue.size() + 1);
      got += queue.view().substr(0, part);
      queue.consume(part);
      RC_ASSERT(queue.size() == want.size() - got.size());
    }
    got += queue.view();
    RC_ASSERT(got == want);
  }));
}

TEST(OutputQueue, AnEmptyOneOwnsNoMemory) {
  buffer_pool pool;
  output_queue queue(pool);
  queue.append(std::string(limits::pooled_buffer_bytes / 2, 'x'));
  EXPECT_EQ(pool.size(), 0U);
  queue.consume(queue.size());
  EXPECT_EQ(pool.size(), 1U) << "a small buffer waits for the next use";
  queue.append("y");
  EXPECT_EQ(pool.size(), 0U) << "and is used";
  queue.append(std::string(limits::pooled_buffer_bytes + 1, 'z'));
  queue.consume(queue.size());
  EXPECT_EQ(pool.size(), 0U) << "a large one is freed";
}

TEST(BufferPool, HoldsABoundedNumber) {
  buffer_pool pool;
  for (std::size_t i = 0; i < limits::max_pooled_buffers + 3; ++i)
    pool.give_back(std::string(limits::pooled_buffer_bytes / 2, 'x'));
  EXPECT_EQ(pool.size(), limits::max_pooled_buffers);
  const std::string taken = pool.take();
  EXPECT_EQ(taken, "");
  EXPECT_GE(taken.capacity(), limits::pooled_buffer_bytes / 2);
}

}  // namespace
}  // namespace weir::net
