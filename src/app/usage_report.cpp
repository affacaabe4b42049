#include "app/usage_report.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "app/table.h"
#include "app/terminal.h"
#include "meter/nano_usd.h"
#include "weir/json/writer.h"

namespace weir::app {
namespace {

constexpr std::array<std::pair<std::string_view, store::usage_group>, 4> dimensions{
    {{"model", store::usage_group::model},
     {"key", store::usage_group::key},
     {"upstream", store::usage_group::upstream},
     {"day", store::usage_group::day}}};

/// The sums of a row, with their titles.
struct sum {
  const char* title;
  std::int64_t store::usage_row::*of;
};
constexpr std::array<sum, 9> sums{{{"requests", &store::usage_row::requests},
                                   {"errors", &store::usage_row::errors},
                                   {"estimated", &store::usage_row::estimated},
                                   {"input", &store::usage_row::input},
                                   {"cache_read", &store::usage_row::cache_read},
                                   {"cache_write", &store::usage_row::cache_write},
                                   {"output", &store::usage_row::output},
                                   {"reasoning", &store::usage_row::reasoning},
                                   {"unpriced", &store::usage_row::unpriced}}};

std::vector<std::string> parts_of(const std::string& list) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at <= list.size() && !list.empty();) {
    const std::size_t comma = std::min(list.find(',', at), list.size());
    out.push_back(list.substr(at, comma - at));
    at = comma + 1;
  }
  return out;
}

std::string csv_line(const std::vector<std::string>& cells) {
  std::string out;
  for (const std::string& cell : cells) {
    if (!out.empty() || &cell != &cells.front()) out += ',';
    if (cell.find_first_of(",\"\r\n") == std::string::npos) {
      out += cell;
      continue;
    }
    out += '"';
    for (const char c : cell) out += c == '"' ? "\"\"" : std::string(1, c);
    out += '"';
  }
  return out + '\n';  // RFC 4180, but for the line end of this system
}

}  // namespace

std::string read_groups(const std::string& list, store::usage_query& into) {
  constexpr std::string_view tag = "tag:";
  into.by.clear();
  for (const std::string& name : parts_of(list)) {
    if (name.starts_with(tag) && name.size() > tag.size()) {
      if (!into.tag.empty()) return "only one tag";
      into.tag = name.substr(tag.size());
      into.by.push_back(store::usage_group::tag);
      continue;
    }
    const auto* const known = std::find_if(dimensions.begin(), dimensions.end(),
                                           [&](const auto& one) { return one.first == name; });
    if (known == dimensions.end())
      return "'" + name + "' is none of model, key, upstream, day and tag:NAME";
    if (std::find(into.by.begin(), into.by.end(), known->second) != into.by.end())
      return "'" + name + "' stands there twice";
    into.by.push_back(known->second);
  }
  return "";
}

usage_report::usage_report(const std::string& by, const std::vector<store::usage_row>& rows)
    : titles_(parts_of(by)), groups_(titles_.size()) {
  for (const sum& s : sums) titles_.emplace_back(s.title);
  titles_.emplace_back("cost_usd");
  for (const store::usage_row& row : rows) {
    std::vector<std::string> cells = row.group;
    for (const sum& s : sums) cells.push_back(std::to_string(row.*s.of));
    cells.push_back(meter::to_text(row.cost));
    rows_.push_back(std::move(cells));
  }
}

std::string usage_report::table() const {
  app::table shown(titles_);
  for (std::vector<std::string> cells : rows_) {
    for (std::size_t i = 0; i < groups_; ++i)
      cells[i] = cells[i].empty() ? "-" : printable(cells[i]);
    shown.add(std::move(cells));
  }
  return shown.text() + (rows_.empty() ? "no requests\n" : "");
}

std::string usage_report::json() const {
  std::string list;
  for (const std::vector<std::string>& cells : rows_) {
    std::string one;
    for (std::size_t i = 0; i < cells.size(); ++i)
      one += (i == 0 ? "{" : ",") + json::quoted(titles_[i]) + ':' +
             (i < groups_ ? json::quoted(cells[i]) : cells[i]);
    list += (list.empty() ? "" : ",") + one + '}';
  }
  return '[' + list + ']';
}

std::string usage_report::csv() const {
  std::string out = csv_line(titles_);
  for (const std::vector<std::string>& cells : rows_) out += csv_line(cells);
  return out;
}

}  // namespace weir::app
