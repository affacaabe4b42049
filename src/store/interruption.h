#pragma once
#include <atomic>

#include "weir/base/units.h"

namespace weir::store {

/// A wish that whatever waits gives up. It is never taken back.
///
/// Threads  Any.
class interruption {
 public:
  interruption();
  ~interruption();
  interruption(const interruption&) = delete;
  interruption& operator=(const interruption&) = delete;

  void raise();
  [[nodiscard]] bool raised() const { return raised_; }
  /// Waits for it; true when it came.
  [[nodiscard]] bool wait(millis most) const;
  /// Readable once it is raised.
  [[nodiscard]] int descriptor() const { return descriptor_; }

 private:
  const int descriptor_;
  std::atomic<bool> raised_{false};
};

}  // namespace weir::store
