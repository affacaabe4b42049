#include "weir/sse/payload_reader.h"

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
  std::string_view counted = "";
  std::string_view dropped = "";
};

#define BOM "\xEF\xBB\xBF"

const std::vector<test_case>& cases() {
  static const std::vector<test_case> all = {
      // Legal streams, and what `exact` means
      {"P3 regular events are exact",
       "data: {\"a\":1}\n\ndata: {\"a\":2}\n\ndata: [DONE]\n\n"sv,
       {"={\"a\":1}", "={\"a\":2}", "=done [DONE]"}},
      {"P3 spaces behind the text are part of it", "data: {\"a\":1} \t\n\n"sv, {"={\"a\":1} \t"}},
      {"P3 no space", "data:{\"a\":1}\n\ndata:[DONE]\n\n"sv, {"~{\"a\":1}", "~done [DONE]"}},
      {"P3 a comment before",
       ": c\ndata: {\"a\":1}\n\ndata: {\"a\":2}\n\n"sv,
       {"~{\"a\":1}", "={\"a\":2}"},
       "1 comments"},
      {"P3 a comment event before", ": c\n\ndata: {\"a\":1}\n\n"sv, {"~{\"a\":1}"}, "1 comments"},
      {"P3 a comment within",
       "data: {\"a\":1}\n: c\n\ndata: {\"a\":2}\n\n"sv,
       {"~{\"a\":1}", "={\"a\":2}"},
       "1 comments"},
      {"P3 another field before", "id: 1\ndata: {\"a\":1}\n\n"sv, {"~{\"a\":1}"}},
      {"P3 another field behind", "data: {\"a\":1}\nretry: 1\n\n"sv, {"~{\"a\":1}"}},
      {"P3 a blank line before",
       "\ndata: {\"a\":1}\n\n\ndata: {\"a\":2}\n\n"sv,
       {"~{\"a\":1}", "~{\"a\":2}"}},
      {"P3 a left-out event before",
       "data: {}\n\ndata: {\"a\":1}\n\ndata: {\"a\":2}\n\n"sv,
       {"~{\"a\":1}", "={\"a\":2}"},
       "1 empty"},
      {"P3 a terminator that is not spelled so",
       "data: [DONE] \n\n"sv,
       {"~done [DONE]"},
       "1 lenient"},

      // Line ends
      {"F1 CRLF", "data: {\"a\":1}\r\n\r\ndata: [DONE]\r\n\r\n"sv, {"~{\"a\":1}", "~done [DONE]"}},
      {"F1 CRLF only in one place",
       "data: {\"a\":1}\n\r\ndata: {\"a\":2}\r\n\ndata: {\"a\":3}\n\n"sv,
       {"~{\"a\":1}", "~{\"a\":2}", "={\"a\":3}"}},
      {"F2 CR", "data: {\"a\":1}\r\rdata: {\"a\":2}\r\r"sv, {"~{\"a\":1}", "~{\"a\":2}"}},

      // F3
      {"F3 a single LF",
       "data: {\"a\":1}\ndata: {\"a\":2}\ndata: {\"a\":3}\ndata: [DONE]\n"sv,
       {"~{\"a\":1}", "~{\"a\":2}", "~{\"a\":3}", "~done [DONE]"},
       "4 lenient"},
      {"F3 then blank lines",
       "data: {\"a\":1}\ndata: {\"a\":2}\n\ndata: {\"a\":3}\n\n"sv,
       {"~{\"a\":1}", "~{\"a\":2}", "={\"a\":3}"},
       "2 lenient"},
      {"F3 with event names",
       "event: a\ndata: {\"a\":1}\nevent: b\ndata: {\"a\":2}\nevent: c\ndata: {\"a\":3}\n"sv,
       {"~<a> {\"a\":1}", "~<b> {\"a\":2}", "~<c> {\"a\":3}"},
       "3 lenient"},
      {"F3 a raw line behind data",
       "data: {\"a\":1}\n{\"a\":2}\n{\"a\":3}\n[DONE]\n"sv,
       {"~{\"a\":1}", "~{\"a\":2}", "~{\"a\":3}", "~done [DONE]"},
       "4 lenient"},
      {"F3 the terminator first",
       "data: [DONE]\ndata: {\"a\":1}\n\n"sv,
       {"~done [DONE]", "~{\"a\":1}"},
       "2 lenient"},
      {"F3 an empty payload first", "data:\ndata: {\"a\":1}\n\n"sv, {"~{\"a\":1}"}, "1 empty"},
      {"F3 plain text first",
       "data: hi\ndata: {\"a\":1}\n\n"sv,
       {"~{\"a\":1}"},
       "1 dropped",
       "hi\n"},

      {"F3 ends with any blank line",
       "data: {\"a\":1}\ndata: [DONE]\ndata: hi\n\ndata: {\"a\":2}\n\ndata: {\"a\":3}\n\n"sv,
       {"~{\"a\":1}", "~done [DONE]", "~{\"a\":2}", "={\"a\":3}"},
       "1 dropped 2 lenient",
       "hi\n"},

      // SSE-7, F4
      {"F4 no blank line at the end",
       "data: {\"a\":1}\n\ndata: {\"a\":2}\n"sv,
       {"={\"a\":1}", "~{\"a\":2}"},
       "1 lenient"},
      {"F4 no line end at the end",
       "data: {\"a\":1}\n\ndata: [DONE]"sv,
       {"={\"a\":1}", "~done [DONE]"},
       "1 lenient"},
      {"SSE-7 a fragment",
       "data: {\"a\":1}\n\ndata: {\"a\":"sv,
       {"={\"a\":1}", "~{\"a\":"},
       "1 lenient"},
      {"SSE-7 two payloads at the end",
       "data: {\"a\":1}\ndata: {\"a\":2}"sv,
       {"~{\"a\":1}", "~{\"a\":2}"},
       "2 lenient"},
      {"SSE-7 a name behind the data",
       "data: {\"a\":1}\nevent: error"sv,
       {"~error <error> {\"a\":1}"},
       "1 lenient"},
      {"SSE-7 half a field", "data: {\"a\":1}\n\ndat"sv, {"={\"a\":1}"}, "1 dropped", "dat\n"},
      {"SSE-7 nothing", ""sv, {}},

      // F5, raw continuation
      {"F5 several data lines", "data: {\ndata:  \"a\":1\ndata: }\n\n"sv, {"~{\n\"a\":1\n}"}},
      {"F5 several data lines and a single LF",
       "data: {\ndata: \"a\":1\ndata: }\ndata: {\ndata: \"a\":2\ndata: }\n"sv,
       {"~{\n\"a\":1\n}", "~{\n\"a\":2\n}"},
       "2 lenient"},
      {"F5 a string over two data lines",
       "data: {\"a\":\"x\ndata:  y\"}\n\n"sv,
       {"~{\"a\":\"x\n y\"}"}},
      {"SSE-13 raw continuation",
       "data: {\n  \"a\": {\n    \"data\": 1\n  }\n}\n\n"sv,
       {"~{\n\"a\": {\n\"data\": 1\n}\n}"},
       "1 lenient"},
      {"SSE-13 a raw line end in a string",
       "data: {\"a\":\"x\n  event: y\n:z\\\"\"}\n\n"sv,
       {"~{\"a\":\"x\n  event: y\n:z\\\"\"}"},
       "1 lenient"},
      {"SSE-13 a blank line ends it",
       "data: {\"a\":\n\ndata: {\"a\":2}\n\n"sv,
       {"={\"a\":", "={\"a\":2}"}},
      {"SSE-13 a comment within",
       "data: {\n: c\ndata: }\n\ndata: {\"a\":1,\n: c\n\"b\":2}\n\n"sv,
       {"~{\"a\":1,\n\"b\":2}"},
       "2 comments 1 empty 1 lenient"},
      {"SSE-13 the terminator within",
       "data: {\"a\":[\ndata: [DONE]\n\n"sv,
       {"~{\"a\":[", "~done [DONE]"},
       "1 lenient"},

      // Heartbeats
      {"F7 comments",
       ": OPENROUTER PROCESSING\n\n:\n\n: ping - 2026\n\ndata: {\"a\":1}\n\n"sv,
       {"~{\"a\":1}"},
       "3 comments"},
      {"F8 a comment as data", "data: : OPENROUTER PROCESSING\n\n"sv, {}, "1 empty"},
      {"F9 ping",
       "event: ping\n\nevent: ping\ndata: {\"type\":\"ping\"}\n\nevent: Ping\ndata:\n\n"sv,
       {},
       "3 comments"},
      {"F9 the name ends with its event",
       "event: ping\n\ndata: {\"a\":1}\n\n"sv,
       {"~{\"a\":1}"},
       "1 comments"},
      {"F10 other fields",
       "id:1\nevent:result\n:HTTP_STATUS/200\ndata:{\"a\":1}\n\n"sv,
       {"~<result> {\"a\":1}"},
       "1 comments"},
      {"F10 a name behind the data",
       "data: {\"a\":1}\nevent: b\n\ndata: {\"a\":2}\n\n"sv,
       {"~<b> {\"a\":1}", "={\"a\":2}"}},
      {"F10 a lone retry", "retry: 3000\n\ndata: {\"a\":1}\n\n"sv, {"~{\"a\":1}"}, "1 comments"},
      {"F11 empty data", "data: \n\ndata:\n\ndata\n\ndata:  \t\n\n"sv, {}, "4 empty"},
      {"F12 {} and null", "data: {}\n\ndata: null\n\ndata: { }\n\n"sv, {}, "3 empty"},

      // Spelling of fields
      {"F13 several spaces",
       "data:   {\"a\":1}\n\ndata:\t{\"a\":2}\n\ndata:   [DONE]\n\n"sv,
       {"~{\"a\":1}", "~{\"a\":2}", "~done [DONE]"},
       "1 lenient"},
      {"F14 blanks before, any case",
       " data: {\"a\":1}\n\nData: {\"a\":2}\n\n\tDATA : {\"a\":3}\n\n"sv,
       {"~{\"a\":1}", "~{\"a\":2}", "~{\"a\":3}"},
       "3 lenient"},
      {"F14 event in any case", "Event: Error\nDATA: x\n\n"sv, {"~error <Error> x"}, "1 lenient"},
      {"F14 a prefix is not the name",
       "datas: {\"a\":1}\n\nidentity: 1\n\n"sv,
       {},
       "2 dropped",
       "datas: {\"a\":1}\nidentity: 1\n"},
      {"SSE-13 repeated data:",
       "data: data: {\"a\":1}\n\ndata:data:data: [DONE]\n\n"sv,
       {"~{\"a\":1}", "~done [DONE]"},
       "2 lenient"},
      {"F16 a BOM at the start",
       BOM "data: {\"a\":1}\n\ndata: {\"a\":2}\n\n"sv,
       {"~{\"a\":1}", "={\"a\":2}"}},
      {"F16 a BOM at every event",
       BOM "data: {\"a\":1}\n\n" BOM "data: {\"a\":2}\n\n"sv,
       {"~{\"a\":1}", "~{\"a\":2}"},
       "1 lenient"},
      {"F16 a BOM in the payload", "data: " BOM "{\"a\":1}\n\n"sv, {"~{\"a\":1}"}, "1 lenient"},

      // F25
      {"F25 glued documents are one payload",
       "data: {\"a\":1}{\"a\":2} {\"a\":3}\n\n"sv,
       {"={\"a\":1}{\"a\":2} {\"a\":3}"}},
      {"F25 glued with data:",
       "data: {\"a\":1}data: {\"a\":2} Data:{\"a\":3}\n\ndata: {\"a\":4}\n\n"sv,
       {"~{\"a\":1}", "~{\"a\":2}", "~{\"a\":3}", "={\"a\":4}"},
       "3 lenient"},
      {"F25 glued with the terminator",
       "data: {\"a\":1}[DONE]\n\ndata: {\"a\":2} [done]\n\n"sv,
       {"~{\"a\":1}", "~done [DONE]", "~{\"a\":2}", "~done [done]"},
       "4 lenient"},
      {"F25 glued with data: and the terminator",
       "data: {\"a\":1}data: [DONE]\n\n"sv,
       {"~{\"a\":1}", "~done [DONE]"},
       "2 lenient"},
      {"F25 glued behind the terminator",
       "data: [DONE]data: {\"a\":1}\n\n"sv,
       {"~done [DONE]", "~{\"a\":1}"},
       "2 lenient"},
      {"F25 glued to what is left out",
       "data: {}data: {\"a\":1}data: hi\n\n"sv,
       {"~{\"a\":1}"},
       "1 empty 1 dropped 1 lenient",
       "hi\n"},
      {"F25 a document behind the terminator",
       "data: [DONE]{\"a\":1}\n\n"sv,
       {"~done [DONE]", "~{\"a\":1}"},
       "2 lenient"},
      {"F25 glued, with blanks at the end",
       "data: {\"a\":1} data: {\"a\":2} \t\n\n"sv,
       {"~{\"a\":1}", "~{\"a\":2}"},
       "2 lenient"},
      {"F25 glued to an error",
       "error: {\"code\":500}data: {\"a\":1}\n\n"sv,
       {"~error {\"code\":500}", "~{\"a\":1}"},
       "2 lenient"},
      {"F25 glued in a named event",
       "event: x\ndata: {\"a\":1}data: {\"a\":2}\n\n"sv,
       {"~<x> {\"a\":1}", "~<x> {\"a\":2}"},
       "2 lenient"},
      {"F25 glued and a single LF",
       "data: {\"a\":1}data: {\"a\":2}\ndata: {\"a\":3}\n"sv,
       {"~{\"a\":1}", "~{\"a\":2}", "~{\"a\":3}"},
       "3 lenient"},
      {"F25 glued at the end",
       "data: {\"a\":1}data: {\"a\":2}[DONE]"sv,
       {"~{\"a\":1}", "~{\"a\":2}", "~done [DONE]"},
       "3 lenient"},
      {"F25 data: within a string is text",
       "data: {\"a\":\"}data: {\\\"}[DONE]\"}\n\n"sv,
       {"={\"a\":\"}data: {\\\"}[DONE]\"}"}},
      {"F25 anything else behind it is the caller's", "data: {\"a\":1} x\n\n"sv, {"={\"a\":1} x"}},

      // F27
      {"F27 spellings",
       "data: [done]\n\ndata: \"[DONE]\"\n\ndata: '[Done]' \n\ndata: DONE\n\n"sv,
       {"~done [done]", "~done \"[DONE]\"", "~done '[Done]'", "~done DONE"},
       "4 lenient"},
      {"F27 without data:",
       "[DONE]\n \"[done]\"\n"sv,
       {"~done [DONE]", "~done \"[done]\""},
       "2 lenient"},
      {"F27 DONE without data: is text", "DONE\n\n"sv, {}, "1 dropped", "DONE\n"},
      {"T4 twice", "data: [DONE]\n\ndata: [DONE]\n\n"sv, {"=done [DONE]", "=done [DONE]"}},

      // Bare documents
      {"F28 NDJSON",
       "{\"a\":1}\n{\"a\":2}\n\n{\"a\":3}\n"sv,
       {"~{\"a\":1}", "~{\"a\":2}", "~{\"a\":3}"}},
      {"F28 NDJSON with CRLF and no end", "{\"a\":1}\r\n{\"a\":2}"sv, {"~{\"a\":1}", "~{\"a\":2}"}},
      {"F28 NDJSON with BOMs and blanks",
       BOM "{\"a\":1}\n" BOM " {\"a\":2} \n"sv,
       {"~{\"a\":1}", "~{\"a\":2}"},
       "1 lenient"},
      {"SSE-10 one document",
       "{\"object\":\"chat.completion\"}"sv,
       {"~{\"object\":\"chat.completion\"}"}},
      {"SSE-10 pretty-printed, with blank lines",
       "{\n  \"data\": 1,\n\n  \"error\": {\n    \"id\": \"}\\\"\"\n  }\n}\n{\n\"a\": 2\n}"sv,
       {"~{\n\"data\": 1,\n\n\"error\": {\n\"id\": \"}\\\"\"\n}\n}", "~{\n\"a\": 2\n}"}},
      {"SSE-10 an array", "[{\"a\":1},\n{\"a\":2}\n]\n"sv, {"~[{\"a\":1},\n{\"a\":2}\n]"}},
      {"SSE-10 a colon at the line's begin", "{\"a\"\n: 1}\n"sv, {"~{\"a\"\n: 1}"}},
      {"SSE-10 a fragment", "{\"a\":[1,\n\n"sv, {"~{\"a\":[1,"}},
      {"SSE-13 a bare error line",
       "data: {\"a\":1}\n\n{\"error\":{\"message\":\"x\"}}\n\n"sv,
       {"={\"a\":1}", "~{\"error\":{\"message\":\"x\"}}"},
       "1 lenient"},
      {"F32 JSON and a terminator",
       "{\"a\":1}\n\ndata: [DONE]\n\n"sv,
       {"~{\"a\":1}", "~done [DONE]"}},
      {"SSE-13 a field cannot be JSON",
       "{\"a\":[1,\ndata: {\"a\":2}\n\n"sv,
       {"~{\"a\":[1,", "~{\"a\":2}"},
       "1 lenient"},
      {"SSE-13 the terminator cannot be JSON",
       "{\"a\":[1,\n[DONE]\n"sv,
       {"~{\"a\":[1,", "~done [DONE]"},
       "2 lenient"},
      {"SSE-13 but its quoted form can",
       "{\"a\":[\n\"[DONE]\"\n]}\n"sv,
       {"~{\"a\":[\n\"[DONE]\"\n]}"}},
      {"F25 bare and glued",
       "{\"a\":1}data: {\"a\":2}\n{\"a\":3}[DONE]\n"sv,
       {"~{\"a\":1}", "~{\"a\":2}", "~{\"a\":3}", "~done [DONE]"},
       "4 lenient"},

      // Errors
      {"X5 error:", "error: {\"code\":500}\n\n"sv, {"~error {\"code\":500}"}, "1 lenient"},
      {"X5 error: of text",
       "error: boom\n\nerror: null\n\n"sv,
       {"~error boom"},
       "1 empty 1 lenient"},
      {"X5 error: behind a single LF",
       "data: {\"a\":1}\nerror: {\"code\":500}\ndata: [DONE]\n\n"sv,
       {"~{\"a\":1}", "~error {\"code\":500}", "~done [DONE]"},
       "3 lenient"},
      {"X5 error: behind a fragment",
       "data: {\"a\":[\nerror: {\"code\":500}\n\n"sv,
       {"~{\"a\":[", "~error {\"code\":500}"},
       "2 lenient"},
      {"X4 event: error",
       "event: error\ndata: {\"message\":\"x\"}\n\n"sv,
       {"~error <error> {\"message\":\"x\"}"}},
      {"X4 event: error with text",
       "event: error\ndata: out of\ndata: memory\n\n"sv,
       {"~error <error> out of\nmemory"}},
      {"X4 event: error without data", "event: error\n\n"sv, {}, "1 comments"},

      // What is neither
      {"F41 text",
       "upstream says hi\n\ndata: {\"a\":1}\n\n"sv,
       {"~{\"a\":1}"},
       "1 dropped",
       "upstream says hi\n"},
      {"F41 text as data",
       "data: upstream says hi\n\ndata: {\"a\":1}\n\n"sv,
       {"~{\"a\":1}"},
       "1 dropped",
       "upstream says hi\n"},
      {"F41 text within", "data: {\"a\":1}\nhi\n\n"sv, {"~{\"a\":1}"}, "1 dropped", "hi\n"},
      {"F41 log lines",
       "[INFO] up [\n[2026-01-01 10:00] x\n{oops\n\ndata: {\"a\":1}\n\n"sv,
       {"~{\"a\":1}"},
       "3 dropped",
       "[INFO] up [\n[2026-01-01 10:00] x\n{oops\n"},
      {"F25 glued in front of a name",
       "{\"a\":1}data: {\nevent: x\ndata: {\"a\":2}\n\n"sv,
       {"~{\"a\":1}", "~{", "=<x> {\"a\":2}"},
       "2 lenient"},
      {"F41 text behind text that is glued",
       "{}data: late\nhi\n"sv,
       {},
       "1 empty 2 dropped",
       "late\nhi\n"},
      {"F41 lines of blanks", "  \n\t\ndata: {\"a\":1}\n \n\n"sv, {"~{\"a\":1}"}},
      {"F38 HTML",
       "<!DOCTYPE html>\n<a href=\"http://x\">\n  504</a>"sv,
       {},
       "3 dropped",
       "<!DOCTYPE html>\n<a href=\"http://x\">\n  504</a>\n"},
      {"a number, a string", "data: 1\n\ndata: \"x\"\n\n1\n"sv, {}, "3 dropped", "1\n\"x\"\n1\n"},
  };
  return all;
}

