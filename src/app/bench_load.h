#pragma once
#include <cstdint>
#include <functional>
#include <optional>

#include "app/bench_answer.h"
#include "app/bench_counts.h"
#include "app/http_client.h"
#include "weir/base/units.h"

namespace weir::app {

/// A load for one endpoint.
struct bench_plan {
  http_call request;
  bench_expectation want;
  std::uint64_t streams = 1;  ///< at once
  std::uint64_t threads = 1;  ///< at most one a stream
  /// The run is over when so many were asked for, or the time is up; at least one is said.
  std::optional<std::uint64_t> requests{};
  std::optional<millis> duration{};
  bool new_connections = false;
  millis silence{60'000};  ///< longest wait for the next bytes of an answer
};

struct bench_progress {
  double seconds = 0;  ///< since the beginning
  std::uint64_t ok = 0;
  std::uint64_t failed = 0;
  std::uint64_t open = 0;
};

struct bench_result {
  bench_counts counts;
  double seconds = 0;        ///< that rates are over: until the time was up
  double cpu_seconds = 0;    ///< of this process
  bool interrupted = false;  ///< by SIGINT or SIGTERM
  bool unreachable = false;  ///< given up: nothing ever answered
};

/// Puts the load on and judges each answer. When the time is up nothing more is asked for, and what
/// is under way is read to its end; SIGINT and SIGTERM leave it. `told` is called twice a second.
[[nodiscard]] bench_result run_bench(const bench_plan& plan,
                                     const std::function<void(const bench_progress&)>& told);

}  // namespace weir::app
