#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "weir/base/limits.h"

namespace weir::sse {

/// One unit an upstream sent: an SSE event's data, an NDJSON line, or a bare JSON document. Views
/// are valid until the next call to the reader or until its input goes away.
struct payload {
  enum class kind : std::uint8_t {
    json,   ///< `text` starts with `{` or `[` (whether it is JSON is for the caller to find out)
    done,   ///< a terminator in any of its spellings (SSE-12)
    error,  ///< the value of an `error:` field, or the data of `event: error` (SSE-13); may be text
  };
  kind what = kind::json;
  std::string_view text;
  std::string_view event;  ///< name of the event, "" when the stream gave none
  /// The bytes of this unit were exactly `data: ` text LF LF, with nothing before or between:
  /// writing that again gives the same bytes (P3).
  bool exact = false;
};

/// Reads what upstreams really send in place of `text/event-stream`, by content and not by label:
/// SSE with every deviation of SSE-13, NDJSON, or one JSON document, also pretty-printed.
///
/// Source   SSE-1..5, SSE-7..10, SSE-12, SSE-13; quirks F1-F14, F16, F27, F28, F41.
/// Input    Body bytes after transfer and content decoding, split anywhere (SSE-8).
/// Errors   `too_large` is final.
/// Memory   At most limits::max_event_bytes plus one input.
/// Cost     A regular event inside one input costs two memchr and no copy.
/// Threads  None.
class payload_reader {
 public:
  enum class status : std::uint8_t {
    need_input,  ///< all of the input is consumed
    ready,       ///< `current()` holds a payload; call again with what is left of the input
    too_large,   ///< a line or event beyond its limit (SSE-9)
  };

  explicit payload_reader(std::size_t max_line_bytes = limits::max_line_bytes,
                          std::size_t max_event_bytes = limits::max_event_bytes);

  /// Consumes a prefix of `input` and returns at the first payload.
  [[nodiscard]] status parse(std::string_view& input);

  /// The body is over: acts as if a blank line followed (SSE-7). `ready` at most once more, then
  /// `need_input` for ever. A JSON fragment that never became whole is delivered too, as `json`;
  /// the caller sees that it does not parse and knows a truncation.
  [[nodiscard]] status finish();

  [[nodiscard]] const payload& current() const { return current_; }

  /// What was left out or read leniently so far.
  struct counters {
    std::uint64_t comments = 0;  ///< `:` lines and pings (F7-F9); not repairs of a frame
    std::uint64_t empty = 0;     ///< empty payloads, `{}`, `null` (SSE-12)
    std::uint64_t dropped = 0;   ///< lines or payloads that are neither JSON nor SSE (SSE-13)
    std::uint64_t lenient = 0;   ///< payloads that needed SSE-7 or SSE-13 to be read
  };
  [[nodiscard]] const counters& counted() const { return counters_; }

  /// The first bytes (at most 2 KiB) of lines that were dropped: the text of an HTML page or of a
  /// plain-text error (EMAP-1).
  [[nodiscard]] std::string_view dropped_text() const { return dropped_text_; }

 private:
  payload current_;
  counters counters_;
  std::string dropped_text_;
  std::size_t max_line_bytes_;
  std::size_t max_event_bytes_;
};

}  // namespace weir::sse
