#include "net/timer_wheel.h"

#include <algorithm>
#include <bit>

namespace weir::net {

namespace {

std::uint64_t tick_at_or_before(micros t) {
  return static_cast<std::uint64_t>(std::max(t, micros{0}) / timer_wheel::tick);
}

std::uint64_t tick_at_or_after(micros t) {
  return tick_at_or_before(t + timer_wheel::tick - micros{1});
}

}  // namespace

timer_wheel::timer_wheel(micros now) : current_(tick_at_or_before(now)) {}

void timer_wheel::arm(entry& e, micros due) {
  disarm(e);
  constexpr std::uint64_t last = (std::uint64_t{1} << (slot_bits * levels)) - 1;
  e.tick_ = std::min(tick_at_or_after(due), last);
  place(e, past_);
}

/// That of the highest group of six bits in which a later tick and the current one differ. So all
/// entries of one tick always share a slot, which keeps them in the order of arming.
unsigned timer_wheel::level_of(std::uint64_t later) const {
  const auto width = static_cast<unsigned>(std::bit_width((later ^ current_) | 1U));
  return (width - 1) / slot_bits;
}

void timer_wheel::place(entry& e, intrusive_list<entry>& if_past) {
  if (e.tick_ <= current_) {
    if_past.push_back(e);
    return;
  }
  const unsigned l = level_of(e.tick_);
  const auto slot = static_cast<std::size_t>((e.tick_ >> (l * slot_bits)) & (slots - 1));
  levels_[l].lists[slot].push_back(e);
  levels_[l].occupied |= std::uint64_t{1} << slot;
}

void timer_wheel::disarm(entry& e) { e.unlink(); }

std::optional<std::uint64_t> timer_wheel::next_tick() const {
  for (unsigned l = 0; l < levels; ++l) {
    std::uint64_t occupied = levels_[l].occupied;
    while (occupied != 0) {
      const auto slot = static_cast<std::size_t>(std::countr_zero(occupied));
      if (!levels_[l].lists[slot].empty()) {
        const unsigned shift = l * slot_bits;
        const std::uint64_t group = std::uint64_t{slots - 1} << shift;
        const std::uint64_t below = (std::uint64_t{1} << shift) - 1;
        return (current_ & ~(group | below)) | (std::uint64_t{slot} << shift);
      }
      occupied &= occupied - 1;
    }
  }
  return std::nullopt;
}

std::optional<micros> timer_wheel::next_due() const {
  const auto time_of = [](std::uint64_t t) { return static_cast<std::int64_t>(t) * tick; };
  if (!past_.empty() || !expired_.empty()) return time_of(current_);
  const std::optional<std::uint64_t> next = next_tick();
  if (!next) return std::nullopt;
  return time_of(*next);
}

void timer_wheel::advance(micros now) {
  const std::uint64_t target = tick_at_or_before(now);
  expired_.take_all(past_);
  while (true) {
    const std::optional<std::uint64_t> next = next_tick();
    if (!next || *next > target) break;
    // Everything before this slot is empty: jump to its beginning and sort its entries anew.
    const unsigned l = level_of(*next);
    const auto slot = static_cast<std::size_t>((*next >> (l * slot_bits)) & (slots - 1));
    current_ = *next;
    intrusive_list<entry> moving;
    moving.take_all(levels_[l].lists[slot]);
    levels_[l].occupied &= ~(std::uint64_t{1} << slot);
    while (entry* const e = moving.pop_front()) place(*e, expired_);
  }
  if (target > current_) {
    current_ = target;
    // Slots passed were empty; their bits would now speak of a later round.
    for (unsigned l = 0; l < levels; ++l) {
      const auto at = static_cast<unsigned>((current_ >> (l * slot_bits)) & (slots - 1));
      levels_[l].occupied &= ~((std::uint64_t{2} << at) - 1);
    }
  }
}

timer_wheel::entry* timer_wheel::pop_expired() { return expired_.pop_front(); }

}  // namespace weir::net
