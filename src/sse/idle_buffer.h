#pragma once
#include <string>

#include "weir/base/limits.h"

namespace weir::sse {

/// Empties `bytes` for reuse, and gives a big allocation back: an idle stream does not hold what
/// one event once needed.
inline void empty_out(std::string& bytes) {
  if (bytes.capacity() > limits::max_idle_buffer_bytes)
    std::string().swap(bytes);
  else
    bytes.clear();
}

}  // namespace weir::sse
