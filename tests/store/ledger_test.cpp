#include "store/ledger.h"

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <thread>

#include "store/ledger_place.h"
#include "store/records.h"
#include "store/schema.h"

namespace weir::store {
namespace {

using Ledger = AnyLedger;
INSTANTIATE_TEST_SUITE_P(All, Ledger, testing::Bool(), kind_name);

TEST_P(Ledger, TakesEachRecordOnceHoweverOftenItComes) {
  const auto ledger = place->opened();
  const auto all = entries({some_record("a"), some_record("b"), some_record("c")});
  const std::span<const ledger_entry> batch(all);
  EXPECT_EQ(2U, ledger->ingest(batch.first(2)).value());
  EXPECT_EQ(0U, ledger->ingest(batch.first(2)).value());
  EXPECT_EQ(1U, ledger->ingest(batch).value());
  EXPECT_EQ(0U, ledger->ingest({}).value());
  // The same place in another journal is another record.
  EXPECT_EQ(1U, ledger->ingest(entries({some_record("a")}, "t")).value());
  EXPECT_EQ(4, total(*ledger).requests);
}

TEST_P(Ledger, TakesOneThatComesTwiceInABatchOnce) {
  const auto ledger = place->opened();
  auto batch = entries({some_record("a")});
  batch.push_back(batch.front());
  EXPECT_EQ(1U, ledger->ingest(batch).value());
}

TEST_P(Ledger, TakesAllOfABatchOrNothing) {
  const auto ledger = place->opened();
  ASSERT_TRUE(ledger->open());
  place->refuse("bad");
  const auto batch = entries({some_record("a"), some_record("bad"), some_record("c")});
  const auto refused = ledger->ingest(batch);
  ASSERT_FALSE(refused);
  EXPECT_NE(std::string::npos, refused.error().message.find("refused"));
  EXPECT_EQ(0, total(*ledger).requests);
  place->accept_all();
  EXPECT_EQ(3U, ledger->ingest(batch).value());
}

TEST_P(Ledger, KeepsWhatItTookForTheNextOneThatOpensIt) {
  ASSERT_EQ(1U, place->opened()->ingest(entries({some_record("a")})).value());
  EXPECT_EQ(1, total(*place->opened()).requests);
}

/// Another value in every field.
struct filler {
  std::deque<std::string>& texts;
  std::uint64_t next = 1;
  void operator()(const char* name, std::string_view& v) {
    v = texts.emplace_back(std::string(name) == "tags" ? R"({"a":"b"})"
                                                       : "text " + std::to_string(next++));
  }
  void operator()(const char*, content_text&) {}
  void operator()(const char*, bool& v) { v = next++ % 2 == 0; }
  void operator()(const char*, std::uint64_t& v) { v = next++; }
  void operator()(const char*, std::optional<std::uint64_t>& v) { v = next++; }
};

struct expected_columns {
  std::map<std::string, std::string> out;
  void operator()(const char* name, std::string_view v) { out[name] = v; }
  void operator()(const char*, const content_text&) {}
  void operator()(const char* name, bool v) { out[name] = v ? "1" : "0"; }
  void operator()(const char* name, std::uint64_t v) { out[name] = std::to_string(v); }
  void operator()(const char* name, const std::optional<std::uint64_t>& v) {
    out[name] = v ? std::to_string(*v) : "";
  }
};

TEST_P(Ledger, KeepsEveryFieldInTheColumnOfItsName) {
  std::deque<std::string> texts;
  record full;
  for_each_field(full, filler{texts});
  const auto ledger = place->opened();
  ASSERT_TRUE(ledger->ingest(entries({full})));
  expected_columns want;
  for_each_field(full, want);
  if (place->postgres()) want.out["tags"] = R"({"a": "b"})";
  for (const auto& [column, value] : want.out) {
    const bool truth = column == "hedged" || column == "stream" || column == "estimated";
    const std::string read = truth ? "CAST(" + column + " AS integer)" : column;
    EXPECT_EQ(value, place->ask("SELECT " + read + " FROM weir_records")) << column;
  }
}

TEST_P(Ledger, TellsUnknownFromZeroAndStaysInItsNumbers) {
  record none = some_record("none");
  none.used = {};
  none.cost_nano_usd.reset();
  record most = some_record("most");
  most.used.input = UINT64_MAX - 1;
  most.bytes_in = UINT64_MAX;
  const auto ledger = place->opened();
  ASSERT_TRUE(ledger->ingest(entries({none, most})));
  const auto ask = [&](const std::string& column, const std::string& id) {
    return place->ask("SELECT " + column + " FROM weir_records WHERE request_id = '" + id + "'");
  };
  EXPECT_EQ("", ask("input_tokens", "none"));
  EXPECT_EQ("", ask("cost_nano_usd", "none"));
  EXPECT_EQ("9223372036854775807", ask("input_tokens", "most"));
  EXPECT_EQ("9223372036854775807", ask("bytes_in", "most"));
}

TEST_P(Ledger, MakesTextOfAnyBytes) {
  using namespace std::string_view_literals;
  const std::pair<std::string_view, std::string_view> table[] = {
      {"", ""},
      {"a\0b"sv,
       "a\xEF\xBF\xBD"
       "b"},
      {"\xFF\xC3", "\xEF\xBF\xBD\xEF\xBF\xBD"},
      {"\xED\xA0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
      {"gr\xC3\xBC\xC3\x9F", "gr\xC3\xBC\xC3\x9F"},
      {"'); DROP TABLE weir_records; --", "'); DROP TABLE weir_records; --"},
  };
  std::vector<record> records;
  for (const auto& [given, kept] : table) {
    record r = some_record("x");
    r.requested_model = given;
    records.push_back(r);
  }
  const auto ledger = place->opened();
  const auto all = entries(records);
  ASSERT_TRUE(ledger->ingest(all));
  for (std::size_t i = 0; i < all.size(); ++i) {
    const std::string where = " WHERE frame_offset = " + std::to_string(all[i].id.offset);
    EXPECT_EQ(table[i].second, place->ask("SELECT requested_model FROM weir_records" + where));
    // A question is cleaned as what it asks for was.
    usage_query what;
    what.model = std::string(table[i].first);
    EXPECT_EQ(1, ledger->usage(what).value().at(0).requests) << i;
  }
}

TEST_P(Ledger, KeepsContentBesideItsRecordOnceAndRemovesItWithIt) {
  using namespace std::string_view_literals;
  record with = some_record("with");
  with.request_content = {"gr\xC3\xBC\xC3\x9F\0"sv, true};
  with.answer_content = {"\xFF", false};
  record half = some_record("half");
  half.time += 3 * day;
  half.answer_content = {"'answer'", true};
  const auto ledger = place->opened();
  const auto all = entries({some_record("without"), with, half, some_record("without, too")});
  EXPECT_EQ(4U, ledger->ingest(all).value());
  EXPECT_EQ(0U, ledger->ingest(all).value());
  const auto ask = [&](const std::string& what, int offset) {
    return place->ask("SELECT " + what + " FROM weir_contents WHERE segment = 's' AND " +
                      "frame_offset = " + std::to_string(offset));
  };
  const std::string count = "SELECT count(*) FROM weir_contents";
  EXPECT_EQ("2", place->ask(count));
  EXPECT_EQ("gr\xC3\xBC\xC3\x9F\xEF\xBF\xBD", ask("request", 100));
  EXPECT_EQ("1", ask("CAST(request_cut AS integer)", 100));
  EXPECT_EQ("\xEF\xBF\xBD", ask("answer", 100));
  EXPECT_EQ("0", ask("CAST(answer_cut AS integer)", 100));
  EXPECT_EQ("", ask("request", 200));
  EXPECT_EQ("'answer'", ask("answer", 200));
  EXPECT_EQ(3U, ledger->retain(1, some_time + 3 * day).value());
  EXPECT_EQ("1", place->ask(count));
  EXPECT_EQ("'answer'", ask("answer", 200));
}

TEST_P(Ledger, TakesTheContentOfABatchWithAllOfItOrNotAtAll) {
  record with = some_record("with");
  with.request_content = {"text", false};
  const auto ledger = place->opened();
  ASSERT_TRUE(ledger->open());
  place->refuse("bad");
  EXPECT_FALSE(ledger->ingest(entries({with, some_record("bad")})));
  EXPECT_EQ("0", place->ask("SELECT count(*) FROM weir_contents"));
}

TEST_P(Ledger, RemovesWhatIsOlderThanItsDays) {
  const auto ledger = place->opened();
  std::vector<record> records;
  for (const std::uint64_t age : {3 * day, 2 * day + 1, 2 * day, day, std::uint64_t{0}}) {
    records.push_back(some_record("x"));
    records.back().time = some_time - age;
  }
  ASSERT_TRUE(ledger->ingest(entries(records)));
  EXPECT_EQ(0U, ledger->retain(4, some_time).value());
  EXPECT_EQ(2U, ledger->retain(2, some_time).value());
  EXPECT_EQ(3, total(*ledger).requests);
  EXPECT_EQ(0U, ledger->retain(UINT32_MAX, some_time).value());
}

TEST_P(Ledger, RemovesSoManyAtOnceAndNoMore) {
  const auto ledger = place->opened();
  ASSERT_TRUE(ledger->open());
  // Of the columns without a default, made by the database itself.
  place->run("INSERT INTO weir_records SELECT 's', n, '', '', 1, '', NULL, '', '', '', '', 0, " +
             std::string(place->postgres() ? "false, 0, false" : "0, 0, 0") +
             ", '', '', '', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, " +
             (place->postgres() ? "false" : "0") + ", NULL, '', NULL, 0, 0, 0, '' FROM (" +
             "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < " +
             std::to_string(limits::ledger_delete_batch + 1) + ") SELECT n FROM c) AS numbers");
  EXPECT_EQ(limits::ledger_delete_batch, ledger->retain(1, some_time).value());
  EXPECT_EQ(1U, ledger->retain(1, some_time).value());
}

TEST_P(Ledger, BringsAnOlderSchemaUpToDateAndKeepsItsRecords) {
  ASSERT_TRUE(place->opened()->ingest(entries({some_record("a")})));
  const bool postgres = place->postgres();
  // As version 1 left it.
  if (!postgres) place->run("DROP TRIGGER weir_contents_gone");
  for (const char* const table : {"weir_contents", "weir_keys", "weir_groups", "weir_keys_version"})
    place->run(std::string("DROP TABLE ") + table);
  place->run("DROP INDEX weir_records_time");
  place->run(postgres ? "UPDATE weir_schema SET version = 1" : "PRAGMA user_version = 1");
  const auto ledger = place->opened();
  EXPECT_EQ(newest_schema(), ledger->schema_version().value());
  EXPECT_EQ(1, total(*ledger).requests);
  EXPECT_EQ("0", place->ask("SELECT count(*) FROM weir_contents"));
  EXPECT_EQ("1", place->ask(postgres ? "SELECT count(*) FROM pg_indexes WHERE indexname = "
                                       "'weir_records_time'"
                                     : "SELECT count(*) FROM sqlite_schema WHERE name = "
                                       "'weir_records_time'"));
}

TEST_P(Ledger, LeavesANewerSchemaAlone) {
  ASSERT_TRUE(place->opened()->open());
  const std::string newer = std::to_string(newest_schema() + 1);
  place->run((place->postgres() ? "UPDATE weir_schema SET version = " : "PRAGMA user_version = ") +
             newer);
  const auto ledger = place->opened();
  const auto refused = ledger->ingest(entries({some_record("a")}));
  ASSERT_FALSE(refused);
  EXPECT_NE(std::string::npos, refused.error().message.find("its schema has version " + newer +
                                                            ", and this weir knows none above " +
                                                            std::to_string(newest_schema())))
      << refused.error().message;
  EXPECT_EQ("0", place->ask("SELECT count(*) FROM weir_records"));
  EXPECT_FALSE(ledger->schema_version());
}

TEST_P(Ledger, IsMadeByOneOfManyThatOpenItAtOnce) {
  std::vector<std::thread> threads;
  std::array<std::string, 4> faults;
  for (std::string& fault : faults)
    threads.emplace_back([&] {
      const auto opened = place->opened()->open();
      if (!opened) fault = opened.error().message;
    });
  for (std::thread& each : threads) each.join();
  for (const std::string& fault : faults) EXPECT_EQ("", fault);
  EXPECT_EQ(newest_schema(), place->opened()->schema_version().value());
}

TEST_P(Ledger, DoesNothingMoreOnceItIsInterrupted) {
  const auto ledger = place->opened();
  ASSERT_TRUE(ledger->open());
  ledger->interrupt();
  const auto refused = ledger->ingest(entries({some_record("a")}));
  ASSERT_FALSE(refused);
  EXPECT_NE(std::string::npos, refused.error().message.find("interrupted"));
  EXPECT_EQ("0", place->ask("SELECT count(*) FROM weir_records"));
}

TEST(LedgerPlace, IsOneOfTwoKinds) {
  for (const char* const bad : {"", "weir.db", "sqlite:", "mysql://u:geheim@h/d",
                                "postgresql://u:geheim@h:port:x/%zz", "postgres://[geheim"}) {
    const auto made = make_ledger(bad, {});
    ASSERT_FALSE(made) << bad;
    EXPECT_EQ(std::string::npos, made.error().message.find("geheim")) << made.error().message;
  }
}

}  // namespace
}  // namespace weir::store
