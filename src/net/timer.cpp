#include <algorithm>
#include <cassert>
#include <chrono>
#include <utility>

#include "net/event_loop.h"
#include "net/loop_internals.h"

namespace weir::net {

struct timer::entry final : wheel_timer {
  event_loop::implementation* loop = nullptr;
  std::function<void()> on_fire;
  bool* destroyed = nullptr;  // of the call of on_fire under way

  void fire() override {
    // Moved out of harm's way: the call may destroy the timer, and with it the function.
    bool gone = false;
    destroyed = &gone;
    std::function<void()> call = std::move(on_fire);
    call();
    if (gone) return;
    on_fire = std::move(call);
    destroyed = nullptr;
  }
};

timer::timer(event_loop& loop, std::function<void()> on_fire) : entry_(std::make_unique<entry>()) {
  entry_->loop = &loop.internals();
  entry_->on_fire = std::move(on_fire);
}

timer::~timer() {
  stop();
  if (entry_->destroyed != nullptr) *entry_->destroyed = true;
}

void timer::start(millis after) {
  // Far beyond any configuration, far below an overflow of the sum.
  constexpr millis longest = std::chrono::hours{24 * 365 * 100};
  after = std::clamp(after, millis{0}, longest);
  entry_->loop->arm(*entry_, entry_->loop->now() + after);
}

void timer::stop() { entry_->loop->disarm(*entry_); }

bool timer::running() const { return entry_->linked(); }

void event_loop::implementation::arm(wheel_timer& entry, micros due) {
  ++timers_started_;
  const bool rushed = rush_in_ != 0 && --rush_in_ == 0;
  wheel_.arm(entry, rushed ? now() : due);
  schedule_timer_wakeup();
}

void event_loop::implementation::disarm(wheel_timer& entry) {
  // The wake-up stays: finding nothing once costs less than computing the next one each time.
  wheel_.disarm(entry);
}

void event_loop::implementation::schedule_timer_wakeup() {
  if (held_clock_) return;  // let_pass looks
  const std::optional<micros> due = wheel_.next_due();
  if (!due) {
    timer_wakeup_.reset();
    uv_timer_stop(&timer_);
    return;
  }
  if (timer_wakeup_ && *timer_wakeup_ <= *due) return;
  timer_wakeup_ = due;
  // libuv counts whole milliseconds of the same clock from the time it last looked at it.
  const auto due_millis =
      static_cast<std::uint64_t>(std::chrono::ceil<millis>(std::max(*due, micros{0})).count());
  const std::uint64_t base = uv_now(&loop);
  uv_timer_start(
      &timer_,
      [](uv_timer_t* handle) {
        static_cast<event_loop::implementation*>(handle->data)->run_timers();
      },
      due_millis > base ? due_millis - base : 0, 0);
}

void event_loop::implementation::run_timers() {
  const turn t(*this);
  timer_wakeup_.reset();
  wheel_.advance(now());
  while (timer_wheel::entry* const e = wheel_.pop_expired()) static_cast<wheel_timer*>(e)->fire();
  schedule_timer_wakeup();
}

}  // namespace weir::net
