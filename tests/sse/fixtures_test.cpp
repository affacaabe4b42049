#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "sse/pieces.h"
#include "support/test_data.h"

// The tolerant reader against the strict one: on legal streams they agree.

namespace weir::sse {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> fixtures(std::string_view extension) {
  std::vector<fs::path> out;
  for (const fs::directory_entry& entry :
       fs::directory_iterator(testing::data_folder() + "/fixtures"))
    if (entry.path().extension() == extension) out.push_back(entry.path());
  return out;
}

std::string bytes_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

struct delivered {
  std::vector<std::string> texts;
  std::size_t exact = 0;
};

delivered by_payload_reader(std::string_view input) {
  delivered out;
  payload_reader reader;
  while (reader.parse(input) == payload_reader::status::ready) {
    const payload& p = reader.current();
    const std::string name = p.event.empty() ? "message" : std::string(p.event);
    out.texts.push_back(name + '|' + std::string(p.text));
    if (p.exact) ++out.exact;
  }
  EXPECT_EQ(reader.finish(), payload_reader::status::need_input);
  return out;
}

std::vector<std::string> by_event_parser(std::string_view input) {
  std::vector<std::string> out;
  event_parser parser;
  while (parser.parse(input) == event_parser::status::event_ready) {
    const event& e = parser.current();
    if (e.type != "ping") out.push_back(std::string(e.type) + '|' + std::string(e.data));
  }
  return out;
}

TEST(Fixtures, BothReadersAgreeAndPlainEventsAreExact) {
  const std::vector<fs::path> files = fixtures(".sse");
  ASSERT_GE(files.size(), 19U);
  for (const fs::path& path : files) {
    const std::string stream = bytes_of(path);
    const delivered tolerant = by_payload_reader(stream);
    EXPECT_EQ(by_event_parser(stream), tolerant.texts) << path;
    ASSERT_FALSE(tolerant.texts.empty()) << path;
    const bool has_names = stream.find("event: ") == 0;
    EXPECT_EQ(tolerant.exact, has_names ? 0 : tolerant.texts.size()) << path;
    EXPECT_EQ(testing::reading_of({stream}).counted,
              stream.find("event: ping") == std::string::npos ? "" : "1 comments")
        << path;
  }
}

TEST(Fixtures, ANdjsonBodyIsReadLineByLine) {
  const std::vector<fs::path> files = fixtures(".ndjson");
  ASSERT_GE(files.size(), 3U);
  for (const fs::path& path : files) {
    const std::string stream = bytes_of(path);
    std::string joined;
    const testing::reading got = testing::reading_of({stream});
    for (const std::string& text : got.payloads) joined += text.substr(1) + '\n';
    EXPECT_EQ(joined, stream) << path;
    EXPECT_EQ(got.counted, "") << path;
  }
}

TEST(Fixtures, EverySplitOfTheirBeginGivesTheSamePayloads) {
  constexpr std::size_t cut_within = 300;  // one event and the begin of the next
  for (const std::string_view extension : {".sse", ".ndjson"})
    for (const fs::path& path : fixtures(extension)) {
      const std::string stream = bytes_of(path);
      const testing::reading want = testing::reading_of({stream});
      const testing::outcome events = testing::events_of({stream});
      testing::for_each_split(
          std::string_view(stream).substr(0, cut_within), [&](const testing::pieces& head) {
            testing::pieces parts = head;
            parts.push_back(std::string_view(stream).substr(std::min(cut_within, stream.size())));
            ASSERT_EQ(want, testing::reading_of(parts)) << path;
            ASSERT_EQ(events, testing::events_of(parts)) << path;
          });
    }
}

TEST(Fixtures, ALegalStreamIsTheSameToBothReadersAndExact) {
  EXPECT_TRUE(rc::check([] {
    // One-line JSON texts of any bytes within a string, brackets and quotes among them.
    const auto inside = rc::gen::container<std::string>(
        rc::gen::suchThat(rc::gen::oneOf(rc::gen::elementOf(std::string("{}[]:, data\\n")),
                                         rc::gen::arbitrary<char>()),
                          [](char c) { return c != '\n' && c != '\r' && c != '"' && c != '\\'; }));
    const auto texts = *rc::gen::container<std::vector<std::string>>(rc::gen::map(
        inside, [](const std::string& s) { return R"({"a":[{"\"":")" + s + R"("}],"b":{}})"; }));
    std::string stream;
    for (const std::string& text : texts) stream += "data: " + text + "\n\n";
    stream += "data: [DONE]\n\n";
    const delivered tolerant = by_payload_reader(stream);
    RC_ASSERT(by_event_parser(stream) == tolerant.texts);
    RC_ASSERT(tolerant.exact == texts.size() + 1);
  }));
}

}  // namespace
}  // namespace weir::sse
