#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "proxy/retry_rules.h"
#include "proxy/route_choice.h"
#include "proxy/upstream_board.h"
#include "route/balancer.h"
#include "weir/base/units.h"

namespace weir::proxy {

/// Which of its targets one request has tried, and which is next.
///
/// A target is *left* until an attempt there failed. Of those left the ones with the lowest
/// priority go first, as long as one of them is let through by its circuit breaker and has room;
/// an upstream that asked for a pause (Retry-After) is taken only when nothing else is left. When
/// none is left, `again` begins another round with those where it makes sense.
class route_plan {
 public:
  route_plan() = default;
  explicit route_plan(std::size_t targets) : tried_(targets) {}

  /// What the worker knows when it chooses.
  struct circumstances {
    upstream_board& board;
    route::balancer& balancer;
    std::span<const micros> pauses;  ///< by upstream, until when it asked not to be asked
    route::occasion occasion;
    micros now;
  };
  struct decision {
    enum class kind : std::uint8_t {
      go,    ///< to `target`, on `place`
      full,  ///< wait for room: somebody would be let through but for its caps
      none,  ///< no target is left that is let through
    };
    kind what = kind::none;
    std::size_t target = 0;
    upstream_board::place place;
    std::optional<micros> next;  ///< full, none: when to ask again at the latest, if that is known
  };
  [[nodiscard]] decision next(std::span<const route_target> targets, const circumstances& c);

  /// No attempt there any more: the request does not suit it.
  void exclude(std::size_t target) { tried_[target].scope = retry_scope::nowhere; }
  /// An attempt there runs, or has failed so that it may be repeated there or not.
  void begun(std::size_t target) { tried_[target].left = false; }
  void failed(std::size_t target, retry_scope scope);
  /// What `next` gave was not used.
  void put_back(std::size_t target) { tried_[target].left = true; }
  /// The targets where `next` may go a second time are left again. False when there are none.
  [[nodiscard]] bool begin_round();
  [[nodiscard]] bool has_another_round() const;
  /// When one of those that go a second time may be asked again; nothing when there are none.
  [[nodiscard]] std::optional<micros> earliest_repeat(std::span<const route_target> targets,
                                                      std::span<const micros> pauses) const;
  /// One that has not been tried in this round, whether or not it would be let through.
  [[nodiscard]] bool any_left() const;

 private:
  struct state {
    bool left = true;
    retry_scope scope = retry_scope::anywhere;
  };
  [[nodiscard]] bool is_left(std::size_t target) const {
    return tried_[target].left && tried_[target].scope == retry_scope::anywhere;
  }

  std::vector<state> tried_;
};

}  // namespace weir::proxy
