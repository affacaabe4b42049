#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "observe/delay_histogram.h"

namespace weir::app {

/// What a load generator has seen so far. Times in nanoseconds.
///
/// Memory  Bounded: kinds of errors are few, and of each one example is kept.
struct bench_counts {
  struct failures {
    std::uint64_t count = 0;
    std::string example;  ///< of the first one, in the server's or the system's words
  };

  std::uint64_t ok = 0;
  std::uint64_t failed = 0;
  std::uint64_t unfinished = 0;  ///< left before their end, because the run was ended
  std::map<std::string, failures, std::less<>> errors;
  std::uint64_t events = 0;  ///< of streams, [DONE] not counted
  std::uint64_t bytes = 0;   ///< of bodies
  /// Of these, what came before time was up: rates are over that time.
  std::uint64_t ok_in_time = 0;
  std::uint64_t events_in_time = 0;

  observe::delay_histogram first_token;  ///< from the request to the first text, thought or call
  observe::delay_histogram gap;          ///< between two events of one stream
  observe::delay_histogram whole;        ///< from the request to the end of its answer
  observe::delay_histogram delay;        ///< from the emitter's write to our read

  void fail(std::string_view kind, std::string_view example);
  void add(const bench_counts& other);
  [[nodiscard]] std::uint64_t requests() const { return ok + failed + unfinished; }
};

}  // namespace weir::app
