#include "app/time_argument.h"

#include <algorithm>
#include <charconv>
#include <chrono>

#include "config/values.h"

namespace weir::app {
namespace {

/// A number of exactly `text.size()` digits.
std::optional<unsigned> digits(std::string_view text) {
  unsigned value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || fault != std::errc() || end != text.data() + text.size() ||
      text.front() == '+')
    return std::nullopt;
  return value;
}

std::optional<micros> span_of(std::string_view text) {
  if (text.size() < 2 || text.size() > 7) return std::nullopt;
  const auto count = digits(text.substr(0, text.size() - 1));
  if (!count) return std::nullopt;
  switch (text.back()) {
    case 'm':
      return std::chrono::minutes(*count);
    case 'h':
      return std::chrono::hours(*count);
    case 'd':
      return std::chrono::hours(24) * *count;
    default:
      return std::nullopt;
  }
}

std::optional<micros> second_of(std::string_view text) {
  if (text.size() != 9 || text[2] != ':' || text[5] != ':' || text[8] != 'Z') return std::nullopt;
  const auto h = digits(text.substr(0, 2));
  const auto m = digits(text.substr(3, 2));
  const auto s = digits(text.substr(6, 2));
  if (!h || !m || !s || *h > 23 || *m > 59 || *s > 59) return std::nullopt;
  return std::chrono::hours(*h) + std::chrono::minutes(*m) + std::chrono::seconds(*s);
}

/// A point in time that is written out, or `span` from now on.
std::optional<micros> moment(std::string_view text, std::optional<micros> from_now) {
  if (from_now) return std::max(*from_now, micros{0});
  const auto date = config::parse_day(text.substr(0, 10));
  if (!date) return std::nullopt;
  const micros day = date->time_since_epoch();
  if (text.size() == 10) return day;
  const auto time = text[10] == 'T' ? second_of(text.substr(11)) : std::nullopt;
  return time ? std::optional(day + *time) : std::nullopt;
}

}  // namespace

std::optional<std::uint64_t> read_time(std::string_view text, micros now) {
  const auto ago = span_of(text);
  const auto at = moment(text, ago ? std::optional(now - *ago) : std::nullopt);
  return at ? std::optional(static_cast<std::uint64_t>(at->count())) : std::nullopt;
}

std::optional<std::int64_t> read_time_ahead(std::string_view text, micros now) {
  const auto ahead = span_of(text);
  const auto at = moment(text, ahead ? std::optional(now + *ahead) : std::nullopt);
  return at ? std::optional(std::chrono::floor<seconds>(*at).count()) : std::nullopt;
}

}  // namespace weir::app
