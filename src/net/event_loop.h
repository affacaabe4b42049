#pragma once
#include <functional>
#include <memory>
#include <span>

#include "weir/base/units.h"

namespace weir::net {

class timer_wheel;

/// One loop per worker (libuv inside). A *turn* is everything done for one wake-up of one file
/// descriptor, timer tick or posted call; at its end deferred calls run and connections flush.
///
/// Threads  `post` and `stop` from any; all else from the thread inside `run`, or before it.
class event_loop {
 public:
  event_loop();
  ~event_loop();
  event_loop(const event_loop&) = delete;
  event_loop& operator=(const event_loop&) = delete;

  /// Runs until `stop`. What is still open when it returns is closed by its owners.
  void run();
  /// Waits until something happens and handles it; for tests that drive a loop by hand.
  void run_once();
  /// Lets `run` return (at once, if it has not begun). Calls posted later are dropped.
  void stop();

  /// Runs `call` on the loop's thread in a later turn. The only cross-thread call of the program.
  void post(std::function<void()> call);
  /// Runs `call` at the end of the current turn (deferred destruction).
  void defer(std::function<void()> call);

  /// Monotonic time, read once a turn.
  [[nodiscard]] micros now() const;
  /// Wall clock, read once a turn, microseconds since the Unix epoch.
  [[nodiscard]] micros wall_clock() const;

  /// Makes `call` in a turn of this loop for each arrival of `signal_number`.
  void on_signal(int signal_number, std::function<void(int)> call);

  struct implementation;
  [[nodiscard]] implementation& internals() { return *implementation_; }

 private:
  std::unique_ptr<implementation> implementation_;
};

/// A one-shot timer on the loop's timer wheel: starting, restarting and stopping are O(1) and touch
/// no system call. Accuracy: never early, at most 10 ms late plus the length of a turn.
/// Destroying it stops it. Its callback may destroy it. Nothing may outlive its loop.
class timer {
 public:
  timer(event_loop& loop, std::function<void()> on_fire);
  ~timer();
  timer(const timer&) = delete;
  timer& operator=(const timer&) = delete;

  /// (Re)starts: fires once, `after` from now.
  void start(millis after);
  void stop();
  [[nodiscard]] bool running() const;

 private:
  struct entry;
  std::unique_ptr<entry> entry_;
};

}  // namespace weir::net
