#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "weir/json/reader.h"

/// The members that chunks and completions are known to have; all others are the vendor's.
namespace weir::openai {

enum class top_key : std::uint8_t {
  id,
  object,
  created,
  model,
  choices,
  usage,
  error,
  service_tier,
  system_fingerprint,
  obfuscation,
  moderation,
  unknown,
};

template <class Key>
struct name {
  std::string_view text;
  Key key;
};

inline constexpr std::array top_names = {
    name<top_key>{"id", top_key::id},
    name<top_key>{"object", top_key::object},
    name<top_key>{"created", top_key::created},
    name<top_key>{"model", top_key::model},
    name<top_key>{"choices", top_key::choices},
    name<top_key>{"usage", top_key::usage},
    name<top_key>{"error", top_key::error},
    name<top_key>{"service_tier", top_key::service_tier},
    name<top_key>{"system_fingerprint", top_key::system_fingerprint},
    name<top_key>{"obfuscation", top_key::obfuscation},
    name<top_key>{"moderation", top_key::moderation},
};

enum class choice_key : std::uint8_t {
  index,
  delta,
  message,
  text,
  finish_reason,
  logprobs,
  usage,
  error,
  unknown,
};

inline constexpr std::array choice_names = {
    name<choice_key>{"index", choice_key::index},
    name<choice_key>{"delta", choice_key::delta},
    name<choice_key>{"message", choice_key::message},
    name<choice_key>{"text", choice_key::text},
    name<choice_key>{"finish_reason", choice_key::finish_reason},
    name<choice_key>{"logprobs", choice_key::logprobs},
    name<choice_key>{"usage", choice_key::usage},
    name<choice_key>{"error", choice_key::error},
};

enum class delta_key : std::uint8_t {
  role,
  content,
  refusal,
  reasoning,
  tool_calls,
  function_call,
  audio,
  annotations,
  logprobs,
  unknown,
};

inline constexpr std::array delta_names = {
    name<delta_key>{"role", delta_key::role},
    name<delta_key>{"content", delta_key::content},
    name<delta_key>{"refusal", delta_key::refusal},
    name<delta_key>{"reasoning_content", delta_key::reasoning},
    name<delta_key>{"reasoning", delta_key::reasoning},
    name<delta_key>{"thinking", delta_key::reasoning},
    name<delta_key>{"tool_calls", delta_key::tool_calls},
    name<delta_key>{"function_call", delta_key::function_call},
    name<delta_key>{"audio", delta_key::audio},
    name<delta_key>{"annotations", delta_key::annotations},
    name<delta_key>{"logprobs", delta_key::logprobs},
};

/// The key's meaning and its place in the table, which serves as its bit in a set of seen keys.
template <class Key, std::size_t N>
struct found {
  Key key;
  std::size_t place;
};

template <class Key, std::size_t N>
found<Key, N> look_up(const std::array<name<Key>, N>& names, json::value key) {
  for (std::size_t i = 0; i < N; ++i)
    if (key.equals(names[i].text)) return {names[i].key, i};
  return {Key::unknown, N};
}

/// Remembers which known keys an object had, so that a doubled one is seen.
class seen_keys {
 public:
  /// True when the key was there before.
  bool again(std::size_t place) {
    const std::uint32_t bit = 1U << place;
    const bool before = (bits_ & bit) != 0;
    bits_ |= bit;
    return before;
  }

 private:
  std::uint32_t bits_ = 0;
};

}  // namespace weir::openai
