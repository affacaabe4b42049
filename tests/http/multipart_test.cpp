#include "http/multipart.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/splits.h"
#include "weir/base/limits.h"

namespace weir::http {
namespace {

/// Everything a scanner says: `[Name: value]` for a head, `<content>`, `$` for the last boundary.
class transcript {
 public:
  explicit transcript(std::string_view boundary) : scanner_(boundary) {}

  void feed(std::string_view input) {
    using status = multipart_scanner::status;
    for (;;) {
      switch (scanner_.parse(input)) {
        case status::need_input:
          EXPECT_TRUE(input.empty());
          return;
        case status::part:
          text_ += '@' + std::to_string(scanner_.consumed()) + '[';
          for (const field& f : scanner_.headers())
            text_ += std::string(f.name) + ": " + std::string(f.value) + ';';
          text_ += "]<";
          break;
        case status::content:
          EXPECT_FALSE(scanner_.content().empty());
          text_ += scanner_.content();
          break;
        case status::part_end:
          text_ += '>';
          break;
        case status::end:
          text_ += '$';
          break;
        case status::error:
          if (!failed_) text_ += '!' + std::string(scanner_.error());
          failed_ = true;
          return;
      }
    }
  }
  [[nodiscard]] std::string text() const {
    return text_ + (scanner_.complete() ? " complete" : "");
  }

