#include "weir/sse/event_parser.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <string>
#include <vector>

#include "sse/arbitrary_stream.h"
#include "sse/pieces.h"

namespace weir::sse {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;
using testing::outcome;

struct test_case {
  std::string_view name;
  std::string_view input;
  outcome want;
};

const std::vector<test_case>& cases() {
  static const std::vector<test_case> all = {
      {"SSE-1 a BOM is stripped once, at the start",
       "\xEF\xBB\xBF"
       "data: a\n\n"sv,
       {"message|a|"}},
      {"SSE-1 a second BOM belongs to the name",
       "\xEF\xBB\xBF\xEF\xBB\xBF"
       "data: a\n\n"sv,
       {}},
      {"SSE-1 a BOM later belongs to the name",
       "data: a\n\n\xEF\xBB\xBF"
       "data: b\n\n"sv,
       {"message|a|"}},
      {"SSE-1 a BOM in front of a blank line", "\xEF\xBB\xBF\ndata: a\n\n"sv, {"message|a|"}},
      {"SSE-1 half a BOM is a name",
       "\xEF\xBB"
       "data: a\n\n"sv,
       {}},
      {"SSE-1 invalid UTF-8 passes", "data: \xFF\xC3\n\n"sv, {"message|\xFF\xC3|"}},
      {"SSE-2 LF", "data: a\n\ndata: b\n\n"sv, {"message|a|", "message|b|"}},
      {"SSE-2 CR", "data: a\r\rdata: b\r\r"sv, {"message|a|", "message|b|"}},
      {"SSE-2 CRLF", "data: a\r\n\r\ndata: b\r\n\r\n"sv, {"message|a|", "message|b|"}},
      {"SSE-2 mixed",
       "data: a\r\n\ndata: b\n\r\n\rdata: c\r\r\ndata: d\n\r"sv,
       {"message|a|", "message|b|", "message|c|", "message|d|"}},
      {"SSE-2 LF CR is two line ends", "data: a\n\rdata: b\n\n"sv, {"message|a|", "message|b|"}},
      {"SSE-3 only one space is removed", "data:  a\n\n"sv, {"message| a|"}},
      {"SSE-3 a tab is not removed", "data:\ta\n\n"sv, {"message|\ta|"}},
      {"SSE-3 no space", "data:a\n\n"sv, {"message|a|"}},
      {"SSE-3 colons in the value", "data:a:b\n\ndata::\n\n"sv, {"message|a:b|", "message|:|"}},
      {"SSE-3 a name without colon", "data\n\n"sv, {"message||"}},
      {"SSE-3 a comment is ignored", ": a\n:\n:data: x\ndata: a\n:\n\n"sv, {"message|a|"}},
      {"SSE-4 event", "event: x\ndata: a\n\ndata: b\n\n"sv, {"x|a|", "message|b|"}},
      {"SSE-4 the last event field wins", "event: x\nevent: y\ndata: a\n\n"sv, {"y|a|"}},
      {"SSE-4 event behind data", "data: a\nevent: y\n\n"sv, {"y|a|"}},
      {"SSE-4 an empty event is message", "event: x\nevent:\ndata: a\n\n"sv, {"message|a|"}},
      {"SSE-4 id persists",
       "id: 1\ndata: a\n\ndata: b\n\nid\ndata: c\n\n"sv,
       {"message|a|1", "message|b|1", "message|c|"}},
      {"SSE-4 id of an event without data", "id: 7\n\ndata: a\n\n"sv, {"message|a|7"}},
      {"SSE-4 id with NUL is ignored", "id: 1\nid: 2\0\ndata: a\n\n"sv, {"message|a|1"}},
      {"SSE-4 names are exact", "Data: a\nDATA: b\n data: c\ndata : d\ndatas: e\ndat: f\n\n"sv, {}},
      {"SSE-4 retry of digits", "retry: 3000\n\n"sv, {"retry 3000"}},
      {"SSE-4 retry of anything else",
       "retry: 1\nretry: -3\nretry: 3s\nretry:\nretry: 0x5\nretry:  4\n\n"sv,
       {"retry 1"}},
      {"SSE-4 retry beyond 64 bits",
       "retry: 99999999999999999999\n\n"sv,
       {"retry 18446744073709551615"}},
      {"SSE-5 no data, no event", "event: x\n\ndata: a\n\n"sv, {"message|a|"}},
      {"SSE-5 blank lines", "\n\n\ndata: a\n\n\n\n"sv, {"message|a|"}},
      {"SSE-5 empty data", "data:\n\ndata: \n\n"sv, {"message||", "message||"}},
      {"SSE-5 lines join with one LF",
       "data: a\ndata:\ndata: b\n\ndata\ndata\n\n"sv,
       {"message|a\n\nb|", "message|\n|"}},
      {"SSE-6 an open event is discarded", "data: a\n\ndata: b\n"sv, {"message|a|"}},
      {"SSE-6 an open line is discarded", "data: a\n\ndata: b\ndata: c"sv, {"message|a|"}},
  };
  return all;
}

TEST(EventParser, ReadsEveryClauseAsTheStandardHasIt) {
  for (const test_case& c : cases()) EXPECT_EQ(c.want, testing::events_of({c.input})) << c.name;
}

TEST(EventParser, EverySplitGivesTheSameEvents) {
  for (const test_case& c : cases())
    testing::for_each_split(c.input, [&](const testing::pieces& p) {
      ASSERT_EQ(c.want, testing::events_of(p)) << c.name;
    });
}

TEST(EventParser, AnyPartitionOfAnyStreamGivesTheSameEvents) {  // SSE-8
  EXPECT_TRUE(rc::check([] {
    const std::string stream = *testing::arbitrary_stream();
    const testing::pieces parts = testing::cut(stream, *testing::arbitrary_sizes());
    RC_ASSERT(testing::events_of({stream}) == testing::events_of(parts));
  }));
}

TEST(EventParser, AnEventIsReadyWithTheByteThatEndsItsBlankLine) {
  const std::string_view streams[] = {"data: a\n\n", "data: a\r\r", "data: a\r\n\r",
                                      "\n:c\ndata:\n\n"};
  for (const std::string_view stream : streams) {
    event_parser parser;
    std::string_view all_but_one = stream.substr(0, stream.size() - 1);
    EXPECT_EQ(parser.parse(all_but_one), event_parser::status::need_input) << stream;
    std::string_view last = stream.substr(stream.size() - 1);
    EXPECT_EQ(parser.parse(last), event_parser::status::event_ready) << stream;
  }
}

TEST(EventParser, AnEventInsideOneInputIsAViewOfIt) {
  std::string_view input = "event: x\ndata: abc\n\n";
  const std::string_view whole = input;
  event_parser parser;
  ASSERT_EQ(parser.parse(input), event_parser::status::event_ready);
  EXPECT_EQ(parser.current().data.data(), whole.data() + whole.find("abc"));
  EXPECT_EQ(parser.current().type.data(), whole.data() + whole.find("x\n"));
}

TEST(EventParser, StopsBehindEachEvent) {
  std::string_view input = "data: a\n\ndata: b\n\nrest";
  event_parser parser;
  ASSERT_EQ(parser.parse(input), event_parser::status::event_ready);
  EXPECT_EQ(input, "data: b\n\nrest");
  ASSERT_EQ(parser.parse(input), event_parser::status::event_ready);
  EXPECT_EQ(input, "rest");
  ASSERT_EQ(parser.parse(input), event_parser::status::need_input);
  EXPECT_EQ(input, "");
}

TEST(EventParser, ResetForgetsEverything) {
  event_parser parser(8, 64);
  std::string_view input = "id: 1\nretry: 7\nevent: x\ndata: a\nda";
  EXPECT_EQ(parser.parse(input), event_parser::status::need_input);
  input = "ta too long";
  EXPECT_EQ(parser.parse(input), event_parser::status::too_large);
  parser.reset();
  EXPECT_EQ(parser.retry_ms(), 0U);
  input =
      "\xEF\xBB\xBF"
      "data:b\n\n";
  EXPECT_EQ(parser.parse(input), event_parser::status::too_large) << "the limit is kept";
  parser.reset();
  input = "data: b\n\n";
  ASSERT_EQ(parser.parse(input), event_parser::status::event_ready);
  EXPECT_EQ(parser.current().type, "message");
  EXPECT_EQ(parser.current().data, "b");
  EXPECT_EQ(parser.current().last_id, "");
}

}  // namespace
}  // namespace weir::sse
