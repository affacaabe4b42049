#include "weir/sse/line_scanner.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/splits.h"
#include "weir/sse/json_extent.h"

namespace weir::sse {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

std::vector<std::string> lines_of(const testing::pieces& inputs) {
  line_scanner scanner;
  std::vector<std::string> out;
  for (std::string_view input : inputs)
    while (scanner.next(input, 100000) == line_scanner::status::line_ready)
      out.push_back(std::string(scanner.line()) + (scanner.ended_by_cr() ? "CR" : "LF"));
  if (scanner.finish()) out.push_back(std::string(scanner.line()) + "END");
  return out;
}

TEST(LineScanner, CutsAtEveryLineEndHoweverTheInputIsSplit) {  // SSE-2
  struct test_case {
    std::string_view name;
    std::string_view input;
    std::vector<std::string> want;
  };
  const test_case cases[] = {
      {"nothing", "", {}},
      {"LF", "a\n\nb\n", {"aLF", "LF", "bLF"}},
      {"CR", "a\r\rb\r", {"aCR", "CR", "bCR"}},
      {"CRLF", "a\r\n\r\nb\r\n", {"aCR", "CR", "bCR"}},
      {"mixed", "\r\n\n\r\r\na\n\rb", {"CR", "LF", "CR", "CR", "aLF", "CR", "bEND"}},
      {"no end", "a", {"aEND"}},
      {"NUL is a byte", "a\0b\n\0"sv, {"a\0bLF"s, "\0END"s}},
  };
  for (const test_case& c : cases)
    testing::for_each_split(
        c.input, [&](const testing::pieces& p) { ASSERT_EQ(c.want, lines_of(p)) << c.name; });
}

TEST(LineScanner, FindsLineEndsOnBothSidesOfItsWindows) {
  for (const std::size_t length : {1022U, 1023U, 1024U, 1025U, 3071U, 3072U, 3073U, 9000U})
    for (const char end : {'\n', '\r'})
      for (const char next : {'\n', '\r', 'b'}) {
        const std::string text = std::string(length, 'a') + end + next + std::string(2000, 'c');
        EXPECT_EQ(line_scanner::find_line_end(text), length);
        EXPECT_EQ(line_scanner::find_line_end(std::string_view(text).substr(0, length)),
                  std::string_view::npos);
      }
}

TEST(LineScanner, ALineMayFillItsRoomAndNoMore) {
  for (const std::size_t cut : {0U, 1U, 4U, 5U}) {
    for (const std::size_t room : {4U, 5U}) {
      line_scanner scanner;
      std::string_view head = "12345"sv.substr(0, cut);
      std::string_view tail = "12345\n"sv.substr(cut);
      auto status = scanner.next(head, room);
      if (status == line_scanner::status::need_input) status = scanner.next(tail, room);
      EXPECT_EQ(status,
                room == 5 ? line_scanner::status::line_ready : line_scanner::status::too_long)
          << cut << ' ' << room;
    }
  }
}

TEST(JsonExtent, KnowsWhereDocumentsEndHoweverTheyAreCut) {
  struct test_case {
    std::string_view text;
    std::size_t first_end;
    bool closed;
    bool in_string;
  };
  const test_case cases[] = {
      {"{}", 2, true, false},
      {R"({"a":[1,{"b":"}"}]} x)", 19, true, false},
      {R"(  [[]])", 6, true, false},
      {R"({"a":"\"}"})", 11, true, false},
      {R"({"a":"\\"} {)", 10, false, false},
      {R"({"a":"x)", 7, false, true},
      {R"({"a":"\)", 7, false, true},
      {R"("}{" x)", 6, false, true},            // only a bracket begins a document
      {R"({'a':'}"\'}'} ')", 13, true, false},  // F24
      {R"({"a":"it's}"})", 13, true, false},
      {R"({'a':'x")", 8, false, true},
      {"{}}]", 2, true, false},
      {"", 0, true, false},
  };
  for (const test_case& c : cases) {
    json_extent first;
    EXPECT_EQ(first.scan_document(c.text), c.first_end) << c.text;
    for (std::size_t cut = 0; cut <= c.text.size(); ++cut) {
      json_extent extent;
      extent.scan(c.text.substr(0, cut));
      extent.scan(c.text.substr(cut));
      EXPECT_EQ(extent.closed(), c.closed) << c.text << ' ' << cut;
      EXPECT_EQ(extent.in_string(), c.in_string) << c.text << ' ' << cut;
    }
  }
}

}  // namespace
}  // namespace weir::sse
