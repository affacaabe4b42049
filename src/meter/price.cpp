#include "meter/price.h"

#include <algorithm>
#include <charconv>
#include <limits>

namespace weir::meter {
namespace {

__extension__ using wide = unsigned __int128;

constexpr std::uint64_t pico_per_nano = 1000;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Takes the digits in front off `text`.
std::string_view take_digits(std::string_view& text) {
  const auto* const end = std::find_if_not(text.begin(), text.end(), is_digit);
  const std::string_view digits = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(digits.size());
  return digits;
}

/// The number is 0.DIGITS times ten to the power of `point`, DIGITS being `whole` and `fraction`.
struct decimal {
  std::string_view whole;
  std::string_view fraction;
  std::int64_t exponent = 0;

  [[nodiscard]] std::size_t size() const { return whole.size() + fraction.size(); }
  [[nodiscard]] std::uint64_t digit(std::size_t i) const {
    const char c = i < whole.size() ? whole[i] : fraction[i - whole.size()];
    return static_cast<std::uint64_t>(c - '0');
  }
};

std::optional<std::int64_t> read_exponent(std::string_view text) {
  if (text.size() > 1 && text.front() == '+' && is_digit(text[1])) text.remove_prefix(1);
  std::int64_t value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  constexpr std::int64_t most = 1'000'000;
  if (fault != std::errc{} || end != text.data() + text.size() || value > most || value < -most)
    return std::nullopt;
  return value;
}

std::optional<decimal> read_decimal(std::string_view text) {
  decimal out;
  out.whole = take_digits(text);
  if (!text.empty() && text.front() == '.') {
    text.remove_prefix(1);
    out.fraction = take_digits(text);
  }
  if (out.size() == 0) return std::nullopt;
  if (text.empty()) return out;
  if (text.front() != 'e' && text.front() != 'E') return std::nullopt;
  const auto exponent = read_exponent(text.substr(1));
  if (!exponent) return std::nullopt;
  out.exponent = *exponent;
  return out;
}

pico_usd or_else(std::optional<pico_usd> own, pico_usd otherwise) {
  return own.value_or(otherwise);
}

void lay_over(rates& base, const rates& own) {
  for (const auto member :
       {&rates::input, &rates::cache_read, &rates::cache_write_5m, &rates::cache_write_1h,
        &rates::audio_in, &rates::output, &rates::reasoning, &rates::audio_out})
    if (own.*member) base.*member = own.*member;
}

rates rates_for(std::uint64_t input, const model_price& price) {
  rates out = price.rates;
  const price_tier* passed = nullptr;
  for (const price_tier& tier : price.tiers)
    if (input > tier.above_input_tokens &&
        (passed == nullptr || tier.above_input_tokens > passed->above_input_tokens))
      passed = &tier;
  if (passed != nullptr) lay_over(out, passed->rates);
  return out;
}

wide times(std::uint64_t tokens, pico_usd each) { return wide{tokens} * each.value; }

nano_usd rounded(wide pico) {
  const wide nano = (pico + pico_per_nano / 2) / pico_per_nano;
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  return {nano > static_cast<wide>(most) ? most : static_cast<std::int64_t>(nano)};
}

}  // namespace

std::optional<parsed_price> parse_price(std::string_view text, price_unit unit) {
  const std::optional<decimal> number = read_decimal(text);
  if (!number) return std::nullopt;
  const std::int64_t shift = unit == price_unit::usd ? 12 : 6;
  const auto digits = static_cast<std::int64_t>(number->whole.size()) + number->exponent + shift;
  parsed_price out;
  const auto given = static_cast<std::int64_t>(number->size());
  for (std::int64_t i = 0; i < std::max(digits, given); ++i) {
    const std::uint64_t digit = i < given ? number->digit(static_cast<std::size_t>(i)) : 0;
    if (i < digits) {
      out.value.value = out.value.value * 10 + digit;
      if (out.value > max_price) return std::nullopt;
      if (out.value.value == 0 && i >= given) break;  // nothing but zeros is to come
    } else {
      out.exact = out.exact && digit == 0;
    }
  }
  // Half up looks at one digit: the first that found no room.
  if (digits >= 0 && digits < given && number->digit(static_cast<std::size_t>(digits)) >= 5)
    ++out.value.value;
  return out.value > max_price ? std::nullopt : std::optional(out);
}

cost cost_of(usage told, const model_price& price) {
  clamp(told);
  const std::uint64_t read = told.cache_read.value_or(0);
  const std::uint64_t write_5m = told.cache_write_5m.value_or(0);
  const std::uint64_t write_1h = told.cache_write_1h.value_or(0);
  const std::uint64_t audio_in = told.audio_in.value_or(0);
  const std::uint64_t reasoning = told.reasoning.value_or(0);
  const std::uint64_t audio_out = told.audio_out.value_or(0);
  const std::uint64_t in_parts = read + write_5m + write_1h + audio_in;
  const std::uint64_t out_parts = reasoning + audio_out;
  // A part may be known where its whole is not.
  const std::uint64_t input = told.input.value_or(in_parts);
  const std::uint64_t output = told.output.value_or(out_parts);

  const rates rate = rates_for(input, price);
  const pico_usd in = or_else(rate.input, {});
  const pico_usd out = or_else(rate.output, {});
  const pico_usd write = or_else(rate.cache_write_5m, in);

  const wide prompt = times(input - in_parts, in) + times(write_5m, write) +
                      times(write_1h, or_else(rate.cache_write_1h, write)) +
                      times(audio_in, or_else(rate.audio_in, in)) + price.request.value;
  const wide cached = prompt + times(read, or_else(rate.cache_read, in));
  const wide completion =
      cached + times(output - out_parts, out) + times(audio_out, or_else(rate.audio_out, out));
  const wide all = completion + times(reasoning, or_else(rate.reasoning, out));

  const auto between = [](wide from, wide to) {
    return nano_usd{rounded(to).value - rounded(from).value};
  };
  return {rounded(prompt), between(prompt, cached), between(cached, completion),
          between(completion, all), rounded(all)};
}

}  // namespace weir::meter
