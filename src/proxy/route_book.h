#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "config/config.h"
#include "net/event_loop.h"
#include "proxy/route_choice.h"
#include "proxy/upstream_board.h"
#include "route/balancer.h"
#include "route/fair_queue.h"
#include "route/latency.h"
#include "route/retry_budget.h"

namespace weir::proxy {

/// A request that waits for an upstream with room.
class room_waiter {
 public:
  /// There may be room: takes it, or says that there was none.
  [[nodiscard]] virtual bool on_room() = 0;

 protected:
  ~room_waiter() = default;
};

/// What one worker knows of one route: of an entry of `models:`, or of a model that upstreams list.
struct route_state {
  route_state(const config::routing_policy& how, std::size_t queue_length, std::size_t upstreams);

  const config::routing_policy policy;
  route::balancer balancer;
  route::retry_budget budget;
  route::latency_window first_tokens;  ///< of attempts at streams
  std::vector<micros> pauses;  ///< by upstream: until when it asked not to be asked (Retry-After)
  route::fair_queue<room_waiter*> queue;
};

/// The routes of one worker, and the requests that wait there (admission control).
///
/// Fairness  A route's waiting requests are served in turn by client, each client's in their order.
/// Memory    At most limits::max_route_states; routes beyond that share one.
/// Threads   The loop's thread.
class route_book {
 public:
  /// `workers` share the length of each queue.
  route_book(net::event_loop& loop, const config::config& config, upstream_board& board,
             std::size_t workers);
  ~route_book();
  route_book(const route_book&) = delete;
  route_book& operator=(const route_book&) = delete;

  /// The state lives as long as the book.
  [[nodiscard]] route_state& of(const route_choice& choice);

  /// Waits in turn with the others of `client`; false when the queue is full. `next` is when there
  /// may be room again even if nobody leaves.
  [[nodiscard]] bool enter(route_state& at, std::uint64_t client, room_waiter& who);
  void leave(route_state& at, room_waiter& who);
  /// Caps of rate free themselves: somebody should look at that time.
  void look_at(micros when);
  [[nodiscard]] std::size_t waiting() const { return waiting_; }

 private:
  void offer_room();
  void count(std::size_t waiting);

  net::event_loop& loop_;
  const config::config& config_;
  upstream_board& board_;
  const std::size_t workers_;
  std::unordered_map<std::string, std::unique_ptr<route_state>> states_;
  std::size_t waiting_ = 0;
  std::size_t subscription_ = 0;
  net::timer timer_;
  std::shared_ptr<route_book*> self_;  ///< dies with the book; posted calls look at it first
};

}  // namespace weir::proxy
