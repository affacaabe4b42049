#include "observe/metrics.h"

#include "observe/shard_data.h"
#include "weir/base/limits.h"
#include "weir/json/writer.h"

namespace weir::observe {
namespace {

constexpr std::string_view other = "other";

std::string status_class(unsigned status) {
  if (status < 100 || status > 599) return std::string(other);
  return std::to_string(status / 100) + "xx";
}

/// A label is UTF-8 whatever an upstream called its models.
std::string label(std::string_view text) {
  const std::string quoted = json::quoted(text);
  return json::unescaped(std::string_view(quoted).substr(1, quoted.size() - 2));
}

/// The series with these labels. Beyond the bound the labels that come from configuration and
/// upstreams, which are the first `open` ones, become `other` (OBS-4).
template <class Series>
Series& series_of(series_map<Series>& in, label_values labels, std::size_t open) {
  if (Series* found = in.find(labels)) return *found;
  if (in.size() >= limits::max_metric_series) {
    for (std::size_t i = 0; i < open; ++i) labels[i] = other;
    if (Series* found = in.find(labels)) return *found;
  }
  return in.add(std::move(labels));
}

}  // namespace

metrics_shard::metrics_shard() : implementation_(std::make_unique<implementation>()) {}
metrics_shard::~metrics_shard() = default;

void metrics_shard::record(const exchange_record& exchange) {
  implementation& to = *implementation_;
  const std::string upstream = label(exchange.upstream);
  const std::string model = label(exchange.model_label);
  const std::string stream = exchange.stream ? "true" : "false";
  const bool own = exchange.dialect.empty();
  if (!exchange.limit.empty()) limit_refused(exchange.limit);

  series_of(to.requests,
            {upstream, model, own ? "own" : std::string(exchange.dialect),
             upstream.empty() ? "" : std::string(exchange.dialect), status_class(exchange.status),
             stream},
            2)
      .add(1);
  if (own) return;

  series_of(to.durations, {upstream, model, stream}, 2).observe(duration_bounds, exchange.duration);

  answer_series& answer = series_of(to.answers, {upstream, model}, 2);
  const auto add_tokens = [&](token_type type, const std::optional<std::uint64_t>& n) {
    answer.tokens[static_cast<std::size_t>(type)].add(n.value_or(0));
  };
  if (!exchange.used.estimated) {  // only what an upstream said
    add_tokens(token_type::input, exchange.used.input);
    add_tokens(token_type::cached_input, exchange.used.cache_read);
    add_tokens(token_type::output, exchange.used.output);
    add_tokens(token_type::reasoning, exchange.used.reasoning);
  }
  answer.events.add(exchange.events);
  answer.usage_missing.add(exchange.usage_missing ? 1 : 0);
  answer.cancelled.add(exchange.cancelled ? 1 : 0);
  if (exchange.first_token) answer.first_token.observe(first_token_bounds, *exchange.first_token);

  if (exchange.repairs.total() == 0) return;
  repair_series& repaired = series_of(to.repairs, {upstream}, 1);
  exchange.repairs.for_each([&](openai::clause c, std::uint32_t times) {
    repaired.repairs[static_cast<std::size_t>(c)].add(times);
  });
}

void metrics_shard::stream_opened() { implementation_->streams_opened.add(1); }
void metrics_shard::stream_closed() { implementation_->streams_closed.add(1); }
void metrics_shard::record_lost() { implementation_->records_lost.add(1); }
void metrics_shard::tls_failed() { implementation_->tls_failures.add(1); }
void metrics_shard::connection_opened() { implementation_->connections_opened.add(1); }
void metrics_shard::connection_closed() { implementation_->connections_closed.add(1); }

void metrics_shard::upstream_error(std::string_view upstream, std::string_view error_class) {
  series_of(implementation_->upstream_errors, {label(upstream), label(error_class)}, 2).add(1);
}

void metrics_shard::retried(std::string_view upstream) {
  series_of(implementation_->retries, {label(upstream)}, 1).add(1);
}
void metrics_shard::fell_back(std::string_view upstream) {
  series_of(implementation_->fallbacks, {label(upstream)}, 1).add(1);
}
void metrics_shard::hedged(std::string_view upstream) {
  series_of(implementation_->hedges, {label(upstream)}, 1).add(1);
}
void metrics_shard::hedge_won(std::string_view upstream) {
  series_of(implementation_->hedges_won, {label(upstream)}, 1).add(1);
}
void metrics_shard::limit_refused(std::string_view limit) {
  series_of(implementation_->limit_refusals, {std::string(limit)}, 1).add(1);
}

void metrics_shard::queue_refused(std::string_view model) {
  series_of(implementation_->queue_refusals, {label(model)}, 1).add(1);
}

}  // namespace weir::observe
