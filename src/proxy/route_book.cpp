#include "proxy/route_book.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "weir/base/limits.h"

namespace weir::proxy {

route_state::route_state(const config::routing_policy& how, std::size_t queue_length,
                         std::size_t upstreams)
    : policy(how),
      balancer(how.strategy),
      budget(how.retry_budget.value),
      pauses(upstreams),
      queue(queue_length) {}

route_book::route_book(net::event_loop& loop, const config::config& config, upstream_board& board,
                       std::size_t workers)
    : loop_(loop),
      config_(config),
      board_(board),
      workers_(std::max<std::size_t>(workers, 1)),
      timer_(loop, [this] { offer_room(); }),
      self_(std::make_shared<route_book*>(this)) {
  subscription_ = board_.subscribe([&loop, weak = std::weak_ptr<route_book*>(self_)] {
    loop.post([weak] {
      if (const auto self = weak.lock()) (*self)->offer_room();
    });
  });
}

route_book::~route_book() {
  board_.unsubscribe(subscription_);
  count(0);
}

route_state& route_book::of(const route_choice& choice) {
  const bool known = states_.size() < limits::max_route_states || states_.contains(choice.label);
  std::unique_ptr<route_state>& state = states_[known ? choice.label : "other"];
  if (!state) {
    config::routing_policy policy = config::apply(config::routing_policy{}, config_.routing);
    if (choice.route != nullptr) policy = config::apply(policy, choice.route->routing);
    // Each worker has its share; with a queue at all it is at least one.
    const std::size_t share = (policy.queue + workers_ - 1) / workers_;
    state = std::make_unique<route_state>(policy, share, config_.upstreams.size());
  }
  return *state;
}

bool route_book::enter(route_state& at, std::uint64_t client, room_waiter& who) {
  if (!at.queue.push(client, &who)) return false;
  count(waiting_ + 1);
  return true;
}

void route_book::leave(route_state& at, room_waiter& who) {
  if (at.queue.erase(&who)) count(waiting_ - 1);
}

void route_book::look_at(micros when) {
  const millis wait = std::chrono::ceil<millis>(std::max(when - loop_.now(), micros{1000}));
  if (!timer_.running()) timer_.start(wait);
}

void route_book::offer_room() {
  timer_.stop();
  if (waiting_ == 0) return;
  for (const auto& [label, state] : states_) {
    // Whoever takes the room leaves the queue by itself.
    while (state->queue.size() != 0 && (*state->queue.front())->on_room()) {
    }
  }
}

void route_book::count(std::size_t waiting) {
  const bool before = waiting_ != 0;
  board_.waiting_changed(static_cast<std::int64_t>(waiting) - static_cast<std::int64_t>(waiting_));
  waiting_ = waiting;
  if (before != (waiting_ != 0)) board_.somebody_waits(waiting_ != 0);
}

}  // namespace weir::proxy
