#include "http/h1_framing.h"

#include <limits>
#include <string_view>

#include "http/ascii.h"

namespace weir::http {
namespace {

using rule = result<h1_body_rule, protocol_error>;

// 1*DIGIT; neither sign nor list. Beyond what fits a signed number nobody has a body, but somebody
// has an overflow.
std::optional<std::uint64_t> decimal(std::string_view digits) {
  constexpr std::uint64_t max = std::numeric_limits<std::int64_t>::max();
  if (digits.empty()) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : digits) {
    if (!ascii::is_digit(c)) return std::nullopt;
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (value > (max - digit) / 10) return std::nullopt;
    value = value * 10 + digit;
  }
  return value;
}

rule transfer_encoding(std::string_view value) {
  if (ascii::equal_ignoring_case(value, "chunked"))
    return h1_body_rule{h1_framing::chunked, std::nullopt};
  const std::size_t comma = value.rfind(',');
  const bool listed = comma != std::string_view::npos;
  const std::string_view final_coding = ascii::trim_ows(listed ? value.substr(comma + 1) : value);
  if (!ascii::equal_ignoring_case(final_coding, "chunked"))  // RFC 9112 6.3: 400, not 501
    return protocol_error{400, "the final transfer coding is not chunked"};
  fields others;
  others.add("codings", value.substr(0, comma));
  if (others.has_token("codings", "chunked") || others.has_token("codings", ""))
    return protocol_error{400, "malformed Transfer-Encoding"};
  return protocol_error{501, "a transfer coding other than chunked"};
}

}  // namespace

rule h1_body_rule_of(version protocol, const fields& headers) {
  const std::size_t encodings = headers.count("transfer-encoding");
  const std::size_t lengths = headers.count("content-length");
  if (encodings != 0) {
    if (protocol == version::http_1_0)  // RFC 9112 6.1
      return protocol_error{400, "Transfer-Encoding with HTTP/1.0"};
    if (lengths != 0)  // RFC 9112 6.3: ought to be handled as an error
      return protocol_error{400, "both Transfer-Encoding and Content-Length"};
    if (encodings > 1) return protocol_error{400, "more than one Transfer-Encoding field"};
    return transfer_encoding(headers.get("transfer-encoding"));
  }
  if (lengths == 0) return h1_body_rule{h1_framing::until_close, std::nullopt};
  if (lengths > 1) return protocol_error{400, "more than one Content-Length field"};
  const std::optional<std::uint64_t> length = decimal(headers.get("content-length"));
  if (!length) return protocol_error{400, "invalid Content-Length"};
  return h1_body_rule{*length == 0 ? h1_framing::none : h1_framing::length, length};
}

bool h1_keeps_alive(version protocol, const fields& headers) {
  if (headers.has_token("connection", "close")) return false;
  return protocol == version::http_1_1 || headers.has_token("connection", "keep-alive");
}

}  // namespace weir::http
