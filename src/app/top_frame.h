#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "app/exposition_reader.h"
#include "app/terminal.h"

namespace weir::app {

/// Counters of one upstream, or of all.
struct top_counts {
  double requests = 0;
  double failed = 0;  ///< 4xx and 5xx that clients saw; of one upstream, attempts that failed
  double events = 0;
  double input_tokens = 0;
  double output_tokens = 0;
  std::map<double, double> first_token;  ///< by the bucket's upper end in seconds, cumulative
};

/// What one scrape says. Requests to weir's own endpoints are left out.
struct top_snapshot {
  struct upstream {
    top_counts counts;
    std::optional<bool> up{};  ///< nothing: it is not told
    double in_flight = 0;
  };
  std::string version;
  double streams = 0;
  double connections = 0;
  double waiting = 0;
  top_counts all;
  std::map<std::string, double> repairs;      ///< by clause
  std::map<std::string, upstream> upstreams;  ///< by name
};
[[nodiscard]] top_snapshot top_snapshot_of(const exposition_read& scrape);

/// What happened between two of them, a second.
struct top_rates {
  double requests = 0;
  double failed = 0;
  double events = 0;
  double input_tokens = 0;
  double output_tokens = 0;
  std::optional<double> first_token_p50{};  ///< seconds; nothing when there was none
  std::optional<double> first_token_p99{};
};
struct top_frame {
  struct upstream {
    top_rates rates;
    std::optional<bool> up{};
    double in_flight = 0;
  };
  std::string url;
  std::string version;
  double seconds = 0;
  double streams = 0;
  double connections = 0;
  double waiting = 0;
  top_rates all;
  std::map<std::string, double> repairs;
  std::map<std::string, upstream> upstreams;
};
/// A counter that is less than before belongs to a process that began anew: it counts from zero.
[[nodiscard]] top_frame top_frame_of(const top_snapshot& before, const top_snapshot& after,
                                     double seconds);

/// As in Prometheus: between two bounds in proportion; the last bound for what is beyond it.
/// `buckets` are cumulative.
[[nodiscard]] std::optional<double> quantile_of(const std::map<double, double>& buckets,
                                                double share);

/// For people, in at most `height` lines of the width of `style`; a height of 0 is any.
[[nodiscard]] std::string top_as_text(const top_frame& frame, const text_style& style,
                                      std::size_t height);
/// One JSON object.
[[nodiscard]] std::string top_as_json(const top_frame& frame);

}  // namespace weir::app
