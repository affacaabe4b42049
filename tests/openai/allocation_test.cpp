#include <gtest/gtest.h>

#include <cstddef>
#include <cstdlib>
#include <new>
#include <string_view>
#include <vector>

#include "openai/text_rules.h"

namespace {

// Counted by the operators below, which serve this whole test program.
std::size_t allocations = 0;

}  // namespace

void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(size);
}

void* operator new(std::size_t size) {
  void* const block = operator new(size, std::nothrow);
  if (block == nullptr) throw std::bad_alloc();
  return block;
}

void operator delete(void* block) noexcept { std::free(block); }

void operator delete(void* block, std::size_t) noexcept { operator delete(block); }

void operator delete(void* block, const std::nothrow_t&) noexcept { operator delete(block); }

namespace weir::openai {
namespace {

TEST(OpenaiAllocation, InactiveTextRulesCostNothing) {
  const std::size_t before = allocations;
  const text_rules rules(stream_settings{}, true, "[]");
  EXPECT_EQ(allocations, before);
  EXPECT_EQ(sizeof rules, sizeof(void*));
}

TEST(OpenaiAllocation, PlainTextPassesTheRulesWithoutBeingCopiedOnTheWay) {
  stream_settings settings;
  settings.think_tags = settings.tools_in_text = settings.strip_tokens = true;
  text_rules rules(settings, true);
  std::vector<text_piece> out;
  out.reserve(4);
  rules.take("the start", out);
  const std::string_view text =
      "a text that is longer than a string keeps in itself, and has [ and <";
  const std::size_t before = allocations;
  rules.take(text.substr(0, text.size() - 1), out);
  EXPECT_LE(allocations, before + 1) << "the piece itself";
  EXPECT_EQ(out.back().text, text.substr(0, text.size() - 1));
}

}  // namespace
}  // namespace weir::openai
