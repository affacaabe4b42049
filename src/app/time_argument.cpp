#include "app/time_argument.h"

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

std::optional<micros> while_ago(std::string_view text) {
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

}  // namespace

std::optional<std::uint64_t> read_time(std::string_view text, micros now) {
  std::optional<micros> at;
  if (const auto ago = while_ago(text)) {
    at = std::max(now - *ago, micros{0});
  } else if (const auto date = config::parse_day(text.substr(0, 10))) {
    const micros day = date->time_since_epoch();
    if (text.size() == 10)
      at = day;
    else if (const auto time = text[10] == 'T' ? second_of(text.substr(11)) : std::nullopt)
      at = day + *time;
  }
  if (!at) return std::nullopt;
  return static_cast<std::uint64_t>(at->count());
}

}  // namespace weir::app
