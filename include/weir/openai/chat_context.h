#pragma once
#include <cstdint>
#include <memory>
#include <string>

#include "weir/base/units.h"
#include "weir/openai/dialect.h"
#include "weir/openai/stream_settings.h"
#include "weir/openai/usage_extension.h"

namespace weir::openai {

/// What one answer has to obey. Time and randomness are inputs (P2).
struct chat_context {
  openai::dialect dialect = openai::dialect::chat;  ///< of the client
  bool stream = false;                              ///< the client wants a stream
  std::uint32_t n = 1;              ///< choices asked for; Completions: for all prompts (CMPL-2)
  bool include_usage = false;       ///< CHAT-24/25
  bool include_obfuscation = true;  ///< CHAT-27
  bool names_tool = false;          ///< CHAT-14
  bool offers_tools = false;        ///< CHAT-20
  bool offers_functions = false;    ///< CHAT-20: the legacy form of tools
  /// weir itself asked the upstream for usage (REQ-13): leaving it out is then no repair.
  bool usage_asked_upstream = false;
  std::string tools;            ///< the request's list, raw, where `tools_in_text` may need it
  std::string requested_model;  ///< the client's name for the model (CHAT-4)
  /// Added to the usage that the client sees, in `strict` mode; null: nothing.
  std::shared_ptr<const openai::usage_extension> extends_usage;
  stream_settings settings;
  unix_seconds arrival{};     ///< `created` when the upstream gives none (CHAT-2)
  std::uint64_t id_seed = 0;  ///< ids that the upstream owes (CHAT-2)
};

}  // namespace weir::openai
