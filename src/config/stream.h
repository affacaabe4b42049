#pragma once

#include <optional>

#include "config/accounting.h"
#include "weir/base/units.h"
#include "weir/openai/chat_request.h"
#include "weir/openai/stream_settings.h"

namespace weir::config {

/// `stream:` settings as written in one place; what is not written is inherited.
struct stream_overrides {
  using dialect = openai::stream_settings;

  std::optional<dialect::conformance> mode;
  std::optional<dialect::role_content_form> role_content;
  std::optional<dialect::reasoning_name> reasoning_field;
  std::optional<bool> include_reasoning;
  std::optional<dialect::model_echo> echo_model;
  std::optional<millis> heartbeat;
  std::optional<millis> commit_after;
  std::optional<bool> eof_as_stop;
  std::optional<bool> cumulative;
  std::optional<bool> close_arguments;
  std::optional<bool> think_tags;
  std::optional<bool> think_opened;
  std::optional<bool> tools_in_text;
  std::optional<bool> strip_tokens;
  std::optional<openai::validation> validation;
  std::optional<openai::token_limit_field> max_tokens_field;
  std::optional<openai::completions_form> completions;
  std::optional<cost_form> cost;
};

/// `stream:` settings in force for one exchange: defaults, then the file's, upstream's and model's.
struct stream_policy {
  openai::stream_settings dialect;
  millis heartbeat{15000};                                                        ///< SSE-18
  millis commit_after{15000};                                                     ///< GEN-6
  openai::validation validation = openai::validation::minimal;                    ///< REQ-2
  openai::token_limit_field max_tokens_field = openai::token_limit_field::as_is;  ///< REQ-12
  openai::completions_form completions = openai::completions_form::as_is;         ///< CMPL-5
  cost_form cost = cost_form::none;
};
[[nodiscard]] stream_policy apply(stream_policy base, const stream_overrides& nearer);
/// The overrides that say everything `policy` says.
[[nodiscard]] stream_overrides as_overrides(const stream_policy& policy);

}  // namespace weir::config
