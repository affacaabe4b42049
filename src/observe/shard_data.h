#pragma once
#include <array>
#include <cstdint>
#include <string_view>

#include "observe/histogram.h"
#include "observe/metrics.h"
#include "observe/series.h"
#include "weir/openai/repairs.h"

namespace weir::observe {

enum class token_type : std::uint8_t { input, cached_input, output, reasoning, count_ };
/// The names of contract 12.1, `gen_ai.token.type`.
inline constexpr std::array<std::string_view, static_cast<std::size_t>(token_type::count_)>
    token_names = {"input", "cached_input", "output", "reasoning"};

/// What the answers of one model at one upstream cost and how they went.
struct answer_series {
  std::array<counter, token_names.size()> tokens;
  counter events;
  counter usage_missing;
  counter cancelled;
  histogram first_token;
};

/// By `openai::clause`.
struct repair_series {
  std::array<counter, static_cast<std::size_t>(openai::clause::count_)> repairs;
};

/// The labels of each map in their order; those that configuration and upstreams choose go first.
struct metrics_shard::implementation {
  series_map<counter>
      requests;  ///< upstream, model, client_dialect, upstream_dialect, status_class, stream
  series_map<histogram> durations;      ///< upstream, model, stream
  series_map<answer_series> answers;    ///< upstream, model
  series_map<repair_series> repairs;    ///< upstream
  series_map<counter> upstream_errors;  ///< upstream, class
  series_map<counter> retries;          ///< upstream
  series_map<counter> fallbacks;        ///< upstream
  series_map<counter> hedges;           ///< upstream
  series_map<counter> hedges_won;       ///< upstream
  series_map<counter> queue_refusals;   ///< model
  series_map<counter> limit_refusals;   ///< limit
  counter streams_opened;
  counter streams_closed;
  counter tls_failures;
  counter records_lost;
  counter connections_opened;
  counter connections_closed;
};

}  // namespace weir::observe
