#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "net/intrusive_list.h"
#include "weir/base/units.h"

namespace weir::net {

/// Hierarchical timer wheel: eight levels of 64 slots over ticks of 10 ms. Level 0 holds the ticks
/// that share all but their last six bits with the current one, level 1 those that share all but
/// the last twelve, and so on; an entry moves down when its slot's time begins.
///
/// Time     An input: `arm` and `advance` take points of one monotonic clock.
/// Promise  Never early, and found by the first `advance` less than one tick after its time.
///          Expired entries come in the order of their ticks, within a tick in that of arming.
/// Cost     arm and disarm O(1); an entry is moved at most once a level; no allocation.
class timer_wheel {
 public:
  static constexpr micros tick = millis{10};

  class entry : public list_node {
   private:
    friend class timer_wheel;
    std::uint64_t tick_ = 0;
  };

  explicit timer_wheel(micros now);

  /// (Re)arms `e` for `due`. One armed for a time already past expires with the next `advance`.
  void arm(entry& e, micros due);
  void disarm(entry& e);

  /// When `advance` has something to do next: not after the earliest entry is due.
  [[nodiscard]] std::optional<micros> next_due() const;

  /// Moves time on; what is due then waits for pop_expired.
  void advance(micros now);
  /// The next expired entry, disarmed. Entries armed since `advance` are not among them.
  [[nodiscard]] entry* pop_expired();

 private:
  static constexpr unsigned slot_bits = 6;
  static constexpr std::size_t slots = std::size_t{1} << slot_bits;
  static constexpr unsigned levels = 8;

  struct level {
    std::array<intrusive_list<entry>, slots> lists;
    std::uint64_t occupied = 0;  ///< bit per slot; may be set for a slot emptied since
  };

  [[nodiscard]] unsigned level_of(std::uint64_t later) const;
  void place(entry& e, intrusive_list<entry>& if_past);
  [[nodiscard]] std::optional<std::uint64_t> next_tick() const;

  std::uint64_t current_;
  std::array<level, levels> levels_;
  intrusive_list<entry> past_;     ///< armed for a time already past
  intrusive_list<entry> expired_;  ///< found by advance, not yet popped
};

}  // namespace weir::net
