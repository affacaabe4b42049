#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "weir/openai/chat_frame.h"
#include "weir/openai/error.h"

namespace weir::openai {

/// What is the same on every chunk of one stream (CHAT-1..4), as raw JSON.
struct chat_envelope {
  std::string id;
  std::string created;
  std::string model;
  std::string service_tier;        ///< "" until the upstream names one (CHAT-3)
  std::string system_fingerprint;  ///< likewise
};

/// What the machine decided to say next: an event of the internal model (GEN-7). Values are raw
/// JSON, spelled as in the source (P4). Views are valid during the call only.
struct chat_event {
  enum class kind : std::uint8_t { role, delta, finish, moderation, usage, error, done };

  kind what = kind::delta;
  std::uint32_t choice = 0;
  delta_kind payload = delta_kind::extra;  ///< delta
  std::string_view key;                    ///< delta: the member's name
  std::string_view second_key;             ///< delta: another name it has, too (CHAT-22: `both`)
  std::string_view value;     ///< delta: its value (tool: one entry of the array); role: `content`,
                              ///< "" to leave it out; usage, moderation: the object; finish: the
                              ///< last text, where it came in the same chunk (CMPL-1), else ""
  std::string_view logprobs;  ///< "" is null
  std::string_view finish;    ///< finish: the reason, without quotes
  std::string_view choice_vendor;  ///< unknown choice members as `,"key":value...`
  std::string_view top_vendor;     ///< unknown top-level members, likewise
  /// The source document, when the machine changed nothing: an encoder of the same dialect copies
  /// it (P3).
  std::string_view source;
  const error* failure = nullptr;  ///< error
};

/// Receives the events of one stream in order: an encoder or a fold.
class chat_sink {
 public:
  virtual void on_event(const chat_event& event, const chat_envelope& envelope) = 0;

 protected:
  ~chat_sink() = default;
};

}  // namespace weir::openai
