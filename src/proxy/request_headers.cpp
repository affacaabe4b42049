#include "proxy/request_headers.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <ctime>
#include <string>
#include <utility>
#include <vector>

#include "config/values.h"
#include "http/ascii.h"
#include "weir/base/hash.h"
#include "weir/base/limits.h"
#include "weir/json/writer.h"

namespace weir::proxy {
namespace {

/// Longer than anybody waits; in milliseconds it is exact as a double.
constexpr double longest_pause = 1e12;

/// RFC 9110 5.6.7, the form that is not obsolete.
std::optional<micros> http_date(std::string_view text) {
  std::tm parts{};
  const std::string date(text);
  const char* const end = ::strptime(date.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  if (end == nullptr || *end != '\0') return std::nullopt;
  return seconds(::timegm(&parts));
}

}  // namespace

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

std::uint64_t client_hash(const http::fields& headers, std::string_view peer) {
  for (const std::string_view name : {"authorization", "x-api-key"})
    if (const std::string_view key = headers.get(name); !key.empty()) return hash64(key);
  return hash64(peer);
}

std::string_view bearer_credential(const http::fields& headers) {
  std::string_view found;
  for (const http::field& f : headers) {
    if (!http::ascii::equal_ignoring_case(f.name, "authorization")) continue;
    constexpr std::string_view scheme = "bearer ";
    if (!found.empty() || f.value.size() <= scheme.size() ||
        !http::ascii::equal_ignoring_case(f.value.substr(0, scheme.size()), scheme))
      return {};
    found = f.value.substr(scheme.size());
  }
  return found.substr(std::min(found.find_first_not_of(' '), found.size()));
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

rate_limit_list rate_limits_of(const http::fields& headers) {
  constexpr std::string_view prefix = "x-ratelimit-";
  constexpr std::string_view names[] = {
      "x-ratelimit-limit-requests",     "x-ratelimit-limit-tokens",
      "x-ratelimit-remaining-requests", "x-ratelimit-remaining-tokens",
      "x-ratelimit-reset-requests",     "x-ratelimit-reset-tokens"};
  constexpr std::size_t longest = 32;
  rate_limit_list out;
  for (const http::field& f : headers) {
    if (!http::ascii::equal_ignoring_case(f.name.substr(0, prefix.size()), prefix)) continue;
    for (const std::string_view name : names) {
      if (!http::ascii::equal_ignoring_case(f.name, name)) continue;
      const bool is_span = name.find("reset") != std::string_view::npos;
      const bool plain = std::all_of(f.value.begin(), f.value.end(), [is_span](char c) {
        return (c >= '0' && c <= '9') || (is_span && (c == '.' || (c >= 'a' && c <= 'z')));
      });
      const bool again = std::any_of(out.begin(), out.end(),
                                     [&](const auto& known) { return known.first == name; });
      if (plain && !again && !f.value.empty() && f.value.size() <= longest)
        out.emplace_back(name, f.value);
    }
  }
  return out;
}

std::optional<std::string> parse_tags(std::string_view text, const tag_list& labels) {
  std::vector<std::string_view> names;
  std::string out = "{";
  const auto add = [&out](std::string_view name, std::string_view value) {
    if (out.size() != 1) out += ',';
    out += json::quoted(name) + ':' + json::quoted(value);
  };
  for (const auto& [name, value] : labels) add(name, value);
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const std::string_view tag = http::ascii::trim_ows(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
    const std::size_t equals = std::min(tag.find('='), tag.size());
    const std::string_view name = tag.substr(0, equals);
    const std::string_view value = tag.substr(std::min(equals + 1, tag.size()));
    if (!config::is_tag_name(name) || !config::is_tag_value(value) ||
        names.size() == limits::max_tags ||
        std::find(names.begin(), names.end(), name) != names.end())
      return std::nullopt;
    names.push_back(name);
    const bool labelled = std::any_of(labels.begin(), labels.end(),
                                      [&](const auto& label) { return label.first == name; });
    if (!labelled) add(name, value);
  }
  if (out.size() == 1) return std::nullopt;
  return out + '}';
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

std::optional<millis> retry_after(const http::fields& headers, micros wall_clock) {
  // `retry-after-ms` is finer, and official clients look at it first.
  for (const auto& [name, in_millis] : {std::pair<std::string_view, double>{"retry-after-ms", 1},
                                        std::pair<std::string_view, double>{"retry-after", 1000}}) {
    const std::string_view text = headers.get(name);
    if (text.empty()) continue;
    double count = 0;
    const auto [end, fault] =
        std::from_chars(text.data(), text.data() + text.size(), count, std::chars_format::fixed);
    if (fault == std::errc() && end == text.data() + text.size()) {
      const double wait = std::ceil(count * in_millis);
      if (std::signbit(count) || !(wait <= longest_pause)) continue;
      return millis(static_cast<millis::rep>(wait));
    }
    if (const auto when = http_date(text))
      return std::max(std::chrono::ceil<millis>(*when - wall_clock), millis{0});
  }
  return std::nullopt;
}

std::uint32_t whole_seconds(millis pause) {
  return static_cast<std::uint32_t>(
      std::max<millis::rep>(std::chrono::ceil<seconds>(pause).count(), 1));
}

}  // namespace weir::proxy
