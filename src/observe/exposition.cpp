#include "observe/exposition.h"

#include <cassert>

namespace weir::observe {
namespace {

constexpr std::uint64_t micros_per_second = 1'000'000;

void append_escaped(std::string& out, std::string_view text, bool in_quotes) {
  for (const char c : text) {
    if (c == '\\')
      out += "\\\\";
    else if (c == '\n')
      out += "\\n";
    else if (c == '"' && in_quotes)
      out += "\\\"";
    else
      out += c;
  }
}

/// Exact: a double would round after 2^53.
std::string seconds_text(std::uint64_t value) {
  std::string fraction = std::to_string(value % micros_per_second);
  fraction.insert(0, 6 - fraction.size(), '0');
  return std::to_string(value / micros_per_second) + '.' + fraction;
}

}  // namespace

void exposition::start(const family& of) {
  family_ = &of;
  out_ += "# HELP ";
  out_ += of.name;
  out_ += ' ';
  append_escaped(out_, of.help, false);
  out_ += "\n# TYPE ";
  out_ += of.name;
  out_ += ' ';
  out_ += of.type;
  out_ += '\n';
}

void exposition::line(std::string_view suffix, const label_values& values, std::string_view le,
                      std::string_view number) {
  assert(family_ != nullptr && values.size() == family_->labels.size());
  out_ += family_->name;
  out_ += suffix;
  char separator = '{';
  const auto append_label = [&](std::string_view name, std::string_view value) {
    out_ += separator;
    separator = ',';
    out_ += name;
    out_ += "=\"";
    append_escaped(out_, value, true);
    out_ += '"';
  };
  for (std::size_t i = 0; i < values.size(); ++i) append_label(family_->labels[i], values[i]);
  if (!le.empty()) append_label("le", le);
  if (separator == ',') out_ += '}';
  out_ += ' ';
  out_ += number;
  out_ += '\n';
}

void exposition::sample(const label_values& values, std::uint64_t number) {
  line("", values, "", std::to_string(number));
}

void exposition::samples(const label_values& values, std::span<const bucket_bound> bounds,
                         const histogram_totals& totals) {
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < bounds.size(); ++i) {
    count += totals.buckets[i];
    line("_bucket", values, bounds[i].seconds, std::to_string(count));
  }
  count += totals.buckets[bounds.size()];
  line("_bucket", values, "+Inf", std::to_string(count));
  line("_sum", values, "", seconds_text(totals.sum_micros));
  line("_count", values, "", std::to_string(count));
}

}  // namespace weir::observe