TEST(PayloadReader, ReadsEveryClauseAndQuirk) {
  for (const test_case& c : cases()) {
    const testing::reading got = testing::reading_of({c.input});
    EXPECT_EQ(c.want, got.payloads) << c.name;
    EXPECT_EQ(c.counted, got.counted) << c.name;
    EXPECT_EQ(c.dropped, got.dropped_text) << c.name;
  }
}

TEST(PayloadReader, EverySplitGivesTheSamePayloadsAndCounts) {
  for (const test_case& c : cases()) {
    const testing::reading want = testing::reading_of({c.input});
    testing::for_each_split(c.input, [&](const testing::pieces& p) {
      ASSERT_EQ(want, testing::reading_of(p)) << c.name;
    });
    EXPECT_EQ(want, testing::reading_of(testing::one_by_one(c.input))) << c.name;
  }
}

TEST(PayloadReader, EveryPairOfCasesInOneStreamIsIndependentOfSplits) {
  // What one case leaves behind (a name, a mode, a BOM) meets the next one.
  for (const test_case& a : cases())
    for (const test_case& b : cases()) {
      const std::string stream = std::string(a.input) + std::string(b.input);
      const testing::reading want = testing::reading_of({stream});
      ASSERT_EQ(want, testing::reading_of(testing::one_by_one(stream))) << a.name << ", " << b.name;
      ASSERT_EQ(want, testing::reading_of(testing::cut(stream, {3, 1, 7})))
          << a.name << ", " << b.name;
    }
}

