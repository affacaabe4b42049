#include "proxy/request_headers.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>

#include "weir/base/limits.h"

namespace weir::proxy {

bool valid_request_id(std::string_view text) {
  return !text.empty() && text.size() <= limits::max_request_id_bytes &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

std::string_view client_request_id(const http::fields& headers) {
  for (const std::string_view name : {"x-client-request-id", "x-request-id"}) {
    const std::string_view id = headers.get(name);
    if (valid_request_id(id)) return id;
  }
  return {};
}

std::optional<millis> parse_timeout(std::string_view text) {
  std::uint32_t count = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (fault != std::errc() || count == 0) return std::nullopt;
  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  if (unit == "ms") return millis(count);
  if (unit.empty() || unit == "s") return seconds(count);
  if (unit == "m") return std::chrono::minutes(count);
  if (unit == "h") return std::chrono::hours(count);
  return std::nullopt;
}

bool identity_encoded(const http::fields& headers) {
  const std::size_t given = headers.count("content-encoding");
  return given == 0 || (given == 1 && (headers.get("content-encoding").empty() ||
                                       headers.has_token("content-encoding", "identity")));
}

std::optional<std::uint32_t> retry_after(const http::fields& headers) {
  // `retry-after-ms` is finer, and official clients look at it first.
  for (const auto& [name, per_second] :
       {std::pair<std::string_view, double>{"retry-after-ms", 1000},
        std::pair<std::string_view, double>{"retry-after", 1}}) {
    const std::string_view text = headers.get(name);
    double count = 0;
    const auto [end, fault] =
        std::from_chars(text.data(), text.data() + text.size(), count, std::chars_format::fixed);
    if (text.empty() || fault != std::errc() || end != text.data() + text.size()) continue;
    const double wait = std::ceil(count / per_second);
    if (std::signbit(count) || !(wait <= std::numeric_limits<std::uint32_t>::max())) continue;
    return std::max(static_cast<std::uint32_t>(wait), 1U);
  }
  return std::nullopt;
}

}  // namespace weir::proxy
