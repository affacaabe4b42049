#pragma once
#include "observe/exchange_record.h"

namespace weir::observe {

/// Where what is known of each exchange is kept for good, beside log and metrics.
///
/// Threads  The worker's.
class record_sink {
 public:
  /// Called once an exchange, before the end of its answer leaves; whatever it does is done when it
  /// returns. It must not wait for anybody.
  virtual void keep(const exchange_record& record) = 0;
  /// False when no more records can be kept and requests are to be refused for it.
  [[nodiscard]] virtual bool accepts() const = 0;

 protected:
  ~record_sink() = default;
};

}  // namespace weir::observe
