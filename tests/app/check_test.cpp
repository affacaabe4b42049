// What `weir check` is made of; the command itself is tested from outside (test_check.py).
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "app/check_advice.h"
#include "app/check_body.h"
#include "app/check_probes.h"
#include "app/check_report.h"
#include "app/check_request.h"
#include "app/check_rules.h"
#include "app/terminal.h"
#include "support/test_data.h"
#include "weir/base/limits.h"
#include "weir/json/reader.h"

namespace weir::app {
namespace {

using openai::severity;

TEST(CheckAdvice, EachRuleHasOneRowAndEachRowARule) {
  std::set<std::string_view> rules;
  for (const openai::lint_rule& rule : openai::lint_rules()) rules.insert(rule.name);
  for (const openai::lint_rule& rule : check_rules::all())
    EXPECT_TRUE(rules.insert(rule.name).second) << rule.name << " is a rule of the judge, too";
  std::set<std::string_view> rows;
  for (const auto& table : {advice_on_messages(), advice_on_choices(), advice_on_completions()}) {
    for (const advice& row : table) {
      EXPECT_TRUE(rows.insert(row.rule).second) << row.rule;
      EXPECT_FALSE(row.weir.empty()) << row.rule;
      EXPECT_EQ(advice_for(row.rule).weir, row.weir);
    }
  }
  EXPECT_EQ(rows, rules);
  EXPECT_EQ(advice_for("nonsense").clients, "");
}

std::string page_path(std::string_view name) {
  return testing::data_folder() + "/../../docs/" + std::string(name);
}

TEST(CheckAdvice, TheDeviationsItNamesAreInTheDocumentation) {
  std::string pages;
  for (const std::string_view name : {"check-rules.md", "clauses.md"}) {
    std::ifstream page(page_path(name));
    pages.append(std::istreambuf_iterator<char>(page), {});
  }
  const std::regex in_brackets(R"(\(([A-Z]+\d+x?(, [A-Z]+\d+)*)\))");
  const std::regex name(R"([A-Z]+\d+x?)");
  std::size_t named = 0;
  for (const auto& table : {advice_on_messages(), advice_on_choices(), advice_on_completions()}) {
    for (const advice& row : table) {
      const std::string text(row.clients);
      for (std::sregex_iterator at(text.begin(), text.end(), in_brackets), end; at != end; ++at) {
        const std::string list = (*at)[1];
        for (std::sregex_iterator one(list.begin(), list.end(), name); one != end; ++one, ++named)
          EXPECT_NE(pages.find("| " + one->str() + " | "), std::string::npos) << one->str();
      }
    }
  }
  EXPECT_GT(named, 80U);
}

/// `rule clause severity` of each row of the page.
std::set<std::string> documented_rules() {
  std::ifstream page(page_path("check-rules.md"));
  std::set<std::string> rows;
  for (std::string line; std::getline(page, line);) {
    if (!line.starts_with("| `")) continue;
    std::istringstream columns(line);
    std::string bar, rule, clause, weight;
    columns >> bar >> rule >> bar >> clause >> bar >> weight;
    rows.insert(rule.substr(1, rule.size() - 2) + " " + clause + " " + weight);
  }
  return rows;
}

TEST(CheckRules, EachIsInTheDocumentationAsItIs) {
  std::set<std::string> rules;
  for (const auto& table : {openai::lint_rules(), check_rules::all()}) {
    for (const openai::lint_rule& rule : table)
      rules.insert(std::string(rule.name) + " " + std::string(rule.clause) +
                   (rule.severity == severity::fault ? " fault" : " hint"));
  }
  EXPECT_EQ(documented_rules(), rules);
}

TEST(CheckRequest, WhatItAsksForIsRead) {
  const struct {
    std::string_view body;
    asked want;
  } cases[] = {
      {R"({"model":"m","messages":[]})", {false, false, "m", {1}}},
      {R"({"messages":[],"stream":true,"n":3})", {false, true, "", {3}}},
      {R"({"messages":[],"n":"3"})", {false, false, "", {1}}},
      {R"({"messages":[],"n":4000000000000})", {false, false, "", {limits::max_choices}}},
      {R"({"messages":[],"stream_options":{"include_usage":true}})", {false, false, "", {1, true}}},
      {R"({"messages":[],"stream_options":{"include_obfuscation":false}})",
       {false, false, "", {1, false, false}}},
      {R"({"prompt":"x","n":2,"stream":true})", {true, true, "", {2}}},
      {R"({"prompt":["x","y"],"n":2})", {true, false, "", {4}}},
      {R"({"prompt":[1,2,3]})", {true, false, "", {1}}},
      {R"({"prompt":[[1],[2]]})", {true, false, "", {2}}},
  };
  for (const auto& c : cases) {
    const result<asked> got = read_asked(c.body);
    ASSERT_TRUE(got.ok()) << c.body;
    EXPECT_EQ(got->completions, c.want.completions) << c.body;
    EXPECT_EQ(got->stream, c.want.stream) << c.body;
    EXPECT_EQ(got->model, c.want.model) << c.body;
    EXPECT_EQ(got->answer.n, c.want.answer.n) << c.body;
    EXPECT_EQ(got->answer.include_usage, c.want.answer.include_usage) << c.body;
    EXPECT_EQ(got->answer.include_obfuscation, c.want.answer.include_obfuscation) << c.body;
  }
  const struct {
    std::string_view members;
    bool names_tool, tools, functions;
  } calls[] = {
      {R"("tools":[])", false, false, false},
      {R"("tools":[{}])", false, true, false},
      {R"("functions":[{}])", false, false, true},
      {R"("tools":[{}],"tool_choice":"auto")", false, true, false},
      {R"("tools":[{}],"tool_choice":{"type":"function","function":{"name":"f"}})", true, true,
       false},
      {R"("tools":[{}],"tool_choice":{"type":"custom","custom":{"name":"f"}})", true, true, false},
      {R"("functions":[{}],"function_call":{"name":"f"})", true, false, true},
      {R"("functions":[{}],"function_call":"auto")", false, false, true},
  };
  for (const auto& c : calls) {
    const result<asked> got = read_asked(R"({"messages":[],)" + std::string(c.members) + "}");
    ASSERT_TRUE(got.ok()) << c.members;
    EXPECT_EQ(got->answer.names_tool, c.names_tool) << c.members;
    EXPECT_EQ(got->answer.offers_tools, c.tools) << c.members;
    EXPECT_EQ(got->answer.offers_functions, c.functions) << c.members;
  }
  for (const std::string_view bad : {"", "{", "[]", "{}", "{\"messages\":[]} {}"})
    EXPECT_FALSE(read_asked(bad).ok()) << bad;
}

TEST(CheckProbes, EachIsARequestOfItsOwn) {
  std::set<std::string_view> names;
  json::reader reader;
  for (const probe& p : probes()) {
    EXPECT_TRUE(names.insert(p.name).second) << p.name;
    const std::string request = p.request("m \"1\"");
    ASSERT_EQ(reader.parse(request), json::reader::status::ok) << p.name;
    EXPECT_TRUE(reader.root()["model"].equals("m \"1\"")) << p.name;
    EXPECT_EQ(read_asked(p.request("m")).ok(), p.wants != probe::kind::refusal) << p.name;
    const std::string other = p.respelled("m");
    EXPECT_EQ(other != p.request("m"), !p.instead.empty()) << p.name;
    EXPECT_EQ(reader.parse(other), json::reader::status::ok) << p.name;
  }
}

TEST(CheckBody, WhatABodyIsComesBeforeWhatItSays) {
  const std::string document =
      R"({"id":"x","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,)"
      R"("message":{"role":"assistant","content":"x"},"finish_reason":"stop"}]})";
  const struct {
    std::string_view name;
    std::string body;
    std::string_view of_stream;    ///< its only fault when a stream was asked for
    std::string_view of_document;  ///< when a document was
  } cases[] = {
      {"nothing", "", "body-empty", "body-empty"},
      {"blank", " \r\n\t", "body-empty", "body-empty"},
      {"gzip", "\x1F\x8B\x08", "body-compressed", "body-compressed"},
      {"a page", "<html>data</html>", "body-text", "body-text"},
      {"text", "upstream says hi\n", "body-text", "body-text"},
      {"a document", document, "document-for-stream", ""},
      {"a document with a line end", document + "\n", "document-for-stream", ""},
      {"half a document", document.substr(0, 40), "document-for-stream", "document-not-json"},
      {"lines", document + "\n" + document, "lines-for-stream", "lines-for-document"},
      {"a document and the end", document + "\n\ndata: [DONE]\n\n", "lines-for-stream",
       "lines-for-document"},
      {"braces of no JSON", "{nothing}", "body-text", "body-text"},
      {"an error", R"({"error":{"message":"m"}})", "error-as-success", "error-as-success"},
      {"an error of FastAPI", R"({"detail":"m"})", "error-as-success", "error-as-success"},
      {"a list of errors", R"([{"error":{}}])", "document-for-stream", "document-not-object"},
      {"an event", "data: [DONE]\n\n", "choice-missing", "stream-for-document"},
      {"a field in capitals", "Data: {}\n\n", "choice-missing terminator-missing unknown-line",
       "stream-for-document"},
      {"a comment", ": hi\n\n", "choice-missing comment terminator-missing", "stream-for-document"},
  };
  for (const auto& c : cases) {
    for (const bool stream : {true, false}) {
      asked by;
      by.stream = stream;
      std::set<std::string_view> rules;
      for (const openai::finding& f : judge_body(c.body, by))
        if (f.severity == severity::fault) rules.insert(f.rule);
      std::string got;
      for (const std::string_view rule : rules) got += (got.empty() ? "" : " ") + std::string(rule);
      EXPECT_EQ(got, stream ? c.of_stream : c.of_document) << c.name;
    }
  }
}

openai::finding at(std::string_view rule, severity weight, std::size_t event) {
  openai::finding f;
  f.rule = rule;
  f.severity = weight;
  f.event = event;
  return f;
}

TEST(CheckReport, FindingsOfOneRuleAreOneNoteAndFaultsComeFirst) {
  const std::vector<openai::finding> found = {
      at("h", severity::hint, 0), at("b", severity::fault, 1), at("a", severity::fault, 2),
      at("b", severity::fault, 3), whole_finding(check_rules::body_empty, "x")};
  const std::vector<check_note> notes = folded(found, "");
  ASSERT_EQ(notes.size(), 4U);
  EXPECT_EQ(notes[0].rule, "b");
  EXPECT_EQ(notes[0].count, 2U);
  ASSERT_TRUE(notes[0].first.has_value());
  EXPECT_EQ(notes[0].first->event, 1U);
  EXPECT_EQ(notes[1].rule, "a");
  EXPECT_EQ(notes[2].rule, "body-empty");
  EXPECT_FALSE(notes[2].first.has_value());
  EXPECT_EQ(notes[3].rule, "h");
}

TEST(CheckReport, AnExcerptIsBoundedAndEscaped) {
  const std::string many(1000, 'x');
  const struct {
    std::string_view name;
    std::string body;
    std::string_view part;
    std::string_view want;
  } cases[] = {
      {"a line", "data: x\n\n", "data: x\n\n", "data: x\\n\\n"},
      {"a part with its surroundings", "abc\ndata: {\"a\":1,\"b\":2}\n\n", "1",
       "data: {\"a\":1,\"b\":2}"},
      {"control characters", "\x01\t\r\x7F", "\x01\t\r\x7F", R"(\x01\t\r\x7f)"},
      {"no UTF-8", "a\xFFz\xF0\x9F", "a\xFFz\xF0\x9F", R"(a\xffz\xf0\x9f)"},
      {"UTF-8", "\xC2\xA3\xE2\x82\xAC\xF0\x9F\x98\x80", "\xE2\x82\xAC",
       "\xC2\xA3\xE2\x82\xAC\xF0\x9F\x98\x80"},
      {"U+0085", "\xC2\x85", "\xC2\x85", R"(\xc2\x85)"},
      {"nothing", "data: x\n\n", "", ""},
  };
  for (const auto& c : cases) {
    const std::size_t begin = c.body.find(c.part);
    EXPECT_EQ(excerpt(c.body, begin, begin + c.part.size()), c.want) << c.name;
  }
  constexpr std::string_view more = "\xE2\x80\xA6";
  EXPECT_EQ(excerpt(many, 0, many.size()),
            std::string(limits::max_check_excerpt_bytes, 'x') + std::string(more));
  EXPECT_EQ(excerpt(many, 500, 501), std::string(more) + std::string(37, 'x') + std::string(more));
  const std::string packed(1000, '\x8B');
  EXPECT_EQ(excerpt(packed, 0, packed.size()).size(),
            limits::max_check_excerpt_bytes + more.size());
  EXPECT_EQ(excerpt(many, 999, 5000), std::string(more) + std::string(25, 'x'));
}

TEST(Terminal, LinesAreWrappedBetweenWords) {
  const struct {
    std::string_view text;
    std::string_view want;
  } cases[] = {
      {"", ""},
      {"one", "one"},
      {"one two", "one two"},
      {"one two three", "one two\n  three"},
      {"a-word-that-is-too-long x", "a-word-that-is-too-long\n  x"},
      {"\xC3\xA9\xC3\xA9\xC3\xA9 \xC3\xA9\xC3\xA9\xC3\xA9 x",
       "\xC3\xA9\xC3\xA9\xC3\xA9 \xC3\xA9\xC3\xA9\xC3\xA9\n  x"},
  };
  for (const auto& c : cases) EXPECT_EQ(wrapped(c.text, 2, 10), c.want) << c.text;
}

}  // namespace
}  // namespace weir::app
