#include "proxy/request_headers.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>

#include "http/ascii.h"
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

std::optional<coding::content_coding> coding_of(const http::fields& headers) {
  using coding::content_coding;
  content_coding found = content_coding::identity;
  for (const http::field& f : headers) {
    if (!http::ascii::equal_ignoring_case(f.name, "content-encoding")) continue;
    for (std::string_view rest = f.value; !rest.empty();) {
      const std::size_t comma = std::min(rest.find(','), rest.size());
      const std::string_view label = http::ascii::trim_ows(rest.substr(0, comma));
      rest.remove_prefix(std::min(comma + 1, rest.size()));
      const auto named = label.empty() ? content_coding::identity : coding::coding_named(label);
      if (named == content_coding::identity) continue;
      if (!named || found != content_coding::identity) return std::nullopt;
      found = *named;
    }
  }
  return found;
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
