#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "weir/json/reader.h"

namespace weir::openai {

/// What a delta member is, in the order in which a mixed delta is split (CHAT-11).
enum class delta_kind : std::uint8_t {
  reasoning,
  text,
  refusal,
  annotations,
  audio,
  tool,
  function,
  extra,
};

/// One member of a delta; `key` as spelled in the source (between the quotes).
struct delta_member {
  delta_kind kind = delta_kind::extra;
  std::string_view key;
  json::value val;
};

/// A member we do not know and therefore keep (P4).
struct vendor_member {
  std::string_view key;
  std::string_view raw;
};

/// Consecutive elements of one of the frame's lists.
struct index_range {
  std::size_t first = 0;
  std::size_t last = 0;
  [[nodiscard]] bool empty() const { return first == last; }
};

/// One element of `choices`.
struct frame_choice {
  json::value object;  ///< the element itself
  json::value index;
  json::value role;
  json::value content;  ///< the delta's `content`, or `text`; also when "" or null
  json::value refusal;
  json::value finish_reason;
  json::value logprobs;
  json::value usage;              ///< CHAT-26
  json::value error;              ///< what went wrong, where finish_reason says that something did
  index_range deltas;             ///< in chat_frame::deltas, source order; "", null and [] left out
  index_range vendor;             ///< in chat_frame::vendor
  std::size_t delta_members = 0;  ///< members of the delta object, whatever they are; `text` is one
  bool whole_message = false;     ///< came as `message` in place of `delta` (CHAT-35)
  bool is_text = false;           ///< came as `text` (CMPL-1)
  /// Nothing in the choice is doubled, misplaced or of a wrong type: its bytes may be copied if
  /// the machine has nothing to change.
  bool regular = true;
};

/// One chunk of chat or of Completions, or what stands in for it, as spans of the source document.
/// Filled and owned by `chat_decoder`; everything in it is valid until the next decode.
struct chat_frame {
  std::string_view source;  ///< the document
  json::value id;
  json::value object;
  json::value created;
  json::value model;
  json::value service_tier;
  json::value system_fingerprint;
  json::value usage;
  json::value vendor_usage;  ///< Groq's x_groq.usage; the member itself stays where it is
  json::value obfuscation;
  json::value moderation;
  std::vector<frame_choice> choices;
  std::vector<delta_member> deltas;
  std::vector<vendor_member> vendor;
  index_range top_vendor;         ///< unknown top-level members, in `vendor`
  bool has_error_member = false;  ///< `"error":null` and the like (CHAT-6)
  bool regular = true;            ///< as frame_choice::regular, for the top level
  /// Texts may begin or end inside a character (F19, F20): only json::text_joiner can read them.
  bool ragged = false;
  /// Part of a JSON completion: never copied as a chunk.
  bool synthetic = false;
};

}  // namespace weir::openai
