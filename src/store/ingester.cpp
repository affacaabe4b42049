#include "store/ingester.h"

#include <algorithm>
#include <chrono>
#include <random>
#include <utility>

namespace weir::store {
namespace {

std::uint64_t wall_clock() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<micros>(since).count());
}

}  // namespace

ingester::ingester(options how)
    : how_(std::move(how)), intake_(how_.directory, how_.room), thread_([this] { run(); }) {}

ingester::~ingester() { stop(); }

void ingester::stop() {
  if (!thread_.joinable()) return;
  {
    std::unique_lock held(lock_);
    stopping_ = true;
    changed_.notify_all();
    if (!changed_.wait_for(held, limits::ledger_farewell, [this] { return ended_; }))
      how_.to->interrupt();
  }
  thread_.join();
}

ingester::status ingester::now() const {
  const std::lock_guard held(lock_);
  return status_;
}

void ingester::look_now() {
  const std::lock_guard held(lock_);
  woken_ = true;
  changed_.notify_all();
}

void ingester::run() {
  for (;;) {
    bool last = false;
    {
      const std::lock_guard held(lock_);
      last = stopping_;
    }
    if (last && failures_ != 0) break;
    if (last) next_scan_ = {};
    const auto outcome = round();
    if (!outcome) intake_.reckon();
    tell(outcome);
    if (last) break;
    pause(next_pause(outcome.ok()));
  }
  const std::lock_guard held(lock_);
  ended_ = true;
  changed_.notify_all();
}

result<done> ingester::round() {
  auto outcome = how_.to->open();
  if (!outcome) return outcome;
  outcome = intake_.take_living(*how_.to);
  if (!outcome) return outcome;
  if (clock::now() >= next_scan_ || intake_.any_ended()) {
    outcome = intake_.take_ended(*how_.to);
    if (!outcome) return outcome;
    next_scan_ = clock::now() + limits::ledger_scan;
  }
  return keep_young();
}

/// One piece a round, so that records need not wait while many become too old.
result<done> ingester::keep_young() {
  if (how_.retain_days == 0 || clock::now() < next_retention_) return done{};
  const auto removed = how_.to->retain(how_.retain_days, wall_clock());
  if (!removed) return removed.error();
  if (*removed < limits::ledger_delete_batch)
    next_retention_ = clock::now() + limits::ledger_retention_look;
  const std::lock_guard held(lock_);
  status_.removed += *removed;
  return done{};
}

void ingester::tell(const result<done>& outcome) {
  status copy;
  {
    const std::lock_guard held(lock_);
    status_.counted = intake_.counted();
    status_.unreadable = intake_.unreadable();
    status_.fault = outcome ? "" : outcome.error().message;
    ++status_.rounds;
    copy = status_;
  }
  if (how_.told) how_.told(copy);
}

/// A random part is left out: gateways that lost the same server do not come back together.
millis ingester::next_pause(bool well) {
  if (well) {
    failures_ = 0;
    return how_.look;
  }
  const std::uint32_t doublings = std::min(failures_++, 16U);
  const millis whole = std::min(limits::ledger_retry * (1 << doublings), limits::ledger_retry_most);
  std::random_device device;
  return whole - millis{device() % (whole.count() / 2 + 1)};
}

void ingester::pause(millis time) {
  std::unique_lock held(lock_);
  changed_.wait_for(held, time, [this] { return stopping_ || woken_; });
  woken_ = false;
}

}  // namespace weir::store
