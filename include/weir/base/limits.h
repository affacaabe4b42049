#pragma once
#include <cstddef>
#include <cstdint>

#include "weir/base/units.h"

/// Every bound of the program that is not configuration, with the clause it comes from. Each has a
/// test that reaches it from both sides.
namespace weir::limits {

inline constexpr std::size_t kib = 1024;
inline constexpr std::size_t mib = 1024 * kib;

// Wire formats
inline constexpr std::size_t max_line_bytes = 16 * mib;          // SSE-9
inline constexpr std::size_t max_event_bytes = 32 * mib;         // SSE-9
inline constexpr std::size_t max_json_depth = 256;               // deeper text is refused
inline constexpr std::size_t max_kept_json_nodes = 64 * kib;     // 1 MiB of index per idle reader
inline constexpr std::size_t max_output_line_bytes = 64 * kib;   // CHAT-36: longer is split
inline constexpr std::size_t max_head_bytes = 64 * kib;          // RFC 9112 head, then 431
inline constexpr std::size_t max_header_fields = 128;            // then 431
inline constexpr std::size_t max_target_bytes = 8 * kib;         // then 414
inline constexpr std::size_t max_body_bytes = 32 * mib;          // HTTP-12, then 413
inline constexpr std::size_t max_h1_chunk_line_bytes = 256;      // chunk size and extensions
inline constexpr std::size_t max_h1_extension_bytes = 16 * kib;  // of all chunks of a body
inline constexpr std::size_t max_h1_method_bytes = 32;           // then 501
inline constexpr unsigned max_h1_interim_responses = 16;         // 1xx before a response

// Chat
inline constexpr std::uint32_t max_choices = 128;                // §2.1 `n`
inline constexpr std::size_t max_error_message_bytes = 2 * kib;  // EMAP-1
inline constexpr std::size_t max_held_bytes = 64 * kib;          // GEN-6

// Flow
inline constexpr std::size_t high_watermark_bytes = 64 * kib;     // HTTP-13
inline constexpr std::size_t low_watermark_bytes = 32 * kib;      // HTTP-13
inline constexpr std::size_t read_buffer_bytes = 256 * kib;       // one per worker
inline constexpr std::size_t max_idle_upstream_connections = 64;  // per upstream and worker

// Time the contract fixes; what is configurable stands in config/config.h
inline constexpr millis finish_hold{2000};     // CHAT-29e, SSE-12
inline constexpr millis late_usage_wait{100};  // SSE-12
inline constexpr seconds stalled_reader{60};   // house: no progress downstream

}  // namespace weir::limits
