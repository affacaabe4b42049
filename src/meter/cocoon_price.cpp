#include "meter/cocoon_price.h"

namespace weir::meter {
namespace {

using number = std::optional<std::uint64_t>;

number product(number a, number b) {
  std::uint64_t out = 0;
  if (!a || !b || __builtin_mul_overflow(*a, *b, &out)) return std::nullopt;
  return out;
}

number sum(number a, number b) {
  std::uint64_t out = 0;
  if (!a || !b || __builtin_add_overflow(*a, *b, &out)) return std::nullopt;
  return out;
}

}  // namespace

std::optional<cocoon_cost> cocoon_cost_of(usage told, const cocoon_price& price) {
  clamp(told);
  constexpr std::uint64_t scale = 10'000'000;
  const auto adjusted = [&](std::uint64_t tokens, std::uint64_t multiplier) -> number {
    const number all = product(product(tokens, price.coefficient), multiplier);
    return all ? number(*all / scale) : std::nullopt;
  };
  const auto priced = [&](number a, number b) { return product(sum(a, b), price.price_per_token); };
  const std::uint64_t cached = told.cache_read.value_or(0);
  const std::uint64_t reasoning = told.reasoning.value_or(0);
  const number prompt =
      priced(adjusted(told.input.value_or(cached) - cached, price.prompt_multiplier),
             adjusted(cached, price.cached_multiplier));
  const number completion =
      priced(adjusted(told.output.value_or(reasoning) - reasoning, price.completion_multiplier),
             adjusted(reasoning, price.reasoning_multiplier));
  const number total = sum(prompt, completion);
  if (!total) return std::nullopt;
  return cocoon_cost{*prompt, *completion, *total};
}

}  // namespace weir::meter