TEST(PayloadReader, AnyPartitionOfAnyStreamGivesTheSamePayloadsAndCounts) {  // SSE-8
  EXPECT_TRUE(rc::check([] {
    const std::string stream = *testing::arbitrary_stream();
    const testing::pieces parts = testing::cut(stream, *testing::arbitrary_sizes());
    RC_ASSERT(testing::reading_of({stream}) == testing::reading_of(parts));
  }));
}

/// The offset behind which each payload was first delivered, without finish().
std::vector<std::size_t> delivered_at(std::string_view stream) {
  std::vector<std::size_t> out;
  payload_reader reader;
  for (std::size_t i = 0; i < stream.size(); ++i) {
    std::string_view byte = stream.substr(i, 1);
    while (reader.parse(byte) == payload_reader::status::ready) out.push_back(i + 1);
  }
  return out;
}

TEST(PayloadReader, NothingIsHeldBackThatCanBeDelivered) {
  struct latency_case {
    std::string_view name;
    std::string_view stream;
    std::vector<std::size_t> want;
  };
  const latency_case latency_cases[] = {
      {"an event with its blank line", "data: {\"a\":1}\n\ndata: [DONE]\n\n", {15, 29}},
      {"CR", "data: {\"a\":1}\r\r", {15}},
      {"an NDJSON line with its LF", "{\"a\":1}\n{\"a\":2}\n", {8, 16}},
      {"a bare document with the LF that follows its last bracket", "{\n\"a\":1\n}\nx", {10}},
      {"a bare terminator with its LF", "[DONE]\n", {7}},
      {"after a single LF no payload waits for the next",
       "data: {\"a\":1}\ndata: {\"a\":2}\ndata: {\"a\":3}\ndata: [DONE]\n",
       {28, 28, 42, 55}},
      {"until a blank line",
       "data: {\"a\":1}\ndata: {\"a\":2}\n\ndata: {\"a\":3}\n\n",
       {28, 28, 44}},
      {"glued payloads together", "data: {\"a\":1}data: {\"a\":2}[DONE]\n\n", {34, 34, 34}},
  };
  for (const latency_case& c : latency_cases) EXPECT_EQ(c.want, delivered_at(c.stream)) << c.name;
}

