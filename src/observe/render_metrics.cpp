#include <functional>
#include <map>

#include "observe/exposition.h"
#include "observe/metrics.h"
#include "observe/shard_data.h"
#include "weir/base/version.h"

namespace weir::observe {
namespace {

using shards_view = std::span<const metrics_shard* const>;
using shard = metrics_shard::implementation;

/// The series of one map of every shard, added up by `take(total, series)`.
template <class Total, class Series, class Take>
std::map<label_values, Total> total_of(shards_view shards, series_map<Series> shard::*map,
                                       Take&& take) {
  std::map<label_values, Total> out;
  for (const metrics_shard* one : shards)
    (one->internals().*map).visit([&](const label_values& labels, const Series& series) {
      take(out[labels], series);
    });
  return out;
}

std::uint64_t total_of(shards_view shards, counter shard::*which) {
  std::uint64_t sum = 0;
  for (const metrics_shard* one : shards) sum += (one->internals().*which).value();
  return sum;
}

/// A gauge is what was opened less what was closed. Closings are read first: a reader between the
/// two would otherwise see something close that was never open.
std::uint64_t open_of(shards_view shards, counter shard::*opened, counter shard::*closed) {
  const std::uint64_t gone = total_of(shards, closed);
  return total_of(shards, opened) - gone;
}

label_values with(label_values labels, std::string_view last) {
  labels.emplace_back(last);
  return labels;
}

struct answer_totals {
  std::array<std::uint64_t, token_names.size()> tokens{};
  std::uint64_t events = 0;
  std::uint64_t usage_missing = 0;
  std::uint64_t cancelled = 0;
  histogram_totals first_token;

