#pragma once
#include <functional>

#include "observe/exchange_record.h"

namespace weir::observe {

/// Where what is known of each exchange is kept for good, beside log and metrics.
///
/// Threads  The worker's.
class record_sink {
 public:
  /// Called once an exchange, before the end of its answer leaves. It must not wait for anybody.
  virtual void keep(const exchange_record& record) = 0;
  /// Whether all that was kept is as safe as it is to be. Until then the end of the answer waits.
  [[nodiscard]] virtual bool is_safe() const { return true; }
  /// Makes `call` in a later turn, once all that was kept until now is safe or given up; at the end
  /// of the program perhaps not any more.
  virtual void when_safe([[maybe_unused]] std::function<void()> call) {}
  /// False when no more records can be kept and requests are to be refused for it.
  [[nodiscard]] virtual bool accepts() const = 0;

 protected:
  ~record_sink() = default;
};

}  // namespace weir::observe
