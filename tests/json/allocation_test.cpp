#include <gtest/gtest.h>
#include <malloc.h>

#include <cstddef>
#include <cstdlib>
#include <new>
#include <string>
#include <string_view>

#include "weir/base/limits.h"
#include "weir/json/reader.h"
#include "weir/json/text_joiner.h"

namespace {

// Counted by the operators below, which serve this whole test program.
std::size_t allocations = 0;
std::size_t held_bytes = 0;

}  // namespace

void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  void* const block = std::malloc(size);
  ++allocations;
  held_bytes += malloc_usable_size(block);
  return block;
}

void* operator new(std::size_t size) {
  void* const block = operator new(size, std::nothrow);
  if (block == nullptr) throw std::bad_alloc();
  return block;
}

void operator delete(void* block) noexcept {
  held_bytes -= malloc_usable_size(block);
  std::free(block);
}

void operator delete(void* block, std::size_t) noexcept { operator delete(block); }

void operator delete(void* block, const std::nothrow_t&) noexcept { operator delete(block); }

namespace weir::json {
namespace {

const std::string document = R"({"id":"chatcmpl-1","list":[1,2,{"k":"value"}],"t":"a\nb"})";

TEST(JsonAllocation, AWarmReaderDoesNotAllocate) {
  reader r;
  ASSERT_EQ(r.parse(document), reader::status::ok);
  const std::size_t before = allocations;
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(r.parse(document), reader::status::ok);
    ASSERT_EQ(r.parse("{\"broken\":"), reader::status::invalid);
  }
  EXPECT_EQ(allocations, before);
}

TEST(JsonAllocation, LookUpsOfPlainKeysDoNotAllocate) {
  reader r;
  ASSERT_EQ(r.parse(document), reader::status::ok);
  const value root = r.root();
  const std::size_t before = allocations;
  const bool found = root["list"].at(2)["k"].equals("value") && root["id"].text().size() == 10 &&
                     !root["absent"].present() && root["list"].size() == 3;
  EXPECT_EQ(allocations, before);
  EXPECT_TRUE(found);
  EXPECT_TRUE(root["t"].equals("a\nb"));
}

TEST(JsonAllocation, APieceOfATextIsOnlyAllocatedWhereItIsPutTogether) {
  text_joiner joiner;
  const std::string_view plain = "a piece that is longer than a string keeps in itself";
  const std::string_view cut = "a longer piece whose last character is cut \\ud83d";
  const std::size_t before = allocations;
  const bool untouched = joiner.join(plain).size() == plain.size() && joiner.join("").empty() &&
                         joiner.join(cut).size() == cut.size() - 6 && !joiner.flush().empty();
  EXPECT_EQ(allocations, before);
  EXPECT_TRUE(untouched);
  EXPECT_EQ(joiner.join(cut).size(), cut.size() - 6);
  EXPECT_EQ(joiner.join(plain).size(), plain.size() + 6);
  EXPECT_GT(allocations, before);
}

TEST(JsonAllocation, ALargeJoinedPieceIsGivenBackWithTheNextOne) {
  text_joiner joiner;
  const std::string large(4 * limits::max_idle_buffer_bytes, 'a');
  const std::size_t before = held_bytes;
  EXPECT_EQ(joiner.join("\\ud83d"), "");
  EXPECT_EQ(joiner.join(large).size(), large.size() + 6);
  EXPECT_GT(held_bytes, before + large.size());
  EXPECT_EQ(joiner.join("b"), "b");
  EXPECT_LT(held_bytes, before + limits::max_idle_buffer_bytes);
}

TEST(JsonAllocation, ALargeIndexIsGivenBackWhenAShortTextComesAndASmallOneIsKept) {
  const auto list_of = [](std::size_t values) {
    std::string text = "[0";
    for (std::size_t i = 1; i < values; ++i) text += ",0";
    return text + "]";
  };
  const std::string kept = list_of(limits::max_kept_json_nodes - 1);  // one node is the list
  const std::string more = list_of(limits::max_kept_json_nodes);
  const std::size_t before = held_bytes;
  const std::size_t kept_bytes = limits::max_kept_json_nodes * sizeof(node);
  reader r;
  ASSERT_EQ(r.parse(kept), reader::status::ok);
  ASSERT_EQ(r.parse("[]"), reader::status::ok);
  EXPECT_GE(held_bytes - before, kept_bytes);
  EXPECT_LT(held_bytes - before, kept_bytes * 3 / 2);
  ASSERT_EQ(r.parse(more), reader::status::ok);
  EXPECT_GE(held_bytes - before, kept_bytes * 3 / 2);
  ASSERT_EQ(r.parse("[]"), reader::status::ok);
  EXPECT_LT(held_bytes - before, kept_bytes);
}

}  // namespace
}  // namespace weir::json
