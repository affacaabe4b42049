#pragma once

#include <cstddef>
#include <functional>

namespace weir::proxy {

class worker;

/// All workers of the process, for what concerns more than one of them.
class worker_group {
 public:
  [[nodiscard]] virtual std::size_t size() const = 0;
  /// Runs `call` on each worker's thread, soon; not on one that has ended. From any thread.
  virtual void on_each(std::function<void(worker&)> call) = 0;

 protected:
  ~worker_group() = default;
};

}  // namespace weir::proxy