TEST(PayloadReader, ARegularEventInsideOneInputIsAViewOfIt) {
  const std::string_view inputs[] = {"data: {\"a\":1}\n\n", "data:{\"a\":1}\r\n\r\n",
                                     "event: x\ndata: {\"a\":1}\n\n", "{\"a\":1}\n"};
  for (const std::string_view whole : inputs) {
    std::string_view input = whole;
    payload_reader reader;
    ASSERT_EQ(reader.parse(input), payload_reader::status::ready) << whole;
    EXPECT_EQ(reader.current().text.data(), whole.data() + whole.find('{')) << whole;
  }
}

TEST(PayloadReader, StopsBehindEachPayloadAndAtTheEndForEver) {
  std::string_view input = "data: {\"a\":1}\n\ndata: {\"a\":2}\n\nrest";
  payload_reader reader;
  ASSERT_EQ(reader.parse(input), payload_reader::status::ready);
  EXPECT_EQ(input, "data: {\"a\":2}\n\nrest");
  ASSERT_EQ(reader.parse(input), payload_reader::status::ready);
  EXPECT_EQ(input, "rest");
  ASSERT_EQ(reader.parse(input), payload_reader::status::need_input);
  EXPECT_EQ(input, "");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(reader.finish(), payload_reader::status::need_input);
  EXPECT_EQ(reader.dropped_text(), "rest\n");
  EXPECT_EQ(reader.counted().dropped, 1U);
}

