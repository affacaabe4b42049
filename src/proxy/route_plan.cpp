#include "proxy/route_plan.h"

#include <algorithm>

namespace weir::proxy {

using kind = route_plan::decision::kind;

namespace {

/// What `next` gathers of one priority.
struct tier {
  std::vector<route::option> ready;
  std::vector<route::option> paused;  ///< ready as well, but it asked for a pause
};

std::optional<micros> earlier(std::optional<micros> a, std::optional<micros> b) {
  return a && b ? std::min(*a, *b) : a ? a : b;
}

}  // namespace

route_plan::decision route_plan::next(std::span<const route_target> targets,
                                      const circumstances& c) {
  decision out;
  std::vector<route::option> paused;
  std::size_t i = 0;
  while (i < targets.size()) {
    tier of;
    const std::uint32_t priority = targets[i].priority;
    for (; i < targets.size() && targets[i].priority == priority; ++i) {
      if (!is_left(i)) continue;
      const upstream_board::view seen = c.board.look(targets[i].upstream, c.now);
      if (!seen.allowed || !seen.has_room) {
        if (seen.allowed) out.what = kind::full;
        out.next = earlier(out.next, seen.next);
        continue;
      }
      const route::option option{i, targets[i].weight, seen.busy, seen.latency};
      (c.pauses[targets[i].upstream] > c.now ? of.paused : of.ready).push_back(option);
    }
    paused.insert(paused.end(), of.paused.begin(), of.paused.end());
    // Between `look` and `begin` another worker may have taken the last room.
    for (auto* options : {&of.ready, i < targets.size() ? nullptr : &paused}) {
      while (options != nullptr && !options->empty()) {
        const std::size_t picked = c.balancer.pick(*options, c.occasion);
        const std::size_t target = (*options)[picked].id;
        if (auto place = c.board.begin(targets[target].upstream, c.now)) {
          begun(target);
          return {kind::go, target, std::move(*place), std::nullopt};
        }
        out.what = kind::full;
        options->erase(options->begin() + static_cast<std::ptrdiff_t>(picked));
      }
    }
  }
  return out;
}

void route_plan::failed(std::size_t target, retry_scope scope) {
  tried_[target].left = false;
  if (scope != retry_scope::anywhere) tried_[target].scope = retry_scope::nowhere;
}

bool route_plan::begin_round() {
  if (!has_another_round()) return false;
  for (state& s : tried_) s.left = true;
  return true;
}

bool route_plan::has_another_round() const {
  return std::any_of(tried_.begin(), tried_.end(),
                     [](const state& s) { return s.scope == retry_scope::anywhere; });
}

std::optional<micros> route_plan::earliest_repeat(std::span<const route_target> targets,
                                                  std::span<const micros> pauses) const {
  std::optional<micros> out;
  for (std::size_t i = 0; i < tried_.size(); ++i)
    if (tried_[i].scope == retry_scope::anywhere) out = earlier(out, pauses[targets[i].upstream]);
  return out;
}

bool route_plan::any_left() const {
  for (std::size_t i = 0; i < tried_.size(); ++i)
    if (is_left(i)) return true;
  return false;
}

}  // namespace weir::proxy
