#include "openai/output_bound.h"

#include <algorithm>

#include "weir/base/limits.h"

namespace weir::openai {
namespace {

std::optional<std::uint64_t> count_of(json::value member) {
  const auto number = member.integer();
  return number && *number >= 0 ? std::optional(static_cast<std::uint64_t>(*number)) : std::nullopt;
}

/// Completions answers every prompt of a list: texts, or lists of tokens.
std::uint64_t prompts(json::value prompt) {
  if (!prompt.is(json::type::array) || prompt.at(0).is(json::type::number)) return 1;
  return std::max<std::uint64_t>(prompt.size(), 1);
}

}  // namespace

std::optional<std::uint64_t> output_bound(json::value request) {
  auto bound = count_of(request["max_completion_tokens"]);
  if (!bound) bound = count_of(request["max_tokens"]);
  if (!bound) return std::nullopt;
  const std::uint64_t choices =
      std::max(count_of(request["n"]).value_or(1), count_of(request["best_of"]).value_or(1));
  std::uint64_t all = 0;
  if (__builtin_mul_overflow(*bound, choices, &all) ||
      __builtin_mul_overflow(all, prompts(request["prompt"]), &all))
    return limits::max_output_bound;
  return std::min(all, limits::max_output_bound);
}

}  // namespace weir::openai
