#include "observe/metrics.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <fstream>
#include <sstream>
#include <thread>

#include "observe/exposition_check.h"
#include "observe/histogram.h"
#include "support/test_data.h"
#include "weir/base/limits.h"

namespace weir::observe {
namespace {

using labels = std::map<std::string, std::string>;
using faults = std::vector<std::string>;

exchange_record answered(std::string upstream, std::string model) {
  exchange_record r;
  r.dialect = "chat";
  r.upstream = std::move(upstream);
  r.model_label = std::move(model);
  r.status = 200;
  r.stream = true;
  r.duration = micros(1'500'000);
  return r;
}

std::string render(const metrics_shard& shard) {
  const std::array<const metrics_shard*, 1> shards = {&shard};
  return render_metrics({shards, config_history()});
}

scrape scraped(const metrics_shard& shard) { return read_exposition(render(shard)); }

TEST(ExpositionCheck, FindsEachFault) {
  const std::pair<const char*, const char*> cases[] = {
      {"# HELP a_total x\n# TYPE a_total counter\na_total 1", "no newline at the end: "},
      {"# HELP a x\n# TYPE a gauge\na 1\n# HELP a x\n", "second HELP: # HELP a x"},
      {"# HELP a x\n# TYPE a gauge\n# TYPE a gauge\n", "second TYPE: # TYPE a gauge"},
      {"# HELP a x\n# TYPE a gauge\nb 1\n", "stray sample: b 1"},
      {"# HELP a x\n# TYPE a counter\na 1\n", "a counter ends in _total: a 1"},
      {"# HELP a x\n# TYPE a gauge\na 1\na 2\n", "second sample: a 2"},
      {"# HELP a x\n# TYPE a gauge\na{b=\"c} 1\n", "malformed sample: a{b=\"c} 1"},
      {"# HELP a x\n# TYPE a gauge\na{b=\"\\x\"} 1\n", "malformed sample: a{b=\"\\x\"} 1"},
      {"# HELP a x\n# TYPE a gauge\na{1b=\"c\"} 1\n", "malformed sample: a{1b=\"c\"} 1"},
      {"# HELP a x\n# TYPE a gauge\na one\n", "no number: a one"},
      {"# HELP a x\n# TYPE a gauge\na -1\n", "below zero: a -1"},
      {"# HELP a x\n# TYPE a histogram\na_bucket{le=\"1\"} 2\na_bucket{le=\"+Inf\"} 1\na_sum 1\n"
       "a_count 1\n",
       "buckets do not rise: a"},
      {"# HELP a x\n# TYPE a histogram\na_bucket{le=\"+Inf\"} 1\na_sum 1\na_count 2\n",
       "+Inf is not the count: a"},
      {"# HELP a x\n# TYPE a histogram\na_bucket{le=\"+Inf\"} 1\na_sum 1\n",
       "incomplete histogram: a"},
  };
  for (const auto& [text, want] : cases) {
    const faults found = read_exposition(text).faults;
    EXPECT_NE(found.end(), std::find(found.begin(), found.end(), want)) << text;
  }
}

TEST(RenderMetrics, NothingHappenedYet) {
  const metrics_shard shard;
  const scrape s = scraped(shard);
  EXPECT_EQ(faults{}, s.faults);
  EXPECT_EQ("0", s.value("weir_active_streams"));
  EXPECT_EQ("0", s.value("weir_connections"));
  EXPECT_EQ("1", s.value("weir_build_info", {{"version", "0.1.0"}}));
  EXPECT_EQ("0", s.value("weir_config_version"));
  EXPECT_EQ("0", s.value("weir_config_refused_total"));
  EXPECT_EQ("0", s.value("weir_requests_waiting"));
  EXPECT_EQ(8U, s.samples.size());
}

TEST(RenderMetrics, LimitsAreCountedByTheirKey) {
  metrics_shard shard;
  shard.limit_refused("streams");
  shard.limit_refused("streams");
  shard.limit_refused("connections");
  const scrape s = scraped(shard);
  EXPECT_EQ("2", s.value("weir_limit_refused_total", {{"limit", "streams"}}));
  EXPECT_EQ("1", s.value("weir_limit_refused_total", {{"limit", "connections"}}));
}

TEST(RenderMetrics, TheConfigurationIsTold) {
  config_history history;
  EXPECT_EQ(1U, history.applied("a", micros{1}));
  EXPECT_EQ(2U, history.applied("b", micros{2}));
  EXPECT_EQ(2U, history.refused({"why"}, micros{3}));
  const metrics_shard shard;
  const std::array<const metrics_shard*, 1> shards = {&shard};
  const scrape s = read_exposition(render_metrics({shards, history}));
  EXPECT_EQ("2", s.value("weir_config_version"));
  EXPECT_EQ("1", s.value("weir_config_refused_total"));
  EXPECT_EQ("b", history.now().origin);
  EXPECT_EQ(micros{3}, history.now().last_refusal->at);
}

TEST(RenderMetrics, UpstreamsAndQueuesAreToldAsTheyAreNow) {
  const metrics_shard shard;
  const std::array<const metrics_shard*, 1> shards = {&shard};
  const std::array<upstream_now, 2> upstreams = {{{"a", true, 3}, {"b", false, 0}}};
  const config_history history;
  const scrape s = read_exposition(render_metrics({shards, history, upstreams, 7}));
  EXPECT_EQ(faults{}, s.faults);
  EXPECT_EQ("1", s.value("weir_upstream_up", {{"upstream", "a"}}));
  EXPECT_EQ("3", s.value("weir_upstream_in_flight", {{"upstream", "a"}}));
  EXPECT_EQ("0", s.value("weir_upstream_up", {{"upstream", "b"}}));
  EXPECT_EQ("7", s.value("weir_requests_waiting"));
}

TEST(RenderMetrics, HasEveryFamilyOnce) {
  const metrics_shard shard;
  const std::map<std::string, std::string> want = {
      {"weir_requests_total", "counter"},
      {"weir_request_duration_seconds", "histogram"},
      {"weir_time_to_first_token_seconds", "histogram"},
      {"weir_tokens_total", "counter"},
      {"weir_stream_events_total", "counter"},
      {"weir_stream_repairs_total", "counter"},
      {"weir_upstream_errors_total", "counter"},
      {"weir_usage_missing_total", "counter"},
      {"weir_retries_total", "counter"},
      {"weir_fallbacks_total", "counter"},
      {"weir_hedges_total", "counter"},
      {"weir_hedges_won_total", "counter"},
      {"weir_queue_refused_total", "counter"},
      {"weir_limit_refused_total", "counter"},
      {"weir_tls_failed_total", "counter"},
      {"weir_records_lost_total", "counter"},
      {"weir_config_version", "gauge"},
      {"weir_config_refused_total", "counter"},
      {"weir_client_cancelled_total", "counter"},
      {"weir_active_streams", "gauge"},
      {"weir_connections", "gauge"},
      {"weir_upstream_up", "gauge"},
      {"weir_upstream_in_flight", "gauge"},
      {"weir_requests_waiting", "gauge"},
      {"weir_build_info", "gauge"},
  };
  EXPECT_EQ(want, scraped(shard).types);
}

TEST(MetricsShard, CountsOnlyTokensThatAnUpstreamReported) {
  metrics_shard shard;
  exchange_record r = answered("openai", "gpt-5");
  r.used.input = 100;
  shard.record(r);
  r.used.estimated = true;
  shard.record(r);
  const scrape s = scraped(shard);
  EXPECT_EQ("100", s.value("weir_tokens_total",
                           {{"upstream", "openai"}, {"model", "gpt-5"}, {"type", "input"}}));
}

TEST(MetricsShard, CountsAnExchange) {
  metrics_shard shard;
  exchange_record r = answered("openai", "gpt-5");
  r.events = 12;
  r.first_token = micros(30'000);
  r.used.input = 100;
  r.used.cache_read = 40;
  r.used.output = 20;
  r.used.reasoning = 5;
  r.repairs.add(openai::clause::chat_8, 2);
  r.repairs.add(openai::clause::sse_7);
  shard.record(r);
  r.status = 503;
  r.stream = false;
  r.cancelled = true;
  r.usage_missing = true;
  r.first_token.reset();
  shard.record(r);
  shard.upstream_error("openai", "rate_limit");
  shard.stream_opened();
  shard.stream_opened();
  shard.stream_closed();
  shard.connection_opened();

  const scrape s = scraped(shard);
  EXPECT_EQ(faults{}, s.faults);
  const labels who = {{"upstream", "openai"}, {"model", "gpt-5"}};
  const auto with = [&](std::initializer_list<labels::value_type> more) {
    labels out = who;
    out.insert(more);
    return out;
  };
  EXPECT_EQ("1", s.value("weir_requests_total", with({{"client_dialect", "chat"},
                                                      {"upstream_dialect", "chat"},
                                                      {"status_class", "2xx"},
                                                      {"stream", "true"}})));
  EXPECT_EQ("1", s.value("weir_requests_total", with({{"client_dialect", "chat"},
                                                      {"upstream_dialect", "chat"},
                                                      {"status_class", "5xx"},
                                                      {"stream", "false"}})));
  EXPECT_EQ("200", s.value("weir_tokens_total", with({{"type", "input"}})));
  EXPECT_EQ("80", s.value("weir_tokens_total", with({{"type", "cached_input"}})));
  EXPECT_EQ("40", s.value("weir_tokens_total", with({{"type", "output"}})));
  EXPECT_EQ("10", s.value("weir_tokens_total", with({{"type", "reasoning"}})));
  EXPECT_EQ("24", s.value("weir_stream_events_total", who));
  EXPECT_EQ("1", s.value("weir_usage_missing_total", who));
  EXPECT_EQ("1", s.value("weir_client_cancelled_total", who));
  EXPECT_EQ("0", s.value("weir_time_to_first_token_seconds_bucket", with({{"le", "0.02"}})));
  EXPECT_EQ("1", s.value("weir_time_to_first_token_seconds_bucket", with({{"le", "0.04"}})));
  EXPECT_EQ("0.030000", s.value("weir_time_to_first_token_seconds_sum", who));
  EXPECT_EQ("1", s.value("weir_time_to_first_token_seconds_count", who));
  EXPECT_EQ("1.500000", s.value("weir_request_duration_seconds_sum", with({{"stream", "true"}})));
  EXPECT_EQ("4",
            s.value("weir_stream_repairs_total", {{"upstream", "openai"}, {"clause", "CHAT-8"}}));
  EXPECT_EQ("2",
            s.value("weir_stream_repairs_total", {{"upstream", "openai"}, {"clause", "SSE-7"}}));
  EXPECT_EQ(2U, s.count("weir_stream_repairs_total")) << "a clause without repairs has no series";
  EXPECT_EQ("1", s.value("weir_upstream_errors_total",
                         {{"upstream", "openai"}, {"class", "rate_limit"}}));
  EXPECT_EQ("1", s.value("weir_active_streams"));
  EXPECT_EQ("1", s.value("weir_connections"));
}

TEST(MetricsShard, StatusHasAClass) {
  const std::pair<unsigned, const char*> cases[] = {
      {200, "2xx"}, {204, "2xx"}, {404, "4xx"}, {499, "4xx"},   {500, "5xx"},
      {599, "5xx"}, {101, "1xx"}, {0, "other"}, {600, "other"}, {99, "other"},
  };
  for (const auto& [status, want] : cases) {
    metrics_shard shard;
    exchange_record r = answered("u", "m");
    r.status = status;
    shard.record(r);
    const scrape s = scraped(shard);
    for (const scrape::sample& one : s.samples) {
      if (one.name != "weir_requests_total") continue;
      EXPECT_EQ(want, one.labels.at("status_class"));
    }
  }
}

TEST(MetricsShard, OurOwnEndpointsAreCountedAndNotTimed) {
  metrics_shard shard;
  exchange_record r;
  r.status = 200;
  shard.record(r);
  const scrape s = scraped(shard);
  EXPECT_EQ("1", s.value("weir_requests_total", {{"client_dialect", "own"},
                                                 {"upstream", ""},
                                                 {"upstream_dialect", ""},
                                                 {"model", ""},
                                                 {"status_class", "2xx"},
                                                 {"stream", "false"}}));
  EXPECT_EQ(0U, s.count("weir_request_duration_seconds_count"));
  EXPECT_EQ(0U, s.count("weir_tokens_total"));
}

TEST(RenderMetrics, AddsUpShards) {
  metrics_shard one;
  metrics_shard two;
  exchange_record r = answered("u", "m");
  r.first_token = micros(1);
  one.record(r);
  two.record(r);
  two.record(r);
  two.record(answered("u", "n"));
  one.stream_opened();
  two.stream_opened();
  const std::array<const metrics_shard*, 2> shards = {&one, &two};
  const scrape s = read_exposition(render_metrics({shards, config_history()}));
  EXPECT_EQ(faults{}, s.faults);
  EXPECT_EQ("3",
            s.value("weir_time_to_first_token_seconds_count", {{"upstream", "u"}, {"model", "m"}}));
  EXPECT_EQ("4.500000", s.value("weir_request_duration_seconds_sum",
                                {{"upstream", "u"}, {"model", "m"}, {"stream", "true"}}));
  EXPECT_EQ("2", s.value("weir_active_streams"));
  EXPECT_EQ(2U, s.count("weir_requests_total"));
}

TEST(RenderMetrics, LabelsAreEscapedAndUtf8) {
  const std::pair<const char*, const char*> cases[] = {
      {"plain", "plain"},
      {"quote\"backslash\\newline\n", "quote\"backslash\\newline\n"},
      {"tab\tand \xE2\x82\xAC", "tab\tand \xE2\x82\xAC"},
      {"bad \xFF utf8", "bad \xEF\xBF\xBD utf8"},
      {"\xE2\x80\xA8 line separator", "\xE2\x80\xA8 line separator"},
      {"\\n", "\\n"},
  };
  for (const auto& [model, want] : cases) {
    metrics_shard shard;
    shard.record(answered("u", model));
    const scrape s = scraped(shard);
    EXPECT_EQ(faults{}, s.faults) << model;
    EXPECT_EQ("0", s.value("weir_stream_events_total", {{"upstream", "u"}, {"model", want}}));
  }
}

TEST(Histogram, AValueOnABoundIsInItsBucket) {
  const auto check = [](std::span<const bucket_bound> bounds) {
    for (std::size_t i = 0; i < bounds.size(); ++i) {
      // The number and its spelling are the same.
      EXPECT_DOUBLE_EQ(std::strtod(std::string(bounds[i].seconds).c_str(), nullptr) * 1e6,
                       static_cast<double>(bounds[i].at_most.count()));
      histogram on;
      on.observe(bounds, bounds[i].at_most);
      EXPECT_EQ(1U, on.bucket(i));
      histogram above;
      above.observe(bounds, bounds[i].at_most + micros(1));
      EXPECT_EQ(1U, above.bucket(i + 1));
    }
    histogram below;
    below.observe(bounds, micros(-5));
    EXPECT_EQ(1U, below.bucket(0));
    EXPECT_EQ(0U, below.sum_micros());
  };
  check(duration_bounds);
  check(first_token_bounds);
}

TEST(MetricsShard, BeyondTheBoundALabelIsOther) {
  metrics_shard shard;
  const std::size_t bound = limits::max_metric_series;
  for (std::size_t i = 0; i < bound; ++i) shard.record(answered("u", "m" + std::to_string(i)));
  scrape s = scraped(shard);
  EXPECT_EQ(bound, s.count("weir_requests_total"));
  const labels other = {{"upstream", "other"}, {"model", "other"}};
  EXPECT_EQ("", s.value("weir_stream_events_total", other));

  exchange_record r = answered("u", "one more");
  r.events = 3;
  shard.record(r);
  shard.record(answered("v", "and one more"));
  r = answered("u", "m7");
  r.events = 4;
  shard.record(r);
  s = scraped(shard);
  EXPECT_EQ(faults{}, s.faults);
  EXPECT_EQ(bound + 1, s.count("weir_requests_total"));
  EXPECT_EQ(bound + 1, s.count("weir_stream_events_total"));
  EXPECT_EQ("3", s.value("weir_stream_events_total", other));
  EXPECT_EQ("4", s.value("weir_stream_events_total", {{"upstream", "u"}, {"model", "m7"}}))
      << "a known series stays its own";

  for (std::size_t i = 0; i < bound + 5; ++i) shard.upstream_error("u" + std::to_string(i), "x");
  EXPECT_EQ(bound + 1, scraped(shard).count("weir_upstream_errors_total"));
}

// Meant for ThreadSanitizer as well: one writer per shard, one reader of all.
TEST(MetricsShard, IsReadWhileItIsWritten) {
  constexpr int exchanges = 500;
  metrics_shard one;
  metrics_shard two;
  std::atomic<int> done{0};
  const auto write = [&done](metrics_shard& shard, const char* upstream) {
    for (int i = 0; i < exchanges; ++i) {
      shard.connection_opened();
      shard.stream_opened();
      exchange_record r = answered(upstream, "m" + std::to_string(i % 50));
      r.first_token = micros(i * 100);
      r.duration = micros(i * 1000);
      r.repairs.add(openai::clause::chat_8);
      shard.record(r);
      shard.upstream_error(upstream, "timeout");
      shard.stream_closed();
      shard.connection_closed();
    }
    ++done;
  };
  std::thread first(write, std::ref(one), "a");
  std::thread second(write, std::ref(two), "b");
  const std::array<const metrics_shard*, 2> shards = {&one, &two};
  while (done < 2) {
    const scrape s = read_exposition(render_metrics({shards, config_history()}));
    EXPECT_EQ(faults{}, s.faults);
    EXPECT_LE(std::stoull(s.value("weir_active_streams")), 2U);
  }
  first.join();
  second.join();
  const scrape s = read_exposition(render_metrics({shards, config_history()}));
  EXPECT_EQ(faults{}, s.faults);
  EXPECT_EQ("0", s.value("weir_active_streams"));
  EXPECT_EQ("500",
            s.value("weir_upstream_errors_total", {{"upstream", "a"}, {"class", "timeout"}}));
  EXPECT_EQ("500", s.value("weir_stream_repairs_total", {{"upstream", "b"}, {"clause", "CHAT-8"}}));
}

TEST(RenderMetrics, EveryFamilyAndLabelIsInTheManual) {
  std::ifstream file(testing::data_folder() + "/../../docs/metrics.md");
  std::ostringstream text;
  text << file.rdbuf();
  const std::string manual = text.str();
  metrics_shard shard;
  exchange_record r = answered("u", "m");
  r.first_token = micros(1);
  r.repairs.add(openai::clause::chat_8);
  shard.record(r);
  shard.upstream_error("u", "timeout");
  const scrape s = scraped(shard);
  for (const auto& [name, type] : s.types) {
    const std::size_t row = manual.find("| `" + name + "` | " + type + " |");
    ASSERT_NE(std::string::npos, row) << "docs/metrics.md: no row for " << name;
    const std::string line = manual.substr(row, manual.find('\n', row) - row);
    for (const scrape::sample& sample : s.samples) {
      if (sample.name.substr(0, name.size()) != name) continue;
      for (const auto& [label, value] : sample.labels) {
        if (label == "le") continue;
        EXPECT_NE(std::string::npos, line.find("`" + label + "`")) << name << ' ' << label;
      }
    }
  }
}

}  // namespace
}  // namespace weir::observe
