#pragma once
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

#include "http/message.h"

namespace weir::http {

/// Writers of HTTP/1.1 messages. Whatever goes in, what comes out is one head: a name, value,
/// method or target that the grammar does not allow (CR, LF, NUL, ...) is refused as a whole,
/// `false`, and `out` stays as it was. Framing is the caller's: write `Content-Length: n` or
/// `Transfer-Encoding: chunked` as a field.

/// Appends `METHOD target HTTP/1.1`, the fields in their order, and the empty line.
[[nodiscard]] bool write_request_head(std::string& out, std::string_view method,
                                      std::string_view target, std::span<const field> headers);
[[nodiscard]] bool write_request_head(std::string& out, std::string_view method,
                                      std::string_view target,
                                      std::initializer_list<field> headers);

/// Appends `HTTP/1.1 status reason_phrase(status)`, the fields in their order, and the empty line.
/// `status` is 100..599.
[[nodiscard]] bool write_response_head(std::string& out, unsigned status,
                                       std::span<const field> headers);
[[nodiscard]] bool write_response_head(std::string& out, unsigned status,
                                       std::initializer_list<field> headers);

/// Appends one h1 chunk; nothing when `bytes` is empty, since an empty chunk would be the last.
void append_chunk(std::string& out, std::string_view bytes);
/// Appends the last chunk and an empty trailer section: the end of the body.
void append_last_chunk(std::string& out);

}  // namespace weir::http
