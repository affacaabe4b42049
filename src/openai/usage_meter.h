#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "json/member_catcher.h"
#include "weir/openai/usage.h"

namespace weir::openai {

/// Reads the usage of an answer that passes by unchanged: the member `usage` of a JSON document, or
/// of the last event of a stream that has one, where the event's data is JSON on one line. What
/// there is, is told by its first byte, as everywhere (docs/adr/0005); in audio, images and text
/// nothing is looked for.
///
/// Input    Body bytes, split anywhere.
/// Memory   A usage, at most limits::max_usage_bytes; no event and no document is held.
/// Cost     One pass over JSON and events, nothing for anything else.
/// Threads  None.
class usage_meter {
 public:
  usage_meter();

  void feed(std::string_view bytes);
  /// Where all tokens are input, as in embeddings and rankings, the total is the input.
  [[nodiscard]] std::optional<usage> last() const;
  /// Events with data so far.
  [[nodiscard]] std::uint64_t events() const { return events_; }

 private:
  enum class form : std::uint8_t { unknown, document, events, other };
  enum class line : std::uint8_t { name, data, other };

  void read_lines(std::string_view bytes);
  void end_line();

  json::member_catcher catcher_;
  std::optional<usage> of_events_;
  std::uint64_t events_ = 0;
  std::size_t matched_ = 0;  // of `data:`, in line::name
  form form_ = form::unknown;
  line line_ = line::name;
  bool event_has_data_ = false;
};

}  // namespace weir::openai
