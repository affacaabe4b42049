#include "app/top_frame.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <limits>
#include <map>
#include <string>

#include "weir/json/reader.h"

namespace weir::app {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

const char* const first = R"(weir_build_info{version="1.2.3"} 1
weir_requests_total{upstream="a",model="m",client_dialect="chat",status_class="2xx",stream="true"} 10
weir_requests_total{upstream="",model="",client_dialect="own",status_class="2xx",stream="false"} 99
weir_stream_events_total{upstream="a",model="m"} 1000
weir_tokens_total{upstream="a",model="m",type="output"} 500
weir_stream_repairs_total{upstream="a",clause="CHAT-8"} 5
weir_active_streams 3
)";
const char* const second = R"(weir_build_info{version="1.2.3"} 1
weir_requests_total{upstream="a",model="m",client_dialect="chat",status_class="2xx",stream="true"} 30
weir_requests_total{upstream="a",model="m",client_dialect="chat",status_class="5xx",stream="true"} 4
weir_requests_total{upstream="",model="",client_dialect="own",status_class="2xx",stream="false"} 199
weir_stream_events_total{upstream="a",model="m"} 3000
weir_tokens_total{upstream="a",model="m",type="output"} 700
weir_tokens_total{upstream="a",model="m",type="reasoning"} 70
weir_time_to_first_token_seconds_bucket{upstream="a",model="m",le="0.1"} 10
weir_time_to_first_token_seconds_bucket{upstream="a",model="m",le="0.2"} 20
weir_time_to_first_token_seconds_bucket{upstream="a",model="m",le="+Inf"} 20
weir_stream_repairs_total{upstream="a",clause="CHAT-8"} 25
weir_stream_repairs_total{upstream="a",clause="CHAT-13"} 1
weir_upstream_errors_total{upstream="a",class="server"} 6
weir_upstream_up{upstream="a"} 1
weir_upstream_up{upstream="b"} 0
weir_upstream_in_flight{upstream="a"} 7
weir_requests_waiting 2
weir_active_streams 5
weir_connections 9
)";

top_frame frame_between(const char* before, const char* after, double seconds) {
  return top_frame_of(top_snapshot_of(read_exposition(before)),
                      top_snapshot_of(read_exposition(after)), seconds);
}

TEST(TopFrame, HasRatesOfWhatGrewAndGaugesAsTheyAre) {
  const top_frame f = frame_between(first, second, 2);
  EXPECT_EQ("1.2.3", f.version);
  EXPECT_EQ(5, f.streams);
  EXPECT_EQ(9, f.connections);
  EXPECT_EQ(2, f.waiting);
  EXPECT_EQ(12, f.all.requests) << "its own endpoints are left out";
  EXPECT_EQ(2, f.all.failed);
  EXPECT_EQ(1000, f.all.events);
  EXPECT_EQ(100, f.all.output_tokens);
  EXPECT_NEAR(0.1, f.all.first_token_p50.value_or(0), 1e-9);
  EXPECT_NEAR(0.198, f.all.first_token_p99.value_or(0), 1e-9);
  EXPECT_EQ((std::map<std::string, double>{{"CHAT-8", 10}, {"CHAT-13", 0.5}}), f.repairs);
  ASSERT_EQ(2U, f.upstreams.size());
  EXPECT_EQ(3, f.upstreams.at("a").rates.failed);
  EXPECT_EQ(7, f.upstreams.at("a").in_flight);
  EXPECT_EQ(true, f.upstreams.at("a").up);
  EXPECT_EQ(false, f.upstreams.at("b").up);
}

TEST(TopFrame, ACounterThatBeganAnewCountsFromZero) {
  const top_frame f = frame_between(second, first, 1);
  EXPECT_EQ(10, f.all.requests);
  EXPECT_EQ(1000, f.all.events);
  EXPECT_EQ(5, f.repairs.at("CHAT-8"));
}

TEST(TopFrame, WithoutTimeBetweenThereAreNoRates) {
  const top_frame f = frame_between(second, second, 0);
  EXPECT_EQ(0, f.all.requests);
  EXPECT_EQ(std::nullopt, f.all.first_token_p50);
  EXPECT_TRUE(f.repairs.empty());
  EXPECT_EQ(5, f.streams);
}

