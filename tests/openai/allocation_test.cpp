#include <gtest/gtest.h>

#include <cstddef>
#include <cstdlib>
#include <new>
#include <string_view>
#include <vector>

#include "openai/text_rules.h"
#include "weir/openai/chat_answer.h"

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

/// A chunk of choice 0 with one delta.
std::string chunk(std::string_view delta) {
  return R"(data: {"id":"c","object":"chat.completion.chunk","created":1760000000,"model":"m",)"
         R"("choices":[{"index":0,"delta":{)" +
         std::string(delta) + R"(},"logprobs":null,"finish_reason":null}]})" + "\n\n";
}

TEST(OpenaiAllocation, AnEventThatPassesCostsNoneWhateverItCarries) {
  const std::string opening =
      chunk(R"("role":"assistant","content":"")") + chunk(R"("reasoning_content":"a")") +
      chunk(R"("content":"a")") +
      chunk(
          R"("tool_calls":[{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":""}}])") +
      chunk(R"("tool_calls":[{"index":0,"function":{"arguments":"{\"x\":\""}}])");
  const std::string events[] = {
      chunk(R"("content":" more")"),
      chunk(R"("content":" \"more\" \u00e9")"),
      chunk(R"("reasoning_content":" more")"),
      chunk(R"("tool_calls":[{"index":0,"function":{"arguments":" more \\n"}}])"),
  };
  for (const std::string& event : events) {
    chat_context context;
    context.stream = true;
    chat_answer answer(context);
    const auto feed = [&](std::string_view bytes) {
      answer.feed(bytes);
      answer.consume(answer.output().size());
    };
    feed(opening);
    for (int i = 0; i < 64; ++i) feed(event);
    constexpr std::size_t many = 1000;
    const std::size_t before = allocations;
    for (std::size_t i = 0; i < many; ++i) feed(event);
    // The arguments of a call are kept, in a buffer that doubles.
    EXPECT_LE(allocations - before, 8U) << event;
  }
}

}  // namespace
}  // namespace weir::openai
