#pragma once
#include <span>
#include <string_view>

namespace weir::app {

/// What to know about a rule beside what is wrong.
struct advice {
  std::string_view rule;
  std::string_view clients;    ///< which ones break on it and how; "" when none is known to
  std::string_view weir;       ///< what weir does about it
  std::string_view setting{};  ///< of `stream:`, when one has to be set for that
};

/// The advice for a rule; empty but for the rule's name when there is none.
[[nodiscard]] advice advice_for(std::string_view rule);

/// The tables: messages, framing and envelopes; what choices carry; Completions.
[[nodiscard]] std::span<const advice> advice_on_messages();
[[nodiscard]] std::span<const advice> advice_on_choices();
[[nodiscard]] std::span<const advice> advice_on_completions();

}  // namespace weir::app
