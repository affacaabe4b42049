#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "app/bench_counts.h"
#include "app/bench_emitter.h"
#include "weir/json/reader.h"
#include "weir/sse/event_parser.h"

namespace weir::app {

/// What answers to a bench's requests have to be.
struct bench_expectation {
  bool stream = true;
  /// The answer is bench/e2e/emitter's with so many events: its words, the times in it.
  std::optional<std::uint64_t> emitter_events{};
};

/// Why an answer is not right: a kind to count by, and the words of this one.
struct bench_fault {
  std::string kind;
  std::string detail;
};

/// Judges one answer after the other while it comes, and counts what is in it. A stream is right
/// when it is 200 and `text/event-stream`, has an event, no error event, [DONE] and nothing behind
/// it; a document when it is 200, JSON and has choices.
///
/// Memory   One event, or one document (limits::max_body_bytes).
/// Threads  None; no clock: times are arguments, in nanoseconds since whenever.
class bench_answer {
 public:
  bench_answer(const bench_expectation& want, bench_counts& counts);

  void begin(std::uint64_t now_ns);
  void head(unsigned status, std::string_view content_type);
  /// A part of the body. What it gives is final: the rest of the answer is of no interest.
  [[nodiscard]] std::optional<bench_fault> body(std::string_view part, std::uint64_t now_ns);
  /// The answer is over; nothing when it was right.
  [[nodiscard]] std::optional<bench_fault> end(std::uint64_t now_ns);

  /// Whether rates count what comes now.
  void time_is_up() { in_time_ = false; }

 private:
  [[nodiscard]] std::optional<bench_fault> take_event(std::string_view data, std::uint64_t now_ns);
  [[nodiscard]] bool speaks(std::string_view data);
  [[nodiscard]] std::optional<bench_fault> judge_document();
  [[nodiscard]] bench_fault refused();

  bench_expectation want_;
  bench_counts& counts_;
  std::uint64_t emitter_hash_ = 0;
  bool in_time_ = true;

  unsigned status_ = 0;
  bool is_event_stream_ = false;
  std::string content_type_;
  std::uint64_t begun_ns_ = 0;
  std::uint64_t last_event_ns_ = 0;
  std::uint64_t events_ = 0;
  bool spoke_ = false;
  bool done_ = false;
  bench::text_hash hash_;
  std::uint64_t texts_ = 0;
  std::string document_;
  sse::event_parser parser_;
  json::reader reader_;
};

}  // namespace weir::app
