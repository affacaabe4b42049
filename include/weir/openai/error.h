#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "weir/base/units.h"
#include "weir/json/reader.h"

namespace weir::openai {

/// A failure as the OpenAI dialect tells it (contract 2.3): status and the four members of the
/// envelope, which are always written.
struct error {
  unsigned status = 500;
  std::string message;
  std::string type = "server_error";
  std::string param;  ///< "" is null
  std::string code;   ///< "" is null
  /// The error object as it is written, raw JSON on one line, when the upstream's was already in
  /// the envelope's form (then it is that, byte for byte but for ERR-36) or carried members we do
  /// not know (then the four members stand first): they survive (P4). Empty otherwise.
  std::string source;
  /// Seconds the peer asked to wait; answered as Retry-After (HTTP-9).
  std::optional<std::uint32_t> retry_after;
  /// Time does not heal it, though its status says so: asking again cannot succeed (HTTP-9).
  bool lasting = false;
  /// Class for logs, metrics and retries (contract 11, EMAP-6). The client's: `invalid_request`,
  /// `context_length`, `authentication`, `quota`, `permission`, `not_found`, `conflict`,
  /// `too_large`, `request_timeout`; the upstream's: `rate_limit`, `server`, `overloaded`,
  /// `upstream_error`, `upstream_truncated`, `upstream_timeout`, `upstream_auth`.
  std::string_view category = "server";
};

/// `{"error":{"message":...,"type":...,"param":...,"code":...}}`, the body of an error answer and
/// the payload of an error frame (CHAT-30).
[[nodiscard]] std::string to_json(const error& e);

/// Reads an error object or document in any shape seen in the wild (EMAP-1, SSE-14, X1-X10 of
/// docs/clauses.md):
/// `{"error":{...}}`, `{"error":"text"}`, `{"message":...}`, `{"detail":...}`, `[{"error":...}]`,
/// old vLLM's `{"object":"error",...}`. `status` is the HTTP status it came with, or 0 when it came
/// inside a 200: then the code decides (GEN-6), else 502.
[[nodiscard]] error read_error(json::value document, unsigned status);
/// The same for a body that is not JSON: plain text or HTML, cut at
/// limits::max_error_message_bytes.
[[nodiscard]] error read_error_text(std::string_view body, unsigned status);

/// The catalogue (contract 2.3, ERR-n): each failure a client can see is made here and nowhere
/// else. The catalogue's sentence comes first, `detail` is appended. What is echoed of a request or
/// told of an upstream passes the mask of ERR-36.
namespace errors {
[[nodiscard]] error no_credential();  // ERR-1
/// `detail` is a sentence of why one that was right is not any more.
[[nodiscard]] error wrong_credential(std::string_view given,
                                     std::string_view detail = {});  // ERR-2
/// What a client may not, or cannot, have; 403 is ERR-27. The sentence is all it says.
[[nodiscard]] error refused(unsigned status, std::string_view sentence);
[[nodiscard]] error admin_disabled();  // 403: there is no admin key
[[nodiscard]] error not_json(std::size_t offset, std::string_view reason);  // ERR-3
[[nodiscard]] error model_missing();                                        // ERR-4
/// `near_names` as they shall stand in the sentence: `'a' or 'b'`.
[[nodiscard]] error model_not_found(std::string_view model, std::string_view near_names);  // ERR-5
[[nodiscard]] error missing_parameter(std::string_view param);                             // ERR-6
[[nodiscard]] error invalid_type(std::string_view param, std::string_view expected,
                                 std::string_view got);  // ERR-7
[[nodiscard]] error invalid_value(std::string_view param, std::string_view value,
                                  std::string_view supported);  // ERR-8
enum class number : std::uint8_t { integer, decimal };
[[nodiscard]] error below_minimum(std::string_view param, std::string_view minimum,
                                  std::string_view got,
                                  number kind = number::integer);  // ERR-10
[[nodiscard]] error above_maximum(std::string_view param, std::string_view maximum,
                                  std::string_view got,
                                  number kind = number::integer);  // ERR-10
[[nodiscard]] error empty_string(std::string_view param);          // ERR-11
[[nodiscard]] error string_too_long(std::string_view param, std::size_t most,
                                    std::size_t got);     // ERR-11
[[nodiscard]] error not_a_name(std::string_view param);   // ERR-11: not of `[A-Za-z0-9_-]`
[[nodiscard]] error empty_array(std::string_view param);  // ERR-11
[[nodiscard]] error array_too_long(std::string_view param, std::size_t most,
                                   std::size_t got);  // ERR-11
[[nodiscard]] error too_many_properties(std::string_view param, std::size_t most,
                                        std::size_t got);  // ERR-11
/// `name` is a member of `param`.
[[nodiscard]] error property_name_too_long(std::string_view param, std::string_view name,
                                           std::size_t most, std::size_t got);  // ERR-11
/// `flag` is the parameter that would have to be true: `stream`, `logprobs`.
[[nodiscard]] error only_allowed_with(std::string_view param,
                                      std::string_view flag);  // ERR-14, ERR-15
[[nodiscard]] error orphan_tool_message(std::size_t message);  // ERR-16
/// `message` is the one that stands where the answers should; none when the messages are over.
[[nodiscard]] error unanswered_calls(std::string_view ids,
                                     std::optional<std::size_t> message);                // ERR-17
[[nodiscard]] error content_missing(std::size_t message);                                // ERR-18
[[nodiscard]] error word_json_missing();                                                 // ERR-20
[[nodiscard]] error unknown_url(std::string_view method, std::string_view path);         // ERR-21
[[nodiscard]] error method_not_allowed(std::string_view method, std::string_view path);  // ERR-22
[[nodiscard]] error body_too_large(std::size_t limit);                                   // ERR-23
[[nodiscard]] error model_too_late(std::size_t limit);                                   // ERR-23
[[nodiscard]] error bad_request(unsigned status, std::string_view reason);  // framing, RFC 9112
[[nodiscard]] error request_timeout();                                      // 408
[[nodiscard]] error too_many_connections(std::uint32_t most);               // 429, of one address
/// A rate of a client's key, or of its group (`owner`), is used up; `on` says which one.
struct used_quota {
  std::string_view model;
  std::string_view owner;
  std::string_view on;  ///< `tokens per min (TPM)`
  std::uint64_t limit = 0;
  std::uint64_t used = 0;
  std::uint64_t requested = 0;
};
/// `type` is `requests` or `tokens`.
[[nodiscard]] error rate_limited(const used_quota& what, std::string_view type,
                                 millis wait);                                          // ERR-24
[[nodiscard]] error request_above_rate(const used_quota& what, std::string_view type);  // ERR-25
[[nodiscard]] error quota_exceeded(std::string_view detail);                            // ERR-26
[[nodiscard]] error overloaded(std::string_view detail);                                // ERR-29
[[nodiscard]] error upstream_failed(std::string_view detail);                           // ERR-30
[[nodiscard]] error upstream_invalid(std::string_view detail);         // SSE-9, SSE-13
[[nodiscard]] error upstream_truncated(std::string_view detail = {});  // CHAT-29c
/// `where` is a sentence: which upstream it was, and how far its answer had come.
[[nodiscard]] error upstream_timeout(std::string_view which_timer,
                                     std::string_view where = {});  // ERR-31
[[nodiscard]] error upstream_auth(std::string_view upstream);       // EMAP-2
[[nodiscard]] error unsupported_parameter(std::string_view param);  // ERR-33
[[nodiscard]] error internal();                                     // ERR-28
}  // namespace errors

}  // namespace weir::openai
