#include "weir/base/limits.h"

#include <gtest/gtest.h>

#include <bit>
#include <cstddef>
#include <cstdlib>
#include <new>
#include <string>
#include <string_view>

#include "coding/content_decoder.h"
#include "coding/decoding.h"
#include "support/compressed.h"

namespace {

std::size_t allocated = 0;  ///< by this program so far

}  // namespace

void* operator new(std::size_t size) {
  allocated += size;
  void* const block = std::malloc(size);
  if (block == nullptr) throw std::bad_alloc();
  return block;
}
void operator delete(void* pointer) noexcept { std::free(pointer); }
void operator delete(void* pointer, std::size_t) noexcept { std::free(pointer); }

namespace weir::coding {
namespace {

using status = content_decoder::status;

TEST(CodingLimits, ABombComesOutInPiecesOfTheLimit) {
  const std::string zeros(64 * limits::mib, '\0');
  for (const std::string& bomb : {testing::gzip(zeros), testing::zlib(zeros), testing::zstd(zeros),
                                  testing::zstd_with_length(zeros)}) {
    content_decoder decoder;
    std::string_view input = bomb;
    std::size_t total = 0;
    std::size_t largest = 0;
    const std::size_t before = allocated;
    while (decoder.decode(input) == status::ready) {
      total += decoder.output().size();
      largest = std::max(largest, decoder.output().size());
    }
    EXPECT_EQ(zeros.size(), total) << coding_name(decoder.found());
    EXPECT_EQ(limits::max_inflated_piece_bytes, largest) << coding_name(decoder.found());
    EXPECT_LE(allocated - before, limits::max_inflated_piece_bytes + limits::kib);
    EXPECT_EQ(status::need_input, decoder.finish());
  }
}

TEST(CodingLimits, AFullPieceIsNoSignThatMoreWillCome) {
  for (const std::size_t size :
       {limits::max_inflated_piece_bytes - 1, limits::max_inflated_piece_bytes,
        limits::max_inflated_piece_bytes + 1, 2 * limits::max_inflated_piece_bytes}) {
    const std::string text(size, 'a');
    for (const std::string& body : {testing::gzip(text), testing::zlib(text), testing::zstd(text),
                                    testing::zstd_with_length(text)}) {
      const decoding got = decode({body});
      EXPECT_EQ("whole", got.ending) << coding_name(got.found) << ' ' << size;
      EXPECT_TRUE(text == got.text) << coding_name(got.found) << ' ' << size;
      testing::pieces bytes;
      for (std::size_t i = 0; i < body.size(); ++i)
        bytes.push_back(std::string_view(body).substr(i, 1));
      EXPECT_TRUE(got == decode(bytes)) << coding_name(got.found) << ' ' << size;
    }
  }
}

TEST(CodingLimits, AZstdWindowOfTheLimitIsReadAndNoLargerOne) {  // RFC 9659
  constexpr int log = std::bit_width(limits::max_zstd_window_bytes) - 1;
  EXPECT_EQ("whole", decode({testing::zstd("text", {3, log, true})}).ending);
  EXPECT_EQ("corrupt", decode({testing::zstd("text", {3, log + 1, true})}).ending);
}

TEST(CodingLimits, PlainBytesAreHandedOutWhereTheyLieAndAllocateNothing) {
  const std::string text(limits::mib, 'd');
  const std::size_t before = allocated;
  content_decoder decoder;
  std::string_view input = text;
  ASSERT_EQ(status::ready, decoder.decode(input));
  EXPECT_EQ(text.data(), decoder.output().data());
  EXPECT_EQ(text.size(), decoder.output().size());
  EXPECT_EQ(status::need_input, decoder.decode(input));
  EXPECT_EQ(status::need_input, decoder.finish());
  EXPECT_EQ(before, allocated);
}

}  // namespace
}  // namespace weir::coding
