#include "http/h1_encoder.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "http/ascii.h"

namespace weir::http {
namespace {

bool is_writable(std::span<const field> headers) {
  return std::all_of(headers.begin(), headers.end(), [](const field& f) {
    return ascii::is_token(f.name) && ascii::is_text(f.value);
  });
}

void append_fields(std::string& out, std::span<const field> headers) {
  for (const field& f : headers) {
    out.append(f.name).append(": ").append(ascii::trim_ows(f.value)).append("\r\n");
  }
  out.append("\r\n");
}

}  // namespace

bool write_request_head(std::string& out, std::string_view method, std::string_view target,
                        std::span<const field> headers) {
  const bool target_fits = !target.empty() && std::all_of(target.begin(), target.end(), [](char c) {
    return c > 0x20 && c < 0x7f;
  });
  if (!ascii::is_token(method) || !target_fits || !is_writable(headers)) return false;
  out.append(method).append(" ").append(target).append(" HTTP/1.1\r\n");
  append_fields(out, headers);
  return true;
}

bool write_request_head(std::string& out, std::string_view method, std::string_view target,
                        std::initializer_list<field> headers) {
  return write_request_head(out, method, target,
                            std::span<const field>{headers.begin(), headers.size()});
}

bool write_response_head(std::string& out, unsigned status, std::span<const field> headers) {
  if (status < 100 || status > 599 || !is_writable(headers)) return false;
  out.append("HTTP/1.1 ").append(std::to_string(status)).append(" ");
  out.append(reason_phrase(status)).append("\r\n");
  append_fields(out, headers);
  return true;
}

bool write_response_head(std::string& out, unsigned status, std::initializer_list<field> headers) {
  return write_response_head(out, status, std::span<const field>{headers.begin(), headers.size()});
}

void append_chunk(std::string& out, std::string_view bytes) {
  if (bytes.empty()) return;
  std::array<char, 16> hex;
  const auto end = std::to_chars(hex.data(), hex.data() + hex.size(), bytes.size(), 16).ptr;
  out.append(hex.data(), end).append("\r\n").append(bytes).append("\r\n");
}

void append_last_chunk(std::string& out) { out.append("0\r\n\r\n"); }

}  // namespace weir::http
