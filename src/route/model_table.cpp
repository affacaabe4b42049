#include "route/model_table.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace weir::route {
namespace {

std::size_t prefix_length(std::string_view pattern) { return pattern.find('*'); }

std::size_t literal_length(std::string_view pattern) {
  return pattern.size() - static_cast<std::size_t>(std::count(pattern.begin(), pattern.end(), '*'));
}

}  // namespace

bool is_pattern(std::string_view name) { return form_of(name) != name_pattern::form::exact; }

model_table::model_table(const std::vector<std::string>& names) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    auto pattern = name_pattern::parse(names[i]);
    if (!pattern) continue;  // the configuration has refused it
    if (pattern->kind() == name_pattern::form::exact)
      exact_.try_emplace(names[i], i);
    else
      patterns_.push_back({std::move(*pattern), i});
  }
  std::stable_sort(patterns_.begin(), patterns_.end(), [](const entry& a, const entry& b) {
    const bool expression_a = a.pattern.kind() == name_pattern::form::expression;
    const bool expression_b = b.pattern.kind() == name_pattern::form::expression;
    if (expression_a || expression_b) return !expression_a && expression_b;
    const std::size_t prefix_a = prefix_length(a.pattern.text());
    const std::size_t prefix_b = prefix_length(b.pattern.text());
    if (prefix_a != prefix_b) return prefix_a > prefix_b;
    return literal_length(a.pattern.text()) > literal_length(b.pattern.text());
  });
}

std::optional<std::size_t> model_table::find(std::string_view name) const {
  if (const auto found = exact_.find(name); found != exact_.end()) return found->second;
  for (const entry& e : patterns_)
    if (e.pattern.matches(name)) return e.index;
  return std::nullopt;
}

}  // namespace weir::route
