#pragma once
#include <chrono>
#include <cstdint>

namespace weir {

/// Spans of time. Points of time enter the pure layers as `micros` since an epoch the caller names.
using micros = std::chrono::microseconds;
using millis = std::chrono::milliseconds;
using seconds = std::chrono::seconds;

/// Wall clock, whole seconds since 1970-01-01T00:00:00Z (`created` in the OpenAI dialect).
enum class unix_seconds : std::int64_t {};

}  // namespace weir
