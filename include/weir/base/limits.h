#pragma once
#include <cstddef>
#include <cstdint>

#include "weir/base/units.h"

/// Every bound of the program that is not configuration, with the clause it comes from, if it comes
/// from one (docs/clauses.md). Sizes that a test can reach quickly are reached from both sides; of
/// times, of what takes many megabytes, and of the turns within one loop tests reach what happens
/// there, some with a smaller value given to the class that keeps the bound (proxy::session_times).
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
inline constexpr std::size_t max_configured_head_bytes = mib;    // `limits.header_size`
inline constexpr std::size_t max_socket_path_bytes = 103;        // of Unix sockets, on every system
inline constexpr std::size_t max_header_fields = 128;            // then 431
inline constexpr std::size_t max_target_bytes = 8 * kib;         // then 414
inline constexpr std::size_t max_body_bytes = 32 * mib;          // HTTP-12, then 413
inline constexpr std::size_t max_h1_chunk_line_bytes = 256;      // chunk size and extensions
inline constexpr std::size_t max_h1_extension_bytes = 16 * kib;  // of all chunks of a body
inline constexpr std::size_t max_h1_method_bytes = 32;           // then 501
inline constexpr unsigned max_h1_interim_responses = 16;         // 1xx before a response
inline constexpr std::size_t max_idle_buffer_bytes = 4 * kib;    // a parser keeps between events
inline constexpr std::size_t max_dropped_text_bytes = 2 * kib;   // EMAP-1, of what was no payload

// Content codings
inline constexpr std::size_t max_inflated_piece_bytes = 16 * kib;  // of a body, handed out at once
inline constexpr std::size_t max_inflated_step_bytes = 64 * kib;   // of an answer, in a turn
inline constexpr std::size_t max_zstd_window_bytes = 8 * mib;      // RFC 9659: larger is corrupt

// Chat
inline constexpr std::size_t max_envelope_bytes = kib;     // id, model, ... stand in every chunk
inline constexpr std::size_t max_vendor_members = 512;     // of an object of a frame, then left out
inline constexpr std::size_t max_tool_calls = 1024;        // of a delta or an answer, then left out
inline constexpr std::size_t max_tracked_arguments = mib;  // of a call, to know a repetition
inline constexpr std::size_t max_held_calls_bytes = 4 * mib;     // of a choice, behind an open call
inline constexpr std::uint32_t max_choices = 128;                // of `n`, as the API has it
inline constexpr std::uint32_t max_prompt_choices = 2048;        // of all prompts together (CMPL-2)
inline constexpr std::size_t max_error_message_bytes = 2 * kib;  // EMAP-1
inline constexpr std::size_t max_held_bytes = 64 * kib;          // GEN-6
inline constexpr std::size_t max_text_call_bytes = 256 * kib;    // K29, then it is text
inline constexpr std::size_t max_text_call_name_bytes = 256;     // of a function or a parameter
inline constexpr std::size_t max_held_space_bytes =
    kib;                                            // beside tags in the text, then it is text
inline constexpr std::size_t max_held_tokens = 16;  // C5, then they are text

// Embeddings and forwarding
/// The largest request there is, 2048 inputs (contract 5.2), with 3072 numbers for each as text.
inline constexpr std::size_t max_embeddings_bytes = 128 * mib;
inline constexpr std::size_t max_usage_bytes = 4 * kib;       // of one usage object
inline constexpr std::size_t max_held_form_bytes = 32 * mib;  // until its model is known, then 413
inline constexpr std::size_t max_form_bytes = 1024 * mib;     // then 413; it is not held

// Flow
inline constexpr std::size_t high_watermark_bytes = 64 * kib;     // HTTP-13
inline constexpr std::size_t low_watermark_bytes = 32 * kib;      // HTTP-13
inline constexpr std::size_t read_buffer_bytes = 256 * kib;       // one per worker
inline constexpr std::size_t max_idle_upstream_connections = 64;  // per upstream and worker

