#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "meter/nano_usd.h"
#include "meter/usage.h"
#include "weir/base/units.h"
#include "weir/openai/repairs.h"

namespace weir::observe {

/// The beginning of a body.
struct kept_text {
  std::string text;
  bool cut = false;  ///< there was more
};

/// Of an exchange whose key wants it kept (`store_content`). Neither access line nor metrics show
/// it.
struct kept_content {
  kept_text request;  ///< as it came, without its content coding
  kept_text answer;   ///< as the client got it
};

/// What is known of one exchange once it is over: the source of the access line and the metrics.
/// Never holds credentials or upstream addresses, and content only in `content` (OBS-4, ERR-36).
struct exchange_record {
  std::string request_id;
  std::string upstream_request_id;
  micros wall_clock{0};  ///< arrival, since the Unix epoch
  std::string peer;      ///< client address
  std::string method;
  std::string path;
  std::string_view dialect;  ///< `chat` or `cmpl`, or "" for our own endpoints
  std::string requested_model;
  std::string served_model;  ///< name sent upstream
  std::string model_label;   ///< for metrics: a configured or discovered name, else `other`
  std::string upstream;      ///< configured name; "" when none was asked
  std::uint32_t attempts = 0;
  /// Attempts that led to nothing: an upstream's name and the class of its failure; `cancelled`
  /// when another one was sooner.
  struct failed_attempt {
    std::string upstream;
    std::string_view error_class;
  };
  std::vector<failed_attempt> failures;
  bool hedged = false;  ///< two attempts ran at once
  bool queued = false;  ///< it waited for an upstream with room
  unsigned status = 0;  ///< as sent; 499 when the client left first
  bool stream = false;
  bool cancelled = false;        ///< the client left before the end
  std::string_view error_class;  ///< "" for success; also set when an error frame ended a stream
  std::string key;               ///< the name of the client's key; "" without one
  std::string tags;              ///< `x-weir-tags`, as a flat JSON object of text; "" for none
  /// Of a client, that was met: its key in `limits:` or `keys:`; else "".
  std::string_view limit;
  std::string finish_reason;
  std::string native_finish;  ///< as the upstream spelled it
  std::uint64_t events = 0;   ///< frames written to the client
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  micros duration{0};
  std::optional<micros> first_token;  ///< TTFT by OBS-2
  meter::usage used;
  std::optional<meter::nano_usd> cost;  ///< nothing without a price, or without tokens
  std::string price_version;
  bool usage_missing = false;  ///< a completed answer without usage (CHAT-26)
  openai::repair_counts repairs;
  std::optional<kept_content> content;
};

}  // namespace weir::observe
