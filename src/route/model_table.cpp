#include "route/model_table.h"

#include <algorithm>
#include <functional>

namespace weir::route {
namespace {

std::size_t prefix_length(std::string_view pattern) { return pattern.find('*'); }

std::size_t literal_length(std::string_view pattern) {
  return pattern.size() - static_cast<std::size_t>(std::count(pattern.begin(), pattern.end(), '*'));
}

}  // namespace

bool is_pattern(std::string_view name) { return name.find('*') != std::string_view::npos; }

bool matches(std::string_view pattern, std::string_view name) {
  std::size_t p = 0;
  std::size_t n = 0;
  // Where the last star stood and how far it reaches: only that one needs to be tried again.
  std::size_t star = std::string_view::npos;
  std::size_t reach = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      reach = n;
    } else if (p < pattern.size() && pattern[p] == name[n]) {
      ++p;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++reach;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

model_table::model_table(const std::vector<std::string>& names) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (is_pattern(names[i]))
      patterns_.push_back({names[i], i});
    else
      exact_.try_emplace(names[i], i);
  }
  std::stable_sort(patterns_.begin(), patterns_.end(), [](const pattern& a, const pattern& b) {
    const std::size_t prefix_a = prefix_length(a.text);
    const std::size_t prefix_b = prefix_length(b.text);
    if (prefix_a != prefix_b) return prefix_a > prefix_b;
    return literal_length(a.text) > literal_length(b.text);
  });
}

std::optional<std::size_t> model_table::find(std::string_view name) const {
  if (const auto entry = exact_.find(name); entry != exact_.end()) return entry->second;
  for (const pattern& p : patterns_)
    if (matches(p.text, name)) return p.index;
  return std::nullopt;
}

}  // namespace weir::route
