#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "http/h1_framing.h"
#include "http/h1_section.h"
#include "http/message.h"

namespace weir::http {

/// Decoder of a body: the part of both decoders after the head. Not for use alone.
///
///   length, until_close: data                                          --> done
///   chunked:  size_first --> size --> [extension] --> size_lf --> data --> data_cr --> data_lf -+
///                 ^                                      |(size 0)                              |
///                 |                                      +--> trailer --> done                  |
///                 +-----------------------------------------------------------------------------+
///
/// Source   RFC 9112 6, 7.1.
/// Memory   None but for trailers.
class h1_body {
 public:
  enum class status : std::uint8_t { need_input, body, end, error };

  void start(h1_framing framing, std::uint64_t length);
  /// How large the trailers may be.
  void limit_trailers(std::size_t bytes) { section_.limit_to(bytes); }
  [[nodiscard]] status parse(std::string_view& input);
  /// The connection closed.
  [[nodiscard]] status finish();

  [[nodiscard]] h1_framing framing() const { return framing_; }
  [[nodiscard]] std::string_view span() const { return span_; }
  [[nodiscard]] std::string_view error() const { return error_; }
  /// 400 or, when trailers are too large, 431.
  [[nodiscard]] unsigned error_status() const { return error_status_; }
  [[nodiscard]] const fields& trailers() const { return trailers_; }
  void reset();

 private:
  enum class state : std::uint8_t {
    size_first,
    size,
    size_lf,
    ext_space,       // after the size or a complete extension: whitespace, then `;`
    ext_name_first,  // after `;`
    ext_name,
    ext_name_space,  // after a name: whitespace, then `=` or `;`
    ext_value_first,
    ext_token,
    ext_quoted,
    ext_quoted_pair,
    ext_value_end,  // after a quoted string
    data,
    data_cr,
    data_lf,
    trailer,
    done,
    failed
  };

  [[nodiscard]] status data(std::string_view& input);
  [[nodiscard]] status trailer(std::string_view& input);
  [[nodiscard]] bool skip_plain_chunk_line(std::string_view& input);
  [[nodiscard]] std::string_view chunk_line_byte(char c);
  [[nodiscard]] std::string_view size_byte(char c);
  [[nodiscard]] std::string_view extension_byte(char c);
  [[nodiscard]] status fail(unsigned error_status, std::string_view reason);

  std::uint64_t remaining_ = 0;      // of the body or of the chunk
  std::size_t line_bytes_ = 0;       // of this chunk's line
  std::size_t extension_bytes_ = 0;  // of all chunk lines of this body
  unsigned error_status_ = 0;
  unsigned digits_ = 0;
  h1_framing framing_ = h1_framing::none;
  state state_ = state::done;
  std::string_view span_;
  std::string_view error_;
  h1_section section_;
  fields trailers_;
};

}  // namespace weir::http