TEST(TopFrame, AQuantileIsInProportionBetweenTwoBounds) {
  const struct {
    std::map<double, double> buckets;
    double share;
    std::optional<double> want;
  } cases[] = {
      {{}, 0.5, std::nullopt},
      {{{1, 0}, {infinity, 0}}, 0.5, std::nullopt},
      {{{1, 10}, {2, 10}, {infinity, 10}}, 0.5, 0.5},
      {{{1, 0}, {2, 10}, {infinity, 10}}, 0.5, 1.5},
      {{{1, 5}, {2, 10}, {infinity, 10}}, 0.5, 1},
      {{{1, 5}, {2, 10}, {infinity, 10}}, 1, 2},
      {{{1, 0}, {2, 0}, {infinity, 10}}, 0.5, 2},
      {{{infinity, 10}}, 0.5, 0},
  };
  for (const auto& c : cases) EXPECT_EQ(c.want, quantile_of(c.buckets, c.share));
}

TEST(TopFrame, TextFitsTheTerminalAndCannotSteerIt) {
  top_frame f = frame_between(first, second, 2);
  f.url = "http://127.0.0.1:4000";
  f.upstreams["\x1b[31mred"] = {};
  text_style style;
  const std::string whole = top_as_text(f, style, 0);
  for (const char* const part : {"weir 1.2.3", "CHAT-8 10.0", "down", "198 ms", "\\x1b[31mred"})
    EXPECT_NE(std::string::npos, whole.find(part)) << part << " in\n" << whole;
  EXPECT_EQ(std::string::npos, whole.find('\x1b'));
  EXPECT_LT(whole.find("CHAT-8"), whole.find("CHAT-13")) << "the most frequent one first";

  style.width = 40;
  const std::string small = top_as_text(f, style, 3);
  EXPECT_EQ(3, std::count(small.begin(), small.end(), '\n'));
  std::size_t longest = 0;
  for (std::string_view rest = small; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    longest = std::max(longest, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  EXPECT_EQ(40U, longest);

  style.colour = true;
  EXPECT_NE(std::string::npos, top_as_text(f, style, 0).find("\033[1m"));
}

TEST(TopFrame, JsonIsOneObject) {
  top_frame f = frame_between(first, second, 2);
  f.url = "http://127.0.0.1:4000";
  json::reader reader;
  const std::string out = top_as_json(f);
  ASSERT_EQ(json::reader::status::ok, reader.parse(out));
  const json::value root = reader.root();
  EXPECT_EQ(12.0, root["requests_per_second"].real());
  EXPECT_EQ(10.0, root["repairs_per_second"]["CHAT-8"].real());
  EXPECT_EQ("b", root["upstreams"].at(1)["name"].decoded());
  EXPECT_EQ(false, root["upstreams"].at(1)["up"].boolean());
  EXPECT_TRUE(root["upstreams"].at(1)["first_token_seconds"]["p50"].is(json::type::null));
}

RC_GTEST_PROP(TopFrame, WhateverAScrapeSaysItIsShownAsJsonAndText,
              (const std::vector<std::pair<double, double>>& values)) {
  std::string before = first;
  std::string after = second;
  for (const auto& [a, b] : values) {
    before += "weir_stream_events_total{upstream=\"x\"} " + std::to_string(a) + "\n";
    after += "weir_time_to_first_token_seconds_bucket{upstream=\"x\",le=\"" + std::to_string(a) +
             "\"} " + std::to_string(b) + "\n";
  }
  after += "weir_active_streams NaN\nweir_tokens_total{upstream=\"x\",type=\"output\"} +Inf\n";
  const top_frame f = frame_between(before.c_str(), after.c_str(), 1);
  json::reader reader;
  const std::string out = top_as_json(f);
  RC_ASSERT(reader.parse(out) == json::reader::status::ok);
  RC_ASSERT(!top_as_text(f, {}, 0).empty());
}

}  // namespace
}  // namespace weir::app