// Sockets
inline constexpr std::size_t read_buffer_padding = 64;         // zeros after it; nothing reads them
inline constexpr std::size_t pooled_buffer_bytes = 16 * kib;   // larger ones are freed when empty
inline constexpr std::size_t max_pooled_buffers = 64;          // per worker
inline constexpr std::size_t max_tls_flush_bytes = 256 * kib;  // then the others have their turn
inline constexpr std::size_t opening_read_bytes = 4 * kib;     // of a proxy's answer at once
inline constexpr std::size_t max_accepts_per_wakeup = 64;      // then the others have their turn
inline constexpr std::size_t max_cached_hosts = 256;           // resolved names
inline constexpr std::size_t max_tls_sessions = 1024;          // resumable, per ca_file
inline constexpr int max_turn_end_rounds = 16;                 // then the next turn goes on

// Configuration and routing
inline constexpr std::size_t max_config_bytes = 1 * mib;
inline constexpr std::size_t max_config_nodes = 64 * kib;  // also after aliases are expanded
inline constexpr std::size_t max_config_depth = 32;        // mappings and lists in each other
inline constexpr std::uint32_t max_configured_count = 10'000'000;              // in `limits:`
inline constexpr std::size_t max_configured_body_bytes = 1024 * mib;           // `limits.body_size`
inline constexpr std::size_t max_configured_buffer_bytes = 1024 * 1024 * mib;  // `limits.buffered`
inline constexpr std::uint32_t default_connections = 10'000;       // `limits.connections`
inline constexpr std::size_t default_buffered_bytes = 1024 * mib;  // `limits.buffered`
/// Newcomers over a limit that are told so, per worker; the others are closed without a word.
inline constexpr std::uint32_t max_told_refusals_per_minute = 256 * 60;
inline constexpr std::uint32_t max_told_tls_failures_per_minute = 60;  // in the log, per worker
inline constexpr std::size_t buffer_step_bytes = 64 * kib;  // the first of a request is not counted
inline constexpr std::size_t max_key_file_bytes = 64 * kib;     // `key_file`
inline constexpr std::size_t max_proxy_credential_bytes = kib;  // `user:password`
inline constexpr std::size_t max_no_proxy_entries = 1024;       // of NO_PROXY, the rest is left out
inline constexpr std::uint32_t max_workers = 256;               // `workers`
inline constexpr millis max_configured_time{24 * 3600'000};     // any duration in the file
inline constexpr std::size_t max_upstream_name_bytes = 64;      // it is a metric label and a header
inline constexpr std::size_t max_model_name_bytes = 256;        // in `models:`
inline constexpr std::size_t max_candidates = 64;               // of a model
inline constexpr std::size_t max_cors_entries = 64;             // of a list in `cors:`
inline constexpr std::uint32_t max_priority = 100;              // `priority`
inline constexpr std::uint32_t max_weight = 1000;               // `weight`
inline constexpr std::uint32_t max_configured_attempts = 10;    // `attempts`
inline constexpr std::uint32_t max_concurrent_requests = 100'000;     // `max_concurrent`
inline constexpr std::uint32_t max_requests_per_minute = 10'000'000;  // `max_per_minute`
inline constexpr std::uint32_t max_breaker_failures = 1'000'000;      // `breaker.failures`
inline constexpr std::uint32_t max_queue_length = 10'000;             // `queue`
inline constexpr millis config_look{500};  // whether a file of the configuration has changed
inline constexpr std::size_t max_near_name_bytes = 256;  // longer names have no near names

inline constexpr std::uint64_t retry_reserve = 10;          // attempts, beside the retry budget
inline constexpr std::size_t retry_budget_seconds = 10;     // what was paid in lasts so long
inline constexpr seconds latency_half_life{10};             // of a sample
inline constexpr std::size_t max_affinity_bytes = 4 * kib;  // of a prompt, for `sticky`

// Observation
inline constexpr std::size_t max_metric_series = 1000;       // per family and worker, then `other`
inline constexpr std::size_t max_log_lines = 4096;           // waiting for a slow reader, of a kind
inline constexpr std::size_t max_logged_text_bytes = 256;    // a name, path or id in the log
inline constexpr std::size_t max_said_line_bytes = 4 * kib;  // a line for people
inline constexpr millis log_farewell{1000};                  // for a stuck reader at the end
inline constexpr millis log_gather{2};                       // for lines that come close together
inline constexpr std::size_t log_gather_bytes = 64 * kib;    // then they are written at once

// Accounting
inline constexpr std::size_t max_record_text_bytes = 512;       // of a field, then it is cut
inline constexpr std::size_t default_content_bytes = 64 * kib;  // `store.content_size`
inline constexpr std::size_t max_configured_content_bytes = 256 * kib;  // of it
inline constexpr std::size_t max_record_bytes =                         // of a frame in the journal
    16 * kib + 2 * max_configured_content_bytes;
inline constexpr std::size_t journal_segment_bytes = 4 * mib;  // then the next file begins
inline constexpr std::size_t journal_window_bytes = 2 * mib;   // of a journal, read at once
inline constexpr std::size_t max_ledger_batch = 512;           // records of a transaction
inline constexpr std::size_t ledger_delete_batch = 10'000;     // old records of a transaction
inline constexpr std::size_t max_usage_rows = 100'000;         // of an answer, then it is refused
inline constexpr seconds disk_patience{30};  // `durable: disk`: then an answer ends all the same
inline constexpr millis disk_farewell{
    2000};                                  // at the end, for the disk to confirm the last records
inline constexpr millis ledger_look{250};   // how often journals that are written are read
inline constexpr millis ledger_scan{2000};  // and their directory
inline constexpr millis ledger_retry{250};  // after an error, doubled with every further one
inline constexpr millis ledger_retry_most{10'000};     // up to this
inline constexpr millis ledger_farewell{2000};         // for the last records at the end
inline constexpr millis ledger_busy{5000};             // SQLite, when another process writes
inline constexpr millis ledger_connect_time{5000};     // PostgreSQL
inline constexpr millis ledger_answer_time{30'000};    // of PostgreSQL, for a statement
inline constexpr seconds ledger_retention_look{3600};  // whether records became too old
inline constexpr std::size_t default_journal_bytes = 1024 * mib;  // `store.journal_size`
inline constexpr std::size_t max_configured_journal_bytes = 1024 * 1024 * mib;  // of it
inline constexpr std::uint32_t max_retention_days = 36'500;        // `store.retention_days`
inline constexpr std::size_t max_price_list_bytes = 32 * mib;      // `weir prices import`
inline constexpr std::size_t max_price_tiers = 16;                 // of a model
inline constexpr std::uint32_t max_cocoon_number = 4'000'000'000;  // of a price for cocoon
inline constexpr std::size_t max_tags = 16;                        // of a request, `x-weir-tags`
inline constexpr std::size_t max_tag_bytes = 64;                   // a name, and a value
inline constexpr std::size_t max_estimated_models = 1024;   // that are remembered; others guess
inline constexpr std::size_t max_native_finish_bytes = 64;  // of a finish reason, for the record
inline constexpr millis redis_connect_time{500};
inline constexpr millis redis_answer_time{500};
inline constexpr millis redis_retry{1000};          // after it was away, doubled with every time
inline constexpr millis redis_retry_most{5000};     // up to this
inline constexpr std::size_t redis_pipeline = 512;  // questions sent at once, about
inline constexpr millis quota_lease{30'000};        // of a part of a shared limit
inline constexpr millis quota_dry{250};             // after a refusal Redis is not asked again
inline constexpr std::size_t max_quota_waiting = 10'000;        // requests, for an answer of Redis
inline constexpr std::uint64_t max_configured_usd = 9'000'000;  // doubles count its 1e-9 exactly
inline constexpr std::uint32_t max_tokens_per_minute = 4'000'000'000;  // `tokens_per_minute`
inline constexpr std::uint32_t max_output_reserve = 100'000'000;       // `output_reserve`
inline constexpr std::size_t max_key_name_bytes = 64;                  // of a client's key, a group
inline constexpr std::uint64_t default_output_reserve = 4096;     // tokens, `keys.output_reserve`
inline constexpr std::uint64_t max_output_bound = 1'000'000'000;  // tokens; nobody answers more
inline constexpr double bytes_per_token = 4.0;          // of a model that nothing is known of
inline constexpr double token_ratio_bytes = 4.0 * mib;  // then older samples fade

// Time the contract fixes; what is configurable stands in config/config.h
inline constexpr millis finish_hold{2000};     // CHAT-29e, SSE-12
inline constexpr millis late_usage_wait{100};  // SSE-12
inline constexpr seconds stalled_reader{60};   // no progress downstream
inline constexpr millis newcomer_wait{1000};   // at the end, for who has just come to ask
inline constexpr millis close_linger{1000};    // for the peer to end after us
inline constexpr std::size_t max_settling_passes = 1'000'000;  // of a loop that a test drives
inline constexpr millis accept_pause{100};                     // when file descriptors run out
inline constexpr millis connect_stagger{250};  // RFC 8305: then the next address is tried, too
inline constexpr seconds resolver_cache{30};   // of a resolved name, then it is asked anew
inline constexpr seconds resolver_stale{600};  // and still used, at most

// Checks (`weir check`)
inline constexpr seconds check_probe_time{60};               // for one probe, unless --timeout says
inline constexpr millis check_connect_time{5000};            // for a connection of one
inline constexpr millis check_end_wait{2000};                // for the end of the body after [DONE]
inline constexpr millis check_finish_wait{3000};             // for [DONE] after the last finish
inline constexpr std::size_t max_check_excerpt_bytes = 80;   // of a finding
inline constexpr std::size_t max_check_message_bytes = 256;  // of a server's own words
inline constexpr std::size_t max_exposition_samples = 200'000;  // of one look of `weir top`

// Proxy
inline constexpr std::size_t max_pipelined_bytes = 64 * kib;  // read ahead of a running exchange
inline constexpr std::size_t max_relayed_error_bytes = 64 * kib;  // EMAP-1: of an upstream's error
inline constexpr std::size_t max_drained_bytes = 64 * kib;        // SSE-12
inline constexpr std::size_t max_model_list_bytes = 4 * mib;      // of one upstream
inline constexpr std::size_t max_listed_models = 10000;           // of one upstream
inline constexpr std::size_t max_request_id_bytes = 512;          // HTTP-6
inline constexpr std::size_t max_route_states = 1024;  // routes that are told apart, per worker
inline constexpr std::uint32_t max_attempts = 3;       // resent requests included
inline constexpr seconds request_head_time{10};        // then 408
inline constexpr seconds request_body_idle{30};        // then 408
inline constexpr seconds request_body_time{600};       // then 408
inline constexpr seconds keep_alive_idle{75};          // then closed without a word
inline constexpr seconds upstream_idle{60};            // a pooled connection
inline constexpr millis drain_time{100};               // SSE-12
inline constexpr seconds model_list_refresh{60};
inline constexpr seconds model_list_retry{5};     // until an upstream has answered once
inline constexpr seconds model_list_time{10};     // for one answer
inline constexpr millis first_models_wait{1000};  // of a client, for the first lists
inline constexpr std::size_t max_admin_body_bytes = 64 * kib;  // of a request to the office
inline constexpr std::size_t max_office_requests = 256;        // that wait for the database
inline constexpr millis keys_look{2000};          // whether keys in the database have changed
inline constexpr millis spending_look{15'000};    // what the ledger says of those with a budget
inline constexpr int spending_share = 20;         // of the time the ledger is not asked for it
inline constexpr millis admin_gather_time{2000};  // for a worker to say what it runs
inline constexpr seconds shutdown_grace{30};      // for running exchanges

}  // namespace weir::limits