 private:
  multipart_scanner scanner_;
  std::string text_;
  bool failed_ = false;
};

std::string scanned(std::string_view body, std::string_view boundary = "b") {
  transcript t(boundary);
  t.feed(body);
  return t.text();
}

struct test_case {
  const char* name;
  std::string body;
  std::string want;
};

const std::vector<test_case> cases = {
    {"two parts", "--b\r\nA: 1\r\nB: 2\r\n\r\nfirst\r\n--b\r\n\r\nsecond\r\n--b--\r\n",
     "@19[A: 1;B: 2;]<first>@33[]<second>$ complete"},
    {"without the last line end", "--b\r\n\r\nx\r\n--b--", "@7[]<x>$ complete"},
    {"a line end in front", "\r\n--b\r\n\r\nx\r\n--b--", "@9[]<x>$ complete"},
    {"nothing in a part", "--b\r\n\r\n\r\n--b--", "@7[]<>$ complete"},
    {"no part at all", "--b--\r\n", "$ complete"},
    {"line ends in a part", "--b\r\n\r\n\r\n\r\r\n\n-\r\n--\r\n--\r\n--b--",
     "@7[]<\r\n\r\r\n\n-\r\n--\r\n-->$ complete"},
    {"what looks like a boundary", "--b\r\n\r\n--B\r\n--a\r\n-b\r\n--\r\r\n--b--",
     "@7[]<--B\r\n--a\r\n-b\r\n--\r>$ complete"},
    {"every byte", "--b\r\n\r\n" + std::string(1, '\0') + "\xff\x80\x1b\r\n--b--",
     "@7[]<" + std::string(1, '\0') + "\xff\x80\x1b>$ complete"},
    {"nothing yet", "", ""},
    {"half a boundary", "--", ""},
    {"only a boundary", "--b\r\n", ""},
    {"half a part", "--b\r\n\r\nx\r\n--", "@7[]<x"},
    {"the last line end is half", "--b--\r", "$"},

    {"text in front", "x--b\r\n\r\n\r\n--b--", "!the body does not begin with its boundary"},
    {"two line ends in front", "\r\n\r\n--b\r\n\r\n\r\n--b--",
     "!the body does not begin with its boundary"},
    {"another boundary", "--c\r\n\r\n\r\n--c--", "!the body does not begin with its boundary"},
    {"no dashes", "b\r\n\r\n\r\n", "!the body does not begin with its boundary"},
    {"text behind", "--b--\r\nx", "$!something follows the last boundary"},
    {"text at once behind", "--b--x", "$!something follows the last boundary"},
    {"two line ends behind", "--b--\r\n\r\n", "$!something follows the last boundary"},
    {"a second form behind", "--b--\r\n--b\r\n\r\n\r\n--b--",
     "$!something follows the last boundary"},
    {"white space behind a boundary", "--b \r\n\r\nx\r\n--b--",
     "!a boundary is followed by neither a line end nor --"},
    {"a longer boundary", "--b\r\n\r\nx\r\n--bc--",
     "@7[]<x>!a boundary is followed by neither a line end nor --"},
    {"LF behind a boundary", "--b\n\nx\n--b--",
     "!a boundary is followed by neither a line end nor --"},
    {"CR behind a boundary", "--b\r\r\n", "!a boundary is followed by neither a line end nor --"},
    {"one dash behind a boundary", "--b-\r\n",
     "!a boundary is followed by neither a line end nor --"},
    {"a boundary behind LF", "--b\r\n\r\nx\n--b--", "@7[]<x!the boundary stands inside a part"},
    {"a boundary behind CR", "--b\r\n\r\nx\r--b--", "@7[]<x\r!the boundary stands inside a part"},
    {"a boundary in the middle", "--b\r\n\r\nx--b\r\n--b--",
     "@7[]<!the boundary stands inside a part"},
    {"a boundary at once", "--b\r\n\r\n--b--", "@7[]<!the boundary stands inside a part"},
    {"a boundary after other dashes", "--b\r\n\r\n---b\r\n--b--",
     "@7[]<!the boundary stands inside a part"},
    {"a boundary in a head", "--b\r\nA: --b\r\n\r\nx\r\n--b--",
     "!the boundary stands in the head of a part"},
    {"LF in a head", "--b\r\nA: 1\n\r\nx", "!a line in the head of a part does not end in CRLF"},
    {"a folded field", "--b\r\nA: 1\r\n 2\r\n\r\nx", "!folded header field"},
    {"no colon", "--b\r\nA 1\r\n\r\nx", "!whitespace in or after a header field name"},
    {"a control character", "--b\r\nA: \x01\r\n\r\nx",
     "!control character in a header field value"},
};

/// Which of the contents before a fault are told hangs on the cuts.
std::string comparable(std::string text) {
  const std::size_t fault = text.find('!');
  const std::size_t begin = text.rfind('<', fault);
  if (fault == std::string::npos || begin == std::string::npos || text.find('>', begin) < fault)
    return text;
  return text.substr(0, begin + 1) + text.substr(fault);
}

TEST(Multipart, EveryBodyIsTakenApartOrRefusedAsTheTableSays) {
  for (const test_case& c : cases)
    EXPECT_EQ(comparable(c.want), comparable(scanned(c.body))) << c.name;
}

TEST(Multipart, EverySplitGivesTheSameParts) {
  for (const test_case& c : cases) {
    const std::string whole = comparable(scanned(c.body));
    weir::testing::for_each_split(c.body, [&](const weir::testing::pieces& pieces) {
      transcript t("b");
      for (const std::string_view piece : pieces) t.feed(piece);
      EXPECT_EQ(whole, comparable(t.text())) << c.name;
    });
  }
}

TEST(Multipart, ABoundaryThatRepeatsItselfIsFoundOverEverySplit) {
  const std::string boundary = "--a--a--";
  const std::pair<const char*, bool> contents[] = {{"----a--a----a--a--", false},
                                                   {"----a--a-", true}};
  for (const auto& [content, right] : contents) {
    const std::string body = "--" + boundary + "\r\n\r\n" + content + "\r\n--" + boundary + "--";
    weir::testing::for_each_split(body, [&](const weir::testing::pieces& pieces) {
      transcript t(boundary);
      for (const std::string_view piece : pieces) t.feed(piece);
      EXPECT_EQ(right, t.text().find("complete") != std::string::npos) << content;
      EXPECT_EQ(!right, t.text().find("inside a part") != std::string::npos) << content;
    });
  }
}

TEST(Multipart, TheHeadOfAPartIsBounded) {
  for (const std::size_t over : {0U, 1U}) {
    const std::string line =
        "A: " + std::string(limits::max_head_bytes - 7 + over, 'x') + "\r\n\r\n";
    EXPECT_EQ(over == 1, scanned("--b\r\n" + line).find('!') != std::string::npos);
  }
}

TEST(Multipart, TheBoundaryIsReadFromTheContentType) {
  const std::pair<std::string_view, std::optional<std::string>> types[] = {
      {"multipart/form-data; boundary=abc", "abc"},
      {"Multipart/Form-Data;BOUNDARY=\"a b\"", "a b"},
      {"multipart/form-data; charset=utf-8; boundary=----WebKitFormBoundary7MA4YWxkTrZu0gW",
       "----WebKitFormBoundary7MA4YWxkTrZu0gW"},
      {"multipart/form-data; boundary=", ""},
      {"multipart/form-data", ""},
      {"multipart/form-data; boundary=a; boundary=b", ""},
      {"multipart/form-data; boundary=\"\"", ""},
      {"multipart/form-data; boundary=\"a \"", ""},
      {"multipart/form-data; boundary=\"a\\\"b\"", ""},
      {"multipart/form-data boundary=a", std::nullopt},
      {"multipart/mixed; boundary=a", std::nullopt},
      {"application/json", std::nullopt},
      {"", std::nullopt},
  };
  for (const auto& [type, want] : types) EXPECT_EQ(want, form_boundary(type)) << type;
  EXPECT_EQ(std::string(70, 'x'),
            form_boundary("multipart/form-data; boundary=" + std::string(70, 'x')));
  EXPECT_EQ("", form_boundary("multipart/form-data; boundary=" + std::string(71, 'x')));
}

}  // namespace
}  // namespace weir::http
