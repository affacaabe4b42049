#pragma once
#include <string>

#include "app/bench_load.h"

namespace weir::app {

/// What a run was about, for its report.
struct bench_heading {
  std::string url;
  std::string model;
  bool stream = true;
  std::uint64_t streams = 0;
  std::uint64_t threads = 0;
};

/// A table for people.
[[nodiscard]] std::string bench_as_text(const bench_heading& of, const bench_result& r);
/// One JSON object; times in microseconds.
[[nodiscard]] std::string bench_as_json(const bench_heading& of, const bench_result& r);

/// `1.23 ms`: three digits and a unit.
[[nodiscard]] std::string readable_time(double ns);

}  // namespace weir::app
