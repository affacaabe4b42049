#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "weir/base/limits.h"
#include "weir/sse/gathered_text.h"
#include "weir/sse/json_extent.h"
#include "weir/sse/line_scanner.h"

namespace weir::sse {

struct upstream_line;

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
  /// It stood in no field: a line of NDJSON, or the document that is the whole body.
  bool bare = false;
};

/// Reads what upstreams really send in place of `text/event-stream`, by content and not by label:
/// SSE with every deviation of SSE-13, NDJSON, or one JSON document, also pretty-printed.
///
/// The one mechanism is the line. A line is blank, a field, or raw; a text is gathered from `data:`
/// and `error:` fields or begins with a raw line that looks like JSON (a *bare* document). What
/// ends a text:
///
///   text gathered so far       blank line   a line that fits   any other line
///   bare, brackets open        goes on      goes on            ends it (cannot be JSON)
///   bare, brackets balanced    --- ends with the line that balances them ---
///   data, brackets open        ends it      goes on            ends it (cannot be JSON)
///   data, whole JSON or done   ends it      -                  ends it (a single LF, F3)
///   data, plain text           ends it      goes on            ends it when JSON or done follows
///
/// After a whole JSON text ended by a single LF the next ones end with their own line, until a
/// blank line is seen: such a stream is not held back by one payload.
///
/// Source   SSE-1..5, SSE-7..10, SSE-12, SSE-13; deviations F1-F14, F16, F25, F27, F28, F41
///          (docs/clauses.md).
/// Input    Body bytes after transfer and content decoding, split anywhere (SSE-8).
/// Errors   `too_large` is final: a line beyond `max_line_bytes`, or a line that together with the
///          text and event name held exceeds `max_event_bytes`.
/// Memory   At most `max_event_bytes` plus one input.
/// Cost     A regular event inside one input costs two memchr, one pass that looks for glued
///          payloads, and no copy.
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

  /// Consumes a prefix of `input` and returns at the first payload. Call until `need_input`, also
  /// when `input` has become empty: one line may hold several payloads.
  [[nodiscard]] status parse(std::string_view& input);

  /// The body is over: acts as if a blank line followed (SSE-7). Call until `need_input`, for the
  /// last line may end one payload and hold others. A JSON fragment that never became whole is
  /// delivered too, as `json`; the caller sees that it does not parse and knows a truncation.
  [[nodiscard]] status finish();

  /// What is held may be a payload that only lacks the end of its line or event: a bracket is its
  /// last byte. An upstream that then says nothing for a while (T3) has said it; ask whole().
  [[nodiscard]] bool may_be_whole() const;
  /// What is held is a whole JSON text or a terminator: finish() would deliver it, and the body may
  /// go on afterwards. Reads all that is held.
  [[nodiscard]] bool whole() const;

  [[nodiscard]] const payload& current() const { return current_; }

  /// Bytes kept of what is no payload yet.
  [[nodiscard]] std::size_t held() const { return gathered() + scanner_.unended().size(); }

  /// What was left out or read leniently so far.
  struct counters {
    std::uint64_t comments = 0;  ///< `:` lines, pings, events without data (F7-F9); not repairs
    std::uint64_t empty = 0;     ///< empty payloads, `{}`, `null`, comments as data (SSE-12, F8)
    std::uint64_t dropped = 0;   ///< lines or payloads that are neither JSON nor SSE (SSE-13)
    /// Payloads that needed SSE-7 or SSE-13 to be read. Bare documents are not among them in a
    /// body that is not SSE at all: NDJSON and plain JSON are formats of their own (SSE-10).
    std::uint64_t lenient = 0;
  };
  [[nodiscard]] const counters& counted() const { return counters_; }

  /// The first bytes (at most 2 KiB) of lines that were dropped, each ended by LF: the text of an
  /// HTML page or of a plain-text error (EMAP-1).
  [[nodiscard]] std::string_view dropped_text() const { return dropped_text_; }

 private:
  enum class origin : std::uint8_t { data, error, bare };

  [[nodiscard]] std::size_t gathered() const;
  [[nodiscard]] std::size_t room() const;
  [[nodiscard]] bool take_regular_event(std::string_view& input);
  [[nodiscard]] bool take_line();
  [[nodiscard]] bool take_blank_line();
  [[nodiscard]] bool goes_on_with(const upstream_line& line);
  void append(const upstream_line& line);
  void take_aside(const upstream_line& line);
  void begin(const upstream_line& line, bool regular);
  [[nodiscard]] bool brackets_open();
  [[nodiscard]] bool ends_with_its_line();
  [[nodiscard]] bool end_by_blank_line(bool exact);
  [[nodiscard]] bool end_by_next_line();
  [[nodiscard]] bool end_text(bool exact);
  [[nodiscard]] bool deliver_waiting();
  [[nodiscard]] bool deliver_glued();
  [[nodiscard]] bool deliver(std::string_view text, bool exact);
  [[nodiscard]] bool leave_out(std::uint64_t& counter);
  void drop(std::string_view text);

  payload current_;
  counters counters_;
  line_scanner scanner_;
  gathered_text text_;
  json_extent extent_;      ///< of the first `extent_read_` bytes of text_
  std::string event_;       ///< event name given before the text
  std::string late_event_;  ///< event name given after it: belongs to it if a blank line follows
  std::string delivered_text_;
  std::string delivered_event_;
  std::string dropped_text_;
  std::size_t extent_read_ = 0;
  std::size_t glued_at_ = 0;  ///< where in delivered_text_ further payloads wait; 0 for none
  std::size_t max_line_bytes_;
  std::size_t max_event_bytes_;
  origin origin_ = origin::data;
  origin delivered_origin_ = origin::data;
  bool text_is_json_ = false;     ///< the text begins like JSON
  bool text_is_done_ = false;     ///< the text is a terminator
  bool text_is_regular_ = false;  ///< it came as one `data: TEXT` LF with nothing before
  bool text_is_lenient_ = false;  ///< SSE-7 or SSE-13 was needed to read it
  bool text_is_whole_ = false;    ///< it ended with its line and waits to be delivered
  bool delivered_is_lenient_ = false;
  bool clean_ = true;       ///< no byte was left out since the last payload
  bool single_lf_ = false;  ///< a single LF ends a payload (F3)
  bool at_start_ = true;
  bool saw_sse_ = false;
  bool saw_field_ = false;  ///< a field but no data since the last blank line
  bool too_large_ = false;
};

}  // namespace weir::sse