TEST(PayloadReader, KnowsAWholePayloadWhoseLineOrEventWasNeverEnded) {  // T3
  struct held_case {
    std::string_view input;
    bool whole;
  };
  const held_case cases[] = {
      {R"({"a":1})", true},
      {"{\n \"a\": [1]\n}", true},
      {R"({"a":{})", false},
      {R"({"a":"}")", false},
      {R"([{"a":1},{"b":"]"}])", true},
      {R"(data: {"a":1})", true},
      {"data: {\"a\":1}\n", true},
      {"data: {\"a\":1}\n\n", false},
      {"data: {\ndata: \"a\":1}", true},
      {R"(data: {"a":)", false},
      {"data: [DONE]", true},
      {"data: [DONE]\n", true},
      {R"(event: {"a":1})", false},
      {R"(some text})", false},
      {R"(: {"a":1})", false},
      {"", false},
  };
  for (const held_case& c : cases) {
    payload_reader reader;
    std::string_view input = c.input;
    while (reader.parse(input) == payload_reader::status::ready) continue;
    EXPECT_EQ(reader.whole(), c.whole) << c.input;
    if (!c.whole) continue;
    EXPECT_TRUE(reader.may_be_whole()) << c.input;
    // It is delivered, and the body may go on.
    EXPECT_EQ(reader.finish(), payload_reader::status::ready) << c.input;
    EXPECT_EQ(reader.finish(), payload_reader::status::need_input) << c.input;
    std::string_view more = "\n\ndata: {\"b\":2}\n\n";
    EXPECT_EQ(reader.parse(more), payload_reader::status::ready) << c.input;
    EXPECT_EQ(reader.current().text, R"({"b":2})") << c.input;
  }
}

}  // namespace
}  // namespace weir::sse
