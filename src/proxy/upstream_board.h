#pragma once
#include <atomic>
#include <cstddef>
#include <memory>

namespace weir::proxy {

/// Which upstreams can be used, as far as anybody knows: one is usable until the last attempt to
/// connect to it failed. Shared by all workers, any thread.
class upstream_board {
 public:
  explicit upstream_board(std::size_t upstreams)
      : usable_(std::make_unique<std::atomic<bool>[]>(upstreams)), size_(upstreams) {
    for (std::size_t i = 0; i < size_; ++i) usable_[i].store(true, std::memory_order_relaxed);
  }

  [[nodiscard]] bool usable(std::size_t upstream) const {
    return upstream < size_ && usable_[upstream].load(std::memory_order_relaxed);
  }
  void report(std::size_t upstream, bool reached) {
    // The common case writes nothing, so that the cache line stays shared.
    if (usable(upstream) != reached) usable_[upstream].store(reached, std::memory_order_relaxed);
  }

 private:
  std::unique_ptr<std::atomic<bool>[]> usable_;
  std::size_t size_;
};

}  // namespace weir::proxy
