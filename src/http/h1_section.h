#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"
#include "weir/base/limits.h"

namespace weir::http {

/// The lines of a head, or of a trailer section, collected in one string of its own so that views
/// outlive the inputs they came in. Part of the decoders, not for use alone.
///
/// Source   RFC 9112 2.2, 5, 7.1.2.
/// Memory   At most `limit_to` said, else `limits::max_head_bytes`, and
/// `limits::max_header_fields`. Cost     Each byte is searched and copied once, however the input
/// is split.
class h1_section {
 public:
  enum class status : std::uint8_t { need_input, line, line_too_long, too_large };

  /// Consumes up to and including the next LF; a line may have `max_line_bytes`. A line is judged
  /// when it is complete, or when it has become longer than allowed, so that no split changes the
  /// verdict.
  [[nodiscard]] status take_line(std::string_view& input, std::size_t max_line_bytes);
  [[nodiscard]] status take_line(std::string_view& input) { return take_line(input, limit_); }

  /// The line completed last, without its CRLF, valid until the next `take_line`; nothing when it
  /// ended in a bare LF or holds a bare CR (RFC 9112 2.2).
  [[nodiscard]] std::optional<std::string_view> line() const;

  /// Reads the line completed last as `field-name ":" OWS field-value OWS`.
  [[nodiscard]] std::optional<protocol_error> add_field(std::string_view line);

  /// A view into the collected bytes, by its place: appending may move the bytes.
  struct place {
    std::size_t begin = 0;
    std::size_t size = 0;
  };
  [[nodiscard]] place place_of(std::string_view part) const;
  [[nodiscard]] std::string_view at(place p) const;

  /// All fields added, as views that stay valid until `clear`.
  void copy_to(fields& list) const;

  [[nodiscard]] bool empty() const { return bytes_.empty(); }
  void clear();

  /// How many bytes its lines may have together.
  void limit_to(std::size_t bytes) { limit_ = bytes; }

 private:
  struct field_place {
    place name;
    place value;
  };
  std::size_t limit_ = limits::max_head_bytes;
  std::string bytes_;
  std::size_t line_begin_ = 0;  // of the line being collected
  place line_;                  // of the line completed last, with its LF
  std::vector<field_place> fields_;
};

}  // namespace weir::http
