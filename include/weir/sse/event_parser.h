#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "weir/base/limits.h"
#include "weir/sse/gathered_text.h"
#include "weir/sse/line_scanner.h"

namespace weir::sse {

/// One dispatched event; views are valid until the next call to the parser or until the input it
/// was parsed from goes away.
struct event {
  std::string_view type;     ///< `message` unless an `event` field named another
  std::string_view data;     ///< the data lines joined by LF
  std::string_view last_id;  ///< persists from event to event
};

/// Incremental parser of `text/event-stream`, strictly as the standard has it.
///
/// Source   WHATWG HTML 9.2.6; contract SSE-1..SSE-6, SSE-8, SSE-9.
/// Input    Bytes, split anywhere; no split changes the events (event_parser_test).
/// Errors   `too_large` is final until `reset()`: a line beyond `max_line_bytes`, or a line that
///          together with the data, type and id held exceeds `max_event_bytes`. Invalid UTF-8
///          passes unchanged.
/// Memory   At most `max_event_bytes` plus one input, whatever the peer sends.
/// Cost     One pass, no copy for an event inside one input (bench/micro/sse_bench).
/// Threads  None. One object per stream; no I/O, no clock.
class event_parser {
 public:
  enum class status : std::uint8_t { need_input, event_ready, too_large };

  explicit event_parser(std::size_t max_line_bytes = limits::max_line_bytes,
                        std::size_t max_event_bytes = limits::max_event_bytes);

  /// Consumes a prefix of `input` and returns at the first complete event, so that the caller may
  /// stop between two events (backpressure is not calling again). At `need_input` all of `input`
  /// is consumed.
  [[nodiscard]] status parse(std::string_view& input);

  /// The event of the last `event_ready`.
  [[nodiscard]] const event& current() const { return current_; }

  /// The last `retry:` field, milliseconds; 0 when there was none.
  [[nodiscard]] std::uint64_t retry_ms() const { return retry_ms_; }

  void reset();

 private:
  [[nodiscard]] std::size_t room() const;
  void take_field(std::string_view line);
  [[nodiscard]] bool dispatch();

  event current_;
  line_scanner scanner_;
  gathered_text data_;
  gathered_text type_;
  std::string id_;
  std::string delivered_data_;
  std::string delivered_type_;
  std::uint64_t retry_ms_ = 0;
  std::size_t max_line_bytes_;
  std::size_t max_event_bytes_;
  bool at_start_ = true;
  bool too_large_ = false;
};

}  // namespace weir::sse
