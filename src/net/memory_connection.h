#pragma once
#include <cstddef>
#include <memory>
#include <utility>

#include "net/connection.h"
#include "net/event_loop.h"

namespace weir::net {

/// Two connections joined in memory on one loop: what one writes the other reads in a later turn.
/// The built-in upstream `demo` speaks over it, and tests drive sessions with it.
///
/// Memory   Bounded by the reader: while it pauses, the writer's queued() grows and the watermark
///          protocol applies as on a socket.
struct memory_pair {
  std::unique_ptr<connection> near;
  std::unique_ptr<connection> far;
};
struct memory_options {
  /// Bytes handed over in one on_data at most; 1 tests every split.
  std::size_t slice = static_cast<std::size_t>(-1);
  /// The n-th operation (read or write, counted over both ends) fails with fault::reset; 0: none.
  std::size_t fail_at = 0;
};
[[nodiscard]] memory_pair make_memory_pair(event_loop& loop, const memory_options& options = {});

}  // namespace weir::net
