#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "weir/base/result.h"
#include "weir/json/reader.h"
#include "weir/openai/chat_context.h"
#include "weir/openai/error.h"

namespace weir::openai {

/// How much of a request is checked before it goes up (REQ-2). What `full` accepts, `minimal` does.
enum class validation : std::uint8_t {
  minimal,  ///< what weir itself depends on (REQ-3..REQ-7); the rest is the upstream's to judge
  full      ///< everything section 2 of the contract says, in the API's words
};

/// Under which name the bound on the answer's tokens goes up (REQ-12).
enum class token_limit_field : std::uint8_t { as_is, max_tokens, max_completion_tokens };

/// As what a request of the Completions API goes up (CMPL-5).
enum class completions_form : std::uint8_t { as_is, chat };

/// What weir needs to know of a request for an answer of chat or of Completions; the body itself
/// goes on byte for byte but for the members that `upstream_body` edits (REQ-9, REQ-10).
struct chat_request {
  openai::dialect dialect = openai::dialect::chat;
  std::string model;                ///< as the client wrote it (REQ-3)
  bool stream = false;              ///< REQ-5
  std::uint32_t n = 1;              ///< REQ-7; Completions: for all prompts together (CMPL-2)
  bool include_usage = false;       ///< stream_options.include_usage
  bool include_obfuscation = true;  ///< stream_options.include_obfuscation (CHAT-27)
  bool offers_tools = false;        ///< `tools` is a non-empty array (CHAT-20)
  bool offers_functions = false;    ///< `functions` is one: the deprecated form (CHAT-20)
  bool names_tool = false;          ///< one named function is forced (CHAT-14)
  std::string_view tools;           ///< the raw list, in the body
};

/// Checks a body and reads it. Members that nobody knows are never a fault (REQ-9, REQ-10).
///
/// Source   REQ-1..REQ-7, REQ-15; the words of section 2.3, in the order of ERR-34.
/// Input    The body, and a reader whose root() afterwards is the body's root (for upstream_body).
/// Errors   The catalogue's error, first fault only.
/// Memory   Strings that have a bound are copied, one at a time; of `full` also the ids of the
///          tool calls of one message.
/// Cost     A few passes over the body, however many members it has.
/// Threads  None; calls with readers of their own may run at once.
[[nodiscard]] result<chat_request, error> read_chat_request(
    std::string_view body, json::reader& reader, validation profile = validation::minimal);

/// What the answer to `request` has to obey; time and randomness are the caller's.
[[nodiscard]] chat_context context_of(const chat_request& request, const stream_settings& settings);

/// How the body is changed on its way up.
struct body_edits {
  std::string_view model;      ///< the upstream's name; "" keeps the client's
  bool ask_for_usage = false;  ///< REQ-13: stream_options.include_usage = true, for streams only
  bool drop_stream_options = false;  ///< REQ-13: the upstream refused it
  /// REQ-12. When the client wrote both and they differ, `max_completion_tokens` is meant.
  token_limit_field max_tokens_field = token_limit_field::as_is;
  /// CMPL-5. For `chat` the request must have passed `check_for_chat`.
  completions_form completions = completions_form::as_is;
};

/// The body for the upstream: the client's bytes with only those members replaced, so unknown
/// members, number spelling and order survive. `root` must come from the reader that read `body`.
[[nodiscard]] std::string upstream_body(std::string_view body, json::value root,
                                        const chat_request& request, const body_edits& edits);

/// True when an upstream's 400/422 says that it does not know `stream_options` (REQ-13).
[[nodiscard]] bool refuses_stream_options(unsigned status, std::string_view body);

}  // namespace weir::openai