  void add(const answer_series& s) {
    for (std::size_t i = 0; i < tokens.size(); ++i) tokens[i] += s.tokens[i].value();
    events += s.events.value();
    usage_missing += s.usage_missing.value();
    cancelled += s.cancelled.value();
    first_token.add(s.first_token);
  }
};
using answers = std::map<label_values, answer_totals>;

void write_counters(exposition& out, const family& of, shards_view shards,
                    series_map<counter> shard::*map) {
  out.start(of);
  const auto totals = total_of<std::uint64_t>(
      shards, map, [](std::uint64_t& sum, const counter& c) { sum += c.value(); });
  for (const auto& [labels, sum] : totals) out.sample(labels, sum);
}

void write_answer_counter(exposition& out, const family& of, const answers& all,
                          std::uint64_t answer_totals::*which) {
  out.start(of);
  for (const auto& [labels, totals] : all) out.sample(labels, totals.*which);
}

void write_answers(exposition& out, shards_view shards) {
  const answers all = total_of<answer_totals>(
      shards, &shard::answers, [](answer_totals& sum, const answer_series& s) { sum.add(s); });

  write_answer_counter(out,
                       {"weir_stream_events_total",
                        "counter",
                        "Events written to clients in streamed answers.",
                        {"upstream", "model"}},
                       all, &answer_totals::events);
  const family tokens{"weir_tokens_total",
                      "counter",
                      "Tokens as upstreams reported them; cached_input is part of input, reasoning "
                      "is part of output.",
                      {"upstream", "model", "type"}};
  out.start(tokens);
  for (const auto& [labels, totals] : all)
    for (std::size_t i = 0; i < token_names.size(); ++i)
      out.sample(with(labels, token_names[i]), totals.tokens[i]);
  const family first_token{"weir_time_to_first_token_seconds",
                           "histogram",
                           "From the last byte of the request to the first text, reasoning or tool "
                           "call of a streamed answer.",
                           {"upstream", "model"}};
  out.start(first_token);
  for (const auto& [labels, totals] : all)
    out.samples(labels, first_token_bounds, totals.first_token);
  write_answer_counter(out,
                       {"weir_usage_missing_total",
                        "counter",
                        "Completed answers for which the upstream reported no usage.",
                        {"upstream", "model"}},
                       all, &answer_totals::usage_missing);
  write_answer_counter(out,
                       {"weir_client_cancelled_total",
                        "counter",
                        "Requests whose client left before the end.",
                        {"upstream", "model"}},
                       all, &answer_totals::cancelled);
}

void write_durations(exposition& out, shards_view shards) {
  const family durations{"weir_request_duration_seconds",
                         "histogram",
                         "From the request to the end of the answer.",
                         {"upstream", "model", "stream"}};
  out.start(durations);
  const auto totals = total_of<histogram_totals>(
      shards, &shard::durations, [](histogram_totals& sum, const histogram& h) { sum.add(h); });
  for (const auto& [labels, sum] : totals) out.samples(labels, duration_bounds, sum);
}

void write_repairs(exposition& out, shards_view shards) {
  using counts = std::array<std::uint64_t, static_cast<std::size_t>(openai::clause::count_)>;
  const family repairs{"weir_stream_repairs_total",
                       "counter",
                       "Repairs of upstreams' answers, by the clause that was violated.",
                       {"upstream", "clause"}};
  out.start(repairs);
  const auto totals =
      total_of<counts>(shards, &shard::repairs, [](counts& sum, const repair_series& s) {
        for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += s.repairs[i].value();
      });
  for (const auto& [labels, sum] : totals)
    for (std::size_t i = 0; i < sum.size(); ++i)
      if (sum[i] != 0)
        out.sample(with(labels, openai::clause_name(static_cast<openai::clause>(i))), sum[i]);
}

void write_routing(exposition& out, shards_view shards) {
  write_counters(out,
                 {"weir_retries_total",
                  "counter",
                  "Attempts at an upstream after one there had failed.",
                  {"upstream"}},
                 shards, &shard::retries);
  write_counters(out,
                 {"weir_fallbacks_total",
                  "counter",
                  "Attempts at an upstream after one at another had failed.",
                  {"upstream"}},
                 shards, &shard::fallbacks);
  write_counters(out,
                 {"weir_hedges_total",
                  "counter",
                  "Attempts at an upstream while one at another was slow to answer.",
                  {"upstream"}},
                 shards, &shard::hedges);
  write_counters(out,
                 {"weir_hedges_won_total", "counter", "Those that answered first.", {"upstream"}},
                 shards, &shard::hedges_won);
  write_counters(out,
                 {"weir_queue_refused_total",
                  "counter",
                  "Requests for which no upstream had room in time.",
                  {"model"}},
                 shards, &shard::queue_refusals);
}

void write_single(exposition& out, const family& of, const label_values& labels,
                  std::uint64_t value) {
  out.start(of);
  out.sample(labels, value);
}

void write_upstreams(exposition& out, std::span<const upstream_now> upstreams) {
  const family up{
      "weir_upstream_up",
      "gauge",
      "Whether the upstream was reached when it was last tried, and its circuit breaker "
      "is closed.",
      {"upstream"}};
  out.start(up);
  for (const upstream_now& one : upstreams) out.sample({std::string(one.name)}, one.up ? 1 : 0);
  const family in_flight{
      "weir_upstream_in_flight", "gauge", "Attempts at the upstream under way.", {"upstream"}};
  out.start(in_flight);
  for (const upstream_now& one : upstreams) out.sample({std::string(one.name)}, one.in_flight);
}

}  // namespace

std::string render_metrics(const metrics_sources& from) {
  const shards_view shards = from.shards;
  exposition out;
  write_single(out,
               {"weir_build_info", "gauge", "Always 1; the version is the label.", {"version"}},
               {std::string(version)}, 1);
  write_counters(
      out,
      {"weir_requests_total",
       "counter",
       "Requests answered, by the class of the status the client saw.",
       {"upstream", "model", "client_dialect", "upstream_dialect", "status_class", "stream"}},
      shards, &shard::requests);
  write_durations(out, shards);
  write_answers(out, shards);
  write_repairs(out, shards);
  write_counters(out,
                 {"weir_upstream_errors_total",
                  "counter",
                  "Attempts at an upstream that failed.",
                  {"upstream", "class"}},
                 shards, &shard::upstream_errors);
  write_routing(out, shards);
  write_single(out, {"weir_active_streams", "gauge", "Streamed answers under way.", {}}, {},
               open_of(shards, &shard::streams_opened, &shard::streams_closed));
  write_single(out, {"weir_connections", "gauge", "Open connections from clients.", {}}, {},
               open_of(shards, &shard::connections_opened, &shard::connections_closed));
  write_upstreams(out, from.upstreams);
  write_single(
      out, {"weir_requests_waiting", "gauge", "Requests that wait for an upstream with room.", {}},
      {}, from.waiting);
  write_counters(out,
                 {"weir_limit_refused_total",
                  "counter",
                  "Clients that met a limit, by the key of `limits:` or of `keys:`.",
                  {"limit"}},
                 shards, &shard::limit_refusals);
  write_single(out,
               {"weir_tls_failed_total",
                "counter",
                "Connections from clients that ended because of TLS.",
                {}},
               {}, total_of(shards, &shard::tls_failures));
  write_single(
      out, {"weir_records_lost_total", "counter", "Requests of which no record could be kept.", {}},
      {}, total_of(shards, &shard::records_lost));
  const config_history::view config = from.config.now();
  write_single(out,
               {"weir_config_version",
                "gauge",
                "The configuration in force: 1 at first, one more for each reload.",
                {}},
               {}, config.version);
  write_single(out,
               {"weir_config_refused_total",
                "counter",
                "Configurations that were not taken; /admin/v1/config says why.",
                {}},
               {}, config.refused);
  return out.take();
}

}  // namespace weir::observe
