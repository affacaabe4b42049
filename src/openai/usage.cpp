#include "weir/openai/usage.h"

#include <charconv>
#include <initializer_list>
#include <string_view>

namespace weir::openai {
namespace {

/// A count however it is spelled: 12, 12.0, 1.2e1 or "12" (U10). Nothing for what is no count.
std::optional<std::uint64_t> count(json::value v) {
  if (v.is(json::type::string)) {
    const std::string_view text = v.text();
    std::uint64_t number = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (fault != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
  }
  if (const std::optional<std::int64_t> whole = v.integer()) {
    if (*whole < 0) return std::nullopt;
    return static_cast<std::uint64_t>(*whole);
  }
  constexpr double exact_integers = 9007199254740992.0;  // 2^53
  if (const std::optional<double> real = v.real()) {
    if (*real >= 0 && *real <= exact_integers) return static_cast<std::uint64_t>(*real);
  }
  return std::nullopt;
}

/// The first of these members that holds a count.
std::optional<std::uint64_t> first_count(json::value object,
                                         std::initializer_list<std::string_view> keys) {
  for (const std::string_view key : keys) {
    if (const std::optional<std::uint64_t> n = count(object[key])) return n;
  }
  return std::nullopt;
}

json::value first_object(json::value object, std::initializer_list<std::string_view> keys) {
  for (const std::string_view key : keys) {
    if (const json::value v = object[key]; v.is(json::type::object)) return v;
  }
  return {};
}

}  // namespace

usage read_usage(json::value object) {
  const json::value prompt_details =
      first_object(object, {"prompt_tokens_details", "input_tokens_details",
                            "prompt_token_details"});  // the last is Mistral's
  const json::value completion_details = first_object(
      object, {"completion_tokens_details", "output_tokens_details", "completion_token_details"});

  usage u;
  u.prompt = first_count(object, {"prompt_tokens", "input_tokens"});
  u.completion = first_count(object, {"completion_tokens", "output_tokens"});
  u.total = first_count(object, {"total_tokens"});
  // DeepSeek and Moonshot count at the top level; where both stand, that one is theirs (USE-2).
  u.cached = first_count(object, {"prompt_cache_hit_tokens", "cached_tokens"});
  if (!u.cached) u.cached = first_count(prompt_details, {"cached_tokens", "cache_read_tokens"});
  if (!u.cached) u.cached = first_count(object, {"num_cached_tokens", "cache_read_input_tokens"});
  u.prompt_audio = first_count(prompt_details, {"audio_tokens"});
  u.cache_write_5m = first_count(prompt_details, {"cache_write_tokens", "cache_creation_tokens"});
  if (!u.cache_write_5m) u.cache_write_5m = first_count(object, {"cache_creation_input_tokens"});
  // The two lives of a cache, where they are told apart, make up the sum above.
  json::value lives = first_object(object, {"cache_creation"});
  if (!lives.present()) lives = first_object(prompt_details, {"cache_creation_token_details"});
  if (const auto hour = first_count(lives, {"ephemeral_1h_input_tokens"})) {
    u.cache_write_1h = hour;
    u.cache_write_5m = first_count(lives, {"ephemeral_5m_input_tokens"});
  }
  u.completion_audio = first_count(completion_details, {"audio_tokens"});
  u.reasoning = first_count(completion_details, {"reasoning_tokens", "thinking_tokens"});
  if (!u.reasoning) u.reasoning = first_count(object, {"reasoning_tokens"});
  return u;
}

}  // namespace weir::openai
