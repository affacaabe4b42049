#include "app/bench_report.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "weir/json/reader.h"

namespace weir::app {
namespace {

std::unique_ptr<bench_result> example() {
  auto r = std::make_unique<bench_result>();
  r->counts.ok = 3;
  r->counts.ok_in_time = 2;
  r->counts.events = 30;
  r->counts.events_in_time = 20;
  r->counts.bytes = 2048;
  r->counts.whole.add(1'500'000);
  r->counts.fail("HTTP 429", "slow \x1b[31mdown");
  r->seconds = 2;
  r->cpu_seconds = 0.003;
  return r;
}

const bench_heading heading{"http://127.0.0.1:4000/v1", "m-1", true, 50, 2};

TEST(BenchReport, TextHasRatesOverTheTimeAndNothingThatSteersATerminal) {
  const std::string out = bench_as_text(heading, *example());
  for (const char* const part :
       {"requests", "1.00", "10.0", "2.00 KiB", "100 us", "1.50 ms", "HTTP 429", "slow \\x1b"})
    EXPECT_NE(std::string::npos, out.find(part)) << part << " in\n" << out;
  EXPECT_EQ(std::string::npos, out.find('\x1b'));
  EXPECT_EQ(std::string::npos, out.find("first token")) << "there was none";
}

TEST(BenchReport, JsonIsOneObjectWithTimesInMicroseconds) {
  json::reader reader;
  const std::string out = bench_as_json(heading, *example());
  ASSERT_EQ(json::reader::status::ok, reader.parse(out));
  const json::value root = reader.root();
  EXPECT_EQ("m-1", root["model"].decoded());
  EXPECT_EQ(4, root["requests"].integer());
  EXPECT_EQ(1.0, root["requests_per_second"].real());
  EXPECT_EQ(10.0, root["events_per_second"].real());
  EXPECT_EQ(100.0, root["cpu_us_per_event"].real());
  EXPECT_EQ(1500.0, root["duration_us"]["p99"].real());
  EXPECT_TRUE(root["first_token_us"].is(json::type::null));
  EXPECT_EQ(1, root["errors"].at(0)["count"].integer());
}

TEST(BenchReport, TimesHaveThreeDigitsAndAUnit) {
  const std::pair<double, const char*> cases[] = {
      {0, "0.000 ns"},        {12, "12.0 ns"},         {999, "999 ns"},   {1000, "1.00 us"},
      {1'234'000, "1.23 ms"}, {56'700'000, "56.7 ms"}, {3.2e9, "3.20 s"}, {4.5e12, "4500 s"}};
  for (const auto& [ns, want] : cases) EXPECT_EQ(want, readable_time(ns));
}

}  // namespace
}  // namespace weir::app
