#include "route/near_names.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "weir/base/limits.h"

namespace weir::route {
namespace {

// A part of a name says something only when it is not a mere syllable.
constexpr std::size_t min_part_bytes = 3;

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

struct ranked {
  std::size_t distance = 0;
  std::size_t position = 0;
};

bool is_part(std::string_view part, std::string_view whole) {
  return part.size() >= min_part_bytes && whole.find(part) != std::string_view::npos;
}

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) {
  const std::string x = lower(a);
  const std::string y = lower(b);
  std::vector<std::size_t> before_last(y.size() + 1);
  std::vector<std::size_t> last(y.size() + 1);
  std::vector<std::size_t> now(y.size() + 1);
  for (std::size_t j = 0; j <= y.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= x.size(); ++i) {
    now[0] = i;
    for (std::size_t j = 1; j <= y.size(); ++j) {
      const std::size_t replaced = last[j - 1] + (x[i - 1] == y[j - 1] ? 0 : 1);
      now[j] = std::min({replaced, last[j] + 1, now[j - 1] + 1});
      const bool swapped = i > 1 && j > 1 && x[i - 1] == y[j - 2] && x[i - 2] == y[j - 1];
      if (swapped) now[j] = std::min(now[j], before_last[j - 2] + 1);
    }
    std::swap(before_last, last);
    std::swap(last, now);
  }
  return last[y.size()];
}

std::vector<std::string> near_names(std::string_view name, std::span<const std::string> candidates,
                                    std::size_t max) {
  std::vector<std::string> out;
  if (name.empty() || name.size() > limits::max_near_name_bytes) return out;

  const std::string asked = lower(name);
  std::vector<ranked> found;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (candidates[i].size() > limits::max_near_name_bytes) continue;
    const std::string candidate = lower(candidates[i]);
    const std::size_t longer = std::max(asked.size(), candidate.size());
    const std::size_t distance = edit_distance(asked, candidate);
    const bool near = distance <= std::max<std::size_t>(1, longer / 3) && distance < longer;
    // A part ranks behind every misspelling of the same length, the closest fit first.
    if (near || is_part(asked, candidate) || is_part(candidate, asked))
      found.push_back({near ? distance : longer + distance, i});
  }
  std::sort(found.begin(), found.end(), [](const ranked& a, const ranked& b) {
    return std::tie(a.distance, a.position) < std::tie(b.distance, b.position);
  });
  if (found.size() > max) found.resize(max);
  for (const ranked& r : found) out.push_back(candidates[r.position]);
  return out;
}

}  // namespace weir::route
