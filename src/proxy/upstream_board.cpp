#include "proxy/upstream_board.h"

#include <algorithm>
#include <utility>

namespace weir::proxy {

upstream_board::upstream_state::upstream_state(const config::upstream& settings)
    : max_concurrent(settings.max_concurrent),
      breaker({settings.breaker.failures, settings.breaker.open}),
      rate(settings.max_per_minute) {}

void upstream_board::upstream_state::adopt(const config::upstream& from,
                                           const config::upstream& to) {
  const std::lock_guard lock(guard);
  max_concurrent = to.max_concurrent;
  if (from.max_per_minute != to.max_per_minute) rate = route::rate_cap(to.max_per_minute);
  if (from.breaker.failures == to.breaker.failures && from.breaker.open == to.breaker.open) return;
  breaker = route::circuit_breaker({to.breaker.failures, to.breaker.open});
  tripped = false;
}

upstream_board::upstream_board(std::shared_ptr<const config::config> config,
                               const upstream_board* before)
    : config_(std::move(config)),
      waiting_room_(before != nullptr ? before->waiting_room_ : std::make_shared<waiting_room>()) {
  for (const config::upstream& settings : config_->upstreams) {
    const auto old = before != nullptr ? before->config_->find_server(settings) : std::nullopt;
    if (!old) {
      upstreams_.push_back(std::make_shared<upstream_state>(settings));
      continue;
    }
    upstreams_.push_back(before->upstreams_[*old]);
    upstreams_.back()->adopt(before->config_->upstreams[*old], settings);
  }
}

upstream_board::view upstream_board::view_of(const upstream_state& u, micros now) {
  view out;
  out.allowed = u.breaker.allows(now);
  const bool below_rate = u.rate.allows(now);
  out.has_room = below_rate && (u.max_concurrent == 0 || u.busy < u.max_concurrent);
  out.busy = u.busy;
  out.latency = u.latency.value(now);
  if (!out.allowed)
    out.next = u.breaker.opens_until();
  else if (!below_rate)
    out.next = u.rate.next(now);
  return out;
}

upstream_board::view upstream_board::look(std::size_t upstream, micros now) const {
  const upstream_state& u = *upstreams_[upstream];
  const std::lock_guard lock(u.guard);
  return view_of(u, now);
}

std::optional<upstream_board::place> upstream_board::begin(std::size_t upstream, micros now) {
  upstream_state& u = *upstreams_[upstream];
  const std::lock_guard lock(u.guard);
  const view seen = view_of(u, now);
  if (!seen.allowed || !seen.has_room) return std::nullopt;
  ++u.busy;
  u.rate.take(now);
  u.breaker.begin(now);
  return place(*this, upstream, now);
}

void upstream_board::end(const place& which, verdict what, micros now) {
  upstream_state& u = *upstreams_[which.upstream_];
  {
    const std::lock_guard lock(u.guard);
    --u.busy;
    switch (what) {
      case verdict::good:
        u.breaker.succeeded(which.began_, now);
        break;
      case verdict::bad:
        u.breaker.failed(which.began_, now);
        break;
      case verdict::none:
        u.breaker.abandoned(which.began_);
        break;
    }
    if (what != verdict::none)
      u.tripped = u.breaker.current(now) != route::circuit_breaker::state::closed;
  }
  if (waiting_room_->waiting.load() != 0) wake_all();
}

void upstream_board::first_token(std::size_t upstream, micros latency, micros now) {
  upstream_state& u = *upstreams_[upstream];
  const std::lock_guard lock(u.guard);
  u.latency.add(latency, now);
}

void upstream_board::reached(std::size_t upstream, bool yes) {
  upstream_state& u = *upstreams_[upstream];
  // The common case writes nothing, so that the cache line stays shared.
  if (u.reachable.load(std::memory_order_relaxed) != yes)
    u.reachable.store(yes, std::memory_order_relaxed);
}

void upstream_board::answered(std::size_t upstream, micros now) {
  upstream_state& u = *upstreams_[upstream];
  const std::lock_guard lock(u.guard);
  u.breaker.answered(now);
}

bool upstream_board::usable(std::size_t upstream) const {
  if (upstream >= upstreams_.size()) return false;
  const upstream_state& u = *upstreams_[upstream];
  return u.reachable.load(std::memory_order_relaxed) && !u.tripped.load(std::memory_order_relaxed);
}

route::circuit_breaker::state upstream_board::breaker(std::size_t upstream, micros now) const {
  const upstream_state& u = *upstreams_[upstream];
  const std::lock_guard lock(u.guard);
  return u.breaker.current(now);
}

std::size_t upstream_board::subscribe(std::function<void()> wake) {
  const std::lock_guard lock(waiting_room_->guard);
  auto& subscribers = waiting_room_->subscribers;
  const auto free = std::find(subscribers.begin(), subscribers.end(), nullptr);
  const auto id = free - subscribers.begin();
  if (free == subscribers.end())
    subscribers.push_back(std::move(wake));
  else
    *free = std::move(wake);
  return static_cast<std::size_t>(id);
}

void upstream_board::unsubscribe(std::size_t id) {
  const std::lock_guard lock(waiting_room_->guard);
  waiting_room_->subscribers[id] = nullptr;
}

void upstream_board::somebody_waits(bool yes) {
  if (yes)
    ++waiting_room_->waiting;
  else
    --waiting_room_->waiting;
}

void upstream_board::waiting_changed(std::int64_t by) {
  waiting_room_->requests.fetch_add(by, std::memory_order_relaxed);
}

std::uint64_t upstream_board::waiting() const {
  return static_cast<std::uint64_t>(
      std::max<std::int64_t>(waiting_room_->requests.load(std::memory_order_relaxed), 0));
}

std::uint32_t upstream_board::busy(std::size_t upstream) const {
  const upstream_state& u = *upstreams_[upstream];
  const std::lock_guard lock(u.guard);
  return u.busy;
}

void upstream_board::wake_all() {
  const std::lock_guard lock(waiting_room_->guard);
  for (const auto& wake : waiting_room_->subscribers)
    if (wake) wake();
}

}  // namespace weir::proxy
