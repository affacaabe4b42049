#pragma once
#include <chrono>
#include <functional>
#include <utility>

#include "net/event_loop.h"

namespace weir::proxy {

/// Fires once nothing was reported for a time. Reporting costs one store, so it may be done for
/// every event of a stream.
class silence_timer {
 public:
  silence_timer(net::event_loop& loop, std::function<void()> on_silence)
      : loop_(loop), on_silence_(std::move(on_silence)), timer_(loop, [this] { look(); }) {}

  void start(millis limit) {
    limit_ = limit;
    last_ = loop_.now();
    timer_.start(limit);
  }
  void touch() { last_ = loop_.now(); }
  void stop() { timer_.stop(); }
  [[nodiscard]] bool running() const { return timer_.running(); }

 private:
  void look() {
    const micros silent = loop_.now() - last_;
    if (silent < limit_) return timer_.start(std::chrono::ceil<millis>(limit_ - silent));
    on_silence_();
  }

  net::event_loop& loop_;
  std::function<void()> on_silence_;
  net::timer timer_;
  millis limit_{0};
  micros last_{0};
};

}  // namespace weir::proxy
