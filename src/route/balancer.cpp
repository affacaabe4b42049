#include "route/balancer.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>
#include <utility>

#include "weir/base/limits.h"

namespace weir::route {
namespace {

/// splitmix64, to make of one random number as many as are needed, and of a key one per candidate.
std::uint64_t mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15U;
  x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27U)) * 0x94d049bb133111ebU;
  return x ^ (x >> 31U);
}

/// In (0, 1).
double unit(std::uint64_t random) {
  return (static_cast<double>(random >> 11U) + 0.5) / 9007199254740992.0;
}

std::uint64_t total_weight(std::span<const option> options) {
  return std::accumulate(options.begin(), options.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const option& o) { return sum + o.weight; });
}

/// Weights that are all 0 are all 1.
double weight_of(const option& o, std::uint64_t total) {
  return total == 0 ? 1.0 : static_cast<double>(o.weight);
}

/// A random index, by weight, that is not `but`.
std::size_t draw(std::span<const option> options, std::uint64_t random, std::size_t but) {
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < options.size(); ++i)
    if (i != but) total += options[i].weight;
  const bool equal = total == 0;
  if (equal) total = options.size() - (but < options.size() ? 1 : 0);
  std::uint64_t at = random % total;
  for (std::size_t i = 0; i < options.size(); ++i) {
    if (i == but) continue;
    const std::uint64_t weight = equal ? 1 : options[i].weight;
    if (at < weight) return i;
    at -= weight;
  }
  return but == 0 ? 1 : 0;  // not reached
}

constexpr std::size_t nobody = static_cast<std::size_t>(-1);

std::size_t least_busy(std::span<const option> options, std::uint64_t random) {
  const std::uint64_t total = total_weight(options);
  double best = INFINITY;
  std::vector<option> equals;
  std::vector<std::size_t> where;
  for (std::size_t i = 0; i < options.size(); ++i) {
    if (total != 0 && options[i].weight == 0) continue;
    const double load = (options[i].busy + 1.0) / weight_of(options[i], total);
    if (load > best) continue;
    if (load < best) {
      equals.clear();
      where.clear();
    }
    best = load;
    equals.push_back(options[i]);
    where.push_back(i);
  }
  return where[draw(equals, random, nobody)];
}

std::size_t sooner_of_two(std::span<const option> options, std::uint64_t random) {
  const std::size_t first = draw(options, random, nobody);
  const auto weighty = [](const option& o) { return o.weight != 0; };
  if (options.size() == 1 ||
      (weighty(options[first]) && std::count_if(options.begin(), options.end(), weighty) == 1))
    return first;
  const std::size_t second = draw(options, mix(random), first);
  micros fastest{0};
  for (const option& o : options)
    if (o.latency > micros{0} && (fastest == micros{0} || o.latency < fastest)) fastest = o.latency;
  const auto cost = [&](const option& o) {
    const micros latency = o.latency > micros{0} ? o.latency : std::max(fastest, micros{1});
    return static_cast<double>(latency.count()) * (o.busy + 1.0);
  };
  return cost(options[second]) < cost(options[first]) ? second : first;
}

/// 25 % more than its share may be under way at one candidate. So few are no load for anybody,
/// while a cold prefix cache is one.
constexpr double load_bound = 1.25;
constexpr double light_load = 4;

std::size_t stuck_to(std::span<const option> options, std::uint64_t key) {
  const std::uint64_t total = total_weight(options);
  const double sum = total == 0 ? static_cast<double>(options.size()) : static_cast<double>(total);
  double busy = 1;  // this one is among them
  for (const option& o : options) busy += o.busy;

  struct scored {
    double score = 0;
    std::size_t index = 0;
  };
  std::vector<scored> order;
  for (std::size_t i = 0; i < options.size(); ++i) {
    const double weight = weight_of(options[i], total);
    // The candidate with the greatest weight / -ln(u) wins; so weights are exact shares of the
    // keys.
    const double u = unit(mix(key ^ mix(options[i].id)));
    order.push_back({weight / -std::log(u), i});
  }
  std::sort(order.begin(), order.end(),
            [](const scored& a, const scored& b) { return a.score > b.score; });
  for (const scored& s : order) {
    const double share = weight_of(options[s.index], total) / sum;
    const double most = std::max(light_load, std::ceil(load_bound * busy * share));
    if (options[s.index].busy + 1.0 <= most) return s.index;
  }
  return order.front().index;  // not reached: the bounds add up to more than what is under way
}

}  // namespace

std::size_t balancer::pick_weighted(std::span<const option> options, std::uint64_t random) {
  const std::uint64_t total = total_weight(options);
  const auto whole = static_cast<std::int64_t>(total == 0 ? options.size() : total);
  for (const option& o : options) {
    assert(o.id < limits::max_candidates);
    if (o.id >= credit_.size()) credit_.resize(o.id + 1);
  }
  if (!std::exchange(started_, true))
    for (const option& o : options)
      credit_[o.id] =
          static_cast<std::int64_t>(mix(random ^ o.id) % static_cast<std::uint64_t>(whole));
  std::size_t best = nobody;
  for (std::size_t i = 0; i < options.size(); ++i) {
    if (total != 0 && options[i].weight == 0) continue;
    credit_[options[i].id] += total == 0 ? 1 : options[i].weight;
    if (best == nobody || credit_[options[i].id] > credit_[options[best].id]) best = i;
  }
  // One that was away long must not catch up all at once, nor be left out for as long.
  std::int64_t& of_best = credit_[options[best].id];
  of_best = std::clamp(of_best - whole, -whole, whole);
  return best;
}

std::size_t balancer::pick(std::span<const option> options, const occasion& now) {
  assert(!options.empty());
  if (options.size() == 1) return 0;
  switch (how_) {
    case strategy::weighted:
      return pick_weighted(options, now.random);
    case strategy::least_busy:
      return least_busy(options, now.random);
    case strategy::p2c_ewma:
      return sooner_of_two(options, now.random);
    case strategy::sticky:
      return stuck_to(options, now.key);
  }
  return 0;
}

}  // namespace weir::route
