#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "http/h1_body.h"
#include "http/h1_section.h"
#include "http/message.h"

namespace weir::http {

/// Incremental decoder of HTTP/1.1 requests: the messages of one connection, one after the other.
///
///   parse() --> head --> body* --> end --> next_message() --> parse() ...
///          \______\________\_(error)          need_input wherever bytes are missing
///
/// Source   RFC 9112, RFC 9110 5, 8.6, 10.1.1; where the RFC lets a recipient choose, it refuses.
///          One deviation: absolute-form targets (RFC 9112 3.2.2) are refused, because weir is an
///          origin to its clients and two names for one host are a door for smuggling.
/// Input    Bytes, split anywhere; no split changes the results, except that the spans of a body
///          end where inputs end.
/// Errors   Final: the connection must be closed after answering `error().status`.
/// Memory   The head and the trailers (`limit_head`, else `limits::max_head_bytes` each); no
/// allocation for bodies. Cost     One pass, also byte by byte. Threads  None. One object per
/// connection; no I/O, no clock.
class h1_request_decoder {
 public:
  enum class status : std::uint8_t { need_input, head, body, end, error };

  h1_request_decoder() = default;
  h1_request_decoder(const h1_request_decoder&) = delete;  // head() is views into this object
  h1_request_decoder& operator=(const h1_request_decoder&) = delete;

  /// Consumes a prefix of `input`. `need_input`: all of it is consumed. `head`: the head is
  /// complete. `body`: another part of the body, never empty. `end`: the message is complete, and
  /// what is left of `input` belongs to the next one; comes without further input as soon as it is
  /// known, and again until `next_message()`. `error`: what is left of `input` means nothing.
  [[nodiscard]] status parse(std::string_view& input);

  /// Valid from `head` until `next_message()`: also when the inputs are gone.
  [[nodiscard]] const request_head& head() const { return head_; }
  /// The part of the body that the last `parse` found: a view into its input.
  [[nodiscard]] std::string_view body() const { return body_.span(); }
  /// The trailers (RFC 9112 7.1.2) that are not forbidden there (RFC 9110 6.5.1); from `end` on.
  [[nodiscard]] const fields& trailers() const { return body_.trailers(); }

  // From `head` until `next_message()`:
  /// Whether the client lets the connection serve another request (RFC 9112 9.3).
  [[nodiscard]] bool keep_alive() const { return keep_alive_; }
  /// Whether the client may be waiting for `100 Continue` (RFC 9110 10.1.1); false without a body.
  [[nodiscard]] bool expects_continue() const { return expects_continue_; }
  [[nodiscard]] std::optional<std::uint64_t> content_length() const { return content_length_; }
  /// Whether a body may follow: chunked, or a Content-Length other than 0.
  [[nodiscard]] bool has_body() const { return body_.framing() != h1_framing::none; }

  /// Whether a byte of the current message has come (idle connection, or one to time out?).
  [[nodiscard]] bool started() const { return phase_ != phase::start_line || !section_.empty(); }
  /// The reason of `error`.
  [[nodiscard]] const protocol_error& error() const { return error_; }

  /// Between two messages: how large a head may be, and trailers.
  void limit_head(std::size_t bytes);
  /// After `end`: makes ready for the next request of the connection.
  void next_message();

 private:
  enum class phase : std::uint8_t { start_line, field_lines, body, failed };

  [[nodiscard]] status fail(protocol_error why);
  [[nodiscard]] std::optional<protocol_error> request_line(std::string_view line);
  [[nodiscard]] std::optional<protocol_error> complete_head();

  phase phase_ = phase::start_line;
  bool skipped_empty_line_ = false;
  bool keep_alive_ = false;
  bool expects_continue_ = false;
  std::optional<std::uint64_t> content_length_;
  h1_section::place method_;
  h1_section::place target_;
  h1_section section_;
  h1_body body_;
  request_head head_;
  protocol_error error_;
};

/// Incremental decoder of HTTP/1.1 responses, as `h1_request_decoder`. All errors have status 502.
/// Interim responses (1xx) are skipped, at most `limits::max_h1_interim_responses` of them; 101 is
/// an error, since weir never asks to upgrade.
class h1_response_decoder {
 public:
  enum class status : std::uint8_t { need_input, head, body, end, error };

  h1_response_decoder() = default;
  h1_response_decoder(const h1_response_decoder&) = delete;
  h1_response_decoder& operator=(const h1_response_decoder&) = delete;

  /// Tells the method of the request that the next response answers: the response to HEAD has no
  /// body whatever its fields say (RFC 9112 6.3). Before the first `parse` of the message; without
  /// it, the method is taken to be another than HEAD.
  void expect(std::string_view request_method);

  [[nodiscard]] status parse(std::string_view& input);

  /// The connection closed: `end` when the message is complete or its body lasts until the close
  /// (RFC 9112 8), otherwise `error`.
  [[nodiscard]] status finish();

  [[nodiscard]] const response_head& head() const { return head_; }
  [[nodiscard]] std::string_view body() const { return body_.span(); }
  [[nodiscard]] const fields& trailers() const { return body_.trailers(); }

  /// Whether the connection may be used again after `end`; false for a body that lasts until the
  /// connection closes.
  [[nodiscard]] bool keep_alive() const { return keep_alive_; }
  [[nodiscard]] std::optional<std::uint64_t> content_length() const { return content_length_; }
  [[nodiscard]] bool has_body() const { return body_.framing() != h1_framing::none; }

  /// Whether a byte of the current response, or of an interim response to it, has come: if none
  /// has when a reused connection closes, the request may be sent again (RFC 9110 9.2.2).
  [[nodiscard]] bool started() const;
  [[nodiscard]] const protocol_error& error() const { return error_; }

  void next_message();

 private:
  enum class phase : std::uint8_t { start_line, field_lines, body, failed };

  [[nodiscard]] status fail(std::string_view reason);
  [[nodiscard]] std::string_view status_line(std::string_view line);
  [[nodiscard]] std::string_view skip_interim();
  [[nodiscard]] std::string_view complete_head();

  phase phase_ = phase::start_line;
  bool answers_head_ = false;
  bool keep_alive_ = false;
  unsigned interim_responses_ = 0;
  std::optional<std::uint64_t> content_length_;
  h1_section::place reason_;
  h1_section section_;
  h1_body body_;
  response_head head_;
  protocol_error error_;
};

}  // namespace weir::http
