#pragma once
#include <uv.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "net/buffer_pool.h"
#include "net/event_loop.h"
#include "net/intrusive_list.h"
#include "net/timer_wheel.h"

namespace weir::net {

/// Something to do at the end of the turn or in a turn of its own; queued at most once.
class task : public list_node {
 public:
  virtual void run() = 0;

 protected:
  ~task() = default;
};

/// An object that may be on the call stack when its owner gives it up, so that its end is deferred
/// to the end of the turn (`bury`), or that lives on in the loop by itself (`adopt`).
class mortal {
 public:
  virtual ~mortal() = default;
};

/// What the loop's timer wheel holds.
class wheel_timer : public timer_wheel::entry {
 public:
  virtual void fire() = 0;

 protected:
  ~wheel_timer() = default;
};

/// The inside of the event loop, for the other files of this layer.
///
///   wake-up (libuv) --> begin_turn --> what the wake-up is about --> end_turn
///                                                                      |
///      deferred calls, then tasks, again while there are any (bounded) <
///      the dead are freed
struct event_loop::implementation {
  implementation();
  ~implementation();
  implementation(const implementation&) = delete;
  implementation& operator=(const implementation&) = delete;

  void begin_turn();
  void end_turn();

  [[nodiscard]] micros now();
  [[nodiscard]] micros wall_clock();

  /// `t` runs at the end of this turn (outside of one: soon, in a turn).
  void at_turn_end(task& t);
  /// `t` runs in a later turn of its own.
  void in_later_turn(task& t);
  void defer(std::function<void()> call);
  void post(std::function<void()> call);
  void stop();

  void bury(std::unique_ptr<mortal> dead);
  void adopt(std::unique_ptr<mortal> orphan);
  void bury_adopted(mortal* orphan);

  void arm(wheel_timer& entry, micros due);
  void disarm(wheel_timer& entry);

  // For tests and fuzzing, which own the time:
  /// Time stands still from now on, but for `let_pass`.
  void hold_clock();
  /// Time goes on; what is due by then fires.
  void let_pass(millis time);
  /// The n-th timer that starts from now on is due at once (0: none).
  void rush_timer(std::size_t nth) { rush_in_ = nth; }
  /// How many timers were started.
  [[nodiscard]] std::size_t timers_started() const { return timers_started_; }
  /// Does all that needs no time and nothing from outside; false when that does not end.
  [[nodiscard]] bool settle();

  void on_signal(int signal_number, std::function<void(int)> call);

  [[nodiscard]] char* read_buffer() { return read_buffer_.get(); }

  uv_loop_t loop{};
  buffer_pool buffers;

 private:
  struct signal_watch;

  void run_idle();
  void run_posted();
  void run_timers();
  [[nodiscard]] micros read_clock() const;
  [[nodiscard]] bool has_work();
  void schedule_timer_wakeup();
  void start_idle();

  uv_async_t wakeup_{};
  uv_idle_t idle_{};
  uv_timer_t timer_{};
  std::vector<std::unique_ptr<signal_watch>> signals_;

  std::mutex mutex_;
  std::vector<std::function<void()>> posted_;  // mutex_
  bool accepting_posts_ = true;                // mutex_; false: the end of the loop has begun
  std::atomic<bool> stopping_ = false;
  friend class event_loop;

  bool in_turn_ = false;
  bool now_known_ = false;
  bool wall_clock_known_ = false;
  micros now_{0};
  micros wall_clock_{0};

  std::optional<micros> held_clock_;
  std::size_t rush_in_ = 0;
  std::size_t timers_started_ = 0;

  timer_wheel wheel_;
  std::optional<micros> timer_wakeup_;  // when timer_ will fire

  std::vector<std::function<void()>> deferred_;
  intrusive_list<task> turn_end_tasks_;
  intrusive_list<task> later_tasks_;
  std::vector<std::unique_ptr<mortal>> dead_;
  std::unordered_map<mortal*, std::unique_ptr<mortal>> adopted_;

  // Shared by all connections: one that reads nothing owns no memory for reading.
  std::unique_ptr<char[]> read_buffer_;
};

/// The turn around a call from libuv.
class turn {
 public:
  explicit turn(event_loop::implementation& loop) : loop_(loop) { loop_.begin_turn(); }
  ~turn() { loop_.end_turn(); }
  turn(const turn&) = delete;
  turn& operator=(const turn&) = delete;

 private:
  event_loop::implementation& loop_;
};

}  // namespace weir::net
