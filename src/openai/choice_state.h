#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "openai/vendor_text.h"
#include "weir/openai/chat_machine.h"

namespace weir::openai {

/// Where one choice of a stream stands; the picture is in chat_machine.h.
struct chat_machine::choice_state {
  enum class step : std::uint8_t { unopened, open, finishing, finished };
  enum class called : std::uint8_t { nothing, tool, function };

  step at = step::unopened;
  called call = called::nothing;
  bool payload = false;
  bool audio_over = false;      ///< CHAT-32: `expires_at` proves the end
  std::string_view finish;      ///< canonical reason, from `finishing` on
  std::string held_source;      ///< the finish chunk as it came, if it may be copied
  vendor_text held_vendor;      ///< unknown choice members waiting for a chunk
  vendor_text held_top_vendor;  ///< unknown top-level members held with the finish
};

/// A usage or moderation chunk that waits for the end.
struct chat_machine::held_chunk {
  std::string source;  ///< as it came, if it may be copied
  vendor_text vendor;  ///< its unknown members
};

}  // namespace weir::openai
