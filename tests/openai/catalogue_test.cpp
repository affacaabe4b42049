// Every deviation of tests/catalogue through the chat path: what a client sees is what the case
// says, however the bytes are split, cut or asked for.
#include "support/catalogue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "support/played_answer.h"
#include "support/sdk_view.h"
#include "support/splits.h"
#include "weir/json/reader.h"
#include "weir/openai/error.h"

namespace weir::testing {
namespace {

/// The cases that reach the chat path at all.
const std::vector<catalogue_case>& cases() {
  static const std::vector<catalogue_case> all = [] {
    std::vector<catalogue_case> answered = catalogue();
    std::erase_if(answered, [](const catalogue_case& c) { return c.refused(); });
    return answered;
  }();
  return all;
}

using testing::play;
played play(const openai::chat_context& context, const catalogue_case& c) {
  return play(context, pieces{c.body}, c.end);
}

/// What the case says a client must see that asks in this way.
answer_view expected_view(const catalogue_case& c, asking how) {
  const answer_view streamed = view_of_expectation(c.expect);
  if (how == asking::as_is || c.document.empty()) return streamed;
  const answer_view folded = view_of_expectation(c.document);
  if (how == asking::for_document) return folded;
  answer_view with_usage = streamed;
  with_usage.usage = folded.usage;  // what the upstream told, asked or not
  return with_usage;
}

void expect_view(const catalogue_case& c, asking how) {
  const openai::chat_context context = context_for(c, how);
  const played answer = play(context, c);
  const answer_view expected = expected_view(c, how);
  const answer_view seen = without_what_is_open(view_of(answer, context), expected);
  EXPECT_EQ(shown(expected), shown(seen)) << c.name << ": " << c.title << "\n" << answer.output;
  EXPECT_EQ("", faults_of(answer, context)) << c.name << "\n" << answer.output;
}

/// The raw texts that must be in the answer (P4): those of the case, or of its `document`.
void expect_kept(const catalogue_case& c, asking how) {
  const openai::chat_context context = context_for(c, how);
  const played answer = play(context, c);
  const std::string output =
      answer.output.empty() && answer.failure ? to_json(*answer.failure) : answer.output;
  json::reader reader;
  json::reader own;
  ASSERT_EQ(reader.parse(c.keeps), json::reader::status::ok) << c.name;
  json::value kept = reader.root();
  if (!context.stream && !c.document.empty()) {
    ASSERT_EQ(own.parse(c.document), json::reader::status::ok) << c.name;
    if (own.root()["keeps"].present()) kept = own.root()["keeps"];
  }
  for (const json::value text : kept.elements())
    EXPECT_NE(output.find(text.decoded()), std::string::npos)
        << c.name << " lost " << text.decoded() << "\n"
        << output;
}

// ---------------------------------------------------------------------------------------------

/// What takes long is done in four parts, so that they can run beside each other.
class CatalogueQuarter : public ::testing::TestWithParam<std::size_t> {
 protected:
  template <class Check>
  static void for_each_case(Check&& check) {
    for (std::size_t i = GetParam(); i < cases().size(); i += 4) check(cases()[i]);
  }
};

INSTANTIATE_TEST_SUITE_P(Of, CatalogueQuarter, ::testing::Range<std::size_t>(0, 4));

/// `K2` of `K2-index-zero`.
std::string_view entry_of(const catalogue_case& c) {
  return std::string_view(c.name).substr(0, c.name.find('-'));
}

TEST(Catalogue, EveryEntryOfTheReadmeHasACaseOrNamesATest) {
  std::map<std::string, std::string, std::less<>> rows;  // entry, what it is about
  std::ifstream readme(data_folder() + "/../catalogue/README.md");
  bool in_table = false;
  for (std::string line; std::getline(readme, line);) {
    in_table = (in_table || line == "| entry | what it is about |") && line.starts_with('|');
    if (!in_table || line.find(" | ") == std::string::npos) continue;
    const std::string entry = line.substr(2, line.find(" | ") - 2);
    if (entry != "entry") rows[entry] = line;
  }
  EXPECT_GT(rows.size(), 100U);
  const std::vector<catalogue_case> all = catalogue();
  for (const catalogue_case& c : all)
    EXPECT_TRUE(rows.contains(entry_of(c))) << c.name << " has no row in the README";
  for (const auto& [entry, row] : rows) {
    const bool has_case = std::any_of(
        all.begin(), all.end(), [&](const catalogue_case& c) { return entry_of(c) == entry; });
    EXPECT_TRUE(has_case || row.find("test") != std::string::npos) << entry;
  }
}

TEST(Catalogue, AStreamingClientSeesWhatTheCaseSays) {
  for (const catalogue_case& c : cases()) expect_view(c, asking::as_is);
}

TEST(Catalogue, AClientThatAsksForUsageSeesWhatTheCaseSays) {  // CHAT-24
  for (const catalogue_case& c : cases()) expect_view(c, asking::with_usage);
}

TEST(Catalogue, AClientThatAsksForADocumentSeesWhatTheCaseSays) {  // SSE-11, AGG-*
  for (const catalogue_case& c : cases()) expect_view(c, asking::for_document);
}

TEST(Catalogue, WhatMustSurviveIsInTheAnswer) {  // P4
  for (const catalogue_case& c : cases())
    for (const asking how : {asking::as_is, asking::with_usage, asking::for_document})
      expect_kept(c, how);
}

TEST_P(CatalogueQuarter, NoSplitChangesTheAnswer) {  // P2
  for_each_case([](const catalogue_case& c) {
    const openai::chat_context context = context_for(c, asking::as_is);
    const played whole = play(context, c);
    std::size_t differing = 0;
    for_some_splits(c.body, [&](const pieces& parts) {
      if (!(play(context, parts, c.end) == whole)) ++differing;
    });
    EXPECT_EQ(differing, 0U) << c.name;
  });
}

TEST(Catalogue, NoSplitChangesTheDocument) {  // P2; the machine before the fold has seen all splits
  for (const catalogue_case& c : cases()) {
    const openai::chat_context context = context_for(c, asking::for_document);
    pieces bytes;
    for (std::size_t i = 0; i < c.body.size(); ++i)
      bytes.push_back(std::string_view(c.body).substr(i, 1));
    EXPECT_EQ(play(context, c), play(context, bytes, c.end)) << c.name;
  }
}

TEST(Catalogue, RepairingTwiceIsRepairingOnce) {  // P3
  for (const catalogue_case& c : cases()) {
    for (const asking how : {asking::as_is, asking::with_usage}) {
      openai::chat_context context = context_for(c, how);
      if (!context.stream) continue;
      const played once = play(context, c);
      if (once.output.empty()) continue;
      // What was said of the upstream is not true of weir.
      openai::stream_settings& settings = context.settings;
      settings.eof_as_stop = settings.cumulative = settings.close_arguments = false;
      settings.think_tags = settings.think_opened = settings.tools_in_text = false;
      settings.strip_tokens = false;
      EXPECT_EQ(once.output, play(context, {once.output}, "close").output) << c.name;
    }
  }
}

// ---------------------------------------------------------------------------------------------
// Cuts (P1, P6)

/// A case whose bytes finish, or may be taken to have finished, before all of it has come.
bool may_seem_whole_early(const catalogue_case& c) {
  return c.name.starts_with("FR6-") || c.name == "K34-calls-in-second-choice" ||
         c.settings.find("eof_as_stop") != std::string::npos;
}

/// Rules that hold text back and tell of it otherwise once they know more.
bool retells(const catalogue_case& c) {
  for (const char* rule : {"think_tags", "tools_in_text", "strip_tokens"})
    if (c.settings.find(rule) != std::string::npos) return true;
  return false;
}

/// Whether `part` is the beginning of `whole`; a character that was cut in two may be U+FFFD.
bool begins(std::string_view part, std::string_view whole) {
  constexpr std::string_view replacement = "\xEF\xBF\xBD";
  if (part.ends_with(replacement) && !whole.starts_with(part))
    part.remove_suffix(replacement.size());
  return whole.starts_with(part);
}

/// Whether all that a client was told in `part` is true of `whole`.
bool begins(const answer_view& part, const answer_view& whole) {
  for (const auto& [index, told] : part.choices) {
    const auto at = whole.choices.find(index);
    if (at == whole.choices.end()) return false;
    const choice_view& all = at->second;
    if (!begins(told.content, all.content) || !begins(told.reasoning, all.reasoning) ||
        !begins(told.refusal, all.refusal))
      return false;
    for (const auto& [number, call] : told.calls) {
      const auto same = all.calls.find(number);
      if (same == all.calls.end() || call.name != same->second.name ||
          !begins(call.arguments, same->second.arguments))
        return false;
    }
  }
  return true;
}

/// One case whose body stops early, asked for in one way.
class cutting {
 public:
  cutting(const catalogue_case& c, asking how)
      : case_(c), context_(context_for(c, how)), expected_(expected_view(c, how)) {}

