#pragma once
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "weir/base/limits.h"

namespace weir::net {

/// Small output buffers waiting for their next use, so that an idle connection owns none and a busy
/// one does not allocate for every event. Bounded by limits::max_pooled_buffers of
/// limits::pooled_buffer_bytes; everything else goes back to the heap.
class buffer_pool {
 public:
  [[nodiscard]] std::string take() {
    if (free_.empty()) return {};
    std::string buffer = std::move(free_.back());
    free_.pop_back();
    return buffer;
  }

  void give_back(std::string buffer) {
    const bool inside_itself = buffer.capacity() <= std::string().capacity();
    if (inside_itself || buffer.capacity() > limits::pooled_buffer_bytes) return;
    if (free_.size() >= limits::max_pooled_buffers) return;
    buffer.clear();
    free_.push_back(std::move(buffer));
  }

  [[nodiscard]] std::size_t size() const { return free_.size(); }

 private:
  std::vector<std::string> free_;
};

}  // namespace weir::net
