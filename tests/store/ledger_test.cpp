#include "store/ledger.h"

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <thread>

#include "store/ledger_place.h"
#include "store/records.h"

namespace weir::store {
namespace {

using Ledger = AnyLedger;
INSTANTIATE_TEST_SUITE_P(All, Ledger, testing::Bool(), kind_name);

std::string line(const usage_row& row) {
  std::string out;
  for (const std::string& group : row.group) out += group + ' ';
  for (const std::int64_t sum :
       {row.requests, row.errors, row.input, row.cache_read, row.cache_write, row.output,
        row.reasoning, row.audio_in, row.audio_out, row.cost.value, row.estimated, row.unpriced})
    out += std::to_string(sum) + ',';
  out.pop_back();
  return out;
}

std::vector<std::string> lines(ledger& of, const usage_query& what) {
  const auto rows = of.usage(what);
  if (!rows) return {rows.error().message};
  std::vector<std::string> out;
  for (const usage_row& row : *rows) out.push_back(line(row));
  return out;
}

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
  void operator()(const char*, bool& v) { v = next++ % 2 == 0; }
  void operator()(const char*, std::uint64_t& v) { v = next++; }
  void operator()(const char*, std::optional<std::uint64_t>& v) { v = next++; }
};

struct expected_columns {
  std::map<std::string, std::string> out;
  void operator()(const char* name, std::string_view v) { out[name] = v; }
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

class LedgerUsage : public AnyLedger {
 protected:
  static record made(std::string_view model, std::string_view key, std::string_view upstream,
                     std::string_view tags) {
    record r = some_record("r");
    r.requested_model = model;
    r.key_id = key;
    r.upstream = upstream;
    r.tags = tags;
    return r;
  }
  void SetUp() override {
    AnyLedger::SetUp();
    if (place == nullptr) return;
    ledger = place->opened();
    record a = made("m-1", "k-1", "u-1", R"({"team":"red","stage":"live"})");
    a.used = {100, 40, 10, 5, 3, 50, 20, 2, true};
    record b = made("m-1", "k-2", "u-2", R"({"team":"blue"})");
    b.time += day;
    record c = made("m-2", "k-1", "", "");
    c.error_class = "upstream_timeout";
    c.used = {};
    c.cost_nano_usd.reset();
    ASSERT_EQ(3U, ledger->ingest(entries({a, b, c})).value());
  }
  std::unique_ptr<store::ledger> ledger;
};
INSTANTIATE_TEST_SUITE_P(All, LedgerUsage, testing::Bool(), kind_name);

TEST_P(LedgerUsage, IsSummedByWhatIsAskedFor) {
  using g = usage_group;
  const std::string a = "1,0,100,40,15,50,20,3,2,7,1,0";
  const std::string b = "1,0,10,0,0,300,0,0,0,7,0,0";
  const std::string c = "1,1,0,0,0,0,0,0,0,0,0,1";
  const std::string ab = "2,0,110,40,15,350,20,3,2,14,1,0";
  const std::string ac = "2,1,100,40,15,50,20,3,2,7,1,1";
  const std::string bc = "2,1,10,0,0,300,0,0,0,7,0,1";
  struct {
    std::vector<g> by;
    std::string tag;
    std::vector<std::string> want;
  } const table[] = {
      {{}, "", {"3,1,110,40,15,350,20,3,2,14,1,1"}},
      {{g::model}, "", {"m-1 " + ab, "m-2 " + c}},
      {{g::key}, "", {"k-1 " + ac, "k-2 " + b}},
      {{g::upstream}, "", {" " + c, "u-1 " + a, "u-2 " + b}},
      {{g::day}, "", {"2026-09-21 " + ac, "2026-09-22 " + b}},
      {{g::tag}, "team", {" " + c, "blue " + b, "red " + a}},
      {{g::tag}, "stage", {" " + bc, "live " + a}},
      {{g::tag}, "no \"such' tag", {" 3,1,110,40,15,350,20,3,2,14,1,1"}},
      {{g::day, g::model},
       "",
       {"2026-09-21 m-1 " + a, "2026-09-21 m-2 " + c, "2026-09-22 m-1 " + b}},
      {{g::model, g::key, g::upstream, g::tag, g::day},
       "team",
       {"m-1 k-1 u-1 red 2026-09-21 " + a, "m-1 k-2 u-2 blue 2026-09-22 " + b,
        "m-2 k-1   2026-09-21 " + c}},
  };
  for (const auto& row : table) {
    usage_query what;
    what.by = row.by;
    what.tag = row.tag;
    EXPECT_EQ(row.want, lines(*ledger, what)) << row.tag << row.by.size();
  }
}

TEST_P(LedgerUsage, IsThatOfTheRecordsThatWereAskedFor) {
  struct {
    const char* name;
    std::function<void(usage_query&)> narrow;
    std::int64_t want;
  } const table[] = {
      {"all", [](auto&) {}, 3},
      {"model", [](auto& q) { q.model = "m-1"; }, 2},
      {"key", [](auto& q) { q.key = "k-1"; }, 2},
      {"upstream", [](auto& q) { q.upstream = "u-2"; }, 1},
      {"no upstream", [](auto& q) { q.upstream = ""; }, 1},
      {"tag",
       [](auto& q) {
         q.tag_is = usage_query::tag_filter{"team", "red"};
       },
       1},
      {"tag without",
       [](auto& q) {
         q.tag_is = usage_query::tag_filter{"team", "green"};
       },
       0},
      {"both", [](auto& q) { q.model = "m-1", q.key = "k-1"; }, 1},
      {"none", [](auto& q) { q.model = "m-1' OR '1'='1"; }, 0},
      {"since", [](auto& q) { q.since = some_time; }, 3},
      {"since later", [](auto& q) { q.since = some_time + 1; }, 1},
      {"until", [](auto& q) { q.until = some_time; }, 0},
      {"until later", [](auto& q) { q.until = some_time + 1; }, 2},
      {"until ever", [](auto& q) { q.until = UINT64_MAX; }, 3},
  };
  for (const auto& row : table) {
    usage_query what;
    row.narrow(what);
    const auto rows = ledger->usage(what);
    ASSERT_TRUE(rows) << row.name << rows.error().message;
    EXPECT_EQ(row.want, rows->at(0).requests) << row.name;
  }
}

TEST_P(Ledger, EndsADayAtMidnightInUtc) {
  const std::uint64_t midnight = 20'000 * day;  // 2024-10-04
  const std::pair<std::uint64_t, const char*> table[] = {
      {0, "1970-01-01"},          {day - 1, "1970-01-01"},
      {day, "1970-01-02"},        {midnight - 1, "2024-10-03"},
      {midnight, "2024-10-04"},   {19'782 * day, "2024-02-29"},
      {UINT64_MAX, "9999-12-31"},
  };
  usage_query by_day;
  by_day.by = {usage_group::day};
  const auto ledger = place->opened();
  for (const auto& [time, want] : table) {
    record r = some_record("x");
    r.time = time;
    r.key_id = want;
    const std::string segment = std::to_string(time);
    ASSERT_TRUE(ledger->ingest(entries({r}, segment)));
  }
  by_day.by.push_back(usage_group::key);
  const auto rows = ledger->usage(by_day);
  ASSERT_TRUE(rows) << rows.error().message;
  for (const usage_row& row : *rows) EXPECT_EQ(row.group[1], row.group[0]);
  EXPECT_EQ(6U, rows->size());
}

TEST_P(Ledger, TakesForTagsWhatHasTheirForm) {
  const std::pair<const char*, const char*> table[] = {
      {R"({"t":"v"})", "v"},
      {R"( { "t" : "v" , "other" : [1] } )", "v"},
      {R"({"t":"first","t":"last"})", "last"},
      {R"({"\u0074":"v\u0000"})", "v\xEF\xBF\xBD"},
      {R"({"t":17})", "17"},
      {R"({"t":true})", "true"},
      {R"({"t":null})", ""},
      {R"({"t":{"u":"v"}})", ""},
      {R"({"t":"cut of)", ""},
      {R"(["t"])", ""},
      {R"({"t":"\ud800"})", "\xEF\xBF\xBD"},
      {R"({"t":""})", ""},
      {"\xFF", ""},
  };
  const auto ledger = place->opened();
  usage_query by_tag;
  by_tag.by = {usage_group::tag};
  by_tag.tag = "t";
  for (const auto& [tags, value] : table) {
    record r = some_record("x");
    r.tags = tags;
    r.key_id = tags;
    ASSERT_TRUE(ledger->ingest(entries({r}, tags))) << tags;
    by_tag.key = tags;
    EXPECT_EQ(value, ledger->usage(by_tag).value().at(0).group[0]) << tags;
  }
}

TEST_P(Ledger, SumsStayAtTheLargestNumber) {
  record r = some_record("x");
  r.used.cache_write_5m = INT64_MAX - 1;
  r.used.cache_write_1h = 2;
  r.cost_nano_usd = INT64_MAX;
  const auto ledger = place->opened();
  ASSERT_TRUE(ledger->ingest(entries({r, r, r})));
  const usage_row row = total(*ledger);
  EXPECT_EQ(INT64_MAX, row.cost.value);
  EXPECT_EQ(INT64_MAX, row.cache_write);
  EXPECT_EQ(30, row.input);
}

TEST_P(Ledger, IsEmptyAtFirst) {
  const auto ledger = place->opened();
  EXPECT_EQ(std::vector<std::string>{"0,0,0,0,0,0,0,0,0,0,0,0"}, lines(*ledger, {}));
  usage_query by_day;
  by_day.by = {usage_group::day};
  EXPECT_EQ(std::vector<std::string>{}, lines(*ledger, by_day));
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
  place->run("DROP INDEX weir_records_time");  // as version 1 left it
  place->run(postgres ? "UPDATE weir_schema SET version = 1" : "PRAGMA user_version = 1");
  const auto ledger = place->opened();
  EXPECT_EQ(2, ledger->schema_version().value());
  EXPECT_EQ(1, total(*ledger).requests);
  EXPECT_EQ("1", place->ask(postgres ? "SELECT count(*) FROM pg_indexes WHERE indexname = "
                                       "'weir_records_time'"
                                     : "SELECT count(*) FROM sqlite_schema WHERE name = "
                                       "'weir_records_time'"));
}

TEST_P(Ledger, LeavesANewerSchemaAlone) {
  ASSERT_TRUE(place->opened()->open());
  place->run(place->postgres() ? "UPDATE weir_schema SET version = 3" : "PRAGMA user_version = 3");
  const auto ledger = place->opened();
  const auto refused = ledger->ingest(entries({some_record("a")}));
  ASSERT_FALSE(refused);
  EXPECT_NE(std::string::npos, refused.error().message.find(
                                   "its schema has version 3, and this weir knows none above 2"))
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
  EXPECT_EQ(2, place->opened()->schema_version().value());
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
