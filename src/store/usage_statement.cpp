#include "store/usage_statement.h"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <chrono>
#include <cstdio>

#include "store/columns.h"

namespace weir::store {
namespace {

/// In the order of read_usage_row.
constexpr std::string_view summed[] = {
    "CASE WHEN error_class <> '' THEN 1 ELSE 0 END",
    "input_tokens",
    "cache_read_tokens",
    "cache_write_5m_tokens",
    "cache_write_1h_tokens",
    "output_tokens",
    "reasoning_tokens",
    "audio_in_tokens",
    "audio_out_tokens",
    "cost_nano_usd",
    "CASE WHEN estimated THEN 1 ELSE 0 END",
    "CASE WHEN cost_nano_usd IS NULL THEN 1 ELSE 0 END",
};
static_assert(std::size(summed) + 1 == usage_sums);

std::string with_argument(std::string_view form, std::string_view argument) {
  std::string out;
  for (const char c : form) c == '?' ? out += argument : out += c;
  return out;
}

class builder {
 public:
  builder(const usage_query& what, const sql_dialect& dialect) : what_(what), dialect_(dialect) {}

  sql_statement build() {
    out_.text = "SELECT ";
    for (const usage_group group : what_.by) out_.text += column(group) + ", ";
    out_.text += "count(*)";
    for (const std::string_view column : summed)
      out_.text += ", " + with_argument(dialect_.sum, column);
    out_.text += " FROM weir_records";
    conditions();
    for (std::size_t i = 0; i < what_.by.size(); ++i)
      out_.text += (i == 0 ? " GROUP BY " : ", ") + std::to_string(i + 1);
    out_.text += " LIMIT " + std::to_string(limits::max_usage_rows + 1);
    return std::move(out_);
  }

 private:
  std::string column(usage_group group) {
    switch (group) {
      case usage_group::model:
        return "requested_model";
      case usage_group::key:
        return "key_id";
      case usage_group::upstream:
        return "upstream";
      case usage_group::tag:
        return "coalesce(" + tag(what_.tag) + ", '')";
      case usage_group::day:
        return "time / 86400000000";
    }
    return "''";
  }
  void conditions() {
    if (what_.since) condition("time >= " + number(*what_.since));
    if (what_.until) condition("time < " + number(*what_.until));
    if (what_.model) condition("requested_model = " + text(*what_.model));
    if (what_.key) condition("key_id = " + text(*what_.key));
    if (what_.upstream) condition("upstream = " + text(*what_.upstream));
    if (!what_.tag_is) return;
    // One after the other: to SQLite $1 is what stands first, and not what is called so.
    const std::string named = tag(what_.tag_is->name);
    condition(named + " = " + text(what_.tag_is->value));
  }
  void condition(const std::string& that) {
    out_.text += (conditioned_ ? " AND " : " WHERE ") + that;
    conditioned_ = true;
  }
  std::string tag(const std::string& name) { return with_argument(dialect_.tag, text(name)); }
  /// Told its type: PostgreSQL cannot see it in every place.
  std::string text(const std::string& value) {
    std::string room;
    return "CAST(" + parameter(std::string(clean_text(value, room))) + " AS text)";
  }
  std::string number(std::uint64_t value) {
    return parameter(static_cast<std::int64_t>(std::min<std::uint64_t>(value, INT64_MAX)));
  }
  template <class T>
  std::string parameter(T value) {
    out_.parameters.emplace_back(std::move(value));
    return "$" + std::to_string(out_.parameters.size());
  }

  const usage_query& what_;
  const sql_dialect& dialect_;
  sql_statement out_;
  bool conditioned_ = false;
};

}  // namespace

sql_statement usage_statement(const usage_query& what, const sql_dialect& dialect) {
  return builder(what, dialect).build();
}

std::string day_name(std::int64_t days) {
  // Beyond these years a record's time is no time; the calendar of the library ends at 32767.
  constexpr std::int64_t last = 2932896;  // 9999-12-31
  const std::chrono::year_month_day day{
      std::chrono::sys_days{std::chrono::days{std::clamp<std::int64_t>(days, 0, last)}}};
  char text[40];
  std::snprintf(text, sizeof text, "%04d-%02u-%02u", static_cast<int>(day.year()),
                static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()));
  return text;
}

usage_row read_usage_row(const usage_query& what, std::vector<std::string> groups,
                         const std::vector<std::int64_t>& sums) {
  assert(sums.size() == usage_sums && groups.size() == what.by.size());
  usage_row row;
  row.group = std::move(groups);
  for (std::size_t i = 0; i < what.by.size(); ++i) {
    if (what.by[i] != usage_group::day) continue;
    std::int64_t days = 0;
    std::from_chars(row.group[i].data(), row.group[i].data() + row.group[i].size(), days);
    row.group[i] = day_name(days);
  }
  std::size_t next = 0;
  row.requests = sums[next++];
  row.errors = sums[next++];
  row.input = sums[next++];
  row.cache_read = sums[next++];
  const meter::nano_usd short_lived{sums[next++]};  // for its addition, which does not overflow
  row.cache_write = (short_lived + meter::nano_usd{sums[next++]}).value;
  row.output = sums[next++];
  row.reasoning = sums[next++];
  row.audio_in = sums[next++];
  row.audio_out = sums[next++];
  row.cost = {sums[next++]};
  row.estimated = sums[next++];
  row.unpriced = sums[next++];
  return row;
}

result<std::vector<usage_row>> finish_usage(std::vector<usage_row> rows) {
  if (rows.size() > limits::max_usage_rows)
    return failure{"the answer has more than " + std::to_string(limits::max_usage_rows) +
                   " rows: ask for less"};
  std::sort(rows.begin(), rows.end(),
            [](const usage_row& a, const usage_row& b) { return a.group < b.group; });
  return rows;
}

}  // namespace weir::store
