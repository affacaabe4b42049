#include "weir/base/limits.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdlib>
#include <new>
#include <string>
#include <string_view>

#include "sse/pieces.h"
#include "weir/sse/event_parser.h"
#include "weir/sse/payload_reader.h"

namespace {

/// What this program has allocated, counted while a test looks.
struct allocations {
  std::size_t live = 0;
  std::size_t peak = 0;
  std::size_t total = 0;
};
allocations counted;

constexpr std::size_t header = alignof(std::max_align_t);

}  // namespace

void* operator new(std::size_t size) {
  void* const block = std::malloc(size + header);
  if (block == nullptr) throw std::bad_alloc();
  *static_cast<std::size_t*>(block) = size;
  counted.live += size;
  counted.total += size;
  counted.peak = std::max(counted.peak, counted.live);
  return static_cast<char*>(block) + header;
}
void operator delete(void* pointer) noexcept {
  if (pointer == nullptr) return;
  void* const block = static_cast<char*>(pointer) - header;
  counted.live -= *static_cast<std::size_t*>(block);
  std::free(block);
}
void operator delete(void* pointer, std::size_t) noexcept { operator delete(pointer); }

namespace weir::sse {
namespace {

using namespace std::string_view_literals;
using testing::outcome;

/// Feeds `stream` in inputs of `size` bytes; the last status.
template <class Reader>
typename Reader::status run(Reader& reader, std::string_view stream, std::size_t size) {
  auto status = Reader::status::need_input;
  for (std::size_t at = 0; at < stream.size(); at += size) {
    std::string_view input = stream.substr(at, size);
    do status = reader.parse(input);
    while (status != Reader::status::need_input && status != Reader::status::too_large);
    if (status == Reader::status::too_large) break;
  }
  return status;
}

std::string repeated(std::string_view text, std::size_t bytes) {
  std::string out;
  while (out.size() < bytes) out += text;
  return out;
}

struct limit_case {
  std::string_view name;
  std::string_view stream;
  std::size_t line;
  std::size_t event;
  bool fits;
};

TEST(EventParser, LimitsHoldToTheByteHoweverTheStreamIsSplit) {  // SSE-9
  const limit_case cases[] = {
      {"a line of the limit", "data: 89\n\n", 8, 99, true},
      {"a line beyond", "data: 89x\n\n", 8, 99, false},
      {"a line beyond, unfinished", "data: 89x", 8, 99, false},
      {"a comment beyond", ":23456789\n", 8, 99, false},
      {"a line of the limit, CRLF", "data: 89\r\n\r\n", 8, 99, true},
      {"an event of the limit in one line", "data: 89\n\n", 99, 8, true},
      {"an event beyond in one line", "data: 89x\n\n", 99, 8, false},
      {"data, its LF and the next line", "data:1234\ndata:x\n\n", 99, 11, true},
      {"one byte more", "data:12345\ndata:x\n\n", 99, 11, false},
      {"the type counts", "event:12\ndata:1234\n\n", 99, 11, true},
      {"the type counts, one byte more", "event:123\ndata:1234\n\n", 99, 11, false},
      {"the id counts", "id:12\n\ndata:1234\n\n", 99, 11, true},
      {"the id counts, one byte more", "id:123\n\ndata:1234\n\n", 99, 11, false},
      {"events do not add up", "data:1234\n\ndata:1234\n\ndata:1234\n\n", 99, 11, true},
      {"nor do comments", ":2345678\n:2345678\n:2345678\n", 8, 8, true},
      {"data lines without text add up", "data\ndata\ndata\ndata\n\n", 99, 8, true},
      {"until the limit", "data\ndata\ndata\ndata\ndata\ndata\n\n", 99, 8, false},
  };
  for (const limit_case& c : cases) {
    testing::for_each_split(c.stream, [&](const testing::pieces& parts) {
      const outcome got = testing::events_of(parts, event_parser(c.line, c.event));
      const bool refused = !got.empty() && got.back() == "too large";
      ASSERT_EQ(c.fits, !refused) << c.name;
    });
  }
}

TEST(PayloadReader, LimitsHoldToTheByteHoweverTheStreamIsSplit) {  // SSE-9
  const limit_case cases[] = {
      {"a line of the limit", "data: {}\n\n", 8, 99, true},
      {"a line beyond", "data: {} \n\n", 8, 99, false},
      {"a regular event of the limit", "data: {\"a\":1}\n\n", 13, 99, true},
      {"a regular event beyond", "data: {\"a\":1}\n\n", 12, 99, false},
      {"an event of the limit in one line", "data: {\"a\":1}\n\n", 99, 13, true},
      {"an event beyond in one line", "data: {\"a\":1}\n\n", 99, 12, false},
      {"a raw line beyond", "123456789\n", 8, 99, false},
      {"a bare line of the limit", "{\"a\":12}\n", 8, 99, true},
      {"a bare line beyond", "{\"a\":123}\n", 8, 99, false},
      {"text, its LF and the next line", "data:{1\ndata:2}\n\n", 99, 10, true},
      {"one byte more", "data:{1\ndata:2 }\n\n", 99, 10, false},
      {"the name counts", "event:12\ndata:{3}\n\n", 99, 10, true},
      {"the name counts, one byte more", "event:123\ndata:{3}\n\n", 99, 10, false},
      {"a bare document", "{12\n45\n78}\n", 99, 99, true},
      {"lines of a bare document add up", "{\n\"\"\n\"\"\n}\n", 99, 9, true},
      {"not within one byte less", "{\n\"\"\n\"\"\n}\n", 99, 8, false},
      {"blank lines of a bare document add up", "{\n\n\n\n\n}\n", 99, 7, true},
      {"not with one blank line more", "{\n\n\n\n\n\n}\n", 99, 7, false},
      {"a document that only goes on with blank lines", "{\n\n\n\n\n\n\n\n\n\n", 99, 6, false},
      {"payloads do not add up", "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n", 99, 8, true},
  };
  for (const limit_case& c : cases) {
    const testing::reading want = testing::reading_of({c.stream}, payload_reader(c.line, c.event));
    const bool refused = !want.payloads.empty() && want.payloads.back() == "too large";
    EXPECT_EQ(c.fits, !refused) << c.name;
    testing::for_each_split(c.stream, [&](const testing::pieces& parts) {
      ASSERT_EQ(want, testing::reading_of(parts, payload_reader(c.line, c.event))) << c.name;
    });
  }
}

TEST(PayloadReader, TooLargeIsFinal) {
  payload_reader reader(8, 64);
  std::string_view input = "data: {\"a\":1}\n\ndata: {}\n\n";
  EXPECT_EQ(reader.parse(input), payload_reader::status::too_large);
  input = "{}\n";
  EXPECT_EQ(reader.parse(input), payload_reader::status::too_large);
  EXPECT_EQ(reader.finish(), payload_reader::status::too_large);
}

TEST(PayloadReader, KeepsTwoKibibytesOfWhatWasDropped) {  // EMAP-1
  const std::string line(limits::max_dropped_text_bytes - 2, 'x');
  for (const std::size_t more : {0U, 1U, 2U, 5000U}) {
    const testing::reading got =
        testing::reading_of({line + "\n" + std::string(more, 'y') + "\nz\n"});
    const std::string all = line + "\n" + (more == 0 ? "" : std::string(more, 'y') + "\n") + "z\n";
    EXPECT_LE(got.dropped_text.size(), limits::max_dropped_text_bytes);
    EXPECT_GE(got.dropped_text.size(), line.size() + 1);
    EXPECT_EQ(got.dropped_text.substr(0, line.size() + 1), all.substr(0, line.size() + 1));
    EXPECT_EQ(got.counted, more == 0 ? "2 dropped" : "3 dropped");
  }
}

/// Streams that never end what they began, or that end it too often.
constexpr std::array<std::string_view, 16> hostile = {
    "x",
    "data: x",
    "data: x\n",
    "data:\n",
    "data: {\n",
    "{\n",
    "{\"a\":\"\n\n",
    "event: x\n",
    "event: x\n\n",
    "id: x\n",
    ": c\n",
    "\r",
    "data: {}data: {}",
    "{\"a\":1}[DONE]\n",
    "<p>\n",
    "data: {\"a\":1}\ndata: {\"a\":2}data: {\"a\":3}\nevent: x\n",
};

TEST(PayloadReader, NoStreamMakesAReaderHoldMoreThanItsLimits) {  // SSE-9
  constexpr std::size_t line = 1024;
  constexpr std::size_t event = 4096;
  // What a text needs while it doubles, the line, names, and 2 KiB of dropped text.
  constexpr std::size_t bound = 5 * event;
  for (const std::string_view word : hostile) {
    const std::string stream = repeated(word, 128 * limits::kib);
    for (const std::size_t size : {std::size_t{1}, std::size_t{1000}, std::size_t{65536}}) {
      payload_reader reader(line, event);
      event_parser parser(line, event);
      const std::size_t before = counted.live;
      counted.peak = before;
      static_cast<void>(run(reader, stream, size));
      EXPECT_LE(counted.peak - before, bound) << word << ' ' << size;
      const std::size_t between = counted.live;
      counted.peak = between;
      static_cast<void>(run(parser, stream, size));
      EXPECT_LE(counted.peak - between, bound) << word << ' ' << size;
    }
  }
}

TEST(PayloadReader, ABigPayloadByteByByteIsCopiedAConstantNumberOfTimes) {  // SSE-9: no O(n^2)
  const std::string text = "{\"a\":\"" + std::string(limits::mib, 'x') + "\"}";
  std::string pretty = "{\n";
  while (pretty.size() < 128 * limits::kib) pretty += "  \"key\": \"value\",\n\n";
  pretty += "\"end\": 1}\n";
  std::string many_lines = "data: [\n";
  while (many_lines.size() < 128 * limits::kib) many_lines += "data: 1,\n";
  many_lines += "data: 1]\n\n";
  const std::string streams[] = {"data: " + text + "\n\n", "event: x\ndata:" + text + "\r\n\r\n",
                                 pretty, many_lines};
  for (const std::string& stream : streams) {
    for (const std::size_t size : {std::size_t{1}, std::size_t{100}, std::size_t{4096}}) {
      payload_reader reader;
      event_parser parser;
      std::size_t before = counted.total;
      EXPECT_EQ(run(reader, stream, size), payload_reader::status::need_input);
      // Doubling a string costs two to four times its size; the line and the text are strings.
      EXPECT_LE(counted.total - before, 8 * stream.size()) << stream.substr(0, 20) << ' ' << size;
      before = counted.total;
      EXPECT_EQ(run(parser, stream, size), event_parser::status::need_input);
      EXPECT_LE(counted.total - before, 8 * stream.size()) << stream.substr(0, 20) << ' ' << size;
    }
  }
}

TEST(PayloadReader, AReaderGivesBackWhatABigPayloadNeeded) {
  const std::string x(limits::mib, 'x');
  const std::string streams[] = {
      "data: {\"a\":\"" + x + "\"}\n\n",
      "event: " + x + "\n\n",
      "event: " + x + "\ndata: {\"a\":1}\n\n",
      "data: {\"a\":1}\nevent: " + x + "\n\n",
      ": " + x + "\n",
      "<p>" + x + "\n",
  };
  for (const std::string& stream : streams)
    for (const std::size_t size : {std::size_t{100}, std::size_t{100'000}}) {
      payload_reader reader;
      event_parser parser;
      const std::size_t before = counted.live;
      static_cast<void>(run(reader, stream, size));
      EXPECT_LE(counted.live - before, 8 * limits::max_idle_buffer_bytes) << stream.substr(0, 16);
      static_cast<void>(run(parser, stream, size));
      EXPECT_LE(counted.live - before, 16 * limits::max_idle_buffer_bytes) << stream.substr(0, 16);
    }
}

TEST(PayloadReader, ManyRegularEventsInWholeInputsAllocateNothing) {
  const std::string stream = repeated("data: {\"a\":1}\n\n", limits::mib) + "data: [DONE]\n\n";
  payload_reader reader;
  event_parser parser;
  const std::size_t before = counted.total;
  static_cast<void>(run(reader, stream, stream.size()));
  static_cast<void>(run(parser, stream, stream.size()));
  EXPECT_EQ(counted.total, before);
}

}  // namespace
}  // namespace weir::sse
