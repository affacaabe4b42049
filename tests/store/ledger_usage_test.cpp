#include <gtest/gtest.h>

#include <functional>

#include "store/ledger_place.h"
#include "store/records.h"

namespace weir::store {
namespace {

using EmptyLedger = AnyLedger;
INSTANTIATE_TEST_SUITE_P(All, EmptyLedger, testing::Bool(), kind_name);

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

TEST_P(EmptyLedger, EndsADayAtMidnightInUtc) {
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

TEST_P(EmptyLedger, TakesForTagsWhatHasTheirForm) {
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

TEST_P(EmptyLedger, SumsStayAtTheLargestNumber) {
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

TEST_P(EmptyLedger, IsEmptyAtFirst) {
  const auto ledger = place->opened();
  EXPECT_EQ(std::vector<std::string>{"0,0,0,0,0,0,0,0,0,0,0,0"}, lines(*ledger, {}));
  usage_query by_day;
  by_day.by = {usage_group::day};
  EXPECT_EQ(std::vector<std::string>{}, lines(*ledger, by_day));
}

}  // namespace
}  // namespace weir::store
