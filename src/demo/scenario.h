#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::demo {

/// One step of a recorded body. The bytes are a template: `fill` (reply.h) replaces `$id`,
/// `$created`, `$model`, `$text`, `$i` (index of the choice), `$comma` ("," but for choice 0) and
/// `$usage_null` (`,"usage":null` when the request asks for usage).
struct step {
  enum class when : std::uint8_t {
    always,
    each_choice,  ///< once for each choice asked for, in one breath
    usage_asked,  ///< only when the request asks for usage
  };

  std::string bytes;
  when condition = when::always;
  unsigned beats = 1;  ///< of silence afterwards; 0: what follows is sent in the same breath
};

using script = std::vector<step>;

/// A recorded answer.
struct recording {
  enum class framing : std::uint8_t {
    chunked,
    length,
    cut,  ///< chunked, but the connection closes inside the last h1 chunk
  };

  unsigned status = 200;
  std::string_view content_type;
  script body;
  framing how = framing::chunked;
  std::vector<std::pair<std::string_view, std::string_view>> headers = {};  ///< further ones
  std::size_t slice = 0;  ///< bytes in one h1 chunk at most; 0: each breath is one
};

/// One model of the built-in upstream: a fault seen in the wild, as it looks on the wire.
struct scenario {
  std::string_view model;
  std::string_view fault;  ///< what is wrong, one sentence
  recording stream;        ///< the answer to `stream: true`
  recording document;      ///< the answer to `stream: false`
};

/// What every model says.
inline constexpr std::string_view canned_text =
    "This is a canned answer from weir's built-in demo upstream; no model was asked.";

/// All models, in the order of docs/demo.md.
[[nodiscard]] std::vector<scenario> make_scenarios();

}  // namespace weir::demo
