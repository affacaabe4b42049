#pragma once
#include <functional>

#include "net/event_loop.h"

namespace weir::test {

/// Runs a loop by hand until something is so.
class loop_driver {
 public:
  explicit loop_driver(net::event_loop& loop)
      : loop_(loop), deadline_(loop, [this] { late_ = true; }) {}

  /// False when `is_so` has not become true within `patience`, which no right program needs.
  [[nodiscard]] bool run_until(const std::function<bool()>& is_so,
                               millis patience = millis{10000}) {
    late_ = false;
    deadline_.start(patience);
    while (!is_so() && !late_) loop_.run_once();
    deadline_.stop();
    return is_so();
  }

  /// Handles everything that is due by now and what follows from it at once.
  void settle() {
    for (int turn = 0; turn < 20; ++turn) {
      bool turned = false;
      loop_.post([&turned] { turned = true; });
      while (!turned) loop_.run_once();
    }
  }

 private:
  net::event_loop& loop_;
  net::timer deadline_;
  bool late_ = false;
};

}  // namespace weir::test
