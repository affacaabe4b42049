// docs/demo.md against the table of scenarios and against what the chat path makes of it.
#include <gtest/gtest.h>

#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "demo/behind_weir.h"
#include "demo/scenario.h"
#include "support/test_data.h"

namespace weir::testing {
namespace {

struct doc_block {
  std::string kind;  ///< the info string of the fence
  std::string text;
};

struct doc_row {
  std::string fault;
  std::string stream;
  std::string document;
};

struct demo_doc {
  std::vector<std::string> order;  ///< models by their headings
  std::map<std::string, doc_row> rows;
  std::map<std::string, std::string> prose;
  std::map<std::string, std::vector<doc_block>> blocks;
};

std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells;
  std::istringstream in(line.substr(1));
  for (std::string cell; std::getline(in, cell, '|');)
    cells.push_back(cell.size() > 2 ? cell.substr(1, cell.size() - 2) : "");
  return cells;
}

std::string without_ticks(const std::string& code) { return code.substr(1, code.size() - 2); }

demo_doc read_doc() {
  demo_doc doc;
  std::istringstream in(read_file(testing::data_folder() + "/../../docs/demo.md"));
  std::string model;
  doc_block* open = nullptr;
  for (std::string line; std::getline(in, line);) {
    if (open != nullptr) {
      if (line == "```")
        open = nullptr;
      else
        open->text += line + "\n";
    } else if (line.starts_with("| `demo/")) {
      const std::vector<std::string> cells = cells_of(line);
      EXPECT_EQ(cells.size(), 4U) << line;
      if (cells.size() == 4) doc.rows[without_ticks(cells[0])] = {cells[1], cells[2], cells[3]};
    } else if (line.starts_with("### ")) {
      model = without_ticks(line.substr(4));
      doc.order.push_back(model);
    } else if (line.starts_with("```") && !model.empty()) {
      open = &doc.blocks[model].emplace_back(doc_block{line.substr(3), ""});
    } else {
      doc.prose[model] += line + "\n";
    }
  }
  return doc;
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
}

/// The bytes as the page shows them.
std::string shown(std::string bytes, bool exact) {
  replace_all(bytes, "\r", "␍");
  replace_all(bytes, "\t", "␉");
  replace_all(bytes, "\x01", "␁");
  if (!exact)
    while (bytes.find("\n\n") != std::string::npos) replace_all(bytes, "\n\n", "\n");
  return bytes;
}

/// Whether `text` is `pattern`, in which … stands for anything.
bool matches(std::string_view pattern, std::string_view text) {
  constexpr std::string_view anything = "…";
  std::size_t mark = pattern.find(anything);
  if (mark == std::string_view::npos) return pattern == text;
  if (!text.starts_with(pattern.substr(0, mark))) return false;
  text.remove_prefix(mark);
  pattern.remove_prefix(mark + anything.size());
  while ((mark = pattern.find(anything)) != std::string_view::npos) {
    const std::size_t found = text.find(pattern.substr(0, mark));
    if (found == std::string_view::npos) return false;
    text.remove_prefix(found + mark);
    pattern.remove_prefix(mark + anything.size());
  }
  return text.ends_with(pattern);
}

TEST(DemoDoc, ThePatternsOfThisTestCanFail) {
  EXPECT_TRUE(matches("a…c", "abc"));
  EXPECT_TRUE(matches("…", ""));
  EXPECT_TRUE(matches("a…b…", "axxbyy"));
  EXPECT_FALSE(matches("a…c", "abcd"));
  EXPECT_FALSE(matches("a…b…c", "acb"));
  EXPECT_FALSE(matches("ab", "abc"));
}

TEST(DemoDoc, NamesEveryModelOnceAndInOrderWithItsFault) {
  const demo_doc doc = read_doc();
  std::vector<std::string> models;
  for (const demo::scenario& s : demo::make_scenarios()) {
    const std::string model(s.model);
    models.push_back(model);
    ASSERT_TRUE(doc.rows.contains(model)) << model;
    EXPECT_EQ(doc.rows.at(model).fault, s.fault) << model;
    ASSERT_TRUE(doc.prose.contains(model)) << model;
    EXPECT_TRUE(doc.prose.at(model).starts_with("\n" + std::string(s.fault))) << model;
  }
  EXPECT_EQ(doc.order, models);
  EXPECT_EQ(doc.rows.size(), models.size());
}

TEST(DemoDoc, SaysWhatAClientGets) {
  for (const auto& [model, row] : read_doc().rows) {
    EXPECT_EQ(behind_weir({model, true}).outcome, row.stream) << model;
    EXPECT_EQ(behind_weir({model, false}).outcome, row.document) << model;
  }
}

TEST(DemoDoc, ShowsRealBytes) {
  for (const auto& [model, blocks] : read_doc().blocks) {
    const demo_response stream = upstream_answer({model, true});
    const demo_response document = upstream_answer({model, false});
    const std::map<std::string, std::string> real = {
        {"upstream-stream", stream.body},
        {"upstream-json", document.body},
        {"client-stream", behind_weir({model, true}, stream).bytes},
        {"client-stream-usage", behind_weir({model, true, true}, stream).bytes},
        {"client-json", behind_weir({model, false}, document).bytes},
    };
    bool client = false;
    for (const doc_block& block : blocks) {
      std::string kind = block.kind;
      const bool exact = kind.ends_with("-exact");
      if (exact) kind.resize(kind.size() - std::string_view("-exact").size());
      ASSERT_TRUE(real.contains(kind)) << model << ' ' << block.kind;
      client = client || kind.starts_with("client");
      std::string bytes = shown(real.at(kind), exact);
      if (!bytes.ends_with('\n')) bytes += '\n';  // the fence needs a line of its own
      EXPECT_TRUE(matches(block.text, bytes)) << model << ' ' << block.kind << "\n"
                                              << block.text << "is not\n"
                                              << bytes;
    }
    EXPECT_TRUE(client) << model << " does not show what a client gets";
  }
}

}  // namespace
}  // namespace weir::testing