  /// What is wrong with what a client is told of `part`: it must be the truth, and that the answer
  /// stopped. "" when all is well.
  [[nodiscard]] std::string untruth(std::string_view part, std::string_view end) const {
    const played answer = play(context_, pieces{part}, end);
    if (std::string faults = faults_of(answer, context_); !faults.empty()) return faults;
    answer_view seen = without_what_is_open(view_of(answer, context_), expected_);
    if (!retells(case_) && !begins(seen, expected_)) return "not the beginning:\n" + shown(seen);
    if (seen.failure) return finishes_are_true(seen) ? "" : "a finish too many:\n" + shown(seen);
    if (may_seem_whole_early(case_)) return "";
    seen.usage = expected_.usage;  // it may not have come
    return shown(seen) == shown(expected_) ? "" : "not whole, and no error:\n" + shown(seen);
  }

 private:
  /// Beside an error only a choice that is whole has finished.
  [[nodiscard]] bool finishes_are_true(const answer_view& seen) const {
    return std::all_of(seen.choices.begin(), seen.choices.end(), [&](const auto& entry) {
      const choice_view& all = expected_.choices.at(entry.first);
      return entry.second.finish.empty() ||
             (entry.second.finish == all.finish && entry.second.content == all.content);
    });
  }

  const catalogue_case& case_;
  openai::chat_context context_;
  answer_view expected_;
};

void expect_truth_when_cut(const catalogue_case& c, asking how, std::size_t stride) {
  const cutting cut(c, how);
  for (const std::string_view end : {"close", "reset"}) {
    std::string untruth;
    for (std::size_t n = 0; n < c.body.size() && untruth.empty(); n += stride) {
      untruth = cut.untruth(std::string_view(c.body).substr(0, n), end);
      EXPECT_EQ("", untruth) << c.name << " cut at " << n << ", " << end;
    }
  }
}

TEST_P(CatalogueQuarter, EveryCutEndsLegallyAndTellsTheTruth) {
  const std::size_t coarser = every_split_is_wanted() ? 1 : 4;
  for_each_case([&](const catalogue_case& c) {
    expect_truth_when_cut(c, asking::as_is, coarser * cut_stride(c.body));
  });
}

TEST_P(CatalogueQuarter, ADocumentOfACutBodyIsAnErrorOrTheWhole) {  // AGG-2
  constexpr std::size_t coarser = 5;  // the fold sees what the stream's encoder saw
  for_each_case([](const catalogue_case& c) {
    expect_truth_when_cut(c, asking::for_document, coarser * cut_stride(c.body));
  });
}

// ---------------------------------------------------------------------------------------------
// Answers that are no success (EMAP-1)

TEST(Catalogue, ARefusalReachesTheClientAsTheCaseSays) {
  for (const catalogue_case& c : catalogue()) {
    if (!c.refused()) continue;
    const auto status = static_cast<unsigned>(std::stoul(c.status));
    json::reader reader;
    played answer;
    answer.failure = reader.parse(c.body) == json::reader::status::ok
                         ? openai::read_error(reader.root(), status)
                         : openai::read_error_text(c.body, status);
    const answer_view expected = view_of_expectation(c.expect);
    const answer_view seen =
        without_what_is_open(view_of(answer, context_for(c, asking::as_is)), expected);
    EXPECT_EQ(shown(expected), shown(seen)) << c.name << ": " << c.title;
  }
}

}  // namespace
}  // namespace weir::testing
