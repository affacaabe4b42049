#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "observe/exchange_record.h"

namespace weir::observe {

enum class level : unsigned char { info, warning, error };

/// The program's log: JSON lines on stdout for exchanges (one each), plain lines on stderr for
/// people.
///
/// Blocking  Never for a worker: each of the two has a queue of limits::max_log_lines and a thread
///           of its own; when the reader of the pipe is slow the oldest lines are dropped and
///           counted, and the other one goes on.
/// Threads   Any.
class log {
 public:
  struct options {
    bool access_lines = true;
    int access_descriptor = 1;  ///< stays open; the caller's
    int people_descriptor = 2;
  };
  explicit log(const options& what);
  /// Writes what is queued; waits no longer than limits::log_farewell for each reader that is slow.
  ~log();
  log(const log&) = delete;
  log& operator=(const log&) = delete;

  void exchange(const exchange_record& record);
  /// One line: control characters are escaped, and it is cut at limits::max_said_line_bytes.
  void say(level how, std::string_view text);
  /// Lines that were not written: pushed out of a queue, or refused by the descriptor.
  [[nodiscard]] std::uint64_t dropped() const;

 private:
  struct implementation;
  std::unique_ptr<implementation> implementation_;
};

/// The access line of one exchange, without the newline: a JSON object with stable keys
/// (docs/access-log.md). What the client chose is cut at limits::max_logged_text_bytes, and a query
/// is left out of the path.
[[nodiscard]] std::string access_line(const exchange_record& record);

/// The line `say` writes, without the newline.
[[nodiscard]] std::string people_line(level how, std::string_view text);

}  // namespace weir::observe
