#include "config/routing.h"

namespace weir::config {
namespace {

/// Calls `f(written, in_force)` for each setting: the one place that knows which belongs to which.
template <class Overrides, class Policy, class F>
void for_each_setting(Overrides& written, Policy& in_force, F f) {
  f(written.strategy, in_force.strategy);
  f(written.sticky_by, in_force.sticky_by);
  f(written.attempts, in_force.attempts);
  f(written.retry_budget, in_force.retry_budget);
  f(written.backoff, in_force.backoff);
  f(written.max_wait, in_force.max_wait);
  f(written.hedge, in_force.hedge);
  f(written.queue, in_force.queue);
  f(written.queue_wait, in_force.queue_wait);
}

}  // namespace

routing_policy apply(routing_policy base, const routing_overrides& nearer) {
  for_each_setting(nearer, base, [](const auto& written, auto& in_force) {
    in_force = written.value_or(in_force);
  });
  return base;
}

routing_overrides as_overrides(const routing_policy& policy) {
  routing_overrides out;
  for_each_setting(out, policy, [](auto& written, const auto& in_force) { written = in_force; });
  return out;
}

}  // namespace weir::config
