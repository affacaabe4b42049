#include "observe/log_text.h"

#include <array>
#include <cstdint>

#include "weir/json/writer.h"

namespace weir::observe {
namespace {

constexpr std::int64_t micros_per_second = 1'000'000;
constexpr std::int64_t seconds_per_day = 86'400;

std::string digits(std::int64_t value, std::size_t width) {
  std::string out = std::to_string(value);
  if (out.size() < width) out.insert(0, width - out.size(), '0');
  return out;
}

}  // namespace

std::string_view cut_at(std::string_view utf8, std::size_t max) {
  if (utf8.size() <= max) return utf8;
  std::size_t end = max;
  // A sequence has at most three continuation bytes; more than that is no UTF-8, and cut anywhere.
  while (end > 0 && max - end < 3 && (static_cast<unsigned char>(utf8[end]) & 0xC0U) == 0x80U)
    --end;
  return utf8.substr(0, end);
}

std::string terminal_safe_json(std::string_view text) {
  const std::string quoted = json::quoted(text);
  std::string out;
  out.reserve(quoted.size());
  constexpr std::string_view hex = "0123456789abcdef";
  const auto escape = [&](unsigned char c) {
    out += "\\u00";
    out += hex[c >> 4U];
    out += hex[c & 0xFU];
  };
  for (std::size_t i = 0; i < quoted.size(); ++i) {
    const auto byte = static_cast<unsigned char>(quoted[i]);
    const auto next = static_cast<unsigned char>(i + 1 < quoted.size() ? quoted[i + 1] : '\0');
    if (byte == 0x7F) {
      escape(byte);
    } else if (byte == 0xC2 && next >= 0x80 && next <= 0x9F) {  // U+0080 to U+009F
      escape(next);
      ++i;
    } else {
      out += quoted[i];
    }
  }
  return out;
}

std::string rfc3339(micros since_epoch) {
  std::int64_t total = since_epoch.count() / micros_per_second;
  std::int64_t fraction = since_epoch.count() % micros_per_second;
  if (fraction < 0) {
    fraction += micros_per_second;
    --total;
  }
  std::int64_t day = total / seconds_per_day;
  std::int64_t second = total % seconds_per_day;
  if (second < 0) {
    second += seconds_per_day;
    --day;
  }
  const std::chrono::year_month_day date{
      std::chrono::sys_days{std::chrono::days{static_cast<std::chrono::days::rep>(day)}}};
  return digits(static_cast<int>(date.year()), 4) + '-' +
         digits(static_cast<unsigned>(date.month()), 2) + '-' +
         digits(static_cast<unsigned>(date.day()), 2) + 'T' + digits(second / 3600, 2) + ':' +
         digits(second / 60 % 60, 2) + ':' + digits(second % 60, 2) + '.' + digits(fraction, 6) +
         'Z';
}

std::string milliseconds(micros time) {
  const std::int64_t count = time.count() < 0 ? 0 : time.count();
  return std::to_string(count / 1000) + '.' + digits(count % 1000, 3);
}

}  // namespace weir::observe
