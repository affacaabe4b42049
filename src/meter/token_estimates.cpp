#include "meter/token_estimates.h"

#include <algorithm>
#include <cmath>

#include "weir/base/limits.h"

namespace weir::meter {

void token_estimates::ratio::learn(std::uint64_t more_bytes, std::uint64_t more_tokens) {
  if (more_bytes == 0 || more_tokens == 0) return;
  bytes += static_cast<double>(more_bytes);
  tokens += static_cast<double>(more_tokens);
  if (bytes <= limits::token_ratio_bytes) return;
  const double kept = limits::token_ratio_bytes / bytes;
  bytes *= kept;
  tokens *= kept;
}

std::uint64_t token_estimates::ratio::tokens_of(std::uint64_t some_bytes) const {
  if (some_bytes == 0) return 0;
  const double each = tokens == 0 ? limits::bytes_per_token : bytes / tokens;
  const double count = std::round(static_cast<double>(some_bytes) / each);
  return static_cast<std::uint64_t>(std::clamp(count, 1.0, static_cast<double>(max_tokens)));
}

void token_estimates::learn(std::string_view model, const passed_bytes& passed, const usage& told) {
  auto found = models_.find(model);
  if (found == models_.end()) {
    if (models_.size() >= limits::max_estimated_models) return;
    found = models_.emplace(std::string(model), of_model{}).first;
  }
  found->second.request.learn(passed.request, told.input.value_or(0));
  // Reasoning that is not shown has tokens and no bytes.
  const std::uint64_t hidden = passed.reasoning == 0 ? told.reasoning.value_or(0) : 0;
  const std::uint64_t output = told.output.value_or(0);
  found->second.answer.learn(passed.text + passed.reasoning, output - std::min(hidden, output));
}

usage token_estimates::guess(std::string_view model, const passed_bytes& passed) const {
  const auto found = models_.find(model);
  const of_model known = found == models_.end() ? of_model{} : found->second;
  usage out;
  out.input = known.request.tokens_of(passed.request);
  out.output = known.answer.tokens_of(passed.text + passed.reasoning);
  out.estimated = true;
  return out;
}

}  // namespace weir::meter
