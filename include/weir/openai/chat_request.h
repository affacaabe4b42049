#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "weir/base/result.h"
#include "weir/json/reader.h"
#include "weir/openai/error.h"

namespace weir::openai {

/// What weir needs to know of a chat completion request; the body itself goes on byte for byte but
/// for the members that `upstream_body` edits (REQ-9, REQ-10).
struct chat_request {
  std::string model;                ///< as the client wrote it (REQ-3)
  bool stream = false;              ///< REQ-5
  std::uint32_t n = 1;              ///< REQ-7
  bool include_usage = false;       ///< stream_options.include_usage
  bool include_obfuscation = true;  ///< stream_options.include_obfuscation (CHAT-27)
  bool offers_tools = false;        ///< `tools` is a non-empty array (CHAT-20)
  bool names_tool = false;          ///< tool_choice forces one named function (CHAT-14)
};

/// Checks a body by the `minimal` profile (REQ-1..REQ-7, in the order of ERR-34) and reads it.
///
/// Input    The body, and a reader whose root() afterwards is the body's root (for upstream_body).
/// Errors   The catalogue's error, first fault only.
[[nodiscard]] result<chat_request, error> read_chat_request(std::string_view body,
                                                            json::reader& reader);

/// How the body is changed on its way up.
struct body_edits {
  std::string_view model;      ///< the upstream's name; "" keeps the client's
  bool ask_for_usage = false;  ///< REQ-13: stream_options.include_usage = true, for streams only
  bool drop_stream_options = false;  ///< REQ-13: the upstream refused it
};

/// The body for the upstream: the client's bytes with only those members replaced, so unknown
/// members, number spelling and order survive. `root` must come from the reader that read `body`.
[[nodiscard]] std::string upstream_body(std::string_view body, json::value root,
                                        const chat_request& request, const body_edits& edits);

/// True when an upstream's 400/422 says that it does not know `stream_options` (REQ-13).
[[nodiscard]] bool refuses_stream_options(unsigned status, std::string_view body);

}  // namespace weir::openai
