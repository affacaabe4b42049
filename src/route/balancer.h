#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "route/strategy.h"
#include "weir/base/units.h"

namespace weir::route {

/// One candidate as it is now.
struct option {
  std::size_t id = 0;        ///< its place in the route's list, the same from call to call
  std::uint32_t weight = 1;  ///< with 0 it is picked only when all have 0
  std::uint32_t busy = 0;    ///< requests under way there
  micros latency{0};         ///< average time to the first token; 0: not known
};

/// What is new with each request.
struct occasion {
  std::uint64_t random = 0;  ///< fresh bits
  std::uint64_t key = 0;     ///< what belongs together has the same
};

/// Picks one of several candidates.
///
/// weighted    nginx's smooth weighted round robin: in a cycle of as many picks as the weights add
///             up to, each is picked as often as its weight says, and spread out. It starts
///             anywhere, so that workers do not march in step.
/// least_busy  The smallest (busy + 1) / weight; of equals a random one.
/// p2c_ewma    Of two random ones, drawn by weight, that with the smaller latency * (busy + 1). One
///             whose latency is not known counts as the fastest of those known, so that it is tried
///             without being stormed.
/// sticky      Rendezvous hashing (Thaler, Ravishankar 1998), weighted: each candidate's score for
///             the key decides, so that one more or less of n moves 1/n of the keys and no state is
///             needed, which several gateways would have to share. Bounded load (Mirrokni et al.
///             2018): one with more than 1.25 times its share of what is under way, and more than
///             four requests, is passed over.
///
/// Memory   For `weighted` one number for each id, which must stay below limits::max_candidates.
/// Cost     O(options), of sticky O(options log options).
/// Threads  None.
class balancer {
 public:
  explicit balancer(strategy how) : how_(how) {}

  /// Index in `options`, of which there is at least one.
  [[nodiscard]] std::size_t pick(std::span<const option> options, const occasion& now);

 private:
  [[nodiscard]] std::size_t pick_weighted(std::span<const option> options, std::uint64_t random);

  strategy how_;
  bool started_ = false;
  std::vector<std::int64_t> credit_;  ///< of `weighted`, by id
};

}  // namespace weir::route
